package selftest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/probe/sample"
)

// needs are the dependencies, beside its API and its credentials, that calls of
// an operation may hang on.
func (t *test) needs(i int, own *gatehouse.Operation, asksCountry bool) (list []string) {
	add := func(need string) {
		list = append(list, need)
		t.calls.needed[need] = true
	}
	for _, name := range own.Limits {
		if l := t.config.Limits[name]; l.Shared && t.config.Counters != nil {
			add("limit " + name)
		}
	}
	if t.config.Geo != nil && decides(own.Countries) {
		add(partGeo)
	}
	for _, need := range t.countryNeeds(own, asksCountry) {
		add(need)
	}
	if s := own.SSRF; s != nil && s.Check != config.SSRFOff && s.Resolve != config.ResolveNone {
		add(needOf(partNames, i))
	}
	if own.Login != nil && t.config.APIs[i].Logins.BreachedPasswords != nil {
		add(needOf(partPasswords, i))
	}
	if t.config.Record.Ledger != nil {
		add(partLedger)
		add(needUnrecorded)
	}
	return list
}

// meet keeps w, which was sent, for what it meets of needs, and looks for calls
// that meet the rest.
func (t *test) meet(ctx context.Context, c *copied, w *witness, needs []string, maker *sample.Maker, op *contract.Operation) error {
	for _, need := range needs {
		if t.calls.by[need] != nil {
			continue
		}
		met := w.well.reached
		part, name, _ := strings.Cut(need, " ")
		switch part {
		case partNames:
			if err := t.name(ctx, c, w, need, maker, op); err != nil {
				return err
			}
			continue
		case partPasswords:
			one := *w
			if met = one.logsIn(); met {
				o, err := c.settled(ctx, &one)
				if err != nil {
					return err
				}
				one.well, met = o, o.reached
				w = &one
			}
		case partLedger, needUnrecorded:
			recorded, err := c.recorded(ctx, w)
			if err != nil {
				return err
			}
			met = met && recorded == (part == partLedger)
		case needCountryRules:
			met = w.well.judged()
		case "limit", needCountryLimit:
			_, fields, err := c.exchange(ctx, w)
			if err != nil {
				return err
			}
			met = met && counts(fields.Get("RateLimit"), name)
		}
		if met {
			t.calls.by[need] = w
		}
	}
	return nil
}

// name looks for a place of the call at which a name is resolved.
func (t *test) name(ctx context.Context, c *copied, w *witness, need string, maker *sample.Maker, op *contract.Operation) error {
	places, err := maker.Places(op, op.BasePaths[0])
	if err != nil {
		return nil // there is no call of it
	}
	for _, p := range places {
		t.calls.hosts++ // a new one each time, since answers are remembered
		call, taken := p.Call(fmt.Sprintf("https://s%d.selftest.example.com/", t.calls.hosts))
		if !taken {
			continue
		}
		one := *w
		call.Target = t.config.APIs[w.api].Policy.Prefix + call.Target
		one.call = call
		before := c.asked.Load()
		o, err := c.settled(ctx, &one)
		if err != nil {
			return err
		}
		if one.well = o; o.reached && c.asked.Load() > before {
			t.calls.by[need] = &one
			return nil
		}
	}
	return nil
}

// logsIn reports whether the call carries a password, and adds one where it goes
// into a field.
func (w *witness) logsIn() bool {
	l := w.own.Login
	if l.Basic {
		before := w.credential
		w.credential = func() map[string]string {
			h := map[string]string{}
			for name, value := range before() {
				h[name] = value
			}
			h["Authorization"] = "Basic " + base64.StdEncoding.EncodeToString([]byte("selftest:selftest"))
			return h
		}
		return true
	}
	path := strings.Split(strings.TrimPrefix(l.Password, "/"), "/")
	if form, err := url.ParseQuery(string(w.call.Body)); err == nil && len(path) == 1 && form.Get(path[0]) != "" {
		return true
	}
	var body any
	if json.UnmarshalRead(bytes.NewReader(w.call.Body), &body) != nil {
		return false
	}
	for _, name := range path {
		object, _ := body.(map[string]any)
		body = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)] // RFC 6901 section 4
	}
	text, _ := body.(string)
	return text != ""
}
