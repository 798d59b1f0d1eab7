package markup

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// fuzzed holds every form that the mapping knows.
const fuzzed = `
T:
  type: object
  xml: {name: t}
  properties:
    id: {type: integer, readOnly: true, xml: {attribute: true}}
    ns: {type: string, xml: {attribute: true, prefix: p, namespace: 'urn:p'}}
    s: {type: string}
    n: {type: [number, boolean]}
    sub: {$ref: '#/components/schemas/T'}
    in: {type: object, xml: {namespace: 'urn:p', prefix: p}, properties: {a: {type: string, xml: {prefix: p}}, b: {type: string}}}
    def: {type: object, xml: {namespace: 'urn:d'}, properties: {c: {type: string, writeOnly: true}}}
    bare: {type: array, items: {type: string, xml: {name: i}}}
    wrap: {type: array, xml: {wrapped: true}, items: {type: object, xml: {name: w}, properties: {x: {type: string}}}}
    map: {type: object, additionalProperties: {type: integer}}
    any: {}
    one: {oneOf: [{type: object, required: [k], properties: {k: {type: string}}}, {type: object, required: [l], properties: {l: {type: string}}}]}
`

var fuzzSeeds = []string{
	`<?xml version="1.0" encoding="UTF-8"?><t id="1" xmlns:p="urn:p" p:ns="x"><s>a&amp;b</s><n>1.5</n><sub><s/></sub></t>`,
	`<t xmlns:q="urn:p"><q:in><q:a>1</q:a><b/></q:in><def xmlns="urn:d"><c><![CDATA[<]]></c></def></t>`,
	"<t>\n <i>1</i><!-- c -->\r\n<i>2</i>\n <wrap> <w><x>1</x></w><w/></wrap></t>",
	`<t u="1" v:w="2" xmlns:v="urn:v"><u/><s lang="x">1</s><wrap><y/><w z=""/></wrap><v:q a="1">x</v:q></t>`,
	`<t><map><a>1</a><b>2</b></map><any a="1"><b>1</b><b/></any><any/></t>`,
	`<t><one><k>1</k><m/></one></t>`,
	"<t><s>&#x41;&#10;\r\n]]&gt;\u00e9\u4e2d</s></t>",
	`<!DOCTYPE t><t/>`, `<t xmlns="urn:x"/>`, `<t/><t/>`, `<t><s>]]></s></t>`, `<t><a:s/></t>`, "<t\n id = '7'\t></t >", `<t><\u00fc>1</\u00fc></t>`,
}

// FuzzMarkup holds that whatever is accepted is the same tree for another
// reader, encoding/xml, and means the same JSON.
func FuzzMarkup(f *testing.F) {
	for _, text := range fuzzSeeds {
		for how := range uint8(3) {
			f.Add([]byte(text), how)
		}
	}
	d := reader(f, fuzzed)
	var st State
	f.Fuzz(func(t *testing.T, text []byte, how uint8) {
		st.Direction, st.Undeclared, st.Misplaced = schema.Direction(how%3), schema.Allow, schema.Allow
		if !d.Read(&st, text) {
			if st.Fault().Keyword == "" || len(st.Drops) > 0 || st.Left != nil {
				t.Fatalf("refused with %+v, %v, %q", st.Fault(), st.Drops, st.Left)
			}
			return
		}
		tree, err := parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "invalid XML name") && !ascii(text) {
				return // encoding/xml knows the names of an earlier edition
			}
			t.Fatalf("encoding/xml: %v", err)
		}
		var got any
		if err := json.Unmarshal(st.JSON(), &got); err != nil {
			t.Fatalf("%v: %s", err, st.JSON())
		}
		if want := tree.mean(d.root.elem); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is read as %v, want %v", text, got, want)
		}
	})
}

func ascii(text []byte) bool {
	return !bytes.ContainsFunc(text, func(r rune) bool { return r > 0x7e })
}

// FuzzMarkupDrop holds that what is left without the spans that are dropped is
// accepted as it is, means what is reported, and lost nothing but what other
// policies would not have refused.
func FuzzMarkupDrop(f *testing.F) {
	for _, text := range fuzzSeeds {
		for how := range uint8(3) {
			f.Add([]byte(text), how)
		}
	}
	d := reader(f, fuzzed)
	var st, again State
	f.Fuzz(func(t *testing.T, text []byte, how uint8) {
		st.Direction, st.Undeclared, st.Misplaced = schema.Direction(how%3), schema.Drop, schema.Drop
		again.Direction, again.Undeclared, again.Misplaced = st.Direction, schema.Refuse, schema.Refuse
		strict := d.Read(&again, text)
		if !d.Read(&st, text) {
			if strict {
				t.Fatalf("refused when dropping: %v", st.Fault())
			}
			return
		}
		if strict != (len(st.Drops) == 0) {
			t.Fatalf("strict reading says %v (%v), drops are %v", strict, again.Fault(), st.Drops)
		}
		left := cut(text, st.Drops)
		if !bytes.Equal(left, st.Left) {
			t.Fatalf("left is %q, spans leave %q", st.Left, left)
		}
		if !d.Read(&again, left) || !bytes.Equal(again.JSON(), st.JSON()) {
			t.Fatalf("what is left, %q, reads as %s, not %s: %v", left, again.JSON(), st.JSON(), again.Fault())
		}
		before, err := parse(text)
		if err != nil {
			if ascii(text) {
				t.Fatal(err)
			}
			return
		}
		after, err := parse(left)
		if err != nil {
			t.Fatalf("%v: %q", err, left)
		}
		if !partOf(after, before) {
			t.Fatalf("%q is no part of %q", left, text)
		}
	})
}
