package openapi_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Every value of every document is replaced by every other kind of value, one
// at a time: the reader does not panic, and what it takes without an error
// keeps the promises of the model.
func TestMutations(t *testing.T) {
	docs, _ := filepath.Glob("testdata/*/*.yaml")
	if len(docs) == 0 {
		t.Fatal("no documents")
	}
	total, taken := 0, 0
	for _, doc := range docs {
		t.Run(strings.ReplaceAll(filepath.Base(doc), ".", "-"), func(t *testing.T) {
			data, err := os.ReadFile(doc)
			if err != nil {
				t.Fatal(err)
			}
			file, _ := source.Parse(doc, data)
			if file.Root == nil {
				return
			}
			kinds := []string{"null", "7", `{"$ref":"#"}`, "[]", "{}", `""`, `"x"`, "true", `[{}]`, `{"x":{}}`}
			if strings.Contains(doc, "bad") {
				kinds = kinds[:3]
			}
			for _, with := range kinds {
				for at := 0; ; at++ {
					m := mutant{at: at, with: with}
					m.write(file.Root)
					if m.at >= 0 {
						break
					}
					total++
					if read := tryMutant(t, m.text.String()); read {
						taken++
					}
				}
			}
		})
	}
	if total < 5_000 || taken < total/20 {
		t.Errorf("%d documents were made and %d taken", total, taken)
	}
}

func tryMutant(t *testing.T, text string) bool {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("panic %v on %s", p, text)
		}
	}()
	f, problems := source.ParseString("f", text)
	if problems.Err() != nil {
		return false
	}
	c, problems := openapi.Read(source.NewSet(f), f)
	if c != nil {
		openapi.Security(c)
	}
	if problems.Err() != nil {
		return false
	}
	for _, op := range c.Operations {
		promises(t, op)
	}
	return true
}

// mutant writes a tree as JSON with the at-th value replaced. At is negative
// when that has happened.
type mutant struct {
	text strings.Builder
	at   int
	with string
}

func (m *mutant) write(n *source.Node) {
	m.at--
	if m.at == -1 {
		m.text.WriteString(m.with)
		return
	}
	switch n.Kind() {
	case source.Array:
		m.text.WriteByte('[')
		for i, item := range n.Items() {
			if i > 0 {
				m.text.WriteByte(',')
			}
			m.write(item)
		}
		m.text.WriteByte(']')
	case source.Object:
		m.text.WriteByte('{')
		for i := range n.Len() {
			if i > 0 {
				m.text.WriteByte(',')
			}
			name, _ := json.Marshal(n.Member(i).Name)
			m.text.Write(name)
			m.text.WriteByte(':')
			m.write(&n.Member(i).Value)
		}
		m.text.WriteByte('}')
	default:
		m.text.WriteString(plainJSON(n))
	}
}
