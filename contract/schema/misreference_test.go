package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

const description = `{"openapi":"3.0.3","info":{"title":"a","contact":{"name":"b"}},"servers":[{"url":"/"}],
	"paths":{"/a":{"get":{"responses":{"200":{"content":{"a/b":{"schema":{"type":"string"}}}}}}}},
	"components":{"schemas":{"Pet":{"type":"string","properties":{"info":{"type":"integer"},"properties":{"not":{"allOf":[{"properties":{"b":{}}}]}}}},"info":{"type":"string"},"Value":{"const":{"properties":{}}}},
		"responses":{"R":{"description":"d"}},"parameters":{"P":{"schema":{"type":"string"}},"L":{"in":"query"}},"x-own":{"Q":{"type":"string"}}},
	"x-own":{"type":"string"},"user":{"$ref":%q}}`

// A reference to what is no schema does not let everything pass in silence.
func TestReferencesToNoSchema(t *testing.T) {
	const never, other = "error: a part of an API description", "warning: a component that is no schema"
	rows := []struct{ name, ref, want string }{
		{"itself", "#", never}, {"information", "#/info", never}, {"below-information", "#/info/contact", never}, {"server", "#/servers/0", never},
		{"paths", "#/paths", never}, {"path", "#/paths/~1a", never}, {"operation", "#/paths/~1a/get", never}, {"percent-encoded", "#/%70aths", never},
		{"components", "#/components", never}, {"all-schemas", "#/components/schemas", never}, {"all-responses", "#/components/responses", never},
		{"response", "#/components/responses/R", other}, {"parameter", "#/components/parameters/L", other},
		{"other-description", "other.json", never}, {"part-of-another", "other.json#/components/schemas", never}, {"schema-of-another", "other.json#/components/schemas/Cat", ""},
		{"old-description", "swagger.json", never}, {"old-schemas", "swagger.json#/definitions", never}, {"old-parameter", "swagger.json#/parameters/p", other},
		{"old-schema", "swagger.json#/definitions/Cat", ""}, {"parts-only", "parts.json", never},
		{"schema", "#/components/schemas/Pet", ""}, {"schema-called-as-a-field", "#/components/schemas/info", ""}, {"property-called-as-a-field", "#/components/schemas/Pet/properties/info", ""},
		{"properties", "#/components/schemas/Pet/properties", never}, {"property-called-properties", "#/components/schemas/Pet/properties/properties", ""},
		{"properties-below", "#/components/schemas/Pet/properties/properties/not/allOf/0/properties", never}, {"property-below", "#/components/schemas/Pet/properties/properties/not/allOf/0/properties/b", ""},
		{"in-a-value", "#/components/schemas/Value/const/properties", ""},
		{"old-properties", "swagger.json#/definitions/Cat/properties", never}, {"old-property", "swagger.json#/definitions/Cat/properties/a", ""},
		{"schema-of-a-parameter", "#/components/parameters/P/schema", ""}, {"schema-of-a-response", "#/paths/~1a/get/responses/200/content/a~1b/schema", ""},
		{"extension", "#/x-own", ""}, {"extension-of-components", "#/components/x-own/Q", ""},
		{"schema-file", "schema.json", ""}, {"schema-file-with-such-names", "names.json", ""}, {"map-of-schemas", "map.json#/info", ""},
	}
	files := map[string]string{
		"other.json":   `{"openapi":"3.1.0","info":{},"components":{"schemas":{"Cat":{"type":"string"}}}}`,
		"swagger.json": `{"swagger":"2.0","definitions":{"Cat":{"type":"string","properties":{"a":{}}}},"parameters":{"p":{"type":"string"}}}`,
		"parts.json":   `{"components":{"schemas":{}}}`,
		"schema.json":  `{"type":"string"}`,
		"names.json":   `{"openapi":"3.1","paths":{},"properties":{"info":{}}}`,
		"map.json":     `{"info":{"type":"string"},"definitions":{"type":"string"}}`,
	}
	load := func(uri string) (*source.File, error) {
		text, ok := files[uri]
		if !ok {
			return nil, fmt.Errorf("no file %s", uri)
		}
		f, _ := source.Parse(uri, []byte(text))
		f.URI = uri
		return f, nil
	}
	for _, r := range rows {
		for _, dialect := range []Dialect{Draft202012, OpenAPI30} {
			t.Run(fmt.Sprintf("%s-%d", r.name, dialect), func(t *testing.T) {
				f, problems := source.Parse("api.json", fmt.Appendf(nil, description, r.ref))
				if problems.Err() != nil {
					t.Fatal(problems)
				}
				c := NewCompiler(Options{Dialect: dialect, Load: load})
				s := c.Compile(f.Root.Get("user"))
				severity, text, _ := strings.Cut(r.want, ": ")
				switch got := c.Problems(); {
				case r.want == "" && len(got) > 0, r.want != "" && len(got) != 1:
					t.Errorf("got %v, want %q", got, r.want)
				case r.want != "" && (!strings.Contains(got[0].Text, text) || (got[0].Severity == source.Error) != (severity == "error") || got[0].Hint == ""):
					t.Errorf("got %v, want %q", got, r.want)
				}
				if r.want == never && s.Read(new(State), []byte(`{"any":"thing"}`)) {
					t.Error("anything passes")
				}
				pure := NewCompiler(Options{Dialect: dialect, Load: load, Pure: true})
				if pure.Compile(f.Root.Get("user")); len(pure.Problems()) > 0 {
					t.Errorf("in pure mode: %v", pure.Problems())
				}
			})
		}
	}
}

// References in a row end somewhere, and messages tell a circle from a queue.
func TestReferencesInARow(t *testing.T) {
	row := func(n int, last string) string {
		return `{"$defs":{` + repeat(n, func(i int) string { return fmt.Sprintf(`"d%d":{"$ref":"#/$defs/d%d"}`, i, i+1) }) +
			fmt.Sprintf(`,"d%d":%s},"$ref":"#/$defs/d0"}`, n, last)
	}
	rows := []struct{ name, schema, want string }{
		{"few", row(10, `{"type":"string"}`), ""},
		{"many", row(100, `{"type":"string"}`), "more than 64 references in a row"},
		{"very-many", row(5000, `{"type":"string"}`), "more than 64 references in a row"},
		{"circle", row(10, `{"$ref":"#/$defs/d0"}`), "a reference that leads to itself"},
		{"circle-behind-some", row(50, `{"$ref":"#/$defs/d40"}`), "a reference that leads to itself"},
		{"to-itself", row(3, `{"$ref":"#/$defs/d3"}`), "a reference that leads to itself"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			f, _ := source.Parse("s.json", []byte(r.schema))
			c := NewCompiler(Options{})
			s := c.Compile(f.Root)
			if got := c.Problems(); len(got) > 1 || !strings.Contains(got.Error(), r.want) || (len(got) == 0) != (r.want == "") {
				t.Errorf("got %v, want %q", got, r.want)
			}
			if s.Read(new(State), []byte(`"a"`)) != (r.want == "") {
				t.Error("the schema judges otherwise")
			}
		})
	}
}

// References resolve as RFC 3986 section 5 says, whatever they are.
func TestResolve(t *testing.T) {
	for _, r := range []struct{ name, base, ref, want string }{
		{"relative", "file:///a/b.json", "c.json", "file:///a/c.json"}, {"above", "file:///a/b.json", "../c.json", "file:///c.json"},
		{"absolute", "file:///a/b.json", "urn:x:y", "urn:x:y"}, {"no-base", "", "c.json", "c.json"}, {"empty", "file:///a/b.json", "", "file:///a/b.json"},
		{"fragment", "http://h/a?q", "#f", "http://h/a?q#f"}, {"fragment-of-a-name", "urn:x:y", "#f", "urn:x:y#f"}, {"empty-of-a-name", "urn:x:y", "", "urn:x:y"},
		{"query", "http://h/a/b?q", "?r", "http://h/a/b?r"}, {"no-reference", "http://h/a", "%zz", "%zz"},
	} {
		t.Run(r.name, func(t *testing.T) {
			if got := resolve(r.base, r.ref); got != r.want {
				t.Errorf("got %q, want %q", got, r.want)
			}
		})
	}
}

// What refers to a schema with problems refuses, also where the refusal of a
// part would let the whole pass.
func TestBrokenPartsRefuse(t *testing.T) {
	for _, r := range []struct{ name, user, doc string }{
		{"items", `{"items":{"$ref":"#/bad"}}`, `[1]`},
		{"property", `{"properties":{"a":{"$ref":"#/bad"}}}`, `{"a":1}`},
		{"additional", `{"additionalProperties":{"$ref":"#/bad"}}`, `{"a":1}`},
		{"not", `{"not":{"$ref":"#/bad"}}`, `1`},
		{"not-additional", `{"not":{"additionalProperties":{"$ref":"#/bad"}}}`, `{"a":1}`},
		{"any-of", `{"anyOf":[{"additionalProperties":{"$ref":"#/bad"}},{"type":"object"}]}`, `{"a":1}`},
		{"if", `{"if":{"additionalProperties":{"$ref":"#/bad"}},"else":true}`, `{"a":1}`},
	} {
		t.Run(r.name, func(t *testing.T) {
			f, _ := source.Parse("s.json", []byte(`{"bad":{"type":"strng"},"user":`+r.user+`}`))
			c := NewCompiler(Options{})
			c.Compile(f.Root.Get("bad"))
			var st State
			if c.Compile(f.Root.Get("user")).Read(&st, []byte(r.doc)) || st.Fault().Keyword != "schema" {
				t.Errorf("%+v", st.Fault())
			}
		})
	}
}
