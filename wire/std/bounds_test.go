package std

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
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
			if got := octet.IsAuthority([]byte(row.text)); got != row.want {
				t.Errorf("%q: %v, want %v", row.text, got, row.want)
			}
		})
	}
}
