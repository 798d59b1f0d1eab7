package checkpoint

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// TestSubmission writes and reads the form of C2SP tlog-witness.
func TestSubmission(t *testing.T) {
	s, v := makeLog(t)
	w, wv := makeWitness(t)
	text, err := Checkpoint{"gate.example/n1", 7, tlog.RecordHash(nil)}.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	one := Submission{5, []tlog.Hash{tlog.RecordHash([]byte("a")), tlog.RecordHash([]byte("b"))}, text}
	if got := string(one.Text()); !strings.HasPrefix(got, "old 5\n") || strings.Count(got[:strings.Index(got, "\n\n")], "\n") != 2 || !strings.HasSuffix(got, "\n\n"+string(text)) {
		t.Errorf("%q", got)
	}
	got, err := ParseSubmission(one.Text())
	if err != nil || got.Old != 5 || !slices.Equal(got.Proof, one.Proof) || string(got.Checkpoint) != string(text) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "no-size": "\n\n", "zeroes": "old 05\n\n", "minus": "old -1\n\n", "a-space": "old  5\n\n", "another-word": "new 5\n\n", "no-hash": "old 5\nabc\n\n",
		"a-short-hash": "old 5\nYWJj\n\n", "no-empty-line": "old 5\n", "too-many": "old 5" + strings.Repeat("\n"+strings.SplitN(string(one.Text()), "\n", 3)[1], 64) + "\n\n",
	} {
		if _, err := ParseSubmission([]byte(bad + "x")); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
	lines, err := Cosignature(text, v, w)
	if err != nil || !strings.HasPrefix(string(lines), "— witness.example/w1 ") || strings.Count(string(lines), "\n") != 1 {
		t.Fatalf("%q, %v", lines, err)
	}
	both, err := Gather(text, lines, v, wv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(both, v, wv); err != nil {
		t.Error(err)
	}
	if names := Witnesses(both, "gate.example/n1"); !slices.Equal(names, []string{"witness.example/w1"}) {
		t.Errorf("%q", names)
	}
	for _, answer := range []string{"", "no line\n", string(text), strings.Replace(string(lines), "w1", "w2", 1)} {
		if _, err := Gather(text, []byte(answer), v, wv); !errors.Is(err, ErrSignature) {
			t.Errorf("%q is taken for a cosignature: %v", answer, err)
		}
	}
}

func FuzzParseSubmission(f *testing.F) {
	f.Add([]byte("old 5\nAiqT5W64G3tVmKMvbE8M4zVfSYLLS8tXxSNf0HRhT/8=\n\na\n5\nAiqT5W64G3tVmKMvbE8M4zVfSYLLS8tXxSNf0HRhT/8=\n\n"))
	f.Add([]byte("old 0\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseSubmission(b); err == nil && string(s.Text()) != string(b) {
			t.Errorf("%q was read as %q", b, s.Text())
		}
	})
}
