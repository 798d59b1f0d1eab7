package graphql_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/graphql"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

const sdl = `
interface Person { name: String  salary: Int }
type User implements Person { id: ID!  name: String  salary: Int  friends(first: Int): [User!]  boss: Person }
type Query { me: User  users(first: Int, last: Int): [User!]!  search(text: String!): [User!]  pair(limit: Int = 3): [Person] }
type Mutation { rename(name: String!): User }
`

const contract = `openapi: 3.1.0
info: {title: Graph, version: 1.0.0}
paths:
  /graphql:
    get: {operationId: ask, security: [], parameters: [{name: query, in: query, schema: {type: string}}, {name: extensions, in: query, schema: {type: string}}], responses: {"204": {description: Done}}}
    post: {operationId: graphql, security: [], requestBody: {content: {application/json: {schema: {type: [object, array]}}, application/graphql: {}}}, responses: {"204": {description: Done}}}
`

func newStage(t testing.TB, set gatehouse.GraphQL, persisted string) *stage.Stage {
	t.Helper()
	return stageOf(t, contract, set, persisted)
}

func stageOf(t testing.TB, contract string, set gatehouse.GraphQL, persisted string) *stage.Stage {
	t.Helper()
	folder := t.TempDir()
	write := func(name, text string) config.File {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.File(path)
	}
	if set.Schema = write("schema.graphql", sdl); persisted != "" {
		set.Persisted = write("queries.txt", persisted)
	}
	o := gatehouse.Options{Operations: map[string]gatehouse.Operation{"graphql": {GraphQL: &set}, "ask": {GraphQL: &set}}}
	s := stage.New(t, contract, gatehouse.API{Options: o})
	s.API = func(x *gate.Exchange) { x.Answer.Status = 204 }
	return s
}

func body(query string) string {
	b, _ := json.Marshal(map[string]any{"query": query})
	return string(b)
}

// TestGuard asks what must pass, and what is too much, not allowed or no query.
func TestGuard(t *testing.T) {
	deep := strings.Repeat("{friends", 12) + "{id}" + strings.Repeat("}", 12)
	bomb := "query { ...f0 } "
	for i := range 40 {
		bomb += fmt.Sprintf("fragment f%d on Query { ...f%d ...f%d } ", i, i+1, i+1)
	}
	bomb += "fragment f40 on Query { me { id } }"
	aliases := "{"
	for i := range 20 {
		aliases += fmt.Sprintf(" a%d: me { id }", i)
	}
	rows := []struct{ name, body, code string }{
		{"plain", body("{ me { id name } }"), ""},
		{"variables", `{"query":"query($n: Int) { users(first: $n) { id } }","variables":{"n":5}}`, ""},
		{"named-of-two", `{"query":"query a { me { id } } query b { me { name } }","operationName":"b"}`, ""},
		{"none-of-two", body("query a { me { id } } query b { me { name } }"), "graphql-form"},
		{"mutation", body(`mutation { rename(name: "x") { id } }`), ""},
		{"fragment", body("{ me { ...u } } fragment u on User { id friends { name } }"), ""},
		{"typename", body("{ __typename me { __typename } }"), ""},
		{"syntax", body("{ me { id "), "graphql-form"},
		{"unknown-field", body("{ me { password } }"), "graphql-form"},
		{"missing-argument", body("{ search { id } }"), "graphql-form"},
		{"fragment-in-itself", body("{ me { ...u } } fragment u on User { friends { ...u } }"), "graphql-form"},
		{"fragment-of-nobody", body("{ me { ...nobody } }"), "graphql-form"},
		{"empty", body(""), "graphql-form"},
		{"no-query", `{"variables":{}}`, "graphql-form"},
		{"query-of-a-number", `{"query":7}`, "graphql-form"},
		{"other-names", `{"id":"7","query":"{ me { id } }"}`, "graphql-form"},
		{"names-in-other-letters", `{"query":"{ me { id } }","Query":"{ me { salary } }"}`, "graphql-form"},
		{"variables-in-other-letters", `{"query":"query($n: Int) { users(first: $n) { id } }","variables":{"n":5},"VARIABLES":{"n":5000}}`, "graphql-form"},
		{"depth", body("{ me" + deep + "}"), "graphql-limit"},
		{"depth-of-fragments", body("{ me { ...a } } fragment a on User { friends { friends { friends { friends { ...b } } } } } fragment b on User { friends { friends { friends { friends { friends { friends { id } } } } } } }"), "graphql-limit"},
		{"bomb", body(bomb), "graphql-limit"},
		{"aliases", body(aliases + " }"), "graphql-limit"},
		{"directives", body("{ me " + strings.Repeat("@include(if: true) ", 30) + "{ id } }"), "graphql-limit"},
		{"cost", body("{ users(first: 2000) { id } }"), "graphql-limit"},
		{"cost-of-lists-in-lists", body("{ users(first: 100) { friends(first: 100) { id } } }"), "graphql-limit"},
		{"cost-by-variable", `{"query":"query($n: Int) { users(first: $n) { id } }","variables":{"n":5000}}`, "graphql-limit"},
		{"cost-by-exponent", `{"query":"query($n: Int) { users(first: $n) { id } }","variables":{"n":5e3}}`, "graphql-limit"},
		{"cost-by-default", body("query($n: Int = 5000) { users(first: $n) { id } }"), "graphql-limit"},
		{"cost-by-default-of-the-one-that-runs", `{"query":"query a($n: Int = 1) { users(first: $n) { id } } query b($n: Int = 5000) { users(first: $n) { id } }","operationName":"b"}`, "graphql-limit"},
		{"cost-by-the-larger-of-two-arguments", body("{ users(first: 1, last: 5000) { id } }"), "graphql-limit"},
		{"cost-by-weight", body(`{ a: search(text: "x") { id } b: search(text: "y") { id } }`), "graphql-limit"},
		{"cost-of-a-huge-number", body("{ users(first: 99999999999999999999) { id } }"), "graphql-limit"},
		{"cost-of-a-negative-number", body("{ users(first: -5) { id } }"), ""},
		{"tokens", body("{ me { " + strings.Repeat("id ", 3000) + "} }"), "graphql-form"},
		{"batch", "[" + body("{ me { id } }") + "," + body("{ me { id } }") + "," + body("{ me { id } }") + "]", "graphql-limit"},
		{"two", "[" + body("{ me { id } }") + "," + body("{ me { id } }") + "]", ""},
		{"two-that-cost-too-much", "[" + body("{ users(first: 600) { id } }") + "," + body("{ users(first: 600) { id } }") + "]", "graphql-limit"},
		{"introspection", body("{ __schema { types { name } } }"), "graphql-denied"},
		{"introspection-behind-an-alias", body(`{ a: __type(name: "User") { name } }`), "graphql-denied"},
		{"introspection-in-a-fragment", body(`{ ...q } fragment q on Query { __schema { types { name } } }`), "graphql-denied"},
		{"introspection-beside", `{"query":"query a { me { id } } query b { __schema { types { name } } }","operationName":"a"}`, "graphql-denied"},
		{"role", body("{ me { salary } }"), "graphql-denied"},
		{"role-behind-an-alias", body("{ me { name: salary } }"), "graphql-denied"},
		{"role-behind-an-alias-of-its-kind", body("{ me { pay: salary } }"), "graphql-denied"},
		{"role-in-a-fragment", body("{ me { ...u } } fragment u on User { boss { ... on User { salary } } }"), "graphql-denied"},
		{"role-by-an-interface", body("{ pair { salary } }"), "graphql-denied"},
	}
	s := newStage(t, gatehouse.GraphQL{MaxBatch: 2, Weights: map[string]int{"Query.search": 600}, Fields: map[string][]string{"User.salary": {"hr"}}}, "")
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			begin := time.Now()
			s.Call("POST", "/graphql", "application/json", row.body)
			if row.code == "" && s.Status != 204 || row.code != "" && !strings.Contains(s.Body, `"code":"`+row.code+`"`) {
				t.Errorf("%d %s, want %q", s.Status, s.Body, row.code)
			}
			if strings.Contains(s.Body, "User") || strings.Contains(s.Body, "Did you mean") {
				t.Errorf("the answer tells of the schema: %s", s.Body)
			}
			if time.Since(begin) > 5*time.Second {
				t.Errorf("took %v", time.Since(begin))
			}
		})
	}
	s.Who = &gate.Principal{ID: "i|a", Roles: []string{"hr"}}
	if s.Call("POST", "/graphql", "application/json", body("{ me { salary } pair { salary } }")); s.Status != 204 {
		t.Errorf("with the role: %d %s", s.Status, s.Body)
	}
}

// TestOtherWays sends queries by GET and as themselves.
func TestOtherWays(t *testing.T) {
	s := newStage(t, gatehouse.GraphQL{}, "")
	ask := func(query string) string { return "/graphql?query=" + url.QueryEscape(query) }
	rows := []struct{ name, method, target, media, body, code string }{
		{"get", "GET", ask("{ me { id } }"), "", "", ""},
		{"get-twice", "GET", ask("{ me { id } }") + "&query=x", "", "", "graphql-form"},
		{"get-nothing", "GET", "/graphql", "", "", "graphql-form"},
		{"get-mutation", "GET", ask(`mutation { rename(name: "x") { id } }`), "", "", "graphql-form"},
		{"get-cost", "GET", ask("{ users(first: 2000) { id } }"), "", "", "graphql-limit"},
		{"text", "POST", "/graphql", "application/graphql", "{ me { id } }", ""},
		{"text-cost", "POST", "/graphql", "application/graphql; charset=utf-8", "{ users(first: 2000) { id } }", "graphql-limit"},
		{"hash-alone", "GET", "/graphql?extensions=" + url.QueryEscape(`{"persistedQuery":{"version":1,"sha256Hash":"`+strings.Repeat("a", 64)+`"}}`), "", "", "graphql-denied"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s.Call(row.method, row.target, row.media, row.body)
			if row.code == "" && s.Status != 204 || row.code != "" && !strings.Contains(s.Body, `"code":"`+row.code+`"`) && !strings.Contains(s.Body, "parameter-repeated") {
				t.Errorf("%d %s, want %q", s.Status, s.Body, row.code)
			}
		})
	}
}

// TestPersisted takes known queries alone, by text or by name.
func TestPersisted(t *testing.T) {
	const known = "{ me { id } }"
	sum := sha256.Sum256([]byte(known))
	name := hex.EncodeToString(sum[:])
	s := newStage(t, gatehouse.GraphQL{}, "# known\n"+name+" who I am\n")
	named := func(query, hash string) string {
		m := map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"sha256Hash": hash}}}
		if query != "" {
			m["query"] = query
		}
		b, _ := json.Marshal(m)
		return string(b)
	}
	for _, row := range []struct{ name, body, code string }{
		{"text", body(known), ""}, {"name", named("", name), ""}, {"both", named(known, strings.ToUpper(name)), ""},
		{"another-text", body("{ me { name } }"), "graphql-denied"}, {"another-name", named("", strings.Repeat("0", 64)), "graphql-denied"},
		{"wrong-name", named(known, strings.Repeat("0", 64)), "graphql-form"}, {"short-name", named(known, "00"), "graphql-form"}, {"no-hexadecimal", named("", strings.Repeat("x", 64)), "graphql-form"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.Call("POST", "/graphql", "application/json", row.body)
			if row.code == "" && s.Status != 204 || row.code != "" && !strings.Contains(s.Body, `"code":"`+row.code+`"`) {
				t.Errorf("%d %s, want %q", s.Status, s.Body, row.code)
			}
		})
	}
}

// TestNameAlone: of a query that comes by its name alone nobody sees the fields,
// and what it costs is not nothing.
func TestNameAlone(t *testing.T) {
	const known = "{ me { salary } }"
	sum := sha256.Sum256([]byte(known))
	alone := `{"extensions":{"persistedQuery":{"sha256Hash":"` + hex.EncodeToString(sum[:]) + `"}}}`
	list := hex.EncodeToString(sum[:])
	s := newStage(t, gatehouse.GraphQL{Fields: map[string][]string{"User.salary": {"hr"}}}, list)
	if s.Call("POST", "/graphql", "application/json", alone); s.Status != 403 || !strings.Contains(s.Body, "its text") {
		t.Errorf("fields that are kept to roles: %d %s", s.Status, s.Body)
	}
	s.Who = &gate.Principal{ID: "i|a", Roles: []string{"hr"}}
	if s.Call("POST", "/graphql", "application/json", body(known)); s.Status != 204 {
		t.Errorf("with its text, and the role: %d %s", s.Status, s.Body)
	}
	s = newStage(t, gatehouse.GraphQL{MaxBatch: 4, MaxCost: 100}, list)
	cost := int64(0)
	s.API = func(x *gate.Exchange) { x.Answer.Status, cost = 204, x.Complexity }
	if s.Call("POST", "/graphql", "application/json", "["+alone+","+alone+"]"); s.Status != 204 || cost != 50 {
		t.Errorf("%d %s, at %d", s.Status, s.Body, cost)
	}
}

// TestTwoPlaces: a query in the URL is not behind the body that was judged.
func TestTwoPlaces(t *testing.T) {
	const open = `openapi: 3.1.0
info: {title: Graph, version: 1.0.0}
paths:
  /graphql:
    get: {operationId: ask, security: [], parameters: [{name: query, in: query, schema: {type: string}}, {name: Query, in: query, schema: {type: string}}], requestBody: {content: {application/json: {schema: {}}}}, responses: {"204": {description: Done}}}
    post: {operationId: graphql, security: [], parameters: [{name: query, in: query, schema: {type: string}}], requestBody: {content: {application/json: {schema: {}}}}, responses: {"204": {description: Done}}}
`
	s := stageOf(t, open, gatehouse.GraphQL{}, "")
	costly := "/graphql?query=" + url.QueryEscape("{ users(first: 2000) { id } }")
	if s.Call("POST", costly, "application/json", body("{ me { id } }")); s.Status != 400 {
		t.Errorf("beside a body: %d %s", s.Status, s.Body)
	}
	if s.Call("GET", "/graphql", "application/json", body(`mutation { rename(name: "x") { id } }`)); s.Status != 400 {
		t.Errorf("a mutation in the body of a GET: %d %s", s.Status, s.Body)
	}
	if s.Call("GET", "/graphql?query="+url.QueryEscape("{ me { id } }")+"&Q"+costly[len("/graphql?q"):], "", ""); s.Status != 400 {
		t.Errorf("beside one of another name: %d %s", s.Status, s.Body)
	}
	for _, method := range []string{"GET", "POST"} {
		x := s.Gate.Acquire()
		x.Method, x.Target, x.Host, x.Version = []byte(method), []byte(costly), []byte("api.test"), "HTTP/1.1"
		x.Fields = append(x.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte("application/json")})
		x.BodyLength, x.Incoming = -1, strings.NewReader("") // Transfer-Encoding: chunked, and no chunk
		w := &wire{}
		s.Gate.Serve(x, w)
		s.Gate.Release(x)
		if w.status != 400 {
			t.Errorf("%s with chunks and an empty body: %d", method, w.status)
		}
	}
}

type wire struct{ status int }

func (w *wire) Reply(x *gate.Exchange) error { w.status = x.Reply.Status; return nil }
func (w *wire) Relay(x *gate.Exchange) error { w.status = x.Answer.Status; return nil }

// TestSettings are wrong.
func TestSettings(t *testing.T) {
	for _, o := range []graphql.Options{
		{Schema: []byte("type Query {")}, {Schema: []byte(sdl), Weights: map[string]int64{"User.nothing": 1}}, {Schema: []byte(sdl), Roles: map[string][]string{"salary": nil}},
		{Schema: []byte(sdl), Persisted: []byte("no hash")},
	} {
		if o.Words = new(gate.Vocabulary); o.Roles != nil {
			o.Roles = map[string][]string{"salary": {"hr"}}
		}
		if _, wrong := graphql.New(o); len(wrong) == 0 {
			t.Errorf("%s is in order", o.Schema)
		}
	}
}

// FuzzBody must end soon, whatever it is given.
func FuzzBody(f *testing.F) {
	s := newStage(f, gatehouse.GraphQL{}, "")
	for _, seed := range []string{body("{ me { id } }"), `[{"query":"{me{id}}"}]`, `{"query":"query($a:Int=1){users(first:$a){id}}","variables":{"a":1e9}}`, body("{...a} fragment a on Query{...a}"), "[", "null"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return
		}
		if s.Call("POST", "/graphql", "application/json", text); s.Status == 500 || strings.Contains(s.Body, "undecided") {
			t.Fatalf("%d %s", s.Status, s.Body)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	s := newStage(b, gatehouse.GraphQL{}, "")
	for _, row := range []struct{ name, body string }{{"allow", body("query a { me { id name friends(first: 10) { id name } } }")}, {"deny", body("{ users(first: 5000) { id } }")}} {
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Call("POST", "/graphql", "application/json", row.body)
			}
		})
	}
}
