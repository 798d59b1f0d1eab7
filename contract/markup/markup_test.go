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

// row is one document and what becomes of it.
type row struct{ name, text, want string }

func run(t *testing.T, d *Document, rows []row) {
	t.Helper()
	var st State
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if got := outcome(d, &st, r.text); got != r.want {
				t.Errorf("%s\ngot  %s\nwant %s", r.text, got, r.want)
			}
		})
	}
}

// The examples of the XML Object in the OpenAPI Specification 3.0 and 3.1
// (3.1.1 section 4.8.26.2), each in a root element T.
func TestExamplesOfTheSpecification(t *testing.T) {
	const two = `{"animals":["value","value"]}`
	rows := []struct{ name, property, text, want string }{
		{"no-xml-element", `animals: {type: string}`, `<animals>...</animals>`, `{"animals":"..."}`},
		{"array", `animals: {type: array, items: {type: string}}`, `<animals>value</animals><animals>value</animals>`, two},
		{"name", `animals: {type: string, xml: {name: animal}}`, `<animal>...</animal>`, `{"animals":"..."}`},
		{"items-name", `animals: {type: array, items: {type: string, xml: {name: animal}}}`, `<animal>value</animal><animal>value</animal>`, two},
		{"outer-name-has-no-effect", `animals: {type: array, items: {type: string, xml: {name: animal}}, xml: {name: aliens}}`, `<animal>value</animal><animal>value</animal>`, two},
		{"wrapped", `animals: {type: array, items: {type: string}, xml: {wrapped: true}}`, `<animals><animals>value</animals><animals>value</animals></animals>`, two},
		{"wrapped-items-name", `animals: {type: array, items: {type: string, xml: {name: animal}}, xml: {wrapped: true}}`, `<animals><animal>value</animal><animal>value</animal></animals>`, two},
		{"wrapped-both-names", `animals: {type: array, items: {type: string, xml: {name: animal}}, xml: {name: aliens, wrapped: true}}`, `<aliens><animal>value</animal><animal>value</animal></aliens>`, two},
		{"wrapped-outer-name", `animals: {type: array, items: {type: string}, xml: {name: aliens, wrapped: true}}`, `<aliens><aliens>value</aliens><aliens>value</aliens></aliens>`, two},
	}
	for _, dialect := range []schema.Dialect{schema.OpenAPI30, schema.Draft202012} {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				d, problems := compile(t, dialect, document("T:\n  type: object\n  properties:\n    "+r.property+"\n"))
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				var st State
				if got := outcome(d, &st, "<T>"+r.text+"</T>"); got != r.want {
					t.Errorf("got %s, want %s", got, r.want)
				}
				for _, wrong := range []string{"<t>" + r.text + "</t>", "<T>" + strings.ReplaceAll(r.text, "al", "ol") + "</T>", "<T>" + strings.ReplaceAll(r.text, "li", "lo") + "<x/></T>"} {
					if d.Read(&st, []byte(wrong)) {
						t.Errorf("%s is accepted", wrong)
					}
				}
			})
		}
	}
	person := reader(t, `
T:
  type: object
  xml: {name: Person}
  properties:
    id: {type: integer, format: int32, xml: {attribute: true}}
    name: {type: string, xml: {namespace: 'https://example.com/schema/sample', prefix: sample}}
`)
	run(t, person, []row{
		{"attribute-prefix-and-namespace", `<Person id="123"><sample:name xmlns:sample="https://example.com/schema/sample">example</sample:name></Person>`, `{"id":123,"name":"example"}`},
		{"other-prefix", `<Person id="123" xmlns:s="https://example.com/schema/sample"><s:name>example</s:name></Person>`, `{"id":123,"name":"example"}`},
		{"default-namespace", `<Person id="123"><name xmlns="https://example.com/schema/sample">example</name></Person>`, `{"id":123,"name":"example"}`},
		{"no-namespace", `<Person id="123"><name>example</name></Person>`, `/* case: ` + reasons[nearName].want},
		{"other-namespace", `<Person id="123"><name xmlns="urn:other">example</name></Person>`, `/* case: ` + reasons[nearName].want},
		{"attribute-as-element", `<Person><id>123</id></Person>`, `/* case: ` + reasons[nearName].want},
		{"element-as-attribute", `<Person name="x"/>`, `/* case: ` + reasons[nearName].want},
		{"attribute-with-prefix", `<Person xmlns:p="urn:p" p:id="7"/>`, `/* case: ` + reasons[nearName].want},
		{"attribute-in-xml-namespace", `<Person xml:id="7"/>`, `/* case: ` + reasons[nearName].want},
	})
}

// petstore is the schema that most XML APIs were generated from.
const petstore = `
T:
  required: [name, photoUrls]
  type: object
  xml: {name: pet}
  properties:
    id: {type: integer, format: int64}
    name: {type: string}
    category: {$ref: '#/components/schemas/Category'}
    photoUrls: {type: array, xml: {wrapped: true}, items: {type: string, xml: {name: photoUrl}}}
    tags: {type: array, xml: {wrapped: true}, items: {$ref: '#/components/schemas/Tag'}}
    status: {type: string, enum: [available, pending, sold]}
Category: {type: object, xml: {name: category}, properties: {id: {type: integer}, name: {type: string}}}
Tag: {type: object, xml: {name: tag}, properties: {id: {type: integer}, name: {type: string}}}
`

func TestPetstore(t *testing.T) {
	run(t, reader(t, petstore), []row{
		{"whole", `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<!-- a pet -->
<pet>
  <id>10</id>
  <name>doggie</name>
  <category><id>1</id><name>Dogs</name></category>
  <photoUrls>
    <photoUrl>a</photoUrl><!-- and -->
    <photoUrl>b</photoUrl>
  </photoUrls>
  <tags><tag><id>0</id><name>string</name></tag></tags>
  <status>available</status>
</pet>
`, `{"id":10,"name":"doggie","category":{"id":1,"name":"Dogs"},"photoUrls":["a","b"],"tags":[{"id":0,"name":"string"}],"status":"available"}`},
		{"empty-lists", `<pet><name/><photoUrls/><tags></tags></pet>`, `{"name":"","photoUrls":[],"tags":[]}`},
		{"missing", `<pet><name>x</name></pet>`, ` required: must have the property "photoUrls"`},
		{"wrong-kind", `<pet><id>ten</id></pet>`, `/id type: must be an integer`},
		{"deep-fault", `<pet><name/><photoUrls/><tags><tag/><tag><id>1.0</id></tag></tags></pet>`, `/tags/1/id type: must be an integer`},
		{"deep-syntax", `<pet><name/><photoUrls/><tags><tag/><tag><id>&x;</id></tag></tags></pet>`, `/tags/1/id syntax: ` + reasons[badReference].want},
		{"enumeration", `<pet><name/><photoUrls/><status>gone</status></pet>`, `/status enum: must be one of "available", "pending", "sold"`},
		{"undeclared", `<pet><name/><photoUrls/><colour>red</colour></pet>`, ` unevaluatedProperties: has a property that is not declared; declared are: "id", "name", "category", "photoUrls", "tags", "status"`},
		{"undeclared-in-list", `<pet><name/><photoUrls><url>x</url></photoUrls></pet>`, `/photoUrls/* unevaluatedProperties: ` + reasons[undeclaredElement].want},
		{"undeclared-attribute-of-list", `<pet><name/><photoUrls n="1"/></pet>`, `/photoUrls unevaluatedProperties: ` + reasons[undeclaredAttribute].want},
		{"undeclared-attribute-of-text", `<pet><name lang="en">x</name><photoUrls/></pet>`, `/name unevaluatedProperties: ` + reasons[undeclaredAttribute].want},
		{"twice", `<pet><name>a</name><photoUrls/><name>b</name></pet>`, `/name syntax: ` + reasons[twice].want},
		{"list-twice", `<pet><name>a</name><photoUrls/><photoUrls/></pet>`, `/photoUrls syntax: ` + reasons[twice].want},
		{"other-case", `<pet><Name>a</Name></pet>`, `/* case: ` + reasons[nearName].want},
		{"long-s", `<pet><ſtatus>a</ſtatus></pet>`, `/* case: ` + reasons[nearName].want},
		{"text-in-object", `<pet>doggie</pet>`, ` type: ` + reasons[strayText].want},
		{"text-beside-elements", `<pet><name>x</name> and more</pet>`, ` type: ` + reasons[strayText].want},
		{"elements-in-text", `<pet><name>x<b>y</b></name></pet>`, `/name type: ` + reasons[noElements].want},
	})
}

// What the contract says of arrays.
func TestArrays(t *testing.T) {
	d := reader(t, `
T:
  type: object
  required: [must, ro]
  properties:
    a: {type: array, items: {type: integer}}
    b: {type: string}
    must: {type: array, items: {type: string}}
    ro: {type: array, readOnly: true, items: {type: string}}
    rows: {type: array, xml: {name: rows, wrapped: true}, items: {type: array, xml: {name: row, wrapped: true}, items: {type: integer, xml: {name: cell}}}}
    objects: {type: array, maxItems: 2, items: {type: object, xml: {name: o}, properties: {k: {type: string, xml: {attribute: true}}}}}
`)
	run(t, d, []row{
		{"required-and-empty", `<T/>`, `{"must":[],"ro":[]}`},
		{"not-required", `<T><must/><ro/></T>`, `{"must":[""],"ro":[""]}`},
		{"comments-between-items", `<T><a>1</a><!-- x --> <a>2</a></T>`, `{"a":[1,2],"must":[],"ro":[]}`},
		{"apart", `<T><a>1</a><b/><a>2</a></T>`, `/a syntax: ` + reasons[apart].want},
		{"nested", `<T><rows><row><cell>1</cell></row><row/></rows></T>`, `{"rows":[[1],[]],"must":[],"ro":[]}`},
		{"fault-in-nested", `<T><rows><row/><row><cell>1</cell><cell>x</cell></row></rows></T>`, `/rows/1/1 type: must be an integer`},
		{"objects", `<T><o k="1"/><o/></T>`, `{"objects":[{"k":"1"},{}],"must":[],"ro":[]}`},
		{"too-many", `<T><o/><o/><o/></T>`, `/objects maxItems: must have at most 2 items`},
		{"items-by-the-property's-name", `<T><objects/></T>`, `/* case: ` + reasons[nearName].want},
	})
	st := State{Direction: schema.Request}
	if got := outcome(d, &st, `<T/>`); got != `{"must":[]}` {
		t.Errorf("in a request: %s", got)
	}
}

// Namespaces are those that the contract's own prefixes would write.
func TestNamespaces(t *testing.T) {
	run(t, reader(t, `
T:
  type: object
  xml: {namespace: urn:default}
  properties:
    child: {type: object, properties: {leaf: {type: string}}}
    other: {type: object, xml: {namespace: urn:other, prefix: o}, properties: {same: {type: string, xml: {prefix: o}}, plain: {type: string}}}
    at: {type: string, xml: {attribute: true}}
    ns: {type: string, xml: {attribute: true, prefix: o, namespace: urn:other}}
    list: {type: array, xml: {wrapped: true, namespace: urn:list}, items: {type: string, xml: {name: item}}}
`), []row{
		{"inherited", `<T xmlns="urn:default"><child><leaf>x</leaf></child></T>`, `{"child":{"leaf":"x"}}`},
		{"by-prefix", `<d:T xmlns:d="urn:default"><d:child><d:leaf>x</d:leaf></d:child></d:T>`, `{"child":{"leaf":"x"}}`},
		{"not-inherited", `<d:T xmlns:d="urn:default"><child/></d:T>`, `/* case: ` + reasons[nearName].want},
		{"root-without", `<T/>`, ` type: ` + reasons[wrongRoot].want},
		{"root-of-another", `<T xmlns="urn:defaulT"/>`, ` type: ` + reasons[wrongRoot].want},
		{"prefix-of-an-outer-element", `<T xmlns="urn:default" xmlns:o="urn:other"><o:other><o:same>x</o:same><plain>y</plain></o:other></T>`, `{"other":{"same":"x","plain":"y"}}`},
		{"rebound", `<a:T xmlns:a="urn:default"><a:other xmlns:a="urn:other"><a:same>x</a:same></a:other><a:child/></a:T>`, `{"other":{"same":"x"},"child":{}}`},
		{"undone", `<T xmlns="urn:default"><child xmlns=""/></T>`, `/* case: ` + reasons[nearName].want},
		{"attributes", `<T xmlns="urn:default" xmlns:p="urn:other" at="1" p:ns="2"/>`, `{"at":"1","ns":"2"}`},
		{"attribute-without-prefix", `<T xmlns="urn:default" ns="2"/>`, `/* case: ` + reasons[nearName].want},
		{"wrapper", `<T xmlns="urn:default"><list xmlns="urn:list"><item>x</item></list></T>`, `{"list":["x"]}`},
		{"items-inherit-from-the-wrapper", `<T xmlns="urn:default"><list xmlns="urn:list"><item xmlns="urn:default">x</item></list></T>`, `/list/* case: ` + reasons[nearName].want},
	})
}

// Text becomes what its schema allows.
func TestText(t *testing.T) {
	d := reader(t, `
T:
  type: object
  properties:
    s: {type: string}
    i: {type: integer}
    n: {type: number}
    b: {type: boolean}
    ni: {type: [integer, 'null']}
    ns: {type: [string, 'null']}
    is: {type: [integer, string]}
    any: {}
    at: {type: number, xml: {attribute: true}}
`)
	run(t, d, []row{
		{"string", `<T><s> 7 </s></T>`, `{"s":" 7 "}`},
		{"string-of-blanks", "<T><s>\n\t</s></T>", `{"s":"\n\u0009"}`},
		{"line-ends", "<T><s>a\r\nb\rc\n</s></T>", `{"s":"a\nb\nc\n"}`},
		{"references", `<T><s>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;&#x0041;&#13;</s></T>`, `{"s":"<>&'\"A` + "😀" + `A\u000d"}`},
		{"cdata", "<T><s><![CDATA[<a>&amp;\r\n]]></s></T>", `{"s":"<a>&amp;\n"}`},
		{"integer", `<T><i>-7</i></T>`, `{"i":-7}`},
		{"integer-with-blanks", `<T><i> 7</i></T>`, `/i type: must be an integer`},
		{"integer-with-plus", `<T><i>+7</i></T>`, `/i type: must be an integer`},
		{"integer-empty", `<T><i/></T>`, `/i type: must be an integer`},
		{"number", `<T><n>1.5e3</n></T>`, `{"n":1.5e3}`},
		{"number-too-large", `<T><n>1e400</n></T>`, `/n number: must be a number that a double can hold`},
		{"not-a-number", `<T><n>NaN</n></T>`, `/n type: must be a number`},
		{"boolean", `<T><b>true</b></T>`, `{"b":true}`},
		{"boolean-of-xml-schema", `<T><b>1</b></T>`, `/b type: must be a boolean`},
		{"null-is-a-word", `<T><ns>null</ns></T>`, `{"ns":"null"}`},
		{"null-has-no-form", `<T><ni>null</ni></T>`, `/ni type: must be an integer or null`},
		{"either", `<T><is>7</is></T>`, `{"is":7}`},
		{"or", `<T><is>x7</is></T>`, `{"is":"x7"}`},
		{"attribute", `<T at="1&#x2e;5"/>`, `{"at":1.5}`},
		{"attribute-not-a-number", `<T at=""/>`, `/at type: must be a number`},
		{"any-text", `<T><any>7</any></T>`, `{"any":7}`},
		{"any-tree", `<T><any a="1"><b>7</b><b c="2">x</b><d/></any></T>`, `{"any":{"@a":"1","b":"7","b[2]":{"@c":"2","#text":"x"},"d":""}}`},
		{"any-with-text-and-attribute", `<T><any a="1">x</any></T>`, `{"any":{"@a":"1","#text":"x"}}`},
		{"any-mixed", `<T><any>x<b/></any></T>`, `/any type: ` + reasons[mixed].want},
		{"any-mixed-after", `<T><any><b/>x</any></T>`, `/any type: ` + reasons[strayText].want},
	})
}

// Objects that are open hold what nobody named.
func TestOpen(t *testing.T) {
	run(t, reader(t, `
T:
  type: object
  properties:
    map: {type: object, additionalProperties: {type: integer}}
    lists: {type: object, additionalProperties: {type: array, xml: {wrapped: true}, items: {type: string, xml: {name: i}}}}
    open: {type: object, properties: {a: {type: string, xml: {name: x}}}, additionalProperties: true}
    free: {type: object}
`), []row{
		{"map", `<T><map><a>1</a><b>2</b></map></T>`, `{"map":{"a":1,"b":2}}`},
		{"map-twice", `<T><map><a>1</a><a>2</a></map></T>`, `/map/* syntax: ` + reasons[twice].want},
		{"map-of-others", `<T><map><a>x</a></map></T>`, `/map/* type: must be an integer`},
		{"map-attribute", `<T><map a="1"/></T>`, `/map/* unevaluatedProperties: ` + reasons[foreign].want},
		{"map-foreign", `<T><map><a xmlns="urn:a">1</a></map></T>`, `/map/* unevaluatedProperties: ` + reasons[foreign].want},
		{"lists", `<T><lists><a><i>1</i></a><b/></lists></T>`, `{"lists":{"a":["1"],"b":[]}}`},
		{"open", `<T><open k="v"><x>1</x><y><z/></y><y/><o:y xmlns:o="urn:o"/></open></T>`, `{"open":{"@k":"v","a":"1","y":{"z":""},"y[2]":"","{}y":""}}`},
		{"open-by-the-property's-name", `<T><open><a>1</a></open></T>`, `/open/* case: ` + reasons[nearName].want},
		{"free", `<T><free><a/><a/></free></T>`, `{"free":{"a":"","a[2]":""}}`},
	})
}

// The root element of a schema of anything has any name.
func TestUnnamedRoot(t *testing.T) {
	d, problems := compile(t, schema.Draft202012, "media: {schema: {}}\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	run(t, d, []row{
		{"element", `<x:a xmlns:x="urn:x">1</x:a>`, `1`},
		{"tree", `<a><b/></a>`, `{"b":""}`},
	})
}

// A schema may hold itself.
func TestRecursion(t *testing.T) {
	d := reader(t, `
T: {type: object, xml: {name: t, namespace: urn:t, prefix: t}, properties: {t: {$ref: '#/components/schemas/T'}, ts: {type: array, items: {$ref: '#/components/schemas/L'}}}}
L: {type: array, xml: {name: l, wrapped: true}, items: {$ref: '#/components/schemas/L'}}
`)
	var st State
	if got := outcome(d, &st, `<a:t xmlns:a="urn:t"><a:t><l><l/><l><l/></l></l></a:t></a:t>`); got != `{"t":{"ts":[[[],[[]]]]}}` {
		t.Error(got)
	}
	deep := func(n int) string {
		return `<a:t xmlns:a="urn:t">` + strings.Repeat("<a:t>", n-1) + strings.Repeat("</a:t>", n)
	}
	if got := outcome(d, &st, deep(maxDepth)); strings.Contains(got, "depth") {
		t.Error(got)
	}
	if got := outcome(d, &st, deep(maxDepth+1)); !strings.HasSuffix(got, "depth: "+reasons[tooDeep].want) {
		t.Error(got)
	}
}
