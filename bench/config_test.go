package bench

import (
	stdjson "encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// TestConfigSchema holds the JSON Schema of gatehouse.yaml to its metaschema,
// and lets another reader judge every file of the tests: it refuses no good
// one, and says the same as ours of the others.
func TestConfigSchema(t *testing.T) {
	const name = "../docs/reference/gatehouse.schema.json"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := compileV6(string(text))
	if err != nil {
		t.Fatal(err)
	}
	file, _ := source.Parse(name, text)
	ours := schema.NewCompiler(schema.Options{Pure: true}).Compile(file.Root)
	files, err := filepath.Glob("../config/testdata/*.yaml")
	if err != nil || len(files) < 40 {
		t.Fatal(files, err)
	}
	refusals := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, problems := source.Parse(name, text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		written, err := stdjson.Marshal(plainTree(file.Root))
		if err != nil {
			t.Fatal(err)
		}
		var st schema.State
		refused, want := !ours.Read(&st, written), readV6(theirs, written)
		if refused != (want != nil) || want != nil && strings.HasSuffix(name, ".good.yaml") {
			t.Errorf("%s: we refuse it: %v, they say: %v", name, refused, want)
		}
		if refused {
			refusals++
		}
	}
	if refusals < 20 {
		t.Errorf("only %d files were refused", refusals)
	}
}

// plainTree is a node in the types of encoding/json.
func plainTree(n *source.Node) any {
	switch n.Kind() {
	case source.Object:
		o := map[string]any{}
		for name, value := range n.Members() {
			o[name] = plainTree(value)
		}
		return o
	case source.Array:
		list := []any{}
		for _, item := range n.Items() {
			list = append(list, plainTree(item))
		}
		return list
	case source.Bool:
		return n.Bool()
	case source.Number:
		return stdjson.Number(n.Text())
	case source.Null:
		return nil
	}
	return n.Str()
}
