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

func benign(t testing.TB) []humanText { return humanTexts(t, "testdata/benign.txt", 300) }

// humanTexts reads a file of fields and texts, of which there must be least.
func humanTexts(t testing.TB, name string, least int) (texts []humanText) {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		name, text, found := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !found { // a comment
			if line[0] != '#' && line != "\n" {
				t.Fatalf("%q is no text of a field", line)
			}
			continue
		}
		field, ok := ParseField(name)
		if !ok {
			t.Fatalf("%q is no field", name)
		}
		texts = append(texts, humanText{field, strings.ReplaceAll(text, "⏎", "\n")})
	}
	if len(texts) < least {
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
