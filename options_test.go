package gatehouse_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
)

const files = `openapi: 3.1.0
info: {title: Files, version: 1.0.0}
servers: [{url: /v1}]
security: [{key: []}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
paths:
  /files/{path}:
    get:
      operationId: getFile
      parameters: [{name: path, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: there}}
    put:
      parameters: [{name: path, in: path, required: true, schema: {type: string}}]
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {id: {type: integer, readOnly: true}, text: {type: string}}}}}
      responses: {"204": {description: there}}
`

// seen is an API that notes what it gets.
type seen struct{ target, body string }

func (s *seen) Send(_ context.Context, x *gate.Exchange) error {
	s.target, s.body = string(x.OutTarget), string(x.OutBody)
	x.Answer.Status = 204
	return nil
}

// quiet is a client that notes the status only.
type quiet int

func (q *quiet) Reply(x *gate.Exchange) error { *q = quiet(x.Reply.Status); return nil }
func (q *quiet) Relay(x *gate.Exchange) error { *q = quiet(x.Answer.Status); return nil }

func squeeze(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSettings: what each setting opens, and that nothing else is opened by
// it. The operation's settings win over the API's.
func TestSettings(t *testing.T) {
	type options = gatehouse.Options
	const observe, drop, allow = gatehouse.Observe, gatehouse.Drop, gatehouse.Allow
	api := func(s gatehouse.Settings) options { return options{Settings: s} }
	get := func(o gatehouse.Operation) options {
		return options{Operations: map[string]gatehouse.Operation{"getFile": o}}
	}
	put := func(s gatehouse.Settings) options {
		return options{Operations: map[string]gatehouse.Operation{"PUT /files/{path}": {Settings: s}}}
	}
	slashes := options{Operations: map[string]gatehouse.Operation{
		"getFile": {Slashes: []string{"path"}}, "PUT /v1/files/{path}": {Slashes: []string{"path"}}, // one path is one for all of its methods
	}}
	rows := []struct {
		name    string
		options options
		method  string
		target  string
		key     bool
		body    string
		coding  string
		status  int
		sent    string // what the API saw
	}{
		{"default", options{}, "GET", "/v1/files/a", true, "", "", 204, "/v1/files/a"},
		{"default-query", options{}, "GET", "/v1/files/a?b=1", true, "", "", 400, ""},
		{"default-slash", options{}, "GET", "/v1/files/a%2Fb", true, "", "", 400, ""},
		{"default-credential", options{}, "GET", "/v1/files/a", false, "", "", 401, ""},
		{"default-read-only", options{}, "PUT", "/v1/files/a", true, `{"id":1}`, "", 400, ""},
		{"default-coding", options{}, "PUT", "/v1/files/a", true, squeeze(t, `{}`), "gzip", 415, ""},
		{"prefix", options{Prefix: "/shop"}, "GET", "/shop/v1/files/a", true, "", "", 204, "/shop/v1/files/a"},
		{"prefix-only", options{Prefix: "/shop"}, "GET", "/v1/files/a", true, "", "", 404, ""},
		{"strip-prefix", options{Prefix: "/a/b", StripPrefix: true}, "GET", "/a/b/v1/files/a", true, "", "", 204, "/v1/files/a"},
		{"host", options{Hosts: []string{"api.test"}}, "GET", "/v1/files/a", true, "", "", 204, "/v1/files/a"},
		{"other-host", options{Hosts: []string{"b.test"}}, "GET", "/v1/files/a", true, "", "", 404, ""},
		{"slashes", slashes, "GET", "/v1/files/a%2Fb/c", true, "", "", 204, "/v1/files/a%2Fb/c"},
		{"public", get(gatehouse.Operation{Public: true}), "GET", "/v1/files/a", false, "", "", 204, "/v1/files/a"},
		{"public-another", get(gatehouse.Operation{Public: true}), "PUT", "/v1/files/a", false, "{}", "", 401, ""},
		{"drop", api(gatehouse.Settings{Undeclared: config.Undeclared{Requests: drop}}), "PUT", "/v1/files/a?b=1", true, `{"c":1,"text":"d"}`, "", 204, `/v1/files/a{"text":"d"}`},
		{"allow", api(gatehouse.Settings{Undeclared: config.Undeclared{Requests: allow}}), "PUT", "/v1/files/a", true, `{"c":1}`, "", 204, `/v1/files/a{"c":1}`},
		{"drop-here", put(gatehouse.Settings{Undeclared: config.Undeclared{Requests: drop}}), "PUT", "/v1/files/a", true, `{"c":1}`, "", 204, `/v1/files/a{}`},
		{"drop-there", put(gatehouse.Settings{Undeclared: config.Undeclared{Requests: drop}}), "GET", "/v1/files/a?b=1", true, "", "", 400, ""},
		{"answers-are-another-matter", api(gatehouse.Settings{Undeclared: config.Undeclared{Answers: allow}}), "PUT", "/v1/files/a", true, `{"c":1}`, "", 400, ""},
		{"read-only", put(gatehouse.Settings{ReadOnly: drop}), "PUT", "/v1/files/a", true, `{"id":1,"text":"d"}`, "", 204, `/v1/files/a{"text":"d"}`},
		{"body-bound", put(gatehouse.Settings{MaxBodyBytes: 4}), "PUT", "/v1/files/a", true, `{   }`, "", 413, ""},
		{"coding", put(gatehouse.Settings{ContentEncodings: []string{"gzip"}}), "PUT", "/v1/files/a", true, squeeze(t, `{"text":"d"}`), "gzip", 204, `/v1/files/a{"text":"d"}`},
		{"coded-rubbish", put(gatehouse.Settings{ContentEncodings: []string{"gzip"}}), "PUT", "/v1/files/a", true, squeeze(t, `{"c":1}`), "gzip", 400, ""},
		{"observe", api(gatehouse.Settings{Mode: observe}), "PUT", "/v1/files/a", true, `{"c":1}`, "", 204, `/v1/files/a{"c":1}`},
		{"observe-credential", api(gatehouse.Settings{Mode: observe}), "PUT", "/v1/files/a", false, `{}`, "", 401, ""},
		{"observe-path", api(gatehouse.Settings{Mode: observe}), "GET", "/other", true, "", "", 204, "/other"},
		{"observe-here", put(gatehouse.Settings{Mode: observe}), "PUT", "/v1/files/a", true, `{"c":1}`, "", 204, `/v1/files/a{"c":1}`},
		{"observe-there", put(gatehouse.Settings{Mode: observe}), "GET", "/v1/files/a?b=1", true, "", "", 400, ""},
		{"observe-but-here", options{Settings: gatehouse.Settings{Mode: observe}, Operations: map[string]gatehouse.Operation{"getFile": {Settings: gatehouse.Settings{Mode: gatehouse.Enforce}}}}, "GET", "/v1/files/a?b=1", true, "", "", 400, ""},
		{"observe-a-guard", api(gatehouse.Settings{Modes: map[string]gatehouse.Mode{"request": observe}}), "GET", "/v1/files/a?b=1", true, "", "", 204, "/v1/files/a?b=1"},
		{"observe-authn-by-name", api(gatehouse.Settings{Modes: map[string]gatehouse.Mode{"authn": observe}}), "GET", "/v1/files/a", false, "", "", 204, "/v1/files/a"},
		{"observe-authn-but-here", options{Settings: gatehouse.Settings{Modes: map[string]gatehouse.Mode{"authn": observe}}, Operations: map[string]gatehouse.Operation{"getFile": {Settings: gatehouse.Settings{Mode: gatehouse.Enforce}}}}, "GET", "/v1/files/a", false, "", "", 401, ""},
		{"observe-but-a-guard", api(gatehouse.Settings{Mode: observe, Modes: map[string]gatehouse.Mode{"request": gatehouse.Enforce}}), "GET", "/v1/files/a?b=1", true, "", "", 400, ""},
		{"observe-and-drop-changes-nothing", api(gatehouse.Settings{Mode: observe, Undeclared: config.Undeclared{Requests: drop}}), "PUT", "/v1/files/a?b=1", true, `{"c":1}`, "", 204, `/v1/files/a?b=1{"c":1}`},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			r.options.Authentication = gatehouse.Upstream
			api := &seen{}
			plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, files), Upstream: api, Options: r.options})
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			g := gate.New(gate.Options{Poison: true})
			g.Swap(plan)
			x := g.Acquire()
			x.Method, x.Target, x.Host = []byte(r.method), []byte(r.target), []byte("api.test")
			if r.key {
				x.Fields = append(x.Fields, gate.Field{Name: []byte("X-Key"), Value: []byte("k")})
			}
			if r.body != "" {
				x.Incoming, x.BodyLength = strings.NewReader(r.body), int64(len(r.body))
				x.Fields = append(x.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte("application/json")})
			}
			if r.coding != "" {
				x.Fields = append(x.Fields, gate.Field{Name: []byte("Content-Encoding"), Value: []byte(r.coding)})
			}
			var q quiet
			g.Serve(x, &q)
			g.Release(x)
			if int(q) != r.status || api.target+api.body != r.sent {
				t.Errorf("status %d, the API saw %q", q, api.target+api.body)
			}
		})
	}
}

// TestSeveralAPIs: each by its host and prefix, none by accident.
func TestSeveralAPIs(t *testing.T) {
	apis := map[string]*seen{"a": {}, "b": {}, "c": {}}
	plan, problems := gatehouse.Compile(
		gatehouse.API{Contract: load(t, files), Upstream: apis["a"], Options: gatehouse.Options{Name: "a", Hosts: []string{"a.test"}, Authentication: gatehouse.Public}},
		gatehouse.API{Contract: load(t, files), Upstream: apis["b"], Options: gatehouse.Options{Name: "b", Hosts: []string{"a.test"}, Prefix: "/b", Authentication: gatehouse.Public}},
		gatehouse.API{Contract: load(t, files), Upstream: apis["c"], Options: gatehouse.Options{Name: "c", Authentication: gatehouse.Upstream, Settings: gatehouse.Settings{Mode: gatehouse.Observe}}},
	)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	g := gate.New(gate.Options{})
	g.Swap(plan)
	for _, r := range []struct {
		name, host, target, api string
		status                  int
	}{
		{"host", "a.test", "/v1/files/x", "a", 204},
		{"host-and-prefix", "a.test", "/b/v1/files/x", "b", 204},
		{"host-and-unknown-path", "a.test", "/c/v1/files/x", "", 404},
		{"any-other-host", "z.test", "/v1/files/x", "", 401},
		{"observed-but-not-for-others", "a.test", "/other", "", 404},
	} {
		t.Run(r.name, func(t *testing.T) {
			for _, a := range apis {
				*a = seen{}
			}
			x := g.Acquire()
			x.Method, x.Target, x.Host = []byte("GET"), []byte(r.target), []byte(r.host)
			var q quiet
			g.Serve(x, &q)
			g.Release(x)
			if int(q) != r.status {
				t.Errorf("status %d", q)
			}
			for name, a := range apis {
				if (a.target != "") != (name == r.api) {
					t.Errorf("%s saw %q", name, a.target)
				}
			}
		})
	}
}

// TestOverlap: two APIs must not describe the same calls.
func TestOverlap(t *testing.T) {
	one := gatehouse.API{Contract: load(t, files), Options: gatehouse.Options{Authentication: gatehouse.Public}}
	two := gatehouse.API{Contract: load(t, files), Options: gatehouse.Options{Authentication: gatehouse.Public}}
	if plan, problems := gatehouse.Compile(one, two); plan != nil || problems.Err() == nil {
		t.Error("two APIs with the same operations were compiled")
	}
}

// TestOneNameOfTwoOperations: what is said of a name that two operations have
// would hold for both, so that one of them would be opened unseen.
func TestOneNameOfTwoOperations(t *testing.T) {
	const text = `openapi: 3.1.0
info: {title: A, version: 1.0.0}
servers: [{url: /v1}]
security: [{key: []}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
paths:
  /a: {get: {operationId: outer, responses: {"204": {description: there}}}}
  /v1/a: {get: {operationId: inner, responses: {"204": {description: there}}}}
  /b: {delete: {operationId: GET /a, responses: {"204": {description: there}}}}
`
	for name, want := range map[string]string{
		"GET /v1/a": "is a name of two operations, outer and inner", "GET /a": "is a name of two operations, outer and GET /a",
		"outer": "", "inner": "", "GET /v1/v1/a": "", "DELETE /b": "",
	} {
		o := gatehouse.Options{Authentication: gatehouse.Upstream, Operations: map[string]gatehouse.Operation{name: {Public: true}}}
		_, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, text), Options: o})
		if err := problems.Err(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNearOperation names operations almost as the contract does.
func TestNearOperation(t *testing.T) {
	for name, near := range map[string]string{"getfile": "getFile", "get /files/{path}": "GET /files/{path}", "GET /file/{path}": "GET /files/{path}", "PUT /v1/file/{path}": "PUT /v1/files/{path}"} {
		_, err := gatehouse.New("files.yaml", []byte(files), gatehouse.Options{Authentication: gatehouse.Upstream, Operations: map[string]gatehouse.Operation{name: {}}})
		if err == nil || !strings.Contains(err.Error(), `did you mean "`+near+`"?`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTitlesThatAreAlike: what is counted and learned of an API, and its events,
// are kept by its name, so that two of one name would share them.
func TestTitlesThatAreAlike(t *testing.T) {
	compile := func(name string) (bool, string) {
		one := gatehouse.API{Contract: load(t, files), Options: gatehouse.Options{Authentication: gatehouse.Public}}
		two := gatehouse.API{Contract: load(t, files), Options: gatehouse.Options{Authentication: gatehouse.Public, Prefix: "/two", Name: name}}
		plan, problems := gatehouse.Compile(one, two)
		return plan != nil, problems.Error()
	}
	for _, name := range []string{"", "Files"} {
		if good, said := compile(name); good || !strings.Contains(said, `the API is called "Files", too: counters of limits and logins`) {
			t.Error(said)
		}
	}
	if good, said := compile("two"); !good || strings.Contains(said, "too:") {
		t.Error(said)
	}
}

// TestOneBasePathOfSeveral: settings hold for an operation as a whole, also
// where its name speaks of one base path.
func TestOneBasePathOfSeveral(t *testing.T) {
	for name, want := range map[string]bool{"GET /v2/files/{path}": true, "GET /v1/files/{path}": true, "GET /files/{path}": false, "getFile": false} {
		c := load(t, strings.Replace(files, "[{url: /v1}]", "[{url: /v1}, {url: /v2}]", 1))
		o := gatehouse.Options{Authentication: gatehouse.Upstream, Operations: map[string]gatehouse.Operation{name: {Public: true}}}
		_, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: o})
		if said := strings.Contains(problems.Error(), `hold under every base path of the contract: ["/v1" "/v2"]`); said != want || problems.Err() != nil {
			t.Errorf("%s: %v", name, problems)
		}
	}
}
