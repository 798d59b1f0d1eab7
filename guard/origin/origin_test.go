package origin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/origin"
)

// pets has GET and POST on /pets and DELETE on /pets/{id}, a header parameter
// and a key.
func pets() *contract.Contract {
	trace := &contract.Parameter{Name: "X-Trace", In: contract.Header}
	return &contract.Contract{
		Schemes: []*contract.Scheme{
			{Type: contract.APIKey, In: contract.Header, Param: "X-Key"},
			{Type: contract.APIKey, In: contract.Header, Param: "x-trace"},
			{Type: contract.APIKey, In: contract.Cookie, Param: "sid"},
		},
		Operations: []*contract.Operation{
			{Method: "GET", Path: "/pets", Parameters: []*contract.Parameter{trace, {Name: "limit", In: contract.Query}}},
			{Method: "POST", Path: "/pets", Parameters: []*contract.Parameter{trace}},
			{Method: "DELETE", Path: "/pets/{id}", Parameters: []*contract.Parameter{{Name: "If-Match", In: contract.Header}}},
		},
	}
}

// plan routes to the operations of pets.
func plan(t testing.TB) *gate.Plan {
	t.Helper()
	var entries []route.Entry
	for i, op := range pets().Operations {
		entries = append(entries, route.Entry{Template: op.Path, Method: op.Method, Number: i})
	}
	routes, problems := route.Build(entries)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return &gate.Plan{Routes: routes}
}

// exchange has fields written as "Name: value".
func exchange(p *gate.Plan, method, path string, fields ...string) *gate.Exchange {
	x := &gate.Exchange{Plan: p, Method: []byte(method), Path: []byte(path)}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	return x
}

func written(fields []gate.Field) string {
	var lines []string
	for _, f := range fields {
		if !f.Gone {
			lines = append(lines, fmt.Sprintf("%s: %s", f.Name, f.Value))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

const app, admin = "https://app.example", "https://admin.example:8443"

var (
	named  = origin.Policy{Origins: []string{app, admin}, Credentials: true, Expose: []string{"Location", "X-Total"}}
	anyone = origin.Policy{Origins: []string{"*"}, MaxAge: time.Hour}
	listed = origin.Policy{Origins: []string{app}, Methods: []string{"GET", "PATCH"}, Headers: []string{"X-One", "X-Two"}}
	broken = origin.Policy{Origins: []string{"*", "null", ""}, Credentials: true} // no file can say so
)

func TestCalls(t *testing.T) {
	const mine = "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Origin: " + app + "\nAccess-Control-Expose-Headers: Location, X-Total\nVary: Origin"
	for _, row := range []struct {
		name   string
		policy origin.Policy
		method string
		fields []string
		want   string
	}{
		{"named", named, "GET", []string{"Origin: " + app}, mine},
		{"named-in-any-case-of-the-field", named, "GET", []string{"oRIGIN: " + app}, mine},
		{"another", named, "DELETE", []string{"Origin: " + admin}, strings.Replace(mine, app, admin, 1)},
		{"without-origin", named, "GET", nil, "Vary: Origin"},
		{"not-named", named, "GET", []string{"Origin: https://evil.example"}, "Vary: Origin"},
		{"longer", named, "GET", []string{"Origin: " + app + ".evil.example"}, "Vary: Origin"},
		{"shorter", named, "GET", []string{"Origin: https://app.exampl"}, "Vary: Origin"},
		{"other-case", named, "GET", []string{"Origin: https://App.example"}, "Vary: Origin"},
		{"other-scheme", named, "GET", []string{"Origin: http://app.example"}, "Vary: Origin"},
		{"other-port", named, "GET", []string{"Origin: https://app.example:444"}, "Vary: Origin"},
		{"usual-port", named, "GET", []string{"Origin: https://app.example:443"}, "Vary: Origin"},
		{"with-a-slash", named, "GET", []string{"Origin: " + app + "/"}, "Vary: Origin"},
		{"null", named, "GET", []string{"Origin: null"}, "Vary: Origin"},
		{"star", named, "GET", []string{"Origin: *"}, "Vary: Origin"},
		{"empty", named, "GET", []string{"Origin: "}, "Vary: Origin"},
		{"twice", named, "GET", []string{"Origin: " + app, "Origin: " + app}, "Vary: Origin"},
		{"two-in-one", named, "GET", []string{"Origin: " + app + " " + admin}, "Vary: Origin"},
		{"list", named, "GET", []string{"Origin: " + app + ", " + app}, "Vary: Origin"},
		{"twin", named, "GET", []string{"Origin_: " + app}, "Vary: Origin"},
		{"options-that-is-no-preflight", named, "OPTIONS", []string{"Origin: " + app}, mine},
		{"options-with-two-origins", named, "OPTIONS", []string{"Origin: " + app, "Origin: " + app, "Access-Control-Request-Method: GET"}, "Vary: Origin"},
		{"options-with-two-methods", named, "OPTIONS", []string{"Origin: https://evil.example", "Access-Control-Request-Method: GET", "Access-Control-Request-Method: PUT"}, "Vary: Origin"},
		{"options-in-another-case", named, "options", []string{"Origin: " + app, "Access-Control-Request-Method: GET"}, mine},
		{"any", anyone, "GET", []string{"Origin: https://whoever.example"}, "Access-Control-Allow-Origin: *\nVary: Origin"},
		{"any-but-null", anyone, "GET", []string{"Origin: null"}, "Vary: Origin"},
		{"any-but-null-in-capitals", anyone, "GET", []string{"Origin: NULL"}, "Vary: Origin"},
		{"any-but-two", anyone, "GET", []string{"Origin: " + app, "Origin: " + admin}, "Vary: Origin"},
		{"any-but-a-list", anyone, "GET", []string{"Origin: " + app + " null"}, "Vary: Origin"},
		{"any-but-none", anyone, "GET", nil, "Vary: Origin"},
		{"nobody", origin.Policy{}, "GET", []string{"Origin: " + app}, "Vary: Origin"},
		{"any-with-credentials", broken, "GET", []string{"Origin: " + app}, "Vary: Origin"},
		{"null-by-name", broken, "GET", []string{"Origin: null"}, "Vary: Origin"},
		{"empty-by-name", broken, "GET", []string{"Origin: "}, "Vary: Origin"},
		{"star-by-name", broken, "GET", []string{"Origin: *"}, "Vary: Origin"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := exchange(plan(t), row.method, "/pets", row.fields...)
			if v := origin.New(pets(), row.policy).Head(x); v != gate.Allow || x.Reply.Status != 0 || len(x.Reply.Fields) != 0 {
				t.Errorf("verdict %d, reply %d", v, x.Reply.Status)
			}
			if got := written(x.AddFields); got != row.want {
				t.Errorf("got\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	const (
		varies = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
		head   = "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: Authorization, Content-Type, X-Key, x-trace, If-Match\nAccess-Control-Allow-Methods: "
		tail   = "\nAccess-Control-Allow-Origin: " + app + "\nAccess-Control-Max-Age: 600\n" + varies
		own    = "Access-Control-Allow-Headers: X-One, X-Two\nAccess-Control-Allow-Methods: GET, HEAD, PATCH\nAccess-Control-Allow-Origin: " + app + "\nAccess-Control-Max-Age: 600\n" + varies
	)
	many := strings.TrimSuffix(strings.Repeat("x-one,", 3), ",")
	for _, row := range []struct {
		name         string
		policy       origin.Policy
		path, method string
		from         string
		headers      []string
		want         string
	}{
		{"described", named, "/pets", "POST", app, nil, head + "POST" + tail},
		{"head-of-get", named, "/pets", "HEAD", app, nil, head + "HEAD" + tail},
		{"parameter-in-the-path", named, "/pets/7", "DELETE", app, nil, head + "DELETE" + tail},
		{"headers", named, "/pets", "POST", app, []string{"authorization,content-type, X-TRACE ,x-key"}, head + "POST" + tail},
		{"headers-in-two-fields", named, "/pets", "POST", app, []string{"authorization", "x-key,,"}, head + "POST" + tail},
		{"no-headers", named, "/pets", "POST", app, []string{""}, head + "POST" + tail},
		{"method-of-another-path", named, "/pets", "DELETE", app, nil, varies},
		{"unknown-path", named, "/cats", "GET", app, nil, varies},
		{"method-that-the-contract-has-nowhere", named, "/pets", "PUT", app, nil, varies},
		{"options", named, "/pets", "OPTIONS", app, nil, varies},
		{"method-in-another-case", named, "/pets", "post", app, nil, varies},
		{"no-method", named, "/pets", "", app, nil, varies},
		{"list-of-methods", named, "/pets", "GET, POST", app, nil, varies},
		{"header-that-is-not-described", named, "/pets", "GET", app, []string{"x-other"}, varies},
		{"one-of-the-headers", named, "/pets", "GET", app, []string{"x-key, x-other"}, varies},
		{"one-of-the-headers-in-two-fields", named, "/pets", "GET", app, []string{"x-key", "x-other"}, varies},
		{"cookie-of-a-key", named, "/pets", "GET", app, []string{"sid"}, varies},
		{"star-of-headers", named, "/pets", "GET", app, []string{"*"}, varies},
		{"not-named", named, "/pets", "GET", "https://evil.example", nil, varies},
		{"null", named, "/pets", "GET", "null", nil, varies},
		{"listed", listed, "/pets", "PATCH", app, []string{"x-one,x-two"}, own},
		{"listed-on-any-path", listed, "/cats", "HEAD", app, nil, own},
		{"described-but-not-listed", listed, "/pets", "POST", app, nil, varies},
		{"header-described-but-not-listed", listed, "/pets", "GET", app, []string{"authorization"}, varies},
		{"more-headers-than-there-are", listed, "/pets", "GET", app, []string{many}, varies},
		{"empty-list-of-headers", origin.Policy{Origins: []string{app}, Headers: []string{}}, "/pets", "GET", app, nil, "Access-Control-Allow-Methods: GET\nAccess-Control-Allow-Origin: " + app + "\nAccess-Control-Max-Age: 600\n" + varies},
		{"header-beside-an-empty-list", origin.Policy{Origins: []string{app}, Headers: []string{}}, "/pets", "GET", app, []string{"x-one"}, varies},
		{"any", anyone, "/pets", "GET", "https://whoever.example", nil, "Access-Control-Allow-Headers: Authorization, Content-Type, X-Key, x-trace, If-Match\nAccess-Control-Allow-Methods: GET\nAccess-Control-Allow-Origin: *\nAccess-Control-Max-Age: 3600\n" + varies},
		{"any-but-null", anyone, "/pets", "GET", "null", nil, varies},
		{"any-with-credentials", broken, "/pets", "GET", app, nil, varies},
		{"nobody", origin.Policy{}, "/pets", "GET", app, nil, varies},
	} {
		t.Run(row.name, func(t *testing.T) {
			x := exchange(plan(t), "OPTIONS", row.path, "Origin: "+row.from, "Access-Control-Request-Method: "+row.method, "Access-Control-Request-Private-Network: true")
			for _, h := range row.headers {
				x.Fields = append(x.Fields, gate.Field{Name: []byte("access-control-request-headers"), Value: []byte(h)})
			}
			if v := origin.New(pets(), row.policy).Head(x); v != gate.Respond || x.Reply.Status != 204 || len(x.AddFields) != 0 || x.Reply.Close {
				t.Errorf("verdict %d, reply %d", v, x.Reply.Status)
			}
			if got := written(x.Reply.Fields); got != row.want {
				t.Errorf("got\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

// TestBodyOfAPreflight is not read, so that the connection ends.
func TestBodyOfAPreflight(t *testing.T) {
	x := exchange(plan(t), "OPTIONS", "/pets", "Origin: "+app, "Access-Control-Request-Method: GET")
	x.Incoming = strings.NewReader("GET / HTTP/1.1\r\n\r\n")
	if v := origin.New(pets(), named).Head(x); v != gate.Respond || !x.Reply.Close {
		t.Errorf("verdict %d, close %v", v, x.Reply.Close)
	}
}

// TestGoneFields: what Connection removed speaks for nobody.
func TestGoneFields(t *testing.T) {
	x := exchange(plan(t), "GET", "/pets", "Origin: "+app)
	x.Fields[0].Gone = true
	if origin.New(pets(), named).Head(x); written(x.AddFields) != "Vary: Origin" {
		t.Error(written(x.AddFields))
	}
}

func TestAnswerHead(t *testing.T) {
	x := new(gate.Exchange)
	for _, f := range []string{"Access-Control-Allow-Origin: *", "ACCESS-CONTROL-ALLOW-CREDENTIALS: true", "access-control-allow-private-network: true",
		"Vary: origin", "Vary: Accept, Origin", "Access-Controlled: 1", "Access-Control-: x", "Content-Type: text/plain"} {
		name, value, _ := strings.Cut(f, ": ")
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	if v := origin.New(pets(), named).AnswerHead(x); v != gate.Allow {
		t.Error(v)
	}
	if got := written(x.Answer.Fields); got != "Access-Control-: x\nAccess-Controlled: 1\nContent-Type: text/plain\nVary: Accept, Origin" {
		t.Error(got)
	}
}

func TestFields(t *testing.T) {
	for _, row := range []struct {
		name                string
		age                 time.Duration
		subdomains, preload bool
		want                string
	}{
		{"default", 0, false, false, "max-age=31536000"},
		{"day", 24 * time.Hour, true, false, "max-age=86400; includeSubDomains"},
		{"preload", 730 * 24 * time.Hour, true, true, "max-age=63072000; includeSubDomains; preload"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := origin.Strict(row.age, row.subdomains, row.preload)
			if string(f.Name) != "Strict-Transport-Security" || string(f.Value) != row.want || !f.Secure || f.Absent {
				t.Errorf("%s: %s", f.Name, f.Value)
			}
		})
	}
	absent := 0
	for _, f := range origin.Data() {
		if f.Secure {
			t.Errorf("%s over TLS only", f.Name)
		}
		if f.Absent {
			absent++
		}
	}
	if n := len(origin.Data()); n != 6 || absent != 2 {
		t.Errorf("%d fields, %d beside the API's own", n, absent)
	}
}
