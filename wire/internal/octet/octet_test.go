package octet

import (
	"strings"
	"testing"
)

func TestClasses(t *testing.T) {
	const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for c := range 256 {
		b := byte(c)
		for _, row := range []struct {
			name  string
			class Class
			want  bool
		}{
			{"token", Token, strings.IndexByte("!#$%&'*+-.^_`|~"+alnum, b) >= 0},
			{"value", Value, b == '\t' || b >= ' ' && b != 0x7f},
			{"target", Target, b > ' ' && b < 0x7f && b != '#'},
			{"host", Host, strings.IndexByte("-_."+alnum, b) >= 0},
		} {
			if Is(b, row.class) != row.want {
				t.Errorf("%s: %#02x is %v, want %v", row.name, b, !row.want, row.want)
			}
		}
	}
}

func TestNumber(t *testing.T) {
	for _, row := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"007", 7, true}, {"999999999999999999", 999999999999999999, true},
		{"", 0, false}, {"1000000000000000000", 0, false}, {"-1", 0, false}, {"+1", 0, false}, {"1 ", 0, false}, {"0x1", 0, false}, {"1_0", 0, false},
	} {
		if n, ok := Number([]byte(row.text)); ok != row.ok || ok && n != row.want {
			t.Errorf("%q: %d, %v", row.text, n, ok)
		}
	}
}
