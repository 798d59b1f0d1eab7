package detect

import "testing"

func TestHarmlessLeavesAtOnce(t *testing.T) {
	for _, s := range []string{"", "word", "1442431887503330", "ontiveros@example.com", "vilafranca de bonany", "A sentence, with a dot."} {
		if v := Judge([]byte(s), Query, Unknown); v != (Verdict{}) {
			t.Errorf("%q: %v", s, v)
		}
	}
}
