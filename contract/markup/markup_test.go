package markup

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// compile compiles the schema at #/components/schemas/T of a YAML document,
// reached by reference, as one of the dialect.
func compile(t testing.TB, dialect schema.Dialect, text string) (*Document, source.Problems) {
	t.Helper()
	file, problems := source.Parse("api.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	at := file.Root.Get("media")
	if at == nil {
		t.Fatal("no media in the document")
	}
	c := schema.NewCompiler(schema.Options{Dialect: dialect})
	s := c.Compile(at.Get("schema"))
	if err := c.Problems().Err(); err != nil {
		t.Fatal(err)
	}
	return Compile(s, &contract.Media{Type: "application/xml", Schema: at.Get("schema"), Node: at})
}

// schemas returns a document with the schema T and others.
func document(components string) string {
	return "media: {schema: {$ref: '#/components/schemas/T'}}\ncomponents:\n  schemas:\n" + indent(components, "    ")
}

func indent(text, by string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimLeft(text, "\n")) {
		b.WriteString(by + line)
	}
	return b.String()
}

// reader compiles components, which must be readable.
func reader(t testing.TB, components string) *Document {
	t.Helper()
	d, problems := compile(t, schema.Draft202012, document(components))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return d
}

// outcome words what became of a document: its JSON, or the fault.
func outcome(d *Document, st *State, text string) string {
	if d.Read(st, []byte(text)) {
		return string(st.JSON())
	}
	f := st.Fault()
	return fmt.Sprintf("%s %s: %s", f.Pointer, f.Keyword, f.Want)
}

func TestSmoke(t *testing.T) {
	d := reader(t, `
T:
  type: object
  properties:
    id: {type: integer, xml: {attribute: true}}
    name: {type: string}
    tags: {type: array, items: {type: string}}
`)
	var st State
	t.Log(outcome(d, &st, `<?xml version="1.0"?><T id="7"><name>a&amp;b</name> <tags>x</tags><tags>y</tags></T>`))
	t.Log(outcome(d, &st, `<T id="7"><name>a&amp;b</name><q/> <tags>x</tags><tags>y</tags></T>`))
	st.Undeclared = schema.Drop
	t.Log(outcome(d, &st, `<T id="7" z="1"><name>a&amp;b</name>  <q><q>1</q><q>1</q></q> <q/> <tags k=''>x</tags><tags>y</tags></T>`), string(st.Left))
}
