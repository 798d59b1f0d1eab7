package openapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// many joins n parts, each made of its number.
func many(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(format, "#", fmt.Sprint(i))
	}
	return strings.Join(parts, ",")
}

// Large and odd documents take time in proportion, and say a bounded number
// of things.
func TestHostileDocuments(t *testing.T) {
	const head = `{"openapi":"3.0.3","info":{"title":"a","version":"1"},"paths":{`
	for _, row := range []struct{ name, text string }{
		{"dangling-references", head + `"/a":{"get":{"parameters":[` + many(1000, `{"$ref":"@/components/parameters/p#x"}`) + `]}}},"components":{"parameters":{` +
			many(5_000, `"p#":{"name":"p#","in":"query","schema":{}}`) + `}}}`},
		{"unknown-fields", head + many(30_000, `"/a#":{"gett":{}}`) + `}}`},
		{"many-operations", head + many(5_000, `"/a#/{id}":{"parameters":[{"$ref":"@/components/parameters/id"}],"get":{"operationId":"o#"},"put":{}}`) +
			`},"components":{"parameters":{"id":{"name":"id","in":"path","required":true,"schema":{}}}}}`},
		{"one-operation-id", head + many(20_000, `"/a#":{"get":{"operationId":"o"}}`) + `}}`},
		{"many-parameters", head + `"/a":{"get":{"parameters":[` + many(100_000, `{"name":"p#","in":"query","schema":{}}`) + `]}}}}`},
		{"many-in-a-path", head + `"/` + strings.ReplaceAll(many(100_000, `{p#}`), ",", "") + `":{"get":{}}}}`},
		{"many-media-types", head + `"/a":{"post":{"requestBody":{"content":{` + many(100_000, `"a/b#":{}`) + `}}}}}}`},
		{"many-servers", head + `"/a":{"get":{}}},"servers":[` + many(100_000, `{"url":"/a#"}`) + `]}`},
		{"many-server-values", head + `"/a":{"get":{}}},"servers":[{"url":"/{a}{a}{a}{a}{a}{a}{a}","variables":{"a":{"default":"0","enum":[` + many(50_000, `"#"`) + `]}}}]}`},
		{"many-schemes", head + many(2000, `"/a#":{"get":{"security":[{"x#":[]}]}}`) + `},"components":{"securitySchemes":{` + many(5_000, `"s#":{"type":"http","scheme":"basic"}`) + `}}}`},
		{"long-chains", head + many(5000, `"/a#":{"get":{"parameters":[{"$ref":"@/components/parameters/p0"}]}}`) + `},"components":{"parameters":{` +
			chain(90) + `"p90":{"name":"p","in":"query","schema":{}}}}}`},
		{"many-tags", head + `"/a":{"get":{"tags":[` + many(50_000, `"t"`) + `]}}},"tags":[` + many(50_000, `{"name":"t"}`) + `]}`},
		{"swagger-lists", `{"swagger":"2.0","consumes":[` + many(100_000, `"a/b#"`) + `],"paths":{` + many(2000, `"/a#":{"post":{"parameters":[{"name":"b","in":"body","schema":{}}]}}`) + `}}`},
		{"swagger-form", `{"swagger":"2.0","paths":{"/a":{"post":{"parameters":[` + many(100_000, `{"name":"f#","in":"formData","type":"string"}`) + `]}}}}`},
		{"deep-items", `{"swagger":"2.0","paths":{"/a":{"get":{"parameters":[{"name":"a","in":"query","type":"array",` + strings.Repeat(`"items":{"type":"array",`, 500) + `"x-a":1` + strings.Repeat("}", 500) + `}]}}}}`},
		{"deep-headers", head + `"/a":{"get":{"responses":{"200":{"headers":` + strings.Repeat(`{"a":{"content":{"multipart/form-data":{"encoding":{"a":{"headers":`, 80) + "{}" + strings.Repeat("}}}}}}", 80) + `}}}}}}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, problems := source.ParseString("f", strings.ReplaceAll(row.text, "@", "#"))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			start := testdata.Work(t)
			_, problems = openapi.Read(source.NewSet(f), f)
			if took := testdata.Work(t) - start; took > maxWork {
				t.Errorf("%d bytes took %s", len(row.text), took)
			}
			if len(problems) > 1001 {
				t.Errorf("%d problems", len(problems))
			}
		})
	}
}

func chain(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"p%d":{"$ref":"#/components/parameters/p%d"},`, i, i+1)
	}
	return b.String()
}

// maxWork is far above what is needed, so that a slow machine and the race
// detector pass and quadratic work does not.
const maxWork = 20 * time.Second
