package schema

import (
	"bytes"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// fuzzSchemas use every keyword between them.
var fuzzSchemas = []string{
	`{}`,
	`{"properties":{"a":{"type":"integer","minimum":-5,"maximum":1e20,"multipleOf":0.1},"b":{"type":"string","pattern":"^[a-z]{1,9}$","maxLength":5},"q\"":{}},"required":["a"]}`,
	`{"type":"array","uniqueItems":true,"prefixItems":[{"type":"string"},{"const":{"a":[1,null]}}],"items":{"$ref":"#"},"contains":{"type":"number"},"minContains":0,"maxContains":3,"minItems":0}`,
	`{"anyOf":[{"properties":{"a":{"$ref":"#"}},"required":["a"]},{"items":{"$ref":"#"}},{"type":["string","null"],"format":"date-time"}],"unevaluatedProperties":{"type":"string"},"unevaluatedItems":false}`,
	`{"oneOf":[{"properties":{"k":{"const":"x"},"p":{"properties":{"a":{"readOnly":true}}}},"required":["k"]},{"properties":{"k":{"enum":["y","\u00e9"]},"p":{"properties":{"b":{"writeOnly":true}}}},"required":["k"]},{"type":"array"}]}`,
	`{"allOf":[{"properties":{"p":{"properties":{"a":{}}}}},{"properties":{"p":{"properties":{"b":{}}}}}],"not":{"required":["z"]},"if":{"required":["a"]},"then":{"properties":{"a":{}}},"else":{"minProperties":1}}`,
	`{"patternProperties":{"^x":{"type":"integer"},"\\d$":{"minLength":1}},"propertyNames":{"maxLength":8},"dependentRequired":{"x1":["x2"]},"dependentSchemas":{"x3":{"required":["x4"]}},"additionalProperties":{"format":"uri"},"maxProperties":6}`,
	`{"enum":[1,"a",null,true,[1,2.50],{"a":{"b":"\ud83d\ude00"}}]}`,
}

// FuzzRead reads arbitrary bytes by several schemas: it never panics, spans
// lie within the document, and a second reading says the same.
func FuzzRead(f *testing.F) {
	docs := []string{
		`{"a":1,"b":"abc"}`, `["x",{"a":[1,null]},[["y"]]]`, `{"k":"y","p":{"b":1,"c":2}}`, `{"p":{"a":1,"b":2}}`, `{"x1":1,"x2":2}`, `"2026-03-01T12:30:45Z"`,
		`{"a":{"a":{"a":[]}}}`, `{"\u0061":1.0e2,"a":1}`, "\"\xff\"", `[1,1.0]`, `{"k":`, `[`, `-`, `1e999999999999`, `{"A":1,"\u212a":[-1.8e308]}`, `{"p":{"A":1},"K":"x","P":2}`, `{"a":{"b":"\ud83d\ude00"}}`, `"\ud800"`,
	}
	for _, doc := range docs {
		f.Add([]byte(doc), uint8(0))
		f.Add([]byte(doc), uint8(0xff))
	}
	f.Add(testdata.Order(0), uint8(1))
	var schemas []*Schema
	tags := func(n *source.Node) []Tag {
		if n.Get("type") != nil {
			return []Tag{1}
		}
		return nil
	}
	for _, text := range fuzzSchemas {
		schemas = append(schemas, compile(f, text, Options{}), compile(f, text, Options{Tags: tags}), compile(f, text, Options{Pure: true}))
	}
	var st State
	f.Fuzz(func(t *testing.T, doc []byte, how uint8) {
		for k, s := range schemas {
			st.Direction, st.Undeclared, st.Misplaced = Direction(how%3), Policy(how/3%3), Policy(how/9%3)
			ok := s.Read(&st, doc)
			fault := st.Fault()
			if ok != (fault == Fault{}) {
				t.Fatalf("schema %d: %v with fault %+v", k, ok, fault)
			}
			spans := append([]Span(nil), st.Spans...)
			for i, span := range spans {
				if span.Start >= span.End || int(span.End) > len(doc) || i > 0 && spans[i-1].End > span.End {
					t.Fatalf("schema %d: spans %v of %d bytes", k, spans, len(doc))
				}
			}
			if s.Read(&st, doc) != ok || st.Fault() != fault || len(st.Spans) != len(spans) {
				t.Fatalf("schema %d: the second reading differs", k)
			}
			if ok && !bytes.ContainsAny(doc, "{}[]\"0123456789nft") {
				t.Fatalf("schema %d accepts %q", k, doc)
			}
		}
	})
}

// FuzzCompile compiles arbitrary schema documents and reads by them.
func FuzzCompile(f *testing.F) {
	for _, text := range fuzzSchemas {
		f.Add([]byte(text), []byte(`{"a":[1,"x"]}`), uint8(0))
	}
	f.Add(testdata.OrderSchema30(), testdata.Order(0), uint8(1))
	f.Add([]byte(`{"$ref":"#/$defs/a","$defs":{"a":{"$dynamicRef":"#x","$anchor":"y"},"b":{"$id":"z","$dynamicAnchor":"x","$ref":"https://json-schema.org/draft/2020-12/schema"}}}`), []byte(`{}`), uint8(0))
	f.Add([]byte(`{"pattern":"^(?=.*\\d)(?!x)[\\s\\S]{2,}\\p{L}\\u{1f600}$"}`), []byte(`"a1"`), uint8(3))
	f.Add([]byte(`{"oneOf":[{"$ref":"#/x"},{"$ref":"#/y"}],"discriminator":{"propertyName":"k","mapping":{"a":"#/x"}},"x":{"properties":{"k":{}}},"y":{"nullable":true}}`), []byte(`{"k":"a"}`), uint8(1))
	f.Fuzz(func(t *testing.T, text, doc []byte, how uint8) {
		if len(text) > 1<<14 {
			return
		}
		file, problems := source.Parse("s.json", text)
		if problems.Err() != nil || file.Root == nil {
			return
		}
		c := NewCompiler(Options{Dialect: Dialect(how % 3), Pure: how/3%2 == 1, AssertFormats: true})
		s := c.Compile(file.Root)
		_ = c.Problems().Error()
		var st State
		if s.Read(&st, doc) && c.Problems().Err() != nil {
			t.Fatal("a schema with problems accepts")
		}
		st.Fault()
		s.Shape(4)
	})
}

func BenchmarkRead(b *testing.B) {
	s := compile(b, string(testdata.OrderSchema31()), Options{})
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KiB", 1 << 10}, {"16KiB", 16 << 10}} {
		b.Run(size.name, func(b *testing.B) {
			doc := testdata.Order(size.bytes)
			var st State
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				if !s.Read(&st, doc) {
					b.Fatal(st.Fault())
				}
			}
		})
	}
}

// The order document is read without allocation, in both dialects.
func TestReadOrder(t *testing.T) {
	for _, s := range []*Schema{
		compile(t, string(testdata.OrderSchema31()), Options{}),
		compile(t, string(testdata.OrderSchema30()), Options{Dialect: OpenAPI30}),
	} {
		for _, doc := range [][]byte{testdata.Order(1 << 10), testdata.Indented(testdata.Order(16 << 10))} {
			var st State
			if !s.Read(&st, doc) {
				t.Fatal(st.Fault())
			}
			if n := testing.AllocsPerRun(100, func() { s.Read(&st, doc) }); n != 0 {
				t.Errorf("%v allocations", n)
			}
		}
	}
}
