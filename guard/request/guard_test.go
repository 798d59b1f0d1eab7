package request

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// house is the guards and routes of testdata/contract.yaml.
type house struct {
	routes *route.Table
	guards []*Guard
	names  []string
}

func build(t testing.TB, o Options) (*house, source.Problems) {
	t.Helper()
	return buildFile(t, "testdata/contract.yaml", o)
}

func buildFile(t testing.TB, file string, o Options) (*house, source.Problems) {
	t.Helper()
	c, problems := openapi.Load(file)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	compiler := schema.NewCompiler(schema.Options{Dialect: c.Dialect, Load: c.Files.Load})
	h := &house{}
	var entries []route.Entry
	var all source.Problems
	for i, op := range c.Operations {
		g, problems := New(op, compiler, o)
		all = append(all, problems...)
		h.guards, h.names = append(h.guards, g), append(h.names, op.Name())
		entries = append(entries, route.Entry{Template: op.Path, Method: op.Method, Number: i, Node: op.Node})
	}
	if err := compiler.Problems().Err(); err != nil {
		t.Fatal(err)
	}
	var bad source.Problems
	if h.routes, bad = route.Build(entries); bad.Err() != nil {
		t.Fatal(bad)
	}
	return h, all
}

// request makes an exchange of a text: the request line, fields, and after an
// empty line the body. "\n" in the body stands for itself.
func (h *house) request(t testing.TB, text string) (*gate.Exchange, *Guard) {
	t.Helper()
	head, body, hasBody := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	method, uri, _ := strings.Cut(lines[0], " ")
	x := target(uri)
	x.Method = []byte(method)
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(strings.TrimSpace(value))})
	}
	if hasBody {
		x.Body, x.BodyLength, x.Incoming = []byte(body), int64(len(body)), strings.NewReader(body)
	}
	h.routes.Match(&x.Match, x.Host, x.Method, x.Path)
	if x.Match.Outcome != route.Found {
		t.Fatalf("%s is not routed: %v", lines[0], x.Match.Outcome)
	}
	return x, h.guards[x.Match.Number]
}

// walk runs both phases as the gate does.
func walk(x *gate.Exchange, g *Guard) gate.Verdict {
	if v := g.Head(x); v != gate.Allow {
		return v
	}
	if x.Intake.Mode == gate.Stream {
		return gate.Allow
	}
	return g.Body(x)
}

// outcome walks x and returns the code of its refusal, or "".
func outcome(x *gate.Exchange, g *Guard) string {
	if walk(x, g) == gate.Allow {
		return ""
	}
	return x.Refusal.Code.String()
}

const pet = "GET /pets/7"

// TestRequests is the guard's judgement of whole requests. want is "" for a
// request that passes, else "code in name keyword" as far as they are set.
func TestRequests(t *testing.T) {
	h, _ := build(t, Options{})
	const tenant = "\nX-Tenant: acme"
	json := func(body string) string { return "POST /pets\nContent-Type: application/json\n\n" + body }
	form := func(body string) string {
		return "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\n" + body
	}
	parts := func(list ...string) string {
		var b strings.Builder
		for i := 0; i < len(list); i += 2 {
			b.WriteString("--x\r\nContent-Disposition: form-data; " + crlf(list[i]) + "\r\n\r\n" + list[i+1] + "\r\n")
		}
		return "POST /pets\nContent-Type: multipart/form-data; boundary=x\n\n" + b.String() + "--x--\r\n"
	}
	labels := func(list ...string) string { return strings.Replace(parts(list...), "/pets", "/labels", 1) }
	rows := []struct{ name, request, want string }{
		{"path-only", pet + tenant, ""},
		{"path-not-integer", "GET /pets/seven" + tenant, "parameter-schema path id type"},
		{"path-below-minimum", "GET /pets/0" + tenant, "parameter-schema path id minimum"},
		{"path-with-plus", "GET /pets/+7" + tenant, "parameter-schema path id type"},
		{"path-encoded", "GET /pets/%37" + tenant, ""},
		{"query-integer", pet + "?limit=7" + tenant, ""},
		{"query-above-maximum", pet + "?limit=101" + tenant, "parameter-schema query limit maximum"},
		{"query-empty-integer", pet + "?limit=" + tenant, "parameter-schema query limit type"},
		{"query-empty", pet + "?" + tenant, ""},
		{"query-raw-as-browsers-write-it", pet + "?where={%22a%22:1}&path=a^b`c\\d|e[f]" + tenant, ""},
		{"query-raw-quote", pet + "?path=a\"b" + tenant, "query-form query"},
		{"query-raw-angle", pet + "?path=a<b" + tenant, "query-form query"},
		{"query-unknown", pet + "?limits=7" + tenant, "parameter-unknown query"},
		{"query-repeated", pet + "?limit=1&limit=2" + tenant, "parameter-repeated query limit"},
		{"query-list", pet + "?tags=a&tags=b" + tenant, ""},
		{"query-list-too-long", pet + "?tags=a&tags=b&tags=c&tags=d" + tenant, "parameter-schema query tags maxItems"},
		{"query-list-empty-item", pet + "?tags=a&tags=" + tenant, "parameter-schema query tags minLength"},
		{"query-list-delimited", pet + "?ids=1,2" + tenant, ""},
		{"query-list-delimited-wrong", pet + "?ids=1,b" + tenant, "parameter-schema query ids type"},
		{"query-deep", pet + "?filter[name]=x&filter%5Bage%5D=3" + tenant, ""},
		{"query-deep-unknown", pet + "?filter[nick]=x" + tenant, "parameter-unknown query"},
		{"query-deep-wrong", pet + "?filter[age]=x" + tenant, "parameter-schema query filter type"},
		{"query-json", pet + "?where=%7B%22a%22:1%7D" + tenant, ""},
		{"query-json-undeclared", pet + "?where=%7B%22b%22:1%7D" + tenant, "parameter-schema query where unevaluatedProperties"},
		{"query-json-broken", pet + "?where=%7B" + tenant, "parameter-form query where"},
		{"query-flag-alone", pet + "?flag" + tenant, ""},
		{"query-flag-empty", pet + "?flag=" + tenant, ""},
		{"query-flag-true", pet + "?flag=true" + tenant, ""},
		{"query-flag-wrong", pet + "?flag=yes" + tenant, "parameter-schema query flag type"},
		{"query-reserved", pet + "?path=/a/b:c" + tenant, ""},
		{"query-reserved-plus", pet + "?path=a+b" + tenant, "parameter-form query path"},
		{"query-form", pet + "?limit=%zz" + tenant, "query-form query"},
		{"query-too-many", pet + "?" + strings.Repeat("tags=a&", 256) + "tags=a" + tenant, "query-form query"},
		{"header-missing", pet, "parameter-missing header X-Tenant"},
		{"header-wrong", pet + "\nX-Tenant: ACME", "parameter-schema header X-Tenant pattern"},
		{"header-repeated", pet + tenant + tenant, "parameter-repeated header X-Tenant"},
		{"header-list", pet + tenant + "\nx-list: 1, 2\nX-List:3", ""},
		{"header-list-wrong", pet + tenant + "\nX-List: 1,b", "parameter-schema header X-List type"},
		{"header-list-empty-item", pet + tenant + "\nX-List: 1,,2", "parameter-form header X-List"},
		{"header-list-quoted", pet + tenant + "\nX-List: \"1\"", "parameter-form header X-List"},
		{"cookie", pet + tenant + "\nCookie: session=abc; other=\"x y\"", ""},
		{"cookie-too-long", pet + tenant + "\nCookie: session=abcdefghi", "parameter-schema cookie session maxLength"},
		{"cookie-longer-before-decoding", pet + tenant + "\nCookie: session=%61%62%63", "parameter-schema cookie session maxLength"},
		{"cookie-repeated", pet + tenant + "\nCookie: session=a; session=b", "parameter-repeated cookie session"},
		{"cookie-fields-repeated", pet + tenant + "\nCookie: session=a\nCookie: session=b", "parameter-repeated header Cookie"},
		{"cookie-form", pet + tenant + "\nCookie: x=\"; session=a\"", "parameter-form cookie"},
		{"cookie-name-after-no-break-space", pet + tenant + "\nCookie: session=ok; \xc2\xa0session=b", "parameter-form cookie"},
		{"cookie-name-after-next-line", pet + tenant + "\nCookie: session=ok; \xc2\x85session=b", "parameter-form cookie"},
		{"cookie-name-after-ideographic-space", pet + tenant + "\nCookie: session=ok; \xe3\x80\x80session=b", "parameter-form cookie"},
		{"cookie-name-beyond-ascii", pet + tenant + "\nCookie: caf\xc3\xa9=1; session=ok", "parameter-form cookie"},
		{"cookie-without-name-beyond-ascii", pet + tenant + "\nCookie: session=ok; caf\xc3\xa9", "parameter-form cookie"},
		{"cookie-of-others-beyond-ascii", pet + tenant + "\nCookie: x=caf\xc3\xa9; session=ok", ""},
		{"body-on-get", pet + tenant + "\n\nhello", "body-unexpected body"},
		{"body-on-delete", "DELETE /pets/7\nContent-Type: application/json\n\n{}", "body-unexpected body"},

		{"required-object-may-be-empty", "GET /search?q=x", ""},
		{"required-missing", "GET /search?number=1", "parameter-missing query q"},
		{"object-exploded", "GET /search?q=x&number=1&size=2", ""},
		{"object-exploded-wrong", "GET /search?q=x&number=a", "parameter-schema query page type"},
		{"object-takes-the-rest", "GET /search?q=x&a=1&b=2", ""},
		{"object-takes-no-wrong-rest", "GET /search?q=x&a=b", "parameter-schema query rest type"},
		{"object-rest-repeated", "GET /search?q=x&a=1&a=2", "parameter-form query rest syntax"},

		{"json", json(`{"name":"Rex","age":3}`), ""},
		{"json-vendor-with-parameter", "POST /pets\nContent-Type: application/vnd.pet+json; v=2\n\n{\"name\":\"Rex\"}", ""},
		{"json-vendor-without-parameter", "POST /pets\nContent-Type: application/vnd.pet+json\n\n{\"name\":\"Rex\"}", "body-media header Content-Type"},
		{"json-undeclared", json(`{"name":"Rex","admin":true}`), "body-schema body unevaluatedProperties"},
		{"json-read-only", json(`{"name":"Rex","id":3}`), "body-schema body readOnly"},
		{"json-required", json(`{"age":3}`), "body-schema body required"},
		{"json-too-long", json(`{"name":"Rex Rex Rex"}`), "body-schema body maxLength"},
		{"json-broken", json(`{"name":`), "body-syntax body syntax"},
		{"json-charset", "POST /pets\nContent-Type: application/json; charset=utf-16\n\n{\"name\":\"Rex\"}", "body-charset header Content-Type"},
		{"json-compressed", "POST /pets\nContent-Type: application/json\nContent-Encoding: gzip\n\nxx", "body-coding body"},
		{"json-identity", "POST /pets\nContent-Type: application/json\nContent-Encoding: identity\n\n{\"name\":\"Rex\"}", ""},
		{"json-identity-and-gzip", "POST /pets\nContent-Type: application/json\nContent-Encoding: identity\nContent-Encoding: gzip\n\nxx", "body-coding body"},
		{"body-missing", "POST /pets", "body-missing body"},
		{"body-missing-with-type", "POST /pets\nContent-Type: application/json", "body-missing body"},
		{"body-without-type", "POST /pets\n\n{}", "body-media header Content-Type"},
		{"body-with-two-types", "POST /pets\nContent-Type: application/json\nContent-Type: text/plain\n\n{}", "body-media header Content-Type"},
		{"body-of-other-type", "POST /pets\nContent-Type: application/pdf\n\n{}", "body-media header Content-Type"},
		{"body-of-range", "POST /pets\nContent-Type: */*\n\n{}", "body-media header Content-Type"},
		{"body-of-bad-type", "POST /pets\nContent-Type: json\n\n{}", "body-media header Content-Type"},
		{"body-of-xml", "POST /pets\nContent-Type: application/xml\n\n<a/>", "body-media body"},
		{"body-too-large", json(strings.Repeat(" ", 1<<20+1)), "body-too-large body"},
		{"body-streamed", "POST /pets\nContent-Type: application/octet-stream\n\n\x00\x01", ""},
		{"body-streamed-range", "POST /pets\nContent-Type: image/png\n\n\x00\x01", ""},
		{"body-of-svg", "POST /pets\nContent-Type: image/svg+xml\n\n<svg/>", ""},

		{"text", "POST /pets\nContent-Type: text/plain\n\nhello", ""},
		{"text-empty", "POST /pets\nContent-Type: text/plain", ""},
		{"text-too-long", "POST /pets\nContent-Type: text/plain\n\nhello!", "body-schema body maxLength"},
		{"text-not-utf8", "POST /pets\nContent-Type: text/plain\n\n\xff", "body-syntax body"},
		{"text-byte-order-mark", "POST /pets\nContent-Type: text/plain\n\n\xef\xbb\xbfa", "body-syntax body"},

		{"form", form("name=Rex+II&age=3&agree=true&tags=a&tags=b&codes=1,2&deep[x]=y&meta=%7B%22a%22%3A1%7D"), ""},
		{"form-list-encoded", form("name=Rex&codes=1%2C2"), ""},
		{"form-list-encoded-wrong", form("name=Rex&codes=1%2C200"), "body-schema body maxLength"},
		{"form-required", form("age=3"), "body-schema body required"},
		{"form-empty", "POST /pets\nContent-Type: application/x-www-form-urlencoded", "body-schema body required"},
		{"form-wrong", form("name=Rex&age=old"), "body-schema body type"},
		{"form-undeclared", form("name=Rex&admin=1"), "body-schema body unevaluatedProperties"},
		{"form-read-only", form("name=Rex&id=1"), "body-schema body readOnly"},
		{"form-repeated", form("name=Rex&name=Max"), "body-part body name"},
		{"form-repeated-rest", form("name=Rex&deep[x]=y&deep[x]=z"), "body-part body deep"},
		{"form-json-breaks-out", form("name=Rex&meta=%7B%7D,%22age%22:1"), "body-part body meta"},
		{"form-json-wrong", form("name=Rex&meta=%7B%22a%22%3A%22b%22%7D"), "body-schema body type"},
		{"form-nul", form("name=%00"), "body-part body name"},
		{"form-semicolon", form("name=a;age=1"), "body-syntax body"},

		{"multipart", parts(`name="title"`, "Rex", `name="count"`, "3", "name=\"meta\"\nContent-Type: application/json", `{"a":1}`, "name=\"picture\"; filename=\"a.png\"\nContent-Type: image/png", "\x00\xff"), ""},
		{"multipart-lists", parts(`name="title"`, "Rex", `name="tags"`, "a", `name="tags"`, "b", "name=\"files\"; filename=\"a\"", "\xff", "name=\"files\"; filename=\"b\"\nContent-Type: application/pdf", ""), ""},
		{"multipart-deep", parts(`name="title"`, "Rex", `name="deep[n][0]"`, "1", `name="deep[n][1]"`, "2"), ""},
		{"multipart-deep-wrong", parts(`name="title"`, "Rex", `name="deep[n][0]"`, "x"), "body-schema body type"},
		{"multipart-deep-gap", parts(`name="title"`, "Rex", `name="deep[n][1]"`, "1"), "body-part body deep"},
		{"multipart-deep-of-other-type", parts(`name="title"`, "Rex", "name=\"deep[n][0]\"\nContent-Type: image/png", "1"), "body-part body deep"},
		{"multipart-text-as-file", parts("name=\"title\"; filename=\"a\"", "Rex"), "body-part body title"},
		{"multipart-number-as-file", parts(`name="title"`, "Rex", "name=\"count\"; filename=\"a\"\nContent-Type: text/plain", "3"), "body-part body count"},
		{"multipart-list-as-files", parts(`name="title"`, "Rex", `name="tags"`, "a", "name=\"tags\"; filename=\"b\"", "b"), "body-part body tags"},
		{"multipart-deep-as-file", parts(`name="title"`, "Rex", "name=\"deep[n][0]\"; filename=\"b\"", "1"), "body-part body deep"},
		{"multipart-rest", labels(`name="a"`, "x", "name=\"b\"\nContent-Type: text/plain", "y"), ""},
		{"multipart-rest-as-file", labels("name=\"a\"; filename=\"f\"", "x"), "body-part body"},
		{"multipart-rest-of-other-type", labels("name=\"a\"\nContent-Type: image/png", "x"), "body-part body"},
		{"multipart-none", parts(), "body-schema body required"},
		{"multipart-empty", "POST /pets\nContent-Type: multipart/form-data; boundary=x", "body-missing body"},
		{"multipart-wrong", parts(`name="title"`, "Rex", `name="count"`, "x"), "body-schema body type"},
		{"multipart-repeated", parts(`name="title"`, "Rex", `name="title"`, "Max"), "body-part body title"},
		{"multipart-undeclared", parts(`name="title"`, "Rex", `name="admin"`, "1"), "body-schema body unevaluatedProperties"},
		{"multipart-file-too-large", parts(`name="title"`, "Rex", "name=\"picture\"\nContent-Type: image/png", "12345"), "body-schema body maxLength"},
		{"multipart-file-of-other-type", parts(`name="title"`, "Rex", "name=\"picture\"\nContent-Type: text/html", "1234"), "body-part body picture"},
		{"multipart-file-without-type", parts(`name="title"`, "Rex", `name="picture"`, "1234"), "body-part body picture"},
		{"multipart-text-of-other-type", parts("name=\"title\"\nContent-Type: text/html", "Rex"), "body-part body title"},
		{"multipart-text-not-utf8", parts(`name="title"`, "\xff"), "body-part body title"},
		{"multipart-text-of-other-charset", parts("name=\"title\"\nContent-Type: text/plain; charset=utf-16", "Rex"), "body-part body title"},
		{"multipart-json-breaks-out", parts(`name="title"`, "Rex", `name="meta"`, `{},"count":1`), "body-part body meta"},
		{"multipart-form", parts(`name="title"; size=1`, "Rex"), "body-part body"},
		{"multipart-without-boundary", "POST /pets\nContent-Type: multipart/form-data\n\n--x--", "body-media header Content-Type"},

		{"range-json", "PUT /any\nContent-Type: application/json\n\n{\"n\":1}", ""},
		{"range-json-wrong", "PUT /any\nContent-Type: application/x+json\n\n{\"n\":\"1\"}", "body-schema body type"},
		{"range-form", "PUT /any\nContent-Type: application/x-www-form-urlencoded\n\nn=1", ""},
		{"multipart-with-another-parameter", "POST /pets\nContent-Type: multipart/form-data; xboundary=y; boundary=x\n\n--x--", "body-media header Content-Type"},
		{"multipart-with-another-boundary-in-a-value", "POST /pets\nContent-Type: multipart/form-data; q=\"boundary=y\"; boundary=x\n\n--x--", "body-media header Content-Type"},
		{"multipart-with-charset", "PUT /any\nContent-Type: multipart/form-data; charset=utf-8; boundary=x\n\n--x--", ""},
		{"range-multipart", "PUT /any\nContent-Type: multipart/form-data; boundary=x\n\n--x--", ""},
		{"range-multipart-mixed", "PUT /any\nContent-Type: multipart/mixed; boundary=x\n\n--x--", "body-media body"},
		{"range-xml", "PUT /any\nContent-Type: text/xml\n\n<a/>", "body-media body"},
		{"range-opaque", "PUT /any\nContent-Type: application/pdf\n\n1", "body-media body"},
		{"range-text", "PUT /any\nContent-Type: text/plain\n\n1", "body-schema body type"},
		{"optional-none", "PUT /any", ""},
		{"optional-none-with-type", "PUT /any\nContent-Type: application/json", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, row.request)
			v := walk(x, g)
			f := x.Refusal
			got := strings.Join(strings.Fields(strings.Join([]string{f.Code.String(), f.In, f.Name, f.Keyword}, " ")), " ")
			if v == gate.Allow {
				got = ""
			}
			if got != row.want {
				t.Errorf("got %q (%s %s), want %q", got, f.Pointer, f.Detail, row.want)
			}
			if len(x.Edits) > 0 {
				t.Errorf("%d edits", len(x.Edits))
			}
		})
	}
}

// TestChunked takes bodies whose length is not stated.
func TestChunked(t *testing.T) {
	h, _ := build(t, Options{})
	for _, row := range []struct{ name, request, body, want string }{
		{"json", "POST /pets\nContent-Type: application/json", `{"name":"Rex"}`, ""},
		{"empty-required", "POST /pets\nContent-Type: application/json", "", "body-missing"},
		{"empty-required-multipart", "POST /pets\nContent-Type: multipart/form-data; boundary=x", "", "body-missing"},
		{"empty-text", "POST /pets\nContent-Type: text/plain", "", ""},
		{"empty-optional", "PUT /any\nContent-Type: application/json", "", ""},
		{"empty-unexpected", "DELETE /pets/7", "", "body-unexpected"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, row.request)
			x.BodyLength, x.Incoming, x.Body = -1, strings.NewReader(row.body), []byte(row.body)
			got := outcome(x, g)
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestEncodedSeparators reads lists whose commas are encoded, as many clients
// write them.
func TestEncodedSeparators(t *testing.T) {
	h, _ := build(t, Options{})
	for _, row := range []struct{ name, query, left, want string }{
		{"both-ways", "?names=a%2Cb", "?names=a%2Cb", ""},
		{"one-way", "?kinds=cat%2Cdog%2ccat&limit=3", "?kinds=cat,dog,cat&limit=3", ""},
		{"mixed", "?limit=3&kinds=cat,dog%2Ccat", "?limit=3&kinds=cat,dog,cat", ""},
		{"too-many", "?names=a%2Cb%2Cc", "", "parameter-schema"},
		{"neither", "?kinds=cat%2Ccow", "", "parameter-schema"},
		{"repeated", "?kinds=cat%2Cdog&kinds=cat", "", "parameter-repeated"},
		{"twice-encoded", "?kinds=cat%252Cdog", "", "parameter-schema"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, pet+row.query+"\nX-Tenant: acme")
			if walk(x, g) != gate.Allow {
				if got := x.Refusal.Code.String(); got != row.want {
					t.Errorf("got %q, want %q", got, row.want)
				}
				return
			}
			if got := string(spliced(t, x.Target, x.Edits)); got != "/pets/7"+row.left || row.want != "" {
				t.Errorf("forwarded %s, want %s%s", got, row.left, row.want)
			}
		})
	}
}

// TestAllowed passes what the contract does not name, as long as it is text.
func TestAllowed(t *testing.T) {
	h, _ := build(t, Options{Undeclared: schema.Allow})
	for _, row := range []struct{ name, request, want string }{
		{"query", pet + "?x=1&filter[nick]=3\nX-Tenant: acme", ""},
		{"query-not-text", pet + "?x=%FF\nX-Tenant: acme", "query-form"},
		{"json", "POST /pets\nContent-Type: application/json\n\n{\"name\":\"Rex\",\"x\":1}", ""},
		{"form", "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\nname=Rex&x=1", ""},
		{"form-not-text", "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\nname=Rex&x=%FF", "body-syntax"},
		{"form-repeated", "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\nname=Rex&x=1&x=2", "body-syntax"},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, row.request)
			got := outcome(x, g)
			if got != row.want || len(x.Edits) > 0 {
				t.Errorf("got %q and %d edits, want %q", got, len(x.Edits), row.want)
			}
		})
	}
}

// TestProblems are what a build says of a contract.
func TestProblems(t *testing.T) {
	_, problems := build(t, Options{})
	if len(problems) != 1 || problems[0].Severity != source.Warning || !strings.Contains(problems[0].Text, "application/xml bodies are refused: nothing says how the root element is called") {
		t.Errorf("problems: %v", problems)
	}
}
