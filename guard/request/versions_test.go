package request

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestSwagger2 reads what Swagger 2.0 calls collectionFormat and formData.
func TestSwagger2(t *testing.T) {
	h, problems := buildFile(t, "testdata/swagger.yaml", Options{})
	if len(problems) > 0 {
		t.Error(problems)
	}
	const form = "POST /form\nContent-Type: application/x-www-form-urlencoded\n\n"
	file := func(body string) string {
		return "POST /file\nContent-Type: multipart/form-data; boundary=x\n\n" + crlf(body)
	}
	rows := []struct{ name, request, want string }{
		{"csv", "GET /list?csv=1,2", ""},
		{"csv-wrong", "GET /list?csv=1|2", "parameter-schema"},
		{"ssv", "GET /list?ssv=1%202", ""},
		{"tsv", "GET /list?tsv=1%092", ""},
		{"pipes", "GET /list?pipes=1|2", ""},
		{"multi", "GET /list?multi=1&multi=2", ""},
		{"multi-wrong", "GET /list?multi=1,2", "parameter-schema"},
		{"empty", "GET /list?empty=", ""},
		{"header", "GET /list\nX-List: 1, 2", ""},
		{"json", "POST /json\nContent-Type: application/json\n\n{\"a\":1}", ""},
		{"json-wrong", "POST /json\nContent-Type: application/json\n\n{\"b\":1}", "body-schema"},
		{"form", form + "name=Rex&tags=a,b", ""},
		{"form-required", form + "tags=a", "body-schema"},
		{"form-undeclared", form + "name=Rex&x=1", "body-schema"},
		{"file", file("--x\nContent-Disposition: form-data; name=\"name\"\n\nRex\n--x\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\n\n\xff\n--x--\n"), ""},
		{"file-required", file("--x--\n"), "body-schema"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			x, g := h.request(t, row.request)
			got := outcome(x, g)
			if got != row.want {
				t.Errorf("got %q (%s), want %q", got, x.Refusal.Detail, row.want)
			}
		})
	}
}

// TestNothingOfTheRequest is said in a refusal, wherever the request says Zq7.
func TestNothingOfTheRequest(t *testing.T) {
	h, _ := build(t, Options{})
	const tenant = "\nX-Tenant: acme"
	form := "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\n"
	multi := "POST /pets\nContent-Type: multipart/form-data; boundary=Zq7\n\n--Zq7\r\nContent-Disposition: form-data; "
	for name, text := range map[string]string{
		"path":            "GET /pets/Zq7" + tenant,
		"query-name":      pet + "?Zq7=1" + tenant,
		"query-value":     pet + "?limit=Zq7" + tenant,
		"query-deep-name": pet + "?filter[Zq7]=1" + tenant,
		"query-json":      pet + "?where=%7B%22Zq7%22:1%7D" + tenant,
		"query-form":      pet + "?Zq7=%zz" + tenant,
		"header":          pet + "\nX-Tenant: Zq7",
		"cookie":          pet + tenant + "\nCookie: Zq7=\"; session=Zq7Zq7Zq7",
		"cookie-value":    pet + tenant + "\nCookie: session=Zq7Zq7Zq7",
		"media":           "POST /pets\nContent-Type: application/Zq7\n\nx",
		"charset":         "POST /pets\nContent-Type: application/json; charset=Zq7\n\nx",
		"coding":          "POST /pets\nContent-Type: application/json\nContent-Encoding: Zq7\n\nx",
		"json-name":       "POST /pets\nContent-Type: application/json\n\n{\"Zq7\":1}",
		"json-value":      "POST /pets\nContent-Type: application/json\n\n{\"age\":\"Zq7\"}",
		"form-name":       form + "name=a&Zq7=1",
		"form-value":      form + "name=a&age=Zq7",
		"part-name":       multi + "name=\"Zq7\"\r\n\r\nx\r\n--Zq7--",
		"part-value":      multi + "name=\"count\"\r\n\r\nZq7\r\n--Zq7--",
		"part-type":       multi + "name=\"title\"\r\nContent-Type: text/Zq7\r\n\r\nZq7\r\n--Zq7--",
		"part-file":       multi + "name=\"picture\"; filename=\"Zq7/Zq7\"\r\n\r\nZq7\r\n--Zq7--",
	} {
		t.Run(name, func(t *testing.T) {
			x, g := h.request(t, text)
			if walk(x, g) != gate.Deny {
				t.Fatal("passed")
			}
			f := x.Refusal
			if said := f.In + f.Name + f.Pointer + f.Keyword + f.Detail; strings.Contains(said, "Zq7") {
				t.Errorf("the refusal says %q", said)
			}
			if f.Detail == "" {
				t.Error("the refusal says nothing")
			}
		})
	}
}

// TestObserved leaves a way for a body that is refused.
func TestObserved(t *testing.T) {
	h, _ := build(t, Options{})
	for name, text := range map[string]string{
		"unexpected-body": "DELETE /pets/7\n\nhello",
		"unknown-media":   "POST /pets\nContent-Type: application/pdf\n\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			x, g := h.request(t, text)
			if walk(x, g) != gate.Deny || x.Intake.Mode == gate.NoBody {
				t.Error("the body would be refused")
			}
		})
	}
}
