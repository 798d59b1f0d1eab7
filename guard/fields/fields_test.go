package fields_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
)

// people is a contract with properties that are for some roles, at every kind
// of place.
const people = `openapi: 3.1.0
info: {title: People, version: 1.0.0}
paths:
  /people:
    get: {security: [], responses: {"200": {description: OK, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Person"}}}}}}}
  /people/one:
    get: {security: [], responses: {"200": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/Person"}}}}}}
    put: {security: [], requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Person"}}, application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Form"}},
      application/xml: {schema: {$ref: "#/components/schemas/Form"}}, text/csv: {schema: {type: string}}, application/octet-stream: {}}}, responses: {"200": {description: OK}}}
  /party:
    get: {security: [], responses: {"200": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/Party"}}}}}}
  /any:
    get: {security: [], responses: {"200": {description: OK, content: {"*/*": {schema: {$ref: "#/components/schemas/Person"}}}}}}
  /notes:
    get: {security: [], responses: {"200": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}}}
components:
  schemas:
    Person:
      type: object
      required: [name, salary]
      properties:
        name: {type: string}
        salary: {type: integer, x-gatehouse-read: [hr, boss], x-gatehouse-write: [hr]}
        address: {$ref: "#/components/schemas/Address"}
        reports: {type: array, items: {$ref: "#/components/schemas/Person"}}
        notes: {$ref: "#/components/schemas/Note", x-gatehouse-read: [hr]}
        nobody: {type: string, x-gatehouse-read: []}
        tags: {type: object, additionalProperties: {type: string, x-gatehouse-read: [boss]}}
    Address: {type: object, properties: {city: {type: string}, street: {type: string}}}
    Note: {type: object, properties: {text: {type: string}}}
    Form: {type: object, properties: {name: {type: string}, salary: {type: integer, x-gatehouse-write: [hr]}}}
    Party:
      oneOf:
        - {type: object, required: [kind, tax], properties: {kind: {const: firm}, tax: {type: string, x-gatehouse-read: [boss]}}}
        - {type: object, required: [kind], properties: {kind: {const: person}, tax: {type: string}}}
      allOf:
        - {type: object, properties: {secret: {type: string, x-gatehouse-read: [hr]}}}
`

// TestRead takes out what the caller has no role for, wherever it stands.
func TestRead(t *testing.T) {
	s := newPlay(t, people, gatehouse.Options{})
	rows := []struct {
		name   string
		roles  []string
		target string
		answer string
		want   string
	}{
		{"without-a-role", []string{}, "/people/one", `{"name":"A", "salary" : 7 ,"address":{"city":"X"}}`, `{"name":"A", "address":{"city":"X"}}`},
		{"nobody", nil, "/people/one", `{"salary":7,"name":"A"}`, `{"name":"A"}`},
		{"with-one-of-two", []string{"boss"}, "/people/one", `{"name":"A","salary":7}`, `{"name":"A","salary":7}`},
		{"with-the-other", []string{"hr"}, "/people/one", `{"name":"A","salary":7}`, `{"name":"A","salary":7}`},
		{"with-a-role-that-is-none", []string{"HR", "b", ""}, "/people/one", `{"name":"A","salary":7}`, `{"name":"A"}`},
		{"escaped-name", []string{"x"}, "/people/one", `{"name":"A","s\u0061lary":7}`, `{"name":"A"}`},
		{"in-lists", []string{"x"}, "/people", `[{"name":"A","salary":7},{"salary":8,"name":"B"}]`, `[{"name":"A"},{"name":"B"}]`},
		{"nested", []string{"x"}, "/people/one", `{"name":"A","salary":1,"reports":[{"name":"B","salary":2,"reports":[{"salary":3,"name":"C"}]}]}`, `{"name":"A","reports":[{"name":"B","reports":[{"name":"C"}]}]}`},
		{"reference-with-a-rule", []string{"boss"}, "/people/one", `{"name":"A","salary":1,"notes":{"text":"x"}}`, `{"name":"A","salary":1}`},
		{"its-target-without", []string{"boss"}, "/notes", `{"text":"x"}`, `{"text":"x"}`},
		{"nobody-at-all", []string{"hr", "boss"}, "/people/one", `{"name":"A","salary":1,"nobody":"x"}`, `{"name":"A","salary":1}`},
		{"free-names", []string{"hr"}, "/people/one", `{"name":"A","salary":1,"tags":{"a":"1","b":"2"}}`, `{"name":"A","salary":1,"tags":{}}`},
		{"beside-what-is-undeclared", []string{"x"}, "/people/one", `{"name":"A","u":1,"salary":1,"v":{"w":2}}`, `{"name":"A"}`},
		{"alternative-with-a-rule", []string{"hr"}, "/party", `{"kind":"firm","tax":"1","secret":"s"}`, `{"kind":"firm","secret":"s"}`},
		{"alternative-without", []string{"hr"}, "/party", `{"kind":"person","tax":"1","secret":"s"}`, `{"kind":"person","tax":"1","secret":"s"}`},
		{"part-of-all", []string{"boss"}, "/party", `{"kind":"firm","tax":"1","secret":"s"}`, `{"kind":"firm","tax":"1"}`},
		{"any-type", []string{"x"}, "/any", `{"name":"A","salary":1}`, `{"name":"A"}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s.answer.media, s.answer.body = "application/json", r.answer
			s.call(r.roles, "GET", r.target, "", "")
			if s.Status != 200 || s.Body != r.want {
				t.Fatalf("%d %s, want %s", s.Status, s.Body, r.want)
			}
			if _, kept := s.Fields["ETag"]; kept != (r.answer == r.want) {
				t.Errorf("ETag kept: %v", kept)
			}
			if s.Fields["Cache-Control"] != "no-store" {
				t.Errorf("fields %v", s.Fields)
			}
			if (s.Event.Trimmed > 0) != (r.answer != r.want) {
				t.Errorf("trimmed %d", s.Event.Trimmed)
			}
		})
	}
	t.Run("type-that-is-not-read", func(t *testing.T) {
		s.answer.media, s.answer.body = "text/csv", "A,7"
		if s.call([]string{"x"}, "GET", "/any", "", ""); s.Status != 502 || strings.Contains(s.Body, "A,7") {
			t.Errorf("%d %s", s.Status, s.Body)
		}
	})
	t.Run("head", func(t *testing.T) {
		s.answer.media, s.answer.body = "application/json", ""
		if s.call([]string{"x"}, "HEAD", "/people/one", "", ""); s.Status != 200 || s.Fields["ETag"] != "" {
			t.Errorf("%d %v", s.Status, s.Fields)
		}
	})
}

// TestWrite refuses what the caller has no role for, in every form of a body.
func TestWrite(t *testing.T) {
	s := newPlay(t, people, gatehouse.Options{})
	const form, xml = "application/x-www-form-urlencoded", "application/xml"
	rows := []struct {
		name, media, body string
		roles             []string
		want              string // of the refusal, "" for none
	}{
		{"without", "application/json", `{"name":"A","salary":7}`, []string{"boss"}, `"pointer":"/salary"`},
		{"with", "application/json", `{"name":"A","salary":7}`, []string{"hr"}, ""},
		{"nested", "application/json", `{"name":"A","salary":7,"reports":[{"name":"B","salary":1}]}`, []string{"x"}, `"code":"field-denied"`},
		{"escaped", "application/json", `{"name":"A","\u0073alary":7}`, []string{"x"}, `"pointer":"/salary"`},
		{"form", form, "name=A&salary=7", []string{"x"}, `"pointer":"/salary"`},
		{"form-escaped", form, "name=A&s%61lary=7", []string{"x"}, `"pointer":"/salary"`},
		{"form-without-it", form, "name=A", []string{"x"}, ""},
		{"form-with", form, "name=A&salary=7", []string{"hr"}, ""},
		{"xml", xml, "<Form><name>A</name><salary>7</salary></Form>", []string{"x"}, `"pointer":"/salary"`},
		{"xml-without-it", xml, "<Form><name>A</name></Form>", []string{"x"}, ""},
		{"text", "text/csv", "A", []string{"x"}, ""},
		{"bytes", "application/octet-stream", `{"salary":7}`, []string{"x"}, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s.answer.body = ""
			s.call(r.roles, "PUT", "/people/one", r.media, r.body)
			if r.want == "" && (s.Status != 200 || s.sent != r.body) || r.want != "" && (s.Status != 403 || s.called || !strings.Contains(s.Body, r.want)) {
				t.Errorf("%d %s; sent %s", s.Status, s.Body, s.sent)
			}
		})
	}
}

// TestObservedRequestIsStillHeld shows that observing other guards opens no way
// around the rules.
func TestObservedRequestIsStillHeld(t *testing.T) {
	s := newPlay(t, people, gatehouse.Options{Settings: gatehouse.Settings{Mode: gatehouse.Observe}})
	for _, row := range []struct{ name, target, media, body string }{
		{"unknown-query", "/people/one?x=1", "application/json", `{"name":"A","salary":7}`},
		{"off-schema", "/people/one", "application/json", `{"name":1,"salary":7}`},
		{"other-type", "/people/one", "text/json5", `{"name":"A","salary":7}`},
		{"in-order", "/people/one", "application/json", `{"name":"A","salary":7}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			if s.call([]string{"x"}, "PUT", row.target, row.media, row.body); s.called || s.Status != 403 {
				t.Errorf("%d %s, sent %s", s.Status, s.Body, s.sent)
			}
			if s.call([]string{"hr"}, "PUT", row.target, row.media, row.body); !s.called {
				t.Errorf("with the role: %d %s", s.Status, s.Body)
			}
		})
	}
	s.answer.media, s.answer.body = "application/json", `{"name":1,"salary":4711}`
	if s.call([]string{"x"}, "GET", "/people/one", "", ""); s.Status != 502 || strings.Contains(s.Body, "4711") {
		t.Errorf("an answer off its schema: %d %s", s.Status, s.Body)
	}
	s.answer.body = `{"name":"A","salary":7,"u":1}`
	if s.call([]string{"x"}, "GET", "/people/one", "", ""); s.Status != 200 || s.Body != `{"name":"A","u":1}` {
		t.Errorf("beside edits that are taken back: %d %s", s.Status, s.Body)
	}
}

// TestObservedFields changes nothing and says what would have been.
func TestObservedFields(t *testing.T) {
	s := newPlay(t, people, gatehouse.Options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"fields": gatehouse.Observe}}})
	s.answer.media, s.answer.body = "application/json", `{"name":"A","salary":7}`
	if s.call([]string{"x"}, "GET", "/people/one", "", ""); s.Body != s.answer.body || s.Event.Trimmed != 1 || s.Fields["ETag"] == "" {
		t.Errorf("%s %v, trimmed %d", s.Body, s.Fields, s.Event.Trimmed)
	}
	if s.call([]string{"x"}, "PUT", "/people/one", "application/json", s.answer.body); !s.called || len(s.Event.Would) != 1 || s.Event.Would[0] != gate.FieldDenied {
		t.Errorf("%d, would %v", s.Status, s.Event.Would)
	}
}

// TestSettings are rules of gatehouse.yaml, which add to those of the contract.
func TestSettings(t *testing.T) {
	o := gatehouse.Options{Fields: map[string]config.FieldRule{
		"Person/address/city":   {Read: []string{"hr"}},
		"Person/name":           {Write: []string{"boss"}, OnWrite: config.DropWrite},
		"Person/salary":         {Read: []string{"auditor"}},
		"Person/reports/*/tags": {Read: []string{}},
		"Address/street":        {Write: []string{"hr"}, OnWrite: config.DropWrite},
	}}
	s := newPlay(t, people, o)
	s.answer.media, s.answer.body = "application/json", `{"name":"A","salary":7,"address":{"city":"X","street":"Y"},"tags":{}}`
	for roles, want := range map[string]string{
		"hr":         `{"name":"A","address":{"city":"X","street":"Y"}}`,
		"hr auditor": `{"name":"A","salary":7,"address":{"city":"X","street":"Y"}}`,
		"auditor":    `{"name":"A","address":{"street":"Y"}}`,
	} {
		if s.call(strings.Fields(roles), "GET", "/people/one", "", ""); s.Body != want {
			t.Errorf("%s: %s, want %s", roles, s.Body, want)
		}
	}
	s.answer.body = ""
	if s.call([]string{"boss"}, "PUT", "/people/one", "application/json", `{"name":"A","address":{"street":"Y","city":"X"}}`); s.Status != 400 || !strings.Contains(s.Body, `"required"`) {
		t.Errorf("salary is required: %d %s", s.Status, s.Body)
	}
	if s.call([]string{"x"}, "PUT", "/people/one", "application/json", `{"name":"A","salary":1}`); s.Status != 403 {
		t.Errorf("dropping one does not allow the other: %d %s", s.Status, s.Body)
	}
	if s.call([]string{"boss", "auditor"}, "PUT", "/people/one", "application/json", `{"name":"A","address":{"street":"Y","city":"X"}}`); s.Status != 400 {
		t.Errorf("%d %s", s.Status, s.Body)
	}
	loose := strings.Replace(people, "required: [name, salary]", "required: []", 1)
	s = newPlay(t, loose, o)
	if s.call([]string{"x"}, "PUT", "/people/one", "application/json", `{"name":"A","address":{"street":"Y", "city":"X"}}`); s.Status != 200 || s.sent != `{"address":{"city":"X"}}` {
		t.Errorf("%d %s, sent %s", s.Status, s.Body, s.sent)
	}
}

// TestProblems are mistakes that are found at start.
func TestProblems(t *testing.T) {
	setting := func(name string, r config.FieldRule) gatehouse.Options {
		return gatehouse.Options{Fields: map[string]config.FieldRule{name: r}}
	}
	read := config.FieldRule{Read: []string{"hr"}}
	as := func(from, to string) string { return strings.Replace(people, from, to, 1) }
	rows := []struct {
		name, text string
		o          gatehouse.Options
		want       string
	}{
		{"no-schema", people, setting("Persona/name", read), `the contract has no schema "Persona"`},
		{"no-property", people, setting("Person/adress", read), `Person/adress: no property "adress" is described there`},
		{"no-property-below", people, setting("Person/reports/salary", read), `no property "salary"`},
		{"no-rule", people, setting("Person/name", config.FieldRule{}), "Person/name has no rule"},
		{"boolean", as("city: {type: string}", "city: true"), setting("Address/city", read), "cannot have a rule"},
		{"no-list", as("x-gatehouse-write: [hr]", "x-gatehouse-write: hr"), gatehouse.Options{}, "roles must be a list"},
		{"no-text", as("x-gatehouse-write: [hr]", "x-gatehouse-write: [1]"), gatehouse.Options{}, "a role is text"},
		{"unknown-word", as("x-gatehouse-write: [hr]", "x-gatehouse-writes: [hr]"), gatehouse.Options{}, `a schema has no word "x-gatehouse-writes"`},
		{"answer-in-xml", as(`"*/*"`, "application/xml"), gatehouse.Options{}, "bodies of type application/xml cannot be told apart"},
		{"answer-as-a-stream", as(`"*/*"`, "text/event-stream"), gatehouse.Options{}, "cannot be told apart"},
		{"body-of-bytes", as(`text/csv: {schema: {type: string}}`, `image/png: {schema: {$ref: "#/components/schemas/Form"}}`), gatehouse.Options{}, "bodies of type image/png cannot"},
		{"nobody-is-known", people, gatehouse.Options{}, "warning: "},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			r.o.Authentication = gatehouse.Public
			plan, problems := compile(t, r.text, r.o)
			if !strings.Contains(problems.Error(), r.want) || (plan == nil) == strings.HasPrefix(r.want, "warning") {
				t.Errorf("plan %v, want %q in\n%v", plan != nil, r.want, problems)
			}
		})
	}
}

// TestSiblingsOfReferences: before OpenAPI 3.1 nothing stands beside $ref but
// what tightens it.
func TestSiblingsOfReferences(t *testing.T) {
	old := strings.NewReplacer("3.1.0", "3.0.3", "{const: firm}", "{enum: [firm]}", "{const: person}", "{enum: [person]}").Replace(people)
	s := newPlay(t, old, gatehouse.Options{})
	s.answer.media, s.answer.body = "application/json", `{"name":"A","salary":1,"notes":{"text":"x"}}`
	if s.call([]string{"boss"}, "GET", "/people/one", "", ""); s.Body != `{"name":"A","salary":1}` {
		t.Errorf("%d %s", s.Status, s.Body)
	}
	if s.call([]string{"hr"}, "GET", "/people/one", "", ""); s.Body != s.answer.body {
		t.Errorf("%d %s", s.Status, s.Body)
	}
}

// TestCaches keeps shared caches from answers that hang on roles.
func TestCaches(t *testing.T) {
	data, plain := newPlay(t, people, gatehouse.Options{}), newPlay(t, people, gatehouse.Options{SecurityHeaders: gatehouse.NoSecurity})
	for _, row := range []struct {
		s              *play
		target         string
		said, forwards string
	}{
		{data, "/people/one", "", "no-store"}, {data, "/people/one", "public, max-age=60", "private"}, {data, "/people/one", "no-store", "no-store"},
		{plain, "/people/one", "", "private"}, {plain, "/people/one", "private", "private"}, {plain, "/notes", "max-age=60", "max-age=60"}, {plain, "/notes", "", ""},
	} {
		row.s.answer.media, row.s.answer.body, row.s.answer.cache = "application/json", `{"name":"A","salary":1}`, row.said
		if row.target == "/notes" {
			row.s.answer.body = `{}`
		}
		if row.s.call([]string{"hr"}, "GET", row.target, "", ""); row.s.Status != 200 || row.s.Fields["Cache-Control"] != row.forwards {
			t.Errorf("%+v: %d %v", row, row.s.Status, row.s.Fields)
		}
	}
}
