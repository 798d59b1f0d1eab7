package source_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// FuzzParse: no text makes the reader panic; what it reads as JSON
// encoding/json reads alike; every node has a place inside of the text and a
// pointer that leads back to it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, -0.5e+7, "\u00e9\ud83d\ude00", true, null, {}]}`, `{"a":1,"a":2}`, "[1,]", "\ufeff{}", `["\ud800"]`,
		"a: &x {b: 1}\nc: {<<: *x}\nd: [*x, 0o7, 0x1f, .5, 014, ~]\n", "a: |\n  b\n---\n", "? a\n: b\n", "a:\n\t- b\n", "{a: b}",
		"a: &a [*a]\n", "é: 'x''y'\r\nb: \"\\x41\"\n", "!!int 1", "- - -\n", `{"k":"` + strings.Repeat("x", 40) + `\n"}`,
	} {
		f.Add([]byte(seed))
	}
	docs, _ := filepath.Glob("../openapi/testdata/*/*.*")
	for _, doc := range docs {
		if data, err := os.ReadFile(doc); err == nil && len(data) < 4096 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, problems := source.Parse("f", data)
		if problems.Err() == nil && file.Root == nil {
			t.Fatal("nothing was read, and nothing is wrong")
		}
		if file.Root == nil {
			return
		}
		head := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
		isJSON := len(head) > 0 && (head[0] == '{' || head[0] == '[')
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 1
		walk(t, file.Root, file.Root, lines, isJSON && problems.Err() == nil)
		if isJSON && problems.Err() == nil {
			decoder := json.NewDecoder(bytes.NewReader(head))
			decoder.UseNumber()
			var v any
			if err := decoder.Decode(&v); err != nil {
				t.Fatal("encoding/json refuses it:", err)
			}
			same(t, file.Root, v)
		}
	})
}

func walk(t *testing.T, root, n *source.Node, lines int, exact bool) {
	p := n.Position()
	if n.Kind() == source.Invalid || p.Line < 1 || p.Line > lines+1 || p.Column < 1 {
		t.Fatalf("%s at %s", n.Kind(), p)
	}
	pointer, _ := strings.CutPrefix(n.Pointer(), "#")
	if back := root.Lookup(pointer); exact && back != n {
		t.Fatalf("%s at %s leads to %s at %s", pointer, p, back.Kind(), back.Position())
	}
	for _, item := range n.Items() {
		walk(t, root, item, lines, exact)
	}
	for _, member := range n.Members() {
		walk(t, root, member, lines, exact)
	}
}

// same holds a tree against what encoding/json made of the same text.
func same(t *testing.T, n *source.Node, v any) {
	switch v := v.(type) {
	case map[string]any:
		if n.Len() != len(v) || !n.Is(source.Object) {
			t.Fatalf("%s of %d, want object of %d", n.Kind(), n.Len(), len(v))
		}
		for name, value := range v {
			same(t, n.Get(name), value)
		}
	case []any:
		if n.Len() != len(v) || !n.Is(source.Array) {
			t.Fatalf("%s of %d, want array of %d", n.Kind(), n.Len(), len(v))
		}
		for i, value := range v {
			same(t, n.Item(i), value)
		}
	case string:
		if !n.Is(source.String) || n.Str() != v {
			t.Fatalf("%s %q, want %q", n.Kind(), n.Text(), v)
		}
	case json.Number:
		if !n.Is(source.Number) || n.Text() != v.String() {
			t.Fatalf("%s %q, want %s", n.Kind(), n.Text(), v)
		}
	case bool:
		if !n.Is(source.Bool) || n.Bool() != v {
			t.Fatalf("%s %q, want %v", n.Kind(), n.Text(), v)
		}
	default:
		if !n.Is(source.Null) {
			t.Fatalf("%s, want null", n.Kind())
		}
	}
}
