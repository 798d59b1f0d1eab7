package answer_test

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/answer"
)

// tree describes a value that holds values of its own form; named says which
// names it knows, and write which of them never leave.
const tree = `
"200":
  description: OK
  content:
    application/json:
      schema:
        type: object
        properties:
          a: {}
          "b\u00e9": {type: [string, number, boolean, "null"]}
          p: {type: string, writeOnly: true}
          list: {type: array, items: {type: object, properties: {n: {type: number}, p: {writeOnly: true}}}}
          open: {type: object, additionalProperties: true}
`

// trimmed is the reference: it decodes, and leaves out what tree does not name.
func trimmed(value any) {
	object, _ := value.(map[string]any)
	for name := range object {
		switch name {
		case "a", "b\u00e9", "open":
		case "list":
			items, _ := object[name].([]any)
			for _, item := range items {
				inner, _ := item.(map[string]any)
				for name := range inner {
					if name != "n" {
						delete(inner, name)
					}
				}
			}
		default:
			delete(object, name)
		}
	}
}

func decode(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		t.Fatalf("%q is no JSON: %v", text, err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("%q is more than one text: %v", text, err)
	}
	return value
}

// FuzzTrim: what the guard lets out is JSON and, decoded, the decoded answer
// without what the contract does not name. Without cuts the bytes are those of
// the API.
func FuzzTrim(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1}`, `{"x":1}`, `{"x":1,"a":2}`, `{"a":2,"x":1}`, `{"a":1,"x":2,"y":3,"b\u00e9":4}`,
		` { "x" : { "y" : [ 1 , 2 ] } , "list" : [ { "n" : 1 , "z" : "}" } , { "q" : [] } ] } `,
		`{"p":"secret","a":{"p":1},"open":{"p":1,"x":{}},"list":[{"p":{}},{},{"n":1e5,"p":2,"p2":3}]}`,
		`{"x":"\"},{","a":"\\","y":"\u0022"}`, "{\"b\u00e9\":null,\"be\":1}", `{"list":[{"n":1,"n":2}]}`, `[1]`, `{"a":1}{`,
	} {
		f.Add([]byte(text))
	}
	s := newStage(f, tree, answer.Options{Undeclared: schema.Drop})
	f.Fuzz(func(t *testing.T, body []byte) {
		s.t = t
		s.call("GET", lie{status: 200, fields: typed("application/json"), body: string(body)})
		if s.status != 200 {
			return
		}
		want := decode(t, body)
		trimmed(want)
		if got := decode(t, []byte(s.body)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q became %q", body, s.body)
		}
		if s.event.Trimmed == 0 && s.body != string(body) {
			t.Errorf("%q became %q without a cut", body, s.body)
		}
		if s.event.Trimmed > 0 && len(s.body) >= len(body) {
			t.Errorf("%q became %q with %d cuts", body, s.body, s.event.Trimmed)
		}
	})
}

// FuzzShows: no body makes the look for internals fail.
func FuzzShows(f *testing.F) {
	s := newStage(f, describe(things), keep)
	for _, text := range internals {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s.t = t
		s.call("GET", lie{status: 409, fields: typed("text/plain"), body: string(body)})
		if s.status != 409 || s.event.Code == 0 && s.body != string(body) {
			t.Errorf("%d %v %q", s.status, s.event.Code, s.body)
		}
	})
}
