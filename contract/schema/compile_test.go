package schema

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

func TestProblems(t *testing.T) {
	rows := []struct {
		name    string
		dialect Dialect
		schema  string
		want    string // in the problem, with its position
	}{
		{"unknown-type", Draft202012, `{"type":"strng"}`, `s.json:1:9: #/type: unknown type "strng"` + "\n  hint: did you mean \"string\"?"},
		{"type-number", Draft202012, `{"type":1}`, `type must be a string, not a number`},
		{"type-empty", Draft202012, `{"type":[]}`, `type must name at least one type`},
		{"type-list-in-3.0", OpenAPI30, `{"type":["string","null"]}`, `type must be a single name in this version of OpenAPI` + "\n  hint: use nullable: true"},
		{"null-in-3.0", OpenAPI30, `{"type":"null"}`, `unknown type "null"` + "\n  hint: use nullable: true"},
		{"bound-in-3.0", OpenAPI30, `{"exclusiveMinimum":1}`, `exclusiveMinimum must be true or false in this version of OpenAPI, not a number`},
		{"bound-in-3.1", Draft202012, `{"exclusiveMinimum":true}`, `exclusiveMinimum must be a number, not a boolean`},
		{"dangling", Draft202012, `{"$ref":"#/$defs/Pets","$defs":{"Pet":{}}}`, `s.json:1:9: #/$ref: the reference "#/$defs/Pets" leads nowhere: there is no "Pets"` + "\n  hint: did you mean \"Pet\"?"},
		{"dangling-anchor", Draft202012, `{"$ref":"#pets","$defs":{"Pet":{"$anchor":"pet"}}}`, "no schema has the anchor \"pets\"\n  hint: did you mean \"pet\"?"},
		{"dangling-document", Draft202012, `{"$ref":"other.json"}`, `the document "other.json" cannot be read`},
		{"load-fails", Draft202012, `{"$ref":"http://x.example/fails"}`, "the document \"http://x.example/fails\" cannot be read\n  hint: out of reach"},
		{"self", Draft202012, `{"$ref":"#"}`, `a reference that leads to itself`},
		{"self-pair", Draft202012, `{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"properties":{"x":{"$ref":"#/$defs/a"}}}`, `a reference that leads to itself`},
		{"self-all-of", Draft202012, `{"allOf":[{"$ref":"#"}]}`, `a schema that refers to itself without looking into the value`},
		{"self-any-of", Draft202012, `{"anyOf":[{"type":"string"},{"not":{"$ref":"#"}}]}`, `a schema that refers to itself without looking into the value`},
		{"self-with-sibling", Draft202012, `{"$defs":{"a":{"type":"object","$ref":"#/$defs/a"}},"properties":{"x":{"$ref":"#/$defs/a"}}}`, `a schema that refers to itself without looking into the value`},
		{"pattern-syntax", Draft202012, `{"pattern":"a("}`, `s.json:1:12: #/pattern: the pattern cannot be used`},
		{"pattern-look-behind", Draft202012, `{"pattern":"(?<=a)b"}`, "it has a look-behind in a place where it cannot be turned into a conjunction\n  hint: expressions are matched in linear time"},
		{"pattern-back-reference", Draft202012, `{"pattern":"(a)\\1"}`, "it has a back-reference"},
		{"pattern-name", Draft202012, `{"patternProperties":{"(":{}}}`, `the pattern cannot be used`},
		{"multiple-of-zero", Draft202012, `{"multipleOf":0}`, `multipleOf must be greater than 0`},
		{"negative-size", Draft202012, `{"maxLength":-1}`, `maxLength must be a whole number from 0, not a number`},
		{"fraction-size", Draft202012, `{"maxItems":1.5}`, `maxItems must be a whole number from 0`},
		{"required-boolean", OpenAPI30, `{"properties":{"a":{"required":true}}}`, "required must be a list of strings, not a boolean\n  hint: list the names of required properties in the object around it"},
		{"required-numbers", Draft202012, `{"required":[1]}`, `required must be a list of strings`},
		{"enum-value", Draft202012, `{"enum":"a"}`, `enum must be a list of values, not a string`},
		{"prefix-items-empty", Draft202012, `{"prefixItems":[]}`, `prefixItems must be a list of at least one schema`},
		{"all-of-empty", Draft202012, `{"allOf":[]}`, `allOf must be a list of at least one schema`},
		{"properties-array", Draft202012, `{"properties":[]}`, `properties must be an object whose values are schemas, not an array`},
		{"property-null", Draft202012, `{"properties":{"a":null}}`, `s.json:1:20: #/properties/a: a schema must be an object, not null`},
		{"items-array", Draft202012, `{"items":[{}]}`, `items must be a schema, not an array`},
		{"unique-number", Draft202012, `{"uniqueItems":1}`, `uniqueItems must be true or false, not a number`},
		{"format-number", Draft202012, `{"format":1}`, `format must be a string, not a number`},
		{"dependent-required", Draft202012, `{"dependentRequired":{"a":"b"}}`, `dependentRequired must hold lists of names`},
		{"discriminator", OpenAPI30, `{"discriminator":"kind"}`, `discriminator must be an object with propertyName`},
		{"discriminator-name", OpenAPI30, `{"discriminator":{}}`, `discriminator must have a propertyName`},
		{"no-schema", Draft202012, `[]`, `a schema must be an object, not an array`},
		{"boolean-in-3.0", OpenAPI30, `true`, `a schema must be an object, not a boolean`},
	}
	load := func(uri string) (*source.File, error) { return nil, errors.New("out of reach") }
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			f, err := source.Parse("s.json", []byte(r.schema))
			if err.Err() != nil && f.Root == nil {
				f, _ = source.Parse("s.json", []byte("["+r.schema+"]"))
				f.Root = f.Root.Item(0)
			}
			c := NewCompiler(Options{Dialect: r.dialect, Load: load})
			s := c.Compile(f.Root)
			if !strings.Contains(c.Problems().Error(), r.want) {
				t.Errorf("got %q\nwant %q", c.Problems().Error(), r.want)
			}
			var st State
			if s.Read(&st, []byte(`{}`)) {
				t.Error("a schema with problems accepts")
			}
			if f := st.Fault(); f.Keyword != "schema" {
				t.Errorf("fault %+v", f)
			}
		})
	}
}

func TestReferences(t *testing.T) {
	documents := map[string]string{
		"file:///c/pets.json":   `{"$defs":{"Pet":{"type":"object","properties":{"name":{"type":"string"},"owner":{"$ref":"people.json#/Person"}}}}}`,
		"file:///c/people.json": `{"Person":{"properties":{"pet":{"$ref":"pets.json#/$defs/Pet"}},"required":["pet"]}}`,
	}
	loaded := map[string]int{}
	load := func(uri string) (*source.File, error) {
		loaded[uri]++
		text, ok := documents[uri]
		if !ok {
			return nil, errors.New("no such document")
		}
		f, _ := source.Parse(uri, []byte(text))
		f.URI = uri
		return f, nil
	}
	for _, dialect := range []Dialect{Draft202012, OpenAPI30} {
		f, _ := source.Parse("api.json", []byte(`{"a":{"$ref":"pets.json#/$defs/Pet"},"b":{"items":{"$ref":"pets.json#/$defs/Pet"}}}`))
		f.URI = "file:///c/api.json"
		clear(loaded)
		c := NewCompiler(Options{Dialect: dialect, Load: load})
		a, b := c.Compile(f.Root.Get("a")), c.Compile(f.Root.Get("b"))
		if c.Problems() != nil {
			t.Fatal(c.Problems())
		}
		if a.root != b.root.arr.items {
			t.Error("a schema that is reached twice was compiled twice")
		}
		for uri, n := range loaded {
			if n != 1 {
				t.Errorf("%s was loaded %d times", uri, n)
			}
		}
		var st State
		if !a.Read(&st, []byte(`{"name":"x","owner":{"pet":{"name":"y"}}}`)) {
			t.Errorf("%+v", st.Fault())
		}
		if a.Read(&st, []byte(`{"name":"x","owner":{"pet":{"name":1}}}`)) || st.Fault().Pointer != "/owner/pet/name" {
			t.Errorf("%+v", st.Fault())
		}
	}
}

// A closed object that requires what it does not declare refuses everything:
// that is said, unless another schema around it declares more.
func TestRequiredButNotDeclared(t *testing.T) {
	rows := []struct{ name, schema, want string }{
		{"alone", `{"properties":{"a":{}},"required":["a","b"]}`, `s.json:1:35: warning: #/required: "b" is required but not declared`},
		{"open", `{"properties":{"a":{}},"required":["b"],"additionalProperties":true}`, ""},
		{"part", `{"allOf":[{"properties":{"a":{}},"required":["b"]},{"properties":{"b":{}}}]}`, ""},
		{"names-nothing", `{"required":["b"]}`, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			f, _ := source.Parse("s.json", []byte(r.schema))
			c := NewCompiler(Options{})
			c.Compile(f.Root)
			if got := c.Problems().Error(); !strings.HasPrefix(got, r.want) || (got == "") != (r.want == "") {
				t.Errorf("got %q, want %q", got, r.want)
			}
		})
	}
}

// One compiler for many schemas: a problem in one does not spoil another.
func TestProblemsStayWhereTheyAre(t *testing.T) {
	f, _ := source.Parse("s.json", []byte(`{"bad":{"type":"strng"},"good":{"type":"string"},"user":{"items":{"$ref":"#/bad"}}}`))
	c := NewCompiler(Options{})
	bad, good, user := c.Compile(f.Root.Get("bad")), c.Compile(f.Root.Get("good")), c.Compile(f.Root.Get("user"))
	var st State
	if bad.Read(&st, []byte(`"a"`)) || !good.Read(&st, []byte(`"a"`)) || user.Read(&st, []byte(`["a"]`)) {
		t.Error("problems are not kept apart")
	}
}

// References by $id and anchor within a description of an API.
func TestReferencesInOpenAPI31(t *testing.T) {
	f, _ := source.Parse("api.json", []byte(`{"openapi":"3.1.0","paths":{"/a":{"get":{"schema":{"items":{"$ref":"#pet"}}},
		"post":{"schema":{"$ref":"https://x.example/owner"}},"put":{"schema":{"$ref":"https://x.example/owner#/$defs/name"}},
		"patch":{"schema":{"$ref":"https://x.example/list","$id":"https://x.example/strings","$defs":{"i":{"$dynamicAnchor":"item","type":"string"}}}}}},
		"components":{"examples":{"e":{"value":{"$anchor":"pet"}}},"schemas":{
		"Pet":{"$anchor":"pet","type":"object","properties":{"name":{"type":"string"}}},
		"List":{"$id":"https://x.example/list","type":"array","items":{"$dynamicRef":"#item"},"$defs":{"i":{"$dynamicAnchor":"item"}}},
		"Owner":{"$id":"https://x.example/owner","properties":{"name":{"$ref":"#/$defs/name"}},"$defs":{"name":{"type":"integer"}}}}}}`))
	rows := []struct{ method, yes, no string }{
		{"get", `[{"name":"x"}]`, `[{"name":1}]`},
		{"post", `{"name":1}`, `{"name":"x"}`},
		{"put", `1`, `"x"`},
		{"patch", `["a"]`, `[1]`},
	}
	c := NewCompiler(Options{})
	var st State
	for _, r := range rows {
		s := c.Compile(f.Root.Get("paths").Get("/a").Get(r.method).Get("schema"))
		if c.Problems() != nil {
			t.Fatal(c.Problems())
		}
		if !s.Read(&st, []byte(r.yes)) {
			t.Errorf("%s: %s is refused: %+v", r.method, r.yes, st.Fault())
		}
		if s.Read(&st, []byte(r.no)) {
			t.Errorf("%s: %s is accepted", r.method, r.no)
		}
	}
	if s := c.Compile(f.Root.Lookup("/components/schemas/List")); !s.Read(&st, []byte(`[1]`)) {
		t.Errorf("outside of the scope that binds it, the anchor keeps its meaning: %+v", st.Fault())
	}
}

// Schemas are read by many goroutines while their compiler goes on.
func TestReadWhileCompiling(t *testing.T) {
	f, _ := source.Parse("s.json", []byte(`{"a":{"type":"object","properties":{"x":{"$ref":"#/b"}},"allOf":[{"$ref":"#/b"}]},
		"b":{"oneOf":[{"type":"object","properties":{"x":{"type":"object"}}},{"type":"string"}]},"c":{"items":{"$ref":"#/a"},"anyOf":[{"$ref":"#/b"},true]}}`))
	c := NewCompiler(Options{})
	a := c.Compile(f.Root.Get("a"))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			var st State
			for range 200 {
				if !a.Read(&st, []byte(`{"x":{}}`)) {
					t.Error(st.Fault())
					return
				}
			}
		})
	}
	b, other := c.Compile(f.Root.Get("b")), c.Compile(f.Root.Get("c"))
	group.Wait()
	if b.root == nil || other.root == nil || c.Problems() != nil {
		t.Error(c.Problems())
	}
}

// Schemas outlive the documents that they come from and keep none of it.
func TestKeepsNoText(t *testing.T) {
	const size = 32 << 20
	schemas := func() []*Schema {
		text := `{"description":"` + strings.Repeat("x", size) + `","type":["object","string"],"pattern":"^a","enum":["abc",{"k":["v"]},12.5],
			"properties":{"name":{"pattern":"(a|b)c","format":"weather","minimum":1,"multipleOf":3}},"patternProperties":{"^x-":{"const":"y"}},
			"required":["name"],"dependentRequired":{"p":["q"]},"dependentSchemas":{"r":{"required":["s"]}},
			"oneOf":[{"properties":{"kind":{"const":"a"}},"required":["kind"]},{"properties":{"kind":{"const":"b"}},"required":["kind"]}]}`
		f, _ := source.Parse("s.json", []byte(text))
		c := NewCompiler(Options{})
		return []*Schema{c.Compile(f.Root)}
	}
	before := heapSize()
	kept := schemas()
	if grown := heapSize() - before; grown > size/2 {
		t.Errorf("%d bytes are kept of a schema of a few hundred", grown)
	}
	runtime.KeepAlive(kept)
}

func heapSize() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
