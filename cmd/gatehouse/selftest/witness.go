package selftest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/probe/sample"
	"github.com/gatehouse-api/gatehouse/trust"
)

// witness is a call that shows something: it comes to its API while all is well.
type witness struct {
	name       string // method and template
	api        int
	host       string
	call       *sample.Call
	uses       []string // the credentials that it brings
	credential func() map[string]string
	caller     caller
	own        gatehouse.Operation // the settings in force
	well       outcome             // while nothing fails
}

// witnesses finds them.
type witnesses struct {
	contracts []*contract.Contract
	byAPI     map[int]*witness    // that come to the API
	byUse     map[string]*witness // whose credential of this name is taken
	by        map[string]*witness // that meet what is needed, by its name: see needs
	needed    map[string]bool     // what some operation needs
	hosts     int                 // names that were made up

	mu  sync.Mutex
	now caller // guarded by mu; whom introspection vouches for
}

func (w *witnesses) who() caller {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *witnesses) become(c caller) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = c
}

func (w *witnesses) forget() {
	for _, c := range w.contracts {
		if c != nil && c.Files != nil {
			c.Files.Close()
		}
	}
}

// mostTried bounds the operations of an API that are tried.
const mostTried = 200

// prepare starts a copy in which all is well and finds calls that show something.
func (t *test) prepare(ctx context.Context) error {
	var err error
	if t.forge, err = newForge(); err != nil {
		return err
	}
	t.calls = &witnesses{byAPI: map[int]*witness{}, byUse: map[string]*witness{}, by: map[string]*witness{}, needed: map[string]bool{}}
	if t.config, err = t.written(); err != nil {
		return err
	}
	for i := range t.config.APIs {
		api, _ := openapi.Load(string(t.config.APIs[i].Contract))
		t.calls.contracts = append(t.calls.contracts, api)
	}
	t.forge.makeKeys(t.config, t.calls.contracts)
	c, err := t.copy(nil)
	if err != nil && len(t.secrets.fields) > 0 { // they may be more than any text
		t.realVault = true
		c, err = t.copy(nil)
	}
	if err != nil {
		return err
	}
	defer c.close()
	for i, api := range t.calls.contracts {
		if api == nil {
			continue
		}
		if err := t.search(ctx, c, i, api); err != nil {
			return err
		}
	}
	return nil
}

// search tries the operations of an API until each credential, and the API, has
// a witness.
func (t *test) search(ctx context.Context, c *copied, i int, api *contract.Contract) error {
	settings := &t.config.APIs[i]
	maker := sample.New(api, settings.Policy.Patterns)
	asks := t.asksCountry(i, api)
	for n, op := range api.Operations {
		if n == mostTried {
			break
		}
		if len(op.BasePaths) == 0 {
			continue
		}
		call, err := maker.Call(op, op.BasePaths[0])
		if err != nil {
			continue
		}
		call.Target = settings.Policy.Prefix + call.Target
		own := gatehouse.SettledFor(&settings.Policy, op)
		needs := t.needs(i, &own, asks[op.Name()])
		for _, w := range t.callers(i, op) {
			if t.known(i, w, needs) {
				continue
			}
			w.name, w.api, w.call, w.own = op.Method+" "+settings.Policy.Prefix+op.BasePaths[0]+op.Path, i, call, own
			if hosts := settings.Policy.Hosts; len(hosts) > 0 && !strings.Contains(hosts[0], "*") {
				w.host = hosts[0]
			}
			t.calls.become(w.caller)
			o, err := c.settled(ctx, w)
			if err == nil {
				t.note(w, o)
				err = t.meet(ctx, c, w, needs, maker, op)
			}
			if err != nil {
				return fmt.Errorf("the copy of the gate does not answer: %w", err)
			}
		}
	}
	return nil
}

// known reports whether nothing new can be learned by w.
func (t *test) known(i int, w *witness, needs []string) bool {
	for _, need := range needs {
		if t.calls.by[need] == nil {
			return false
		}
	}
	for _, use := range w.uses {
		if t.calls.byUse[use] == nil {
			return false
		}
	}
	return t.calls.byAPI[i] != nil
}

// note keeps w where it shows something.
func (t *test) note(w *witness, o outcome) {
	w.well = o
	if o.reached && t.calls.byAPI[w.api] == nil {
		t.calls.byAPI[w.api] = w
	}
	if strings.HasPrefix(o.code, "credential-") || o.status >= 500 && !o.reached {
		return
	}
	for _, use := range w.uses {
		if t.calls.byUse[use] == nil {
			t.calls.byUse[use] = w
		}
	}
}

// callers are the ways to call an operation: without a credential, where it is
// public, and by each credential that the forge makes.
func (t *test) callers(i int, op *contract.Operation) (list []*witness) {
	settings := &t.config.APIs[i]
	nobody := func() map[string]string { return nil }
	if op.Public() || op.SecurityFrom == contract.SecurityNowhere || settings.Policy.Authentication == config.Public {
		return []*witness{{credential: nobody}}
	}
	who := callerFor(op, t.config)
	for _, requirement := range op.Security {
		w := &witness{caller: who}
		var fields []func(map[string]string)
		for _, use := range requirement {
			k := t.credential(settings, use.Scheme.Name)
			if k == nil || t.forge.token(k, who) == "" || use.Scheme.Type == contract.APIKey && use.Scheme.In != contract.Header {
				fields = nil
				break
			}
			w.uses = append(w.uses, k.Name)
			name, before := "Authorization", "Bearer "
			if use.Scheme.Type == contract.APIKey {
				name, before = use.Scheme.Param, ""
			}
			fields = append(fields, func(h map[string]string) { h[name] = before + t.forge.token(k, who) })
		}
		if len(fields) == 0 {
			continue
		}
		w.credential = func() map[string]string {
			h := map[string]string{}
			for _, set := range fields {
				set(h)
			}
			return h
		}
		list = append(list, w)
	}
	return list
}

// credential is the one that verifies a scheme; nil for none.
func (t *test) credential(api *config.API, scheme string) *config.Credential {
	name := scheme
	if says, ok := api.Schemes[scheme]; ok {
		name = says
	}
	for i := range t.config.Credentials {
		if t.config.Credentials[i].Name == name {
			return &t.config.Credentials[i]
		}
	}
	return nil
}

// written reads the configuration as it stands.
func (t *test) written() (*config.Config, error) {
	text, err := os.ReadFile(t.options.File)
	if err != nil {
		return nil, err
	}
	t.secrets = newReferences(nil)
	c, problems := config.ParseWith(t.options.File, text, trust.System(""), func(*config.Trust) trust.Remote { return t.secrets })
	if err := problems.Err(); err != nil {
		return nil, problems
	}
	return c, nil
}
