package request

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// longName is the name of a header field that is longer than usual ones.
var longName = "X-" + strings.Repeat("Long-", 12) + "Names" // 67 bytes

var strictPaths = strings.ReplaceAll(`
/query:
  get:
    parameters:
      - {name: deep, in: query, style: deepObject, schema: {type: object, properties: {a: {type: integer}, id: {type: integer, readOnly: true}}}}
      - {name: free, in: query, style: deepObject, schema: {}}
      - {name: text, in: query, explode: true, content: {text/plain: {schema: {type: object, properties: {p: {type: string}}}}}}
      - {name: LONG, in: header, schema: {type: integer}}
    responses: {"200": {description: ok}}
/body:
  post:
    requestBody:
      content:
        application/x-www-form-urlencoded: &form {schema: {type: object, properties: {name: {type: string}, id: {type: integer, readOnly: true}}}}
        multipart/form-data: *form
        text/plain: {schema: {type: string}}
        image/*: {}
    responses: {"200": {description: ok}}
`, "LONG", longName)

// TestStrict are requests that a guard lets pass only by a slip, under every
// policy for what is undeclared and misplaced.
func TestStrict(t *testing.T) {
	const part = "--x\r\nContent-Disposition: form-data; name=\""
	form := func(s string) string {
		return "POST /body\nContent-Type: application/x-www-form-urlencoded\n\n" + s
	}
	parts := func(list ...string) string {
		s := "POST /body\nContent-Type: multipart/form-data; boundary=x\n\n"
		for i := 0; i < len(list); i += 2 {
			s += part + list[i] + "\"\r\n\r\n" + list[i+1] + "\r\n"
		}
		return s + "--x--\r\n"
	}
	of := func(media string) string { return "POST /body\nContent-Type: " + media + "\n\nname=a" }
	refuse := Options{}
	drop := Options{Undeclared: schema.Drop, Misplaced: schema.Drop}
	for _, row := range []struct {
		name, request string
		o             Options
		want          string
	}{
		{"read-only-in-a-query", "GET /query?deep[a]=1&deep[id]=1", refuse, "parameter-schema deep readOnly"},
		{"read-only-in-a-query-that-drops", "GET /query?deep[a]=1&deep[id]=1", drop, "parameter-schema deep readOnly"},
		{"read-only-in-a-query-that-allows", "GET /query?deep[a]=1&deep[id]=1", Options{Misplaced: schema.Allow}, "parameter-schema deep readOnly"},
		{"read-only-in-a-form-that-drops", form("name=a&id=1"), drop, "body-schema readOnly"},
		{"read-only-in-parts-that-drop", parts("name", "a", "id", "1"), drop, "body-schema readOnly"},
		{"dropped-field", form("name=a&x=%C3%BC"), drop, ""},
		{"dropped-field-not-utf8", form("name=a&x=%FF"), drop, "body-syntax"},
		{"dropped-field-with-nul", form("name=a&x=%00"), drop, "body-syntax"},
		{"dropped-field-name-not-utf8", form("name=a&x%FF=1"), drop, "body-syntax"},

		{"deep-object-of-anything", "GET /query?free[a]=1&free[b][c]=2", refuse, ""},
		{"deep-object-of-anything-twice", "GET /query?free[a]=1&free[a]=2", refuse, "parameter-repeated free"},
		{"deep-object-of-anything-without-bracket", "GET /query?free[=1", refuse, "parameter-unknown"},
		{"deep-object-of-anything-with-half-a-name", "GET /query?free[a=1", refuse, "parameter-unknown"},
		{"deep-object-of-anything-with-text-behind", "GET /query?free[a]b=1", refuse, "parameter-unknown"},
		{"property-of-a-text", "GET /query?p=1", refuse, "parameter-unknown"},
		{"long-header", "GET /query\n" + strings.ToLower(longName) + ": 7", refuse, ""},
		{"long-header-wrong", "GET /query\n" + longName + ": seven", refuse, "parameter-schema " + longName + " type"},

		{"range-of-images", of("image/*"), refuse, "body-media Content-Type"},
		{"image", of("image/png"), refuse, ""},
		{"form-charset", of("application/x-www-form-urlencoded; charset=utf-16"), refuse, "body-charset Content-Type"},
		{"text-charset", of("text/plain; charset=utf-16"), refuse, "body-charset Content-Type"},
		{"multipart-charset", of("multipart/form-data; boundary=x; charset=utf-16"), refuse, "body-charset Content-Type"},
		{"image-charset", of("image/png; charset=utf-16"), refuse, ""},
		{"form-charset-known", of("application/x-www-form-urlencoded; charset=UTF-8"), refuse, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := inline(t, strictPaths, row.o).request(t, row.request)
			if got := said(x, g); got != row.want {
				t.Errorf("got %q (%s), want %q", got, x.Refusal.Detail, row.want)
			}
		})
	}
}

// TestRawControls are refused in queries and forms, where servers cut at them,
// skip them or take them as they are.
func TestRawControls(t *testing.T) {
	r := open()
	defer r.close()
	for c := range 0x80 {
		if c >= 0x20 && c != 0x7f {
			continue
		}
		for _, raw := range []string{"\x00=b", "a\x00=b", "a=\x00", "a=b\x00c", "a=b&\x00c=d"} {
			raw = strings.ReplaceAll(raw, "\x00", string(rune(c)))
			if bad := r.split([]byte(raw), maxQueryPairs); bad != style.BadControl {
				t.Errorf("%q: issue %q", raw, words(bad))
			}
		}
	}
}

// TestLongTwin removes the twin of a long declared field.
func TestLongTwin(t *testing.T) {
	x, g := inline(t, strictPaths, Options{}).request(t, "GET /query\n"+longName+": 7\n"+strings.ReplaceAll(longName, "-", "_")+": x")
	if got := said(x, g); got != "" || x.Fields[0].Gone || !x.Fields[1].Gone {
		t.Errorf("got %q, gone %v and %v", got, x.Fields[0].Gone, x.Fields[1].Gone)
	}
}

// TestNothingIsKept wants no span of something else with a body, and nothing
// of the request in a reader that waits for the next one.
func TestNothingIsKept(t *testing.T) {
	h := inline(t, strictPaths, Options{})
	for _, body := range []string{"application/x-www-form-urlencoded\n\nname=a", "text/plain\n\na", "multipart/form-data; boundary=x\n\n--x--"} {
		x, g := h.request(t, "POST /body\nContent-Type: "+body)
		if g.Head(x) != gate.Allow {
			t.Fatalf("%+v", x.Refusal)
		}
		x.Schema.Spans = append(x.Schema.Spans, schema.Span{Tag: 7, Start: 1, End: 2})
		if g.Body(x) != gate.Allow || len(x.Schema.Spans) > 0 {
			t.Errorf("%s: %v spans, %+v", body, x.Schema.Spans, x.Refusal)
		}
	}

	r := open()
	raw := crlf("--x\nContent-Disposition: form-data; name=\"a\"\nContent-Type: text/plain; charset=utf-8\n\n1\n--x--")
	if bad := r.parts([]byte(raw), "x"); bad != style.Fine || r.heads[0].media.Main != "text" {
		t.Fatal("the parts are not read")
	}
	heads := r.heads
	r.close()
	if heads[0] != (partHead{}) {
		t.Errorf("keeps %+v", heads[0])
	}
}
