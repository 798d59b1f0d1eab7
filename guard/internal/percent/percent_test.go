package percent_test

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/guard/internal/percent"
)

func TestOctet(t *testing.T) {
	for _, c := range []struct {
		text string
		at   int
		want byte
		ok   bool
	}{
		{"%2F", 0, '/', true}, {"%2f", 0, '/', true}, {"a%00b", 1, 0, true}, {"%fF", 0, 0xff, true},
		{"", 0, 0, false}, {"%2", 0, 0, false}, {"%", 0, 0, false}, {"a2F", 0, 0, false},
	} {
		if got, ok := percent.Octet(c.text, c.at); ok != c.ok || ok && got != c.want {
			t.Errorf("%q at %d: %#x, %v", c.text, c.at, got, ok)
		}
	}
	for _, text := range []string{"%2g", "%g2", "%2:", "%@0", "%0`", "%/0", "%0\x7f"} { // beside the digits
		if got, ok := percent.Octet([]byte(text), 0); ok {
			t.Errorf("%q: %#x", text, got)
		}
	}
}
