package request

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// benchContract has one operation for each way to write a value, and one that
// takes an order.
const benchContract = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{
%s
"/orders/{shop}":{"put":{"operationId":"order","parameters":[
  {"name":"shop","in":"path","required":true,"schema":{"type":"string","maxLength":20}},
  {"name":"dry","in":"query","schema":{"type":"boolean"}},
  {"name":"limit","in":"query","schema":{"type":"integer","maximum":100}},
  {"name":"X-Tenant","in":"header","required":true,"schema":{"type":"string","pattern":"^[a-z]+$"}}],
 "requestBody":{"required":true,"content":{
  "application/json":{"schema":%s},
  "application/x-www-form-urlencoded":{"schema":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}}}}},
  "multipart/form-data":{"schema":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"},"file":{"type":"string","format":"binary"}}}}}},
 "responses":{"200":{"description":"ok"}}}}}}`

const (
	textSchema   = `{"type":"string","maxLength":20}`
	listSchema   = `{"type":"array","maxItems":5,"items":{"type":"string","maxLength":20}}`
	objectSchema = `{"type":"object","properties":{"R":{"type":"integer"},"G":{"type":"integer"},"B":{"type":"integer"}}}`
)

// benchStyles are the ways to write a value: one request that passes, one that
// its schema refuses.
var benchStyles = []struct{ name, in, style, schema, good, bad string }{
	{"path-simple", "path", "simple", textSchema, "/%s/blue", "/%s/123456789012345678901"},
	{"path-simple-list", "path", "simple", listSchema, "/%s/blue,black,brown", "/%s/a,b,c,d,e,f"},
	{"path-label-list", "path", "label", listSchema, "/%s/.blue,black,brown", "/%s/.a,b,c,d,e,f"},
	{"query-form", "query", "form", textSchema, "/%s?v=blue", "/%s?v=123456789012345678901"},
	{"query-form-escaped", "query", "form", textSchema, "/%s?v=bl%%C3%%BCe+x", "/%s?v=%%C3%%BC123456789012345678901"},
	{"query-form-list", "query", "form", listSchema, "/%s?v=blue&v=black&v=brown", "/%s?v=a&v=b&v=c&v=d&v=e&v=f"},
	{"query-form-object", "query", "form", objectSchema, "/%s?R=1&G=2&B=3", "/%s?R=1&G=2&B=x"},
	{"query-space-list", "query", "spaceDelimited", listSchema, "/%s?v=blue%%20black%%20brown", "/%s?v=a+b+c+d+e+f"},
	{"query-pipe-list", "query", "pipeDelimited", listSchema, "/%s?v=blue|black|brown", "/%s?v=a|b|c|d|e|f"},
	{"query-deep-object", "query", "deepObject", objectSchema, "/%s?v[R]=1&v[G]=2&v[B]=3", "/%s?v[R]=1&v[G]=2&v[B]=x"},
	{"query-json", "query", "content", objectSchema, "/%s?v=%%7B%%22R%%22:1%%7D", "/%s?v=%%7B%%22R%%22:true%%7D"},
	{"header-simple", "header", "simple", textSchema, "/%s\nv: blue", "/%s\nv: 123456789012345678901"},
	{"header-simple-list", "header", "simple", listSchema, "/%s\nv: blue, black, brown", "/%s\nv: a,b,c,d,e,f"},
	{"cookie-form", "cookie", "form", textSchema, "/%s\nCookie: v=blue; x=y", "/%s\nCookie: v=123456789012345678901"},
}

func benchHouse(t testing.TB) *house {
	t.Helper()
	var paths strings.Builder
	for _, s := range benchStyles {
		path, explode := "/"+s.name, s.style == "form" || s.style == "deepObject"
		if s.in == "path" {
			path += "/{v}"
		}
		how := fmt.Sprintf(`"style":%q,"explode":%v,"schema":%s`, s.style, explode, s.schema)
		if s.style == "content" {
			how = `"content":{"application/json":{"schema":` + s.schema + `}}`
		}
		fmt.Fprintf(&paths, `%q:{"get":{"operationId":%q,"parameters":[{"name":"v","in":%q,"required":true,%s}],"responses":{"200":{"description":"ok"}}}},`+"\n", path, s.name, s.in, how)
	}
	file := filepath.Join(t.TempDir(), "bench.json")
	if err := os.WriteFile(file, fmt.Appendf(nil, benchContract, paths.String(), testdata.OrderSchema31()), 0o600); err != nil {
		t.Fatal(err)
	}
	h, problems := buildFile(t, file, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return h
}

const orderHead = "PUT /orders/main-street?dry=true&limit=20\nHost: shop.example\nUser-Agent: test\nAccept: */*\nX-Tenant: acme\nCookie: a=b\nContent-Type: application/json; charset=utf-8\n\n"

// again walks x as a fresh exchange.
func again(x *gate.Exchange, g *Guard) gate.Verdict {
	x.Intake, x.Edits = gate.Intake{}, x.Edits[:0]
	return walk(x, g)
}

func run(b *testing.B, h *house, text string, want gate.Verdict) {
	x, g := h.request(b, text)
	if again(x, g) != want {
		b.Fatalf("verdict: %+v", x.Refusal)
	}
	b.ReportAllocs()
	for b.Loop() {
		again(x, g)
	}
}

func BenchmarkParameter(b *testing.B) {
	h := benchHouse(b)
	for _, s := range benchStyles {
		b.Run(s.name+"/allowed", func(b *testing.B) { run(b, h, "GET "+fmt.Sprintf(s.good, s.name), gate.Allow) })
		b.Run(s.name+"/refused", func(b *testing.B) { run(b, h, "GET "+fmt.Sprintf(s.bad, s.name), gate.Deny) })
	}
}

func BenchmarkBody(b *testing.B) {
	h := benchHouse(b)
	order := testdata.Order(1024)
	form := []byte("name=" + strings.Repeat("x", 500) + "&age=7" + strings.Repeat("&tags=black", 45))
	file := []byte("--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nRex\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: image/png\r\n\r\n" + strings.Repeat("x", 800) + "\r\n--x--\r\n")
	head := func(kind string) string {
		return strings.Replace(orderHead, "application/json; charset=utf-8", kind, 1)
	}
	rows := []struct {
		name, head string
		good, bad  []byte
	}{
		{"json", orderHead, order, bytes.Replace(order, []byte(`"total"`), []byte(`"totem"`), 1)},
		{"form", head("application/x-www-form-urlencoded"), form, bytes.Replace(form, []byte("age=7"), []byte("age=x"), 1)},
		{"multipart", head("multipart/form-data; boundary=x"), file, bytes.Replace(file, []byte(`"name"`), []byte(`"mane"`), 1)},
	}
	for _, row := range rows {
		b.Run(row.name+"-1KiB/allowed", func(b *testing.B) { run(b, h, row.head+string(row.good), gate.Allow) })
		b.Run(row.name+"-1KiB/refused", func(b *testing.B) { run(b, h, row.head+string(row.bad), gate.Deny) })
	}
}

// xmlLines is an order of about size bytes.
func xmlLines(size int) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<order urgent=\"true\">\n  <customer>Mary O&apos;Neill</customer>\n  <lines>\n")
	for k := 0; b.Len() < size-50; k++ {
		fmt.Fprintf(&b, "    <line>\n      <sku>AB-%05d</sku>\n      <count>%d</count>\n    </line>\n", k, 1+k%9)
	}
	b.WriteString("  </lines>\n</order>\n")
	return b.String()
}

func BenchmarkXML(b *testing.B) {
	h := xmlHouse(b, Options{})
	good := xmlLines(1 << 10)
	bad := strings.Replace(good, "</order>", "<surplus/></order>", 1)
	b.Run("1KiB/allowed", func(b *testing.B) { run(b, h, xmlHead+good, gate.Allow) })
	b.Run("1KiB/refused", func(b *testing.B) { run(b, h, xmlHead+bad, gate.Deny) })
}
