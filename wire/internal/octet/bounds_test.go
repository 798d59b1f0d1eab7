package octet

import (
	"strings"
	"testing"
)

// TestAuthorityBounds takes a name of 255 bytes with a port, and one byte no
// more. A port has five digits at most, whatever they say.
func TestAuthorityBounds(t *testing.T) {
	long := strings.Repeat("a.", 127) + "a"
	for _, row := range []struct {
		name, text string
		want       bool
	}{
		{"261-bytes", long + ":65535", true},
		{"261-bytes-of-name", strings.Repeat("a", 261), true},
		{"262-bytes", "a" + long + ":65535", false},
		{"262-bytes-of-name", strings.Repeat("a", 262), false},
		{"five-digits", "a:00080", true},
		{"six-digits", "a:000080", false},
		{"seven-digits", "a:0000080", false},
		{"six-digits-of-ipv6", "[::1]:000080", false},
		{"digits-beyond-64-bits", "a:" + strings.Repeat("9", 40), false},
		{"zeros-beyond-64-bits", "a:" + strings.Repeat("0", 40) + "1", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := IsAuthority([]byte(row.text)); got != row.want {
				t.Errorf("%q: %v, want %v", row.text, got, row.want)
			}
		})
	}
}

func TestAuthority(t *testing.T) {
	for _, row := range []struct {
		text string
		want bool
	}{
		{"a", true}, {"a.b-c_d.E", true}, {"a:0", true}, {"a:65535", true}, {"127.0.0.1:8080", true}, {"[::1]", true}, {"[2001:db8::1]:443", true},
		{"", false}, {":80", false}, {"a:", false}, {"a:65536", false}, {"a:080808", false}, {"a:8o", false}, {"a:-1", false}, {"[]", false}, {"[::1", false},
		{"[127.0.0.1]", false}, {"[::1]80", false}, {"[::1]:", false}, {"[fe80::1%eth0]", false}, {"a b", false}, {"a/b", false}, {"a?b", false},
		{"a@b", false}, {"a%41", false}, {"\xc3\xa4", false}, {"a\x00", false}, {"::1", false},
	} {
		if got := IsAuthority([]byte(row.text)); got != row.want {
			t.Errorf("%q: %v, want %v", row.text, got, row.want)
		}
	}
}
