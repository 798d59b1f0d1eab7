package detect

import "testing"

// TestEveryTriggerHasABit holds that awake agrees with each trigger as it is
// written, alone and with what it needs beside, and that all fit in its bits.
func TestEveryTriggerHasABit(t *testing.T) {
	if cTilde >= 1<<(4*nibbles) {
		t.Fatal("chars has more bits than awake looks at")
	}
	count := 0
	for i := range grammars {
		count += len(grammars[i].when)
	}
	if count > 64 {
		t.Fatalf("%d triggers, 64 have a bit", count)
	}
	for i := range grammars {
		for a := range chars(4 * nibbles) {
			for b := range chars(4 * nibbles) {
				m, want := chars(1)<<a|chars(1)<<b, false
				for _, w := range grammars[i].when {
					want = want || m&w.any != 0 && (w.and == 0 || m&w.and != 0)
				}
				if got := awake(m)&grammars[i].wakes != 0; got != want {
					t.Fatalf("%s: %#x wakes it: %v, want %v", grammars[i].name, m, got, want)
				}
			}
		}
	}
}
