package detect

import (
	"slices"
	"testing"
)

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

// TestGrammarsFindWhatTheySay: what is found is also found where nobody looks
// for another class, so that each grammar names all that it finds.
func TestGrammarsFindWhatTheySay(t *testing.T) {
	found := Classes(0)
	for _, s := range slices.Concat(evaluatedCode, templateExpressions, strictTemplates, hostileDocuments, addedLines, strictLines, hostileObjects, elsewhere, runningMarkup,
		strictMarkup, injected, bareCommands, leavingPaths, strictPaths, hostileTexts[:]) {
		for field := range fields {
			all := Judge([]byte(s), JSON, field)
			if all.Class == None {
				continue
			}
			found |= Only(all.Class)
			if only := JudgeAmong([]byte(s), JSON, field, Only(all.Class)); only.Class != all.Class {
				t.Errorf("%q is %v, and nothing where only that is looked for", s, all)
			}
		}
	}
	if want := AllClasses &^ Only(None, NoSQL, LDAP, XPath); found&want != want {
		t.Errorf("some class was never found: %b, want %b", found, want)
	}
}
