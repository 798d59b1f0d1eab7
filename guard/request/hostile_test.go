package request

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestHostileSizes judges inputs of the largest size that are made to be slow.
// Work that grows with the square of the size would take minutes.
func TestHostileSizes(t *testing.T) {
	const mega = 1<<20 - 4096
	drop, _ := build(t, Options{Undeclared: schema.Drop})
	fill := func(s string, n int) string { return strings.Repeat(s, n/len(s)) }
	deep := func(sep string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(sep + "deep[" + strings.Repeat("x", 900) + strings.Repeat("y", i%7) + "][a][b]=1")
		}
		return b.String()
	}
	var dropped strings.Builder
	for i := range mega / 16 {
		fmt.Fprintf(&dropped, `,"k%d":[1,2]`, 10000+i)
	}
	const form = "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\n"
	const multi = "POST /pets\nContent-Type: multipart/form-data; boundary=xxxxxxxx\n\n"
	const part = "--xxxxxxxx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
	tenant := "\nX-Tenant: acme"
	for name, text := range map[string]string{
		"query-of-fields":        pet + "?" + fill("tags=a&", mega) + "tags=a" + tenant,
		"query-of-escapes":       pet + "?path=" + fill("%41", mega) + tenant,
		"query-of-commas":        pet + "?names=" + fill(",", mega) + tenant,
		"query-of-encoded-comma": pet + "?kinds=cat" + fill("%2Ccat", mega) + tenant,
		"query-of-brackets":      pet + "?filter" + fill("[", mega) + tenant,
		"query-of-digits":        pet + "?limit=" + fill("9", mega) + tenant,
		"header-of-commas":       pet + tenant + "\nX-List: 1" + fill(",1", mega),
		"cookie-of-pairs":        pet + tenant + "\nCookie: " + fill("a=b; ", mega) + "c=d",
		"cookie-of-quotes":       pet + tenant + "\nCookie: a=" + fill("\"", mega),
		"media-type":             "POST /pets\nContent-Type: text/plain" + fill("; a=b", mega) + "\n\nx",
		"json-nested":            "POST /pets\nContent-Type: application/json\n\n" + fill("{\"home\":", mega),
		"json-members":           "POST /pets\nContent-Type: application/json\n\n{\"name\":\"a\"" + fill(",\"y\":1", 600) + "}",
		"json-dropped":           "POST /pets\nContent-Type: application/json\n\n{\"name\":\"a\"" + dropped.String() + "}",
		"form-of-fields":         form + fill("tags=a&", mega) + "tags=a",
		"form-of-plus":           form + "name=" + fill("+", mega),
		"form-of-deep-names":     form + "name=a" + deep("&", 900),
		"form-of-json":           form + "name=a&meta=" + fill("%5B", mega),
		"multipart-near-misses":  multi + part + fill("\r\n--xxxxxxx", mega) + "\r\n--xxxxxxxx--",
		"multipart-dashes":       multi + part + fill("-", mega) + "\r\n--xxxxxxxx--",
		"multipart-of-parts":     multi + fill(part+"\r\n", 60000) + "--xxxxxxxx--",
		"multipart-head":         multi + "--xxxxxxxx\r\n" + fill("a", mega),
		"multipart-json":         multi + "--xxxxxxxx\r\nContent-Disposition: form-data; name=\"meta\"\r\n\r\n" + fill("[", mega) + "\r\n--xxxxxxxx--",
	} {
		t.Run(name, func(t *testing.T) {
			x, g := drop.request(t, text)
			start := testdata.Work(t)
			if walk(x, g) == gate.Allow {
				spliced(t, x.Body, nil)
			}
			if took := testdata.Work(t) - start; took > 2*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
