package style_test

import (
	"encoding/json"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// schemaOf reads a schema.
func schemaOf(t testing.TB, text string) *source.Node {
	t.Helper()
	f, problems := source.Parse("schema.json", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return f.Root
}

// TestHeaders writes fields of a head as JSON, in style simple and as content.
func TestHeaders(t *testing.T) {
	rows := []struct {
		name, schema, content string
		explode               bool
		fields                []string
		want                  string
		bad                   style.Issue
	}{
		{"integer", `{"type":"integer"}`, "", false, []string{"7"}, `7`, style.Fine},
		{"integer-with-fraction", `{"type":"integer"}`, "", false, []string{"7.0"}, `"7.0"`, style.Fine},
		{"string-of-digits", `{"type":"string"}`, "", false, []string{"7"}, `"7"`, style.Fine},
		{"nothing-is-decoded", `{"type":"string"}`, "", false, []string{"a%20b+c"}, `"a%20b+c"`, style.Fine},
		{"quotes-in-a-value", `{"type":"string"}`, "", false, []string{`W/"1"`}, `"W/\"1\""`, style.Fine},
		{"list", `{"type":"array","items":{"type":"integer"}}`, "", false, []string{"1, 2"}, `[1,2]`, style.Fine},
		{"list-in-two-fields", `{"type":"array","items":{"type":"integer"}}`, "", false, []string{"1, 2", "3"}, `[1,2,3]`, style.Fine},
		{"list-with-quotes", `{"type":"array","items":{"type":"string"}}`, "", false, []string{`"a,b"`}, ``, style.QuotedItem},
		{"list-with-empty-item", `{"type":"array","items":{"type":"string"}}`, "", false, []string{`a,,b`}, ``, style.EmptyItem},
		{"object", `{"type":"object","properties":{"a":{"type":"integer"}}}`, "", false, []string{"a,1"}, `{"a":1}`, style.Fine},
		{"object-exploded", `{"type":"object","properties":{"a":{"type":"integer"}}}`, "", true, []string{"a=1"}, `{"a":1}`, style.Fine},
		{"object-half", `{"type":"object","properties":{"a":{"type":"integer"}}}`, "", false, []string{"a"}, ``, style.BadObject},
		{"json", `{}`, "application/json", false, []string{`{"a":1}`}, `{"a":1}`, style.Fine},
		{"json-broken", `{}`, "application/json", false, []string{`{"a":1`}, ``, style.BadJSON},
		{"text", `{"type":"string"}`, "text/plain", false, []string{`1`}, `"1"`, style.Fine},
		{"control", `{"type":"string"}`, "", false, []string{"a\x01"}, ``, style.BadControl},
		{"not-utf-8", `{"type":"string"}`, "", false, []string{"a\xff"}, ``, style.BadUTF8},
		{"twice", `{"type":"string"}`, "", false, []string{"a", "b"}, ``, style.TooManyValues},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p := &contract.Parameter{Name: "X-Test", In: contract.Header, Style: contract.Simple, Explode: row.explode, Schema: schemaOf(t, row.schema)}
			if row.content != "" {
				p.Content, p.Schema = &contract.Media{Type: row.content, Schema: p.Schema}, nil
			}
			c, s, problems := style.Compile(schema.NewCompiler(schema.Options{}), p, style.Literal, style.Depth)
			if s == nil || problems.Err() != nil {
				t.Fatal(problems)
			}
			fields := []gate.Field{{Name: []byte("x-other"), Value: []byte("1")}, {Name: []byte("x-test"), Value: []byte("gone"), Gone: true}}
			for _, v := range row.fields {
				fields = append(fields, gate.Field{Name: []byte("x-test"), Value: []byte(v)})
			}
			var w style.Writer
			n, bad := w.Fields(fields, &c)
			if bad != row.bad || n != len(row.fields) {
				t.Fatalf("%d fields, issue %d, want %d", n, bad, row.bad)
			}
			if bad != style.Fine {
				if bad.Words() == "" {
					t.Error("the issue has no words")
				}
				return
			}
			if string(w.JSON) != row.want || !json.Valid(w.JSON) {
				t.Errorf("wrote %s, want %s", w.JSON, row.want)
			}
		})
	}
}

func TestContentOfOtherTypes(t *testing.T) {
	n := schemaOf(t, `{}`)
	p := &contract.Parameter{Name: "X-Test", In: contract.Header, Content: &contract.Media{Type: "application/cbor", Node: n}, Node: n}
	if _, _, problems := style.Compile(schema.NewCompiler(schema.Options{}), p, style.Literal, 1); problems.Err() == nil {
		t.Error("content that cannot be read is no problem")
	}
}
