package markup

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whole words of bytes are judged as each byte would be, wherever they begin.
func TestCleanByWord(t *testing.T) {
	for c := range 256 {
		one := c >= 0x20 && c < 0x80 || isSpace(byte(c))
		for _, fill := range []byte{' ', 'x', 0x7f, byte(c)} {
			for at := range 9 {
				text := bytes.Repeat([]byte{fill}, 24)
				text[at] = byte(c)
				if got := clean(text); got != one {
					t.Fatalf("byte %#x at %d among %#x: %v", c, at, fill, got)
				}
			}
		}
	}
	for _, text := range []string{"é", "中", "\u007f\u0080", "😀", "\ufffd", "\u2028"} {
		for pad := range 9 {
			if whole := strings.Repeat(" ", pad) + text + "        "; !clean([]byte(whole)) {
				t.Errorf("%q is refused", whole)
			}
			for cut := 1; cut < len(text); cut++ {
				if whole := strings.Repeat(" ", pad) + text[:cut] + "        "; !utf8.ValidString(whole) && clean([]byte(whole)) {
					t.Errorf("%q is accepted", whole)
				}
			}
		}
	}
}
