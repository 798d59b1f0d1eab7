package detect

import (
	"strings"
	"testing"
	"time"
)

// TestHostileSizes doubles hostile values up to 1 MiB: the time per byte must
// not grow with them.
func TestHostileSizes(t *testing.T) {
	for _, piece := range []string{"'", "\"'`", "(", "/*", "/*!", "-- ", "--", "#", "a'b ", "1+", "(select ", "union select ", "or 1=1 ", "case when ", "%25", "%2527", "&#39;", "&#0000",
		"\\u0027", "＇", "{\"a\":[", "[", "{\"$ne\":", "))((", "*)(uid=", "//*[", "x' or ", "char(1)||", ".", "' and ", "=", ",(", "; drop table a", "@@version ", "0x", "1e", "YWFh", "<a ", "<!--", "${", "{{", "../", "\r\n", "|id", "$(", "`", "&&", "O:1:", "<?", "\\", "%u0027", "==", "' ' ", "not ", "a.b", ")))", "- - "} {
		small, large := perByte(piece, 1<<14, 3), perByte(piece, 1<<20, 1)
		if large > 8*small+200 && perByte(piece, 1<<20, 3) > 8*small+200 { // not for the noise of the machine
			t.Errorf("%q: %.1f ns a byte at 16 KiB, %.1f at 1 MiB", piece, small, large)
		}
	}
}

// perByte is the least of some measurements in nanoseconds.
func perByte(piece string, size, times int) float64 {
	value := []byte(strings.Repeat(piece, size/len(piece)+1))
	least := time.Hour
	for range times {
		begin := time.Now()
		Judge(value, Query, Unknown)
		least = min(least, time.Since(begin))
	}
	return float64(least.Nanoseconds()) / float64(len(value))
}
