package detect

import (
	"os"
	"strings"
	"testing"
)

type humanText struct {
	field Field
	text  string
}

func benign(t testing.TB) (texts []humanText) {
	t.Helper()
	file, err := os.ReadFile("testdata/benign.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		if line[0] == '#' && !strings.Contains(line, "\t") {
			continue
		}
		name, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		field, ok := ParseField(name)
		if !ok {
			t.Fatalf("%q is no field", name)
		}
		texts = append(texts, humanText{field, strings.ReplaceAll(text, "⏎", "\n")})
	}
	if len(texts) < 300 {
		t.Fatalf("only %d texts", len(texts))
	}
	return texts
}

// TestPeopleMayWrite holds that no text of people is refused in its field,
// wherever it stands in a request, also as one of JSON's strings.
func TestPeopleMayWrite(t *testing.T) {
	for _, h := range benign(t) {
		for _, at := range []Position{Query, Path, Header, Cookie, JSON, Form} {
			if v := Judge([]byte(h.text), at, h.field); v.Score >= Threshold(h.field) {
				t.Errorf("%.120q at %d: %s, %d of %d: %q", h.text, at, v.Class, v.Score, Threshold(h.field), v.Reasons.Words())
				break
			}
		}
	}
}
