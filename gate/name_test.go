package gate

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// respell writes name in another way that is equal or a twin: letters in any
// case, anything that is no letter or digit for what is none.
func respell(r *rand.Rand, name string) []byte {
	out := []byte(name)
	const others = "-_.!#$%&'*+^`|~"
	for i, c := range out {
		switch {
		case !isAlphanumeric(c):
			out[i] = others[r.IntN(len(others))]
		case r.IntN(2) == 0:
			out[i] = strings.ToUpper(string(c))[0]
		default:
			out[i] = lower(c)
		}
	}
	return out
}

func TestSieve(t *testing.T) {
	names := []string{"X-Real-IP", "Host", "TE", "_odd", "odd-", "-", "CF-Connecting-IPv6", "9", strings.Repeat("long-", 30)}
	s := NewSieve(names)
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range names {
		for range 200 {
			if other := respell(r, name); !EqualFold(other, name) && !Twin(other, name) {
				t.Fatalf("%q is not %q", other, name)
			} else if !s.May(other) {
				t.Errorf("%q is held back, a spelling of %q", other, name)
			}
		}
	}
	for _, name := range []string{"", "Accept", "X-Real-IQ", "Y-Real-IP", "Hos", "TF"} {
		if s.May([]byte(name)) {
			t.Errorf("%q comes through", name)
		}
	}
	if new(Sieve).May([]byte("Host")) {
		t.Error("the zero Sieve lets something through")
	}
}
