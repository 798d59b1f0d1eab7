package request

import (
	"fmt"
	"strings"
	"testing"
)

const jars = `
/jar:
  get:
    parameters:
      - {name: user_id, in: cookie, schema: {type: string, maxLength: 4}}
      - {name: a.b, in: cookie, schema: {type: string}}
      - {name: lists, in: cookie, explode: true, schema: {type: object, properties: {"list[]": {type: string}}}}
      - {name: code, in: cookie, schema: {type: string, pattern: "^[%0-9]+$"}}
    responses: {"200": {description: ok}}
/open:
  get:
    parameters:
      - {name: sid, in: cookie, schema: {type: string}}
      - {name: rest, in: cookie, schema: {type: object, additionalProperties: {type: string}}}
    responses: {"200": {description: ok}}
/none:
  get:
    responses: {"200": {description: ok}}
`

// TestCookiesOfOthers are undeclared cookies beside declared ones, which they
// must not become for any server, and cookies that change when they are decoded.
func TestCookiesOfOthers(t *testing.T) {
	h := inline(t, jars, Options{})
	const bad = "parameter-form"
	for _, row := range []struct{ name, path, cookies, want string }{
		{"declared", "/jar", "user_id=1; a.b=2; list[]=3; code=4", ""},
		{"too-long", "/jar", "user_id=12345", "parameter-schema user_id maxLength"},
		{"dot-for-underscore", "/jar", "user.id=12345", bad},
		{"underscore-for-dot", "/jar", "a_b=1", bad},
		{"open-bracket-for-underscore", "/jar", "user[id=1", bad},
		{"dot-behind-the-declared-one", "/jar", "user_id=1; user.id=2", bad},
		{"list", "/jar", "user_id[]=1", bad},
		{"list-with-index", "/jar", "user_id[a][b]=1", bad},
		{"list-with-dot", "/jar", "user.id[]=1", bad},
		{"list-of-a-name-with-dot", "/jar", "a_b[]=1", bad},
		{"declared-list-as-one", "/jar", "list=1", bad},
		{"declared-list-with-index", "/jar", "list[0]=1", bad},
		{"without-value", "/jar", "user.id", bad},
		{"without-equals-twin", "/jar", "list", bad},
		{"longer", "/jar", "user.id2=1", ""},
		{"shorter", "/jar", "user.i=1", ""},
		{"dash", "/jar", "user-id=1", ""},
		{"other-case", "/jar", "User.id=1", ""},
		{"bracket-inside", "/jar", "user[id]=1", ""},
		{"prefix-of-a-list", "/jar", "user[]=1", ""},
		{"nothing-declared", "/none", "user.id=1; sid[]=2", ""},
		{"taken-by-an-open-object", "/open", "other.name=1; sid=2", ""},
		{"twin-taken-by-an-open-object", "/open", "sid[]=1", bad},

		{"fits-both-ways", "/jar", "code=%31", ""},
		{"fits-until-it-is-decoded", "/jar", "code=%41", "parameter-schema code pattern"},
		{"decodes-to-no-text", "/jar", "code=%00", "parameter-form code"},
		{"quoted", "/jar", `x="a b"`, ""},
		{"quote-in-quotes", "/jar", `x="a"b"`, bad},
		{"backslash-in-quotes", "/jar", `x="a\"`, bad},
		{"control-in-quotes", "/jar", "x=\"a\tb\"", bad},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, "GET "+row.path+"\nCookie: "+row.cookies)
			if got := said(x, g); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

// TestBounds takes as many as are allowed, and not one more.
func TestBounds(t *testing.T) {
	h := inline(t, jars+`
/many:
  post:
    parameters:
      - {name: rest, in: query, schema: {type: object, additionalProperties: {type: string}}}
    requestBody:
      content:
        application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: {type: string}}}
        multipart/form-data: {schema: {type: object, additionalProperties: {type: string}}}
        image/*: {}
    responses: {"200": {description: ok}}
`, Options{})
	numbered := func(n int, format, between string) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(format, i))
		}
		return strings.Join(list, between)
	}
	for _, row := range []struct {
		name    string
		most    int
		request func(n int) string
		want    string
	}{
		{"query-fields", 256, func(n int) string { return "POST /many?" + numbered(n, "k%d=1", "&") }, "query-form"},
		{"cookies", 256, func(n int) string { return "GET /jar\nCookie: " + numbered(n, "k%d=1", "; ") }, "parameter-form"},
		{"form-fields", 1000, func(n int) string {
			return "POST /many\nContent-Type: application/x-www-form-urlencoded\n\n" + numbered(n, "k%d=1", "&")
		}, "body-syntax"},
		{"parts", 1000, func(n int) string {
			return "POST /many\nContent-Type: multipart/form-data; boundary=x\n\n" + numbered(n, "--x\r\nContent-Disposition: form-data; name=\"k%d\"\r\n\r\n1\r\n", "") + "--x--\r\n"
		}, "body-syntax"},
		{"content-type", 255, func(n int) string {
			const start = "image/png; a="
			return "POST /many\nContent-Type: " + start + strings.Repeat("b", n-len(start)) + "\n\nx"
		}, "body-media Content-Type"},
		{"content-type-of-a-part", 255, func(n int) string {
			const start = "text/plain; a="
			return "POST /many\nContent-Type: multipart/form-data; boundary=x\n\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Type: " +
				start + strings.Repeat("b", n-len(start)) + "\r\n\r\n1\r\n--x--\r\n"
		}, "body-part"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for extra, want := range []string{"", row.want} {
				x, g := h.request(t, row.request(row.most+extra))
				if got := said(x, g); got != want {
					t.Errorf("%d of them: got %q, want %q", row.most+extra, got, want)
				}
			}
		})
	}
}
