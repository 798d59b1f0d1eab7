package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

// texts is a contract with texts at every kind of place.
const texts = `openapi: 3.1.0
info: {title: Texts, version: 1.0.0}
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getThing
      security: []
      parameters:
        - {name: q, in: query, schema: {type: string}}
        - {name: sort, in: query, schema: {type: string, enum: ["a", "' or 1=1 --"]}}
        - {name: code, in: query, schema: {type: string, pattern: "^[a-z]{2,8}$"}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: filter, in: query, style: deepObject, explode: true, schema: {type: object, additionalProperties: {type: string}}}
        - {name: X-Reason, in: header, schema: {type: string}}
        - {name: theme, in: cookie, schema: {type: string}}
      responses: {"200": {description: OK}}
  /things:
    post:
      operationId: addThing
      security: []
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/Thing"}}
          application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/Thing"}}
          application/xml: {schema: {type: object, xml: {name: Thing}, properties: {comment: {type: string}}}}
          multipart/form-data: {schema: {type: object, properties: {comment: {type: string}, picture: {type: string, format: binary}}}}
          text/plain: {schema: {type: string}}
      responses: {"200": {description: OK}}
  /free:
    post:
      operationId: addFree
      security: []
      requestBody: {content: {application/json: {schema: {}}}}
      responses: {"200": {description: OK}}
components:
  schemas:
    Thing:
      type: object
      properties:
        name: {type: string}
        comment: {type: string}
        kind: {type: string, enum: [a, "<script>alert(document.cookie)</script>"]}
        count: {type: integer}
        nested: {type: object, properties: {note: {type: string}, list: {type: array, items: {type: string}}}}
        open: {type: object}
        choice: {oneOf: [{type: string, format: uuid}, {type: object, properties: {text: {type: string}}}]}
`

const (
	probe   = `nice' order by 3` // of which the grammar is less sure
	hostile = `' UNION SELECT password FROM users --`
	script  = `<script>alert(document.cookie)</script>`
)

func play(t testing.TB, o gatehouse.Options) *stage.Stage {
	t.Helper()
	s := stage.New(t, texts, gatehouse.API{Options: o})
	s.API = func(x *gate.Exchange) { x.Answer.Status = 200 }
	return s
}

// inspected is an API with words of inspect.
func inspected(i config.Inspect) gatehouse.Options {
	return gatehouse.Options{Settings: gatehouse.Settings{Inspect: i}}
}

func multipart(name, file, content string) string {
	if file != "" {
		file = fmt.Sprintf("; filename=%q\r\nContent-Type: image/png", file)
	}
	return fmt.Sprintf("--b\r\nContent-Disposition: form-data; name=%q%s\r\n\r\n%s\r\n--b--\r\n", name, file, content)
}

func quoted(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) }

// TestPlaces puts attacks at every place at which text may stand.
func TestPlaces(t *testing.T) {
	const form, json = "application/x-www-form-urlencoded", "application/json"
	escape := strings.NewReplacer(" ", "%20", "'", "%27", "<", "%3C", ">", "%3E", "(", "%28", ")", "%29", "-", "%2D").Replace
	rows := []struct {
		name, method, target, media, body string
		field, value                      string
		in, of, pointer                   string // where it is refused; in "" lets it pass
	}{
		{name: "path", method: "GET", target: "/things/" + escape(hostile), in: "path", of: "id"},
		{name: "query", method: "GET", target: "/things/1?q=" + escape(hostile), in: "query", of: "q"},
		{name: "query-coded-twice", method: "GET", target: "/things/1?q=" + strings.ReplaceAll(escape(hostile), "%", "%25"), in: "query", of: "q"},
		{name: "query-enum-passes", method: "GET", target: "/things/1?sort=" + escape("' or 1=1 --")},
		{name: "query-list", method: "GET", target: "/things/1?tags=a&tags=" + escape(hostile), in: "query", of: "tags"},
		{name: "query-object-value", method: "GET", target: "/things/1?filter[a]=" + escape(hostile), in: "query", of: "filter"},
		{name: "query-object-operator", method: "GET", target: "/things/1?filter[$ne]=x", in: "query", of: "filter"},
		{name: "header", method: "GET", target: "/things/1", field: "X-Reason", value: hostile, in: "header", of: "X-Reason"},
		{name: "undeclared-header", method: "GET", target: "/things/1", field: "User-Agent", value: script, in: "header"},
		{name: "referer", method: "GET", target: "/things/1", field: "Referer", value: "https://a.example/?x=" + escape(script), in: "header"},
		{name: "cookie", method: "GET", target: "/things/1", field: "Cookie", value: "theme=" + escape(script), in: "cookie", of: "theme"},
		{name: "undeclared-cookie", method: "GET", target: "/things/1", field: "Cookie", value: "a=b; other=" + escape(script), in: "cookie"},
		{name: "json", method: "POST", target: "/things", media: json, body: `{"comment":"` + hostile + `"}`, in: "body", pointer: "/comment"},
		{name: "json-escaped", method: "POST", target: "/things", media: json, body: `{"comment":"\u003cscript\u003ealert(document.cookie)\u003c/script\u003e"}`, in: "body", pointer: "/comment"},
		{name: "json-in-json", method: "POST", target: "/things", media: json, body: `{"comment":"` + quoted(`{"a":["`+hostile+`"]}`) + `"}`, in: "body", pointer: "/comment"},
		{name: "json-deep", method: "POST", target: "/things", media: json, body: `{"nested":{"list":["a","` + hostile + `"]}}`, in: "body", pointer: "/nested/list/1"},
		{name: "json-enum-passes", method: "POST", target: "/things", media: json, body: `{"kind":"` + script + `"}`},
		{name: "json-branch", method: "POST", target: "/things", media: json, body: `{"choice":{"text":"` + hostile + `"}}`, in: "body", pointer: "/choice/text"},
		{name: "json-open-value", method: "POST", target: "/things", media: json, body: `{"open":{"x":["` + hostile + `"]}}`, in: "body", pointer: "/open/*/0"},
		{name: "json-open-name", method: "POST", target: "/things", media: json, body: `{"open":{"` + hostile + `":1}}`, in: "body", pointer: "/open/*"},
		{name: "prototype", method: "POST", target: "/things", media: json, body: `{"open":{"__proto__":{"admin":true}}}`, in: "body", pointer: "/open/*"},
		{name: "prototype-escaped", method: "POST", target: "/things", media: json, body: `{"open":{"\u005f_proto__":{"admin":true}}}`, in: "body", pointer: "/open/*"},
		{name: "prototype-path", method: "POST", target: "/free", media: json, body: `{"constructor.prototype.admin":1}`, in: "body", pointer: "/*"},
		{name: "operator", method: "POST", target: "/free", media: json, body: `{"user":{"$gt":""}}`, in: "body", pointer: "/*/*"},
		{name: "names-of-json-schema-pass", method: "POST", target: "/free", media: json, body: `{"$schema":"x","$ref":"y","constructor":"z"}`},
		{name: "free", method: "POST", target: "/free", media: json, body: `["` + hostile + `"]`, in: "body", pointer: "/0"},
		{name: "free-text", method: "POST", target: "/free", media: json, body: `"` + hostile + `"`, in: "body"},
		{name: "form", method: "POST", target: "/things", media: form, body: "comment=" + escape(hostile), in: "body", pointer: "/comment"},
		{name: "xml", method: "POST", target: "/things", media: "application/xml", body: `<Thing><comment>` + hostile + `</comment></Thing>`, in: "body", pointer: "/comment"},
		{name: "text", method: "POST", target: "/things", media: "text/plain", body: hostile, in: "body"},
		{name: "multipart", method: "POST", target: "/things", media: "multipart/form-data; boundary=b", body: multipart("comment", "", hostile), in: "body", pointer: "/comment"},
		{name: "multipart-file-name", method: "POST", target: "/things", media: "multipart/form-data; boundary=b", body: multipart("picture", "x.png' UNION SELECT password FROM users --", "png"), in: "body"},
		{name: "multipart-file-passes", method: "POST", target: "/things", media: "multipart/form-data; boundary=b", body: multipart("picture", "x.png", hostile)},
		{name: "split-in-two", method: "POST", target: "/things", media: json, body: `{"name":"O'Brien","comment":"having friends over is nice, select your seat from the list"}`},
	}
	s := play(t, gatehouse.Options{})
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if s.With = nil; r.field != "" {
				s.With = []gate.Field{{Name: []byte(r.field), Value: []byte(r.value)}}
			}
			s.Call(r.method, r.target, r.media, r.body)
			if r.in == "" {
				if s.Status != 200 {
					t.Fatalf("%d %s %+v", s.Status, s.Body, s.Event.Finding)
				}
				return
			}
			e := &s.Event
			if s.Status != 400 || e.Code != gate.Injection || e.Guard != "inspect" || e.In != r.in || e.Name != r.of || e.Pointer != r.pointer {
				t.Fatalf("%d %v by %s in %q name %q pointer %q\n%s", s.Status, e.Code, e.Guard, e.In, e.Name, e.Pointer, s.Body)
			}
			if f := e.Finding; f.Class == "" || f.Class == "none" || f.Score == 0 || f.Reasons[0] == "" {
				t.Errorf("found %+v", f)
			}
			for _, word := range []string{"UNION", "script", "sql", "xss", "proto", "$"} {
				if strings.Contains(s.Body, word) {
					t.Errorf("%q is told to the client: %s", word, s.Body)
				}
			}
		})
	}
}

// TestTuning shows what gatehouse.yaml may say.
func TestTuning(t *testing.T) {
	json := func(comment string) func(*stage.Stage) {
		return func(s *stage.Stage) {
			s.Call("POST", "/things", "application/json", `{"comment":"`+quoted(comment)+`"}`)
		}
	}
	query := func(s *stage.Stage) {
		s.Call("GET", "/things/1?q=%27%20UNION%20SELECT%20password%20FROM%20users%20--", "", "")
	}
	fields := func(name string, word config.TextField) config.Inspect {
		return config.Inspect{Fields: map[string]config.TextField{name: word}}
	}
	operation := func(name string, i config.Inspect) gatehouse.Options {
		return gatehouse.Options{Operations: map[string]gatehouse.Operation{name: {Settings: gatehouse.Settings{Inspect: i}}}}
	}
	rows := []struct {
		name    string
		options gatehouse.Options
		call    func(*stage.Stage)
		passes  bool
	}{
		{"default", gatehouse.Options{}, json(hostile), false},
		{"off", inspected(config.Inspect{Mode: config.InspectOff}), json(hostile), true},
		{"off-for-another", operation("getThing", config.Inspect{Mode: config.InspectOff}), json(hostile), false},
		{"off-for-one", operation("addThing", config.Inspect{Mode: config.InspectOff}), json(hostile), true},
		{"observed", inspected(config.Inspect{Mode: config.InspectObserve}), json(hostile), true},
		{"observed-but-one", gatehouse.Options{Settings: gatehouse.Settings{Inspect: config.Inspect{Mode: config.InspectObserve}},
			Operations: map[string]gatehouse.Operation{"addThing": {Settings: gatehouse.Settings{Inspect: config.Inspect{Mode: config.InspectEnforce}}}}}, json(hostile), false},
		{"observed-by-modes", gatehouse.Options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"inspect": gatehouse.Observe}}}, json(hostile), true},
		{"threshold", inspected(config.Inspect{Thresholds: config.Thresholds{FreeText: 85}}), json(probe), true},
		{"threshold-of-another-field", inspected(config.Inspect{Thresholds: config.Thresholds{Name: 85}}), json(probe), false},
		{"threshold-of-one", operation("addThing", config.Inspect{Thresholds: config.Thresholds{FreeText: 85}}), json(probe), true},
		{"class", inspected(config.Inspect{Except: []string{"sql"}}), json(hostile), true},
		{"another-class", inspected(config.Inspect{Except: []string{"xss"}}), json(hostile), false},
		{"skip-by-schema", inspected(fields("Thing/comment", config.TextSkip)), json(hostile), true},
		{"skip-by-body", operation("addThing", fields("body:/comment", config.TextSkip)), json(hostile), true},
		{"skip-elsewhere", inspected(fields("Thing/name", config.TextSkip)), json(hostile), false},
		{"skip-parameter", inspected(fields("query:q", config.TextSkip)), query, true},
		{"skip-another-parameter", inspected(fields("query:tags", config.TextSkip)), query, false},
		{"skip-parameter-of-one", operation("getThing", fields("query:q", config.TextSkip)), query, true},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			s := play(t, r.options)
			r.call(s)
			if passed := s.Status == 200; passed != r.passes {
				t.Errorf("%d %s", s.Status, s.Body)
			}
			if observed := strings.HasPrefix(r.name, "observed") && r.passes; observed != (len(s.Event.Would) == 1 && s.Event.Would[0] == gate.Injection && s.Event.Finding.Class == "sql") {
				t.Errorf("would be %v, found %+v", s.Event.Would, s.Event.Finding)
			}
		})
	}
}

// TestRequestObserved sees to it that nobody gets around the guard where the
// guard of requests observes: by a body off the schema, or a bad parameter.
func TestRequestObserved(t *testing.T) {
	s := play(t, gatehouse.Options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"request": gatehouse.Observe}}})
	for name, call := range map[string]func(){
		"body": func() { s.Call("POST", "/things", "application/json", `{"count":"x","comment":"`+hostile+`"}`) },
		"query": func() {
			s.Call("GET", "/things/1?code=7&q=%27%20UNION%20SELECT%20password%20FROM%20users%20--", "", "")
		},
		"name": func() { s.Call("GET", "/things/1?%27%20UNION%20SELECT%20password%20FROM%20users%20--=1", "", "") },
		"path": func() { s.Call("GET", "/things/%27%20UNION%20SELECT%20password%20FROM%20users%20--?code=7", "", "") },
	} {
		if call(); s.Status != 400 || s.Event.Code != gate.Injection {
			t.Errorf("%s: %d %s", name, s.Status, s.Body)
		}
	}
	if s.Call("POST", "/things", "application/json", `{"count":"x","comment":"fine"}`); s.Status != 200 {
		t.Errorf("%d %s", s.Status, s.Body)
	}
}

// TestUndeclaredAllowed inspects what the contract does not name and is allowed
// to pass, and does not look at what is dropped.
func TestUndeclaredAllowed(t *testing.T) {
	calls := []func(*stage.Stage){
		func(s *stage.Stage) {
			s.Call("GET", "/things/1?other=%27%20UNION%20SELECT%20password%20FROM%20users%20--", "", "")
		},
		func(s *stage.Stage) { s.Call("GET", "/things/1?other[__proto__]=1", "", "") },
		func(s *stage.Stage) { s.Call("POST", "/things", "application/json", `{"other":"`+hostile+`"}`) },
		func(s *stage.Stage) {
			s.Call("POST", "/things", "application/x-www-form-urlencoded", "other=%27%20UNION%20SELECT%20password%20FROM%20users%20--")
		},
	}
	allow := play(t, gatehouse.Options{Settings: gatehouse.Settings{Undeclared: gatehouse.Undeclared{Requests: gatehouse.Allow}}})
	drop := play(t, gatehouse.Options{Settings: gatehouse.Settings{Undeclared: gatehouse.Undeclared{Requests: gatehouse.Drop}}})
	for i, call := range calls {
		if call(allow); allow.Status != 400 || allow.Event.Code != gate.Injection {
			t.Errorf("%d allowed: %d %s", i, allow.Status, allow.Body)
		}
		if call(drop); drop.Status != 200 {
			t.Errorf("%d dropped: %d %s", i, drop.Status, drop.Body)
		}
	}
}
