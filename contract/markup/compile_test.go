package markup

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// What cannot be read from XML without guessing is a warning at its place, and
// documents are refused.
func TestProblems(t *testing.T) {
	rows := []struct{ name, components, want string }{
		{"root-array", `T: {type: array, items: {type: string}}`, `api.yaml:1:8: warning: #/media: application/xml bodies are refused: a document has one root element, so an array needs one around its items`},
		{"root-attribute", `T: {type: string, xml: {attribute: true}}`, `api.yaml:4:28: warning: #/components/schemas/T/xml: application/xml bodies are refused: the root element cannot be an attribute`},
		{"root-of-any-kind", `T: {type: [string, object]}`, `#/media: application/xml bodies are refused: it may be an object, an array or a text, which XML does not tell apart`},
		{"name-with-prefix", `T: {type: object, xml: {name: 'a:b'}}`, `"a:b" is no name without a prefix`},
		{"name-of-blanks", `T: {type: object, properties: {'a b': {type: string}}}`, `property a b: "a b" cannot be the name of an element or attribute`},
		{"name-of-digit", `T: {type: object, properties: {a: {type: string, xml: {name: 1a}}}}`, `"1a" cannot be the name`},
		{"name-too-long", `T: {type: object, properties: {` + strings.Repeat("a", maxName+1) + `: {type: string}}}`, `cannot be the name`},
		{"prefix-without-namespace", `T: {type: object, xml: {prefix: a}}`, `no namespace is said for the prefix "a"`},
		{"prefix-reserved", `T: {type: object, xml: {prefix: xmlx, namespace: 'urn:a'}}`, `"xmlx" cannot be a prefix`},
		{"prefix-of-blanks", `T: {type: object, xml: {prefix: 'a b', namespace: 'urn:a'}}`, `"a b" cannot be a prefix`},
		{"namespace-relative", `T: {type: object, xml: {namespace: abc}}`, `"abc" cannot be a namespace`},
		{"namespace-with-blank", `T: {type: object, xml: {namespace: 'urn:a b'}}`, `"urn:a b" cannot be a namespace`},
		{"namespace-reserved", `T: {type: object, xml: {namespace: 'http://www.w3.org/2000/xmlns/'}}`, `cannot be a namespace`},
		{"namespace-that-steers", `T: {type: object, properties: {nil: {type: boolean, xml: {attribute: true, prefix: xsi, namespace: 'http://www.w3.org/2001/XMLSchema-instance'}}}}`, `cannot be a namespace`},
		{"attribute-of-object", `T: {type: object, properties: {a: {type: object, xml: {attribute: true}}}}`, `property a: an attribute holds one text`},
		{"attribute-of-array", `T: {type: object, properties: {a: {type: array, xml: {attribute: true}}}}`, `property a: an attribute holds one text`},
		{"attribute-of-items", `T: {type: object, properties: {a: {type: array, items: {type: string, xml: {attribute: true}}}}}`, `property a: an item cannot be an attribute`},
		{"attribute-of-wrapped-items", `T: {type: object, properties: {a: {type: array, xml: {wrapped: true}, items: {type: string, xml: {attribute: true}}}}}`, `property a: an item cannot be an attribute`},
		{"attribute-with-namespace-alone", `T: {type: object, properties: {a: {type: string, xml: {attribute: true, namespace: 'urn:a'}}}}`, `an attribute without prefix stands in no namespace`},
		{"namespace-of-bare-array", `T: {type: object, properties: {a: {type: array, xml: {namespace: 'urn:a'}}}}`, `namespace and prefix of an array without wrapper say nothing`},
		{"array-in-array", `T: {type: object, properties: {a: {type: array, items: {type: array}}}}`, `property a: arrays in an array need an element around each`},
		{"array-in-wrapped-array", `T: {type: object, properties: {a: {type: array, xml: {wrapped: true}, items: {type: array}}}}`, `property a: arrays in an array need an element around each`},
		{"tuple", `T: {type: object, properties: {a: {type: array, prefixItems: [{type: string}]}}}`, `prefixItems have no form in XML`},
		{"wrapped-tuple", `T: {type: object, properties: {a: {type: array, xml: {wrapped: true}, prefixItems: [{type: string}]}}}`, `prefixItems have no form in XML`},
		{"patterns", `T: {type: object, patternProperties: {'^a': {type: string}}}`, `patternProperties have no form in XML`},
		{"list-or-text", `T: {type: object, properties: {a: {type: [string, array], items: {type: string}}}}`, `property a: it may be an object, an array or a text`},
		{"one-form", `T: {type: object, properties: {a: {type: string, xml: {name: c}}, b: {type: string, xml: {name: c}}}}`, `the properties "a" and "b" have one form in XML`},
		{"clash", `T: {oneOf: [{type: object, properties: {a: {type: string, xml: {attribute: true}}}}, {type: object, properties: {a: {type: string, xml: {name: b}}}}]}`, `property a: parts or alternatives of its schema say different things in ` + "`xml`"},
		{"root-clash", `T: {oneOf: [{type: object, xml: {name: a}}, {type: object, xml: {name: b}}]}`, `parts or alternatives of its schema say different things`},
		{"wrong-object", `T: {type: object, properties: {a: {type: string, xml: {attribute: 'yes'}}}}`, `attribute must be true or false, not a string`},
		{"of-3.2", `T: {type: object, properties: {a: {type: string, xml: {nodeType: text}}}}`, `an XML Object has no "nodeType" in this version of OpenAPI`},
		{"map-with-a-name", `T: {type: object, additionalProperties: {type: string, xml: {name: x}}}`, `property *: properties that are not named are called as they are`},
		{"map-of-arrays", `T: {type: object, additionalProperties: {type: array, items: {type: string}}}`, `property *: an array that is not named needs an element around its items`},
		{"map-of-nameless-items", `T: {type: object, additionalProperties: {type: array, xml: {wrapped: true}, items: {type: string}}}`, `property *: nothing says how the items of an array that is not named are called`},
		{"deep", `T: {type: object, properties: {a: {type: array, items: {type: object, properties: {b: {type: [object, string]}}}}}}`, `property a.b: it may be`},
	}
	var st State
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			d, problems := compile(t, schema.Draft202012, document(r.components+"\n"))
			if len(problems) != 1 || !strings.Contains(problems[0].String(), r.want) || problems.Err() != nil {
				t.Fatalf("got %v\nwant %s", problems, r.want)
			}
			if problems[0].Hint == "" || problems[0].Line == 0 {
				t.Error("the problem lacks a hint or a place")
			}
			if d.Read(&st, []byte(`<T/>`)) || st.Fault().Keyword != "schema" {
				t.Errorf("a document is read, or refused for %v", st.Fault())
			}
		})
	}
	t.Run("nameless", func(t *testing.T) {
		_, problems := compile(t, schema.OpenAPI30, "media: {schema: {type: object}}\n")
		if len(problems) != 1 || !strings.Contains(problems[0].Text, "nothing says how the root element is called") {
			t.Error(problems)
		}
	})
	t.Run("schema-with-problems", func(t *testing.T) {
		d := &Document{broken: true}
		if d.Read(&st, []byte(`<T/>`)) || (*Document)(nil).Read(&st, []byte(`<T/>`)) {
			t.Error("a document is read")
		}
	})
}

// Where the name of the root element is said.
func TestRootName(t *testing.T) {
	rows := []struct{ name, text, root string }{
		{"component", "media: {schema: {$ref: '#/components/schemas/T'}}\ncomponents: {schemas: {T: {type: object}}}\n", "T"},
		{"component-with-a-name", "media: {schema: {$ref: '#/components/schemas/T'}}\ncomponents: {schemas: {T: {type: object, xml: {name: t}}}}\n", "t"},
		{"definition", "media: {schema: {$ref: '#/definitions/T'}}\ndefinitions: {T: {type: object}}\n", "T"},
		{"chain", "media: {schema: {$ref: '#/components/schemas/T'}}\ncomponents: {schemas: {T: {$ref: '#/components/schemas/U'}, U: {type: object}}}\n", "T"},
		{"inline", "media: {schema: {type: object, xml: {name: in-line}}}\n", "in-line"},
		{"wrapped-array", "media: {schema: {type: array, xml: {wrapped: true, name: ts}}}\n", "ts"},
		{"escaped", "media: {schema: {$ref: '#/components/schemas/%54'}}\ncomponents: {schemas: {T: {type: object}}}\n", "T"},
		{"part", "media: {schema: {allOf: [{$ref: '#/components/schemas/T'}]}}\ncomponents: {schemas: {T: {type: object, xml: {name: t}}}}\n", "t"},
	}
	var st State
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for _, dialect := range []schema.Dialect{schema.OpenAPI30, schema.Draft202012} {
				d, problems := compile(t, dialect, r.text)
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				if !d.Read(&st, []byte("<"+r.root+"/>")) {
					t.Error(st.Fault())
				}
				if d.Read(&st, []byte("<Other/>")) || st.reason != wrongRoot {
					t.Error("another root is read")
				}
			}
		})
	}
}

// Schemas that refer to each other in ever new namespaces end.
func TestManyScopes(t *testing.T) {
	var b strings.Builder
	b.WriteString("T: {type: object, properties: {a0: {$ref: '#/components/schemas/S0'}}}\n")
	const n = 18
	for k := range n {
		b.WriteString("S" + string(rune('a'+k)) + ": {type: object, xml: {prefix: p" + string(rune('a'+k)) + ", namespace: 'urn:" + string(rune('a'+k)) + "'}, properties: {")
		for j := range n {
			b.WriteString("a" + string(rune('a'+j)) + ": {$ref: '#/components/schemas/S" + string(rune('a'+j)) + "'}, ")
		}
		b.WriteString("}}\n")
	}
	text := strings.Replace(b.String(), "schemas/S0", "schemas/Sa", 1)
	_, problems := compile(t, schema.Draft202012, document(text))
	if len(problems) == 0 || len(problems) > maxProblems || !strings.Contains(problems.Error(), "too many different parts") {
		t.Error(problems)
	}
}
