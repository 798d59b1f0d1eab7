package detect

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestHostileSizes doubles hostile values up to 1 MiB: the time per byte must
// not grow with them.
func TestHostileSizes(t *testing.T) {
	for _, piece := range []string{"'", "\"'`", "(", "/*", "/*!", "-- ", "--", "#", "a'b ", "1+", "(select ", "union select ", "or 1=1 ", "case when ", "%25", "%2527", "&#39;", "&#0000",
		"\\u0027", "＇", "{\"a\":[", "[", "{\"$ne\":", "))((", "*)(uid=", "//*[", "x' or ", "char(1)||", ".", "' and ", "=", ",(", "; drop table a", "@@version ", "0x", "1e", "YWFh", "<a ", "<!--", "${", "{{", "../", "\r\n", "|id", "$(", "`", "&&", "O:1:", "<?", "\\", "%u0027", "==", "' ' ", "not ", "a.b", ")))", "- - "} {
		small, large := perByte(t, piece, 1<<14, 1), perByte(t, piece, 1<<20, 1)
		if large > 8*small+200 && perByte(t, piece, 1<<20, 3) > 8*small+200 { // not for the noise of the machine
			t.Errorf("%q: %.1f ns a byte at 16 KiB, %.1f at 1 MiB", piece, small, large)
		}
	}
}

// perByte is for a query of which nothing is known.
func perByte(t *testing.T, piece string, size, times int) float64 {
	return workPerByte(t, Query, Unknown, piece, size, times)
}

// perByteIn is for a field of a form.
func perByteIn(t *testing.T, field Field, piece string, size, times int) float64 {
	return workPerByte(t, Form, field, piece, size, times)
}

// workPerByte is the least of some measurements of the time that the processor
// works for a byte, in nanoseconds. Small values are judged often enough for a
// measurement to be one.
func workPerByte(t *testing.T, at Position, field Field, piece string, size, times int) float64 {
	value := []byte(strings.Repeat(piece, size/len(piece)+1))
	rounds := max(1, (1<<18)/size)
	least := time.Hour
	for range times {
		begin := testdata.Work(t)
		for range rounds {
			Judge(value, at, field)
		}
		least = min(least, testdata.Work(t)-begin)
	}
	return float64(least.Nanoseconds()) / float64(rounds*len(value))
}
