package gatehouse_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
)

// operationWith writes a contract of one operation.
func operationWith(security, parameters, content string) string {
	return `openapi: 3.1.0
info: {title: A, version: 1.0.0}
paths:
  /a:
    post:
      operationId: a
      ` + security + `
      parameters: [` + parameters + `]
      requestBody: {content: {` + content + `}}
      responses: {"200": {description: OK}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: "https://a.example", scopes: {read: R, write: W}}}}
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Tree: {type: object, properties: {left: {$ref: "#/components/schemas/Tree"}, any: {}}}
`
}

// cycles writes schemas that refer to themselves, each after so many steps:
// together they have as many levels as the product of these.
func cycles(steps ...int) string {
	var list []string
	for _, n := range steps {
		id := fmt.Sprintf("c%d", n)
		list = append(list, "{$id: "+id+", "+strings.Repeat("type: object, properties: {a: {", n)+"$ref: "+id+strings.Repeat("}}", n)+"}")
	}
	return strings.Join(list, ", ")
}

func TestSurvey(t *testing.T) {
	const none, text = "security: []", "text/plain: {schema: {type: string}}"
	body := func(schema string) string { return "application/json: {schema: " + schema + "}" }
	tests := []struct {
		name, text string
		credential string
		remarks    string
	}{
		{"public", operationWith(none, "", text), "public", ""},
		{"not-stated", operationWith("", "", text), "none stated", ""},
		{"one", operationWith("security: [{token: []}]", "", text), "token", ""},
		{"scopes-and-alternatives", operationWith("security: [{oauth: [read, write], key: []}, {token: []}]", "", text), "oauth(read write) and key or token", ""},
		{"optional", operationWith("security: [{token: []}, {}]", "", text), "token or nothing", ""},
		{"closed-by-its-properties", operationWith(none, "", body("{type: object, properties: {a: {type: string}}}")), "public", ""},
		{"bare-object", operationWith(none, "", body("{type: object}")), "public", "open: body takes any property"},
		{"empty-schema", operationWith(none, "", body("{}")), "public", "open: body takes any value"},
		{"explicitly-open", operationWith(none, "", body("{type: object, additionalProperties: true, properties: {a: {type: string}}}")), "public", "open: body takes undeclared properties"},
		{"map-of-closed", operationWith(none, "", body("{type: object, additionalProperties: {type: integer}}")), "public", ""},
		{"map-of-open", operationWith(none, "", body("{type: object, additionalProperties: {type: object}}")), "public", "open: body /* takes any property"},
		{"in-an-array", operationWith(none, "", body("{type: array, items: {type: object}}")), "public", "open: body /* takes any property"},
		{"array-of-anything", operationWith(none, "", body("{type: array, maxItems: 3}")), "public", "open: body takes any item"},
		{"behind-prefix-items", operationWith(none, "", body("{type: object, properties: {a: {type: array, prefixItems: [{type: object}]}}}")), "public", "open: body /a takes any item, body /a/0 takes any property"},
		{"closed-tuple", operationWith(none, "", body("{type: array, prefixItems: [{type: string}], items: false}")), "public", ""},
		{"closed-tuple-by-unevaluated", operationWith(none, "", body("{type: array, prefixItems: [{type: string}], unevaluatedItems: false}")), "public", ""},
		{"bounded-tuple", operationWith(none, "", body("{type: array, prefixItems: [{type: string}], maxItems: 1}")), "public", ""},
		{"items-in-a-part", operationWith(none, "", body("{allOf: [{type: array}, {items: {type: string}}]}")), "public", ""},
		{"recursive", operationWith(none, "", body(`{$ref: "#/components/schemas/Tree"}`)), "public", "open: body /any takes any value"},
		{"many", operationWith(none, "", body("{type: object, properties: {a: {}, b: {type: object, properties: {c: {}}}, d: {}, e: {}, f: {}}}")), "public",
			"open: body /a takes any value, body /d takes any value, body /e takes any value, and 2 more"},
		{"many-of-many-levels", operationWith(none, "", body("{allOf: ["+cycles(2, 3, 5, 7, 11, 13, 17)+"]}")), "public", "open: body has more levels than were looked at"},
		{"deep", operationWith(none, "", body(strings.Repeat("{type: object, properties: {a: ", 40)+"{type: object, additionalProperties: true}"+strings.Repeat("}}", 40))), "public",
			"open: body " + strings.Repeat("/a", 40) + " takes any property"},
		{"open-in-one-alternative", operationWith(none, "", body("{oneOf: [{type: object, properties: {a: {type: string}}}, {type: object, properties: {a: {type: object}}}]}")), "public",
			"open: body /a takes any property"},
		{"open-beside-described", operationWith(none, "", body("{type: object, properties: {a: {type: string}}, additionalProperties: {type: object}}")), "public",
			"open: body takes undeclared properties, body /* takes any property"},
		{"open-parameter", operationWith(none, "{name: p, in: query, schema: {}}", text), "public", "open: query p takes any value"},
		{"range", operationWith(none, "", `"text/*": {schema: {type: string}}`), "public", "loose: body may be any text/*"},
		{"answer-without-schema", strings.Replace(operationWith(none, "", text), "{description: OK}", "{description: OK, content: {application/json: {}}}", 1), "public", "loose: answer 200 application/json has no schema"},
		{"open-answer", strings.Replace(operationWith(none, "", text), "{description: OK}", "{description: OK, content: {application/json: {schema: {type: object}}}}", 1), "public", "open: answer 200 takes any property"},
		{"bytes", operationWith(none, "", "application/octet-stream: {schema: {type: string, format: binary}}"), "public", "unread: body application/octet-stream"},
		{"bytes-without-schema", operationWith(none, "", "image/png: {}"), "public", "loose: body image/png has no schema; unread: body image/png"},
		{"any", operationWith(none, "", `"*/*": {}`), "public", "loose: body may be any */*, body */* has no schema; unread: body */* of bytes"},
		{"multipart-without-schema", operationWith(none, "", `multipart/form-data: {}`), "public", "loose: body multipart/form-data has no schema; unread: body multipart/form-data"},
		{"other-parts-without-schema", operationWith(none, "", `multipart/mixed: {}`), "public", "loose: body multipart/mixed has no schema; unread: body multipart/mixed"},
		{"parts-of-a-schema", operationWith(none, "", `"multipart/*": {schema: {type: object, additionalProperties: false}}`), "public", "loose: body may be any multipart/*"},
		{"no-schema", operationWith(none, "", `application/json: {}`), "public", "loose: body application/json has no schema"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := load(t, test.text)
			if _, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{Authentication: gatehouse.Upstream}}); problems.Err() != nil {
				t.Fatal(problems)
			}
			list := gatehouse.Survey(c, nil)
			if len(list) != 1 {
				t.Fatalf("%d operations", len(list))
			}
			e := &list[0]
			if e.Credential != test.credential || strings.Join(e.Remarks(), "; ") != test.remarks {
				t.Errorf("credential %q, remarks %q", e.Credential, e.Remarks())
			}
		})
	}
}

// TestSurveyReadsReplacedPatterns: a schema whose pattern is replaced is not
// open.
func TestSurveyReadsReplacedPatterns(t *testing.T) {
	c := load(t, operationWith("security: []", "{name: p, in: query, schema: {type: string, pattern: \"(?<=a)b\"}}", "text/plain: {schema: {type: string}}"))
	o := gatehouse.Options{Patterns: map[string]string{"(?<=a)b": "b"}}
	if _, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: o}); problems.Err() != nil {
		t.Fatal(problems)
	}
	if remarks := gatehouse.Survey(c, &o)[0].Remarks(); len(remarks) != 0 {
		t.Errorf("remarks %q", remarks)
	}
}
