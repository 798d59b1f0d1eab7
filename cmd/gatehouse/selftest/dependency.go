package selftest

import (
	"slices"
	"strings"
)

// dependency is one thing that the gate depends on.
type dependency struct {
	name string
	part string // of the configuration
	at   int    // which of them
	kind *kind
	call *witness // by which its failing shows
}

// The parts of a configuration that name dependencies.
const (
	partUpstream      = "upstreams"
	partKeys          = "jwks"
	partIntrospection = "introspection"
	partStore         = "store"
)

// kind is how dependencies of a part fail, and what is declared of that:
// docs/reference/fail-states.md says the same in words.
type kind struct {
	ways []way
	says map[way]declaration
}

// declaration is what is to become of a call.
type declaration struct {
	words  string
	status []int
	codes  []string // of the problem, one of them
	retry  bool     // with Retry-After
	// asBefore says that it becomes of a call what became of it before.
	asBefore bool
}

// declared are the words of what is to become of a call when it fails by w.
func (k *kind) declared(w way) string { return k.says[w].words }

// holds reports whether what happened is what is declared.
func (k *kind) holds(one *trial, o outcome, err error) bool {
	d, ok := k.says[one.way]
	switch {
	case !ok || err != nil:
		return false
	case d.asBefore:
		return o == one.call.well
	}
	return !o.reached && !o.broken && slices.Contains(d.status, o.status) && slices.Contains(d.codes, o.code) && (o.retry || !d.retry)
}

var (
	closed      = declaration{words: "503 credential-unverified, with Retry-After", status: []int{503}, codes: []string{unverified}, retry: true}
	unreachable = declaration{words: "502 upstream-unreachable, or 503 upstream-unavailable", status: []int{502, 503}, codes: []string{"upstream-unreachable", "upstream-unavailable", "upstream-broken"}}
)

// The kinds. A way that a kind does not have cannot happen to it.
var (
	upstreams = &kind{
		ways: []way{refused, silent, garbage, half, gone},
		says: map[way]declaration{
			refused: unreachable,
			silent:  {words: "504 upstream-timeout", status: []int{504}, codes: []string{"upstream-timeout"}},
			garbage: {words: "502 upstream-broken", status: []int{502}, codes: []string{"upstream-broken"}},
			half:    {words: "502 upstream-broken", status: []int{502}, codes: []string{"upstream-broken"}},
			gone:    unreachable,
		},
	}
	keyServers = &kind{
		ways: []way{refused, silent, garbage, failing, half, gone},
		says: map[way]declaration{
			refused: closed, silent: closed, garbage: closed, failing: closed, half: closed,
			gone: {words: "as before: the last good keys go on for max_stale", asBefore: true},
		},
	}
	introspections = &kind{
		ways: []way{refused, silent, garbage, failing, half, gone},
		says: map[way]declaration{refused: closed, silent: closed, garbage: closed, failing: closed, half: closed, gone: closed},
	}
	stores = &kind{
		ways: []way{refused, silent, garbage},
		says: map[way]declaration{refused: closed, silent: closed, garbage: closed},
	}
)

// trials are all dependencies in all their ways.
func (t *test) trials() (list []trial) {
	for _, d := range t.dependencies() {
		if d.call == nil {
			continue
		}
		for _, w := range d.kind.ways {
			list = append(list, trial{dependency: d, way: w, call: d.call})
		}
	}
	return list
}

// dependencies are those of the configuration that copies have stand-ins for;
// the others are noted as not tried.
func (t *test) dependencies() (list []*dependency) {
	c := t.config
	add := func(d dependency, why string) {
		if d.call == nil {
			t.report.Untried = append(t.report.Untried, Untold{d.name, why})
			return
		}
		list = append(list, &d)
	}
	for i := range c.APIs {
		var urls []string
		for j := range c.APIs[i].Upstreams {
			urls = append(urls, c.APIs[i].Upstreams[j].URL)
		}
		add(dependency{name: "the API at " + strings.Join(urls, ", "), part: partUpstream, at: i, kind: upstreams, call: t.calls.byAPI[i]},
			"no call that was made up comes to it: rules refuse them, or there is no sample of what its operations ask for")
	}
	var verified *witness
	for i := range c.Credentials {
		k := &c.Credentials[i]
		call := t.calls.byUse[k.Name]
		if verified == nil {
			verified = call
		}
		switch {
		case k.JWT != nil && k.JWT.Secret.IsZero() && k.JWT.JWKS.File == "" && k.JWT.JWKS.Inline == "":
			add(dependency{name: "credential " + k.Name + ", keys of " + k.JWT.Issuer, part: partKeys, at: i, kind: keyServers, call: call}, "no operation was found that takes this credential alone")
		case k.Introspection != nil:
			add(dependency{name: "credential " + k.Name + ", " + k.Introspection.URL, part: partIntrospection, at: i, kind: introspections, call: call}, "no operation was found that takes this credential alone")
		}
	}
	if c.Store != nil && c.Store.Postgres != nil {
		add(dependency{name: "store, PostgreSQL", part: partStore, kind: stores, call: verified}, "no call was found whose credential the gate verifies")
	}
	return list
}
