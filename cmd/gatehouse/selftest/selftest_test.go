package selftest

import (
	"errors"
	"testing"
)

// TestHolds holds that only what is declared counts as declared.
func TestHolds(t *testing.T) {
	call := &witness{well: outcome{status: 204, reached: true}}
	good := outcome{status: 503, code: unverified, retry: true}
	for _, row := range []struct {
		name string
		kind *kind
		way  way
		o    outcome
		err  error
		want bool
	}{
		{"declared", keyServers, refused, good, nil, true},
		{"let-through", keyServers, refused, outcome{status: 204, reached: true}, nil, false},
		{"declared-but-let-through", keyServers, refused, outcome{status: 503, code: unverified, retry: true, reached: true}, nil, false},
		{"as-if-the-token-were-bad", keyServers, refused, outcome{status: 401, code: "credential-invalid"}, nil, false},
		{"no-retry-after", keyServers, refused, outcome{status: 503, code: unverified}, nil, false},
		{"other-code", keyServers, refused, outcome{status: 503, code: "overloaded", retry: true}, nil, false},
		{"no-answer", keyServers, refused, outcome{}, errors.New("nothing"), false},
		{"undeclared-way", stores, half, good, nil, false},
		{"keys-go-on", keyServers, gone, call.well, nil, true},
		{"keys-are-lost", keyServers, gone, good, nil, false},
		{"half-an-answer", upstreams, half, outcome{status: 200, broken: true}, nil, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := row.kind.holds(&trial{dependency: &dependency{kind: row.kind}, way: row.way, call: call}, row.o, row.err); got != row.want {
				t.Errorf("%v: %t", row.o, got)
			}
		})
	}
}

// TestKinds holds that every way that can happen is declared.
func TestKinds(t *testing.T) {
	for name, k := range map[string]*kind{"upstreams": upstreams, "keys": keyServers, "introspection": introspections, "stores": stores} {
		for _, w := range k.ways {
			if k.declared(w) == "" {
				t.Errorf("%s: what becomes of calls when it %v is not declared", name, w)
			}
		}
	}
	if (&Report{}).Passed() {
		t.Error("a test of nothing passes")
	}
}
