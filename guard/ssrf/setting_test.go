package ssrf_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
)

// inline describes bodies where they stand, and two that share a schema.
const inline = `openapi: 3.1.0
info: {title: Inline, version: 1.0.0}
security: []
paths:
  /imports:
    post:
      operationId: import
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {from: {type: string}, list: {type: array, items: {type: object, properties: {feed: {type: string}}}}, plain: {type: string}}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {from: {type: string}}}
          multipart/form-data:
            schema: {type: object, properties: {from: {type: string}, meta: {type: object, properties: {feed: {type: string}}}}}
          application/xml:
            schema: {type: object, xml: {name: import}, properties: {from: {type: string}, at: {type: string, xml: {attribute: true}}}}
      responses: {"204": {description: Done}}
  /exports:
    post:
      operationId: export
      parameters:
        - {name: reply, in: query, schema: {$ref: "#/components/schemas/Where"}}
      requestBody: {content: {application/json: {schema: {type: object, properties: {from: {type: string}, other: {type: string}}}}}}
      responses: {"204": {description: Done}}
  /a:
    post: {operationId: shareA, requestBody: {$ref: "#/components/requestBodies/Shared"}, responses: {"204": {description: Done}}}
  /b:
    post: {operationId: shareB, requestBody: {$ref: "#/components/requestBodies/Shared"}, responses: {"204": {description: Done}}}
  /text:
    post: {operationId: text, requestBody: {content: {application/json: {schema: {type: string}}}}, responses: {"204": {description: Done}}}
  /files:
    put: {operationId: upload, requestBody: {content: {application/octet-stream: {}}}, responses: {"204": {description: Done}}}
components:
  requestBodies:
    Shared: {content: {application/json: {schema: {type: object, properties: {word: {type: string}, id: {type: string, format: uuid}, kept: {$ref: "#/components/schemas/Shared/properties/target"}}}}}}
  schemas:
    Where: {type: string}
    Shared: {type: object, properties: {target: {type: string}}}
`

func allowed(fields ...string) map[string]config.SSRFField {
	set := make(map[string]config.SSRFField)
	for _, name := range fields {
		set[name] = config.SSRFField{Allow: []string{"db.internal"}, Only: true}
	}
	return set
}

// TestInlineBodies names parts of bodies that are described where they stand.
func TestInlineBodies(t *testing.T) {
	const form, multi = "application/x-www-form-urlencoded", "multipart/form-data; boundary=xx"
	part := func(name, value string) string {
		return "--xx\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n--xx--\r\n"
	}
	in, out := "http://db.internal/", "http://example.com/" // what the field alone allows, and what it alone refuses
	rows := []struct{ name, field, target, media, body, code string }{
		{"operation", "import body:/from", "/imports", json, `{"from":"` + in + `"}`, ""},
		{"operation-only", "import body:/from", "/imports", json, `{"from":"` + out + `"}`, "url-target"},
		{"operation-without-scheme", "import body:/from", "/imports", json, `{"from":"redis/x"}`, "url-target"},
		{"operation-by-method", "POST /imports body:/from", "/imports", json, `{"from":"` + in + `"}`, ""},
		{"operation-form", "import body:/from", "/imports", form, `from=` + in, ""},
		{"operation-form-only", "import body:/from", "/imports", form, `from=` + out, "url-target"},
		{"operation-multipart", "import body:/from", "/imports", multi, part("from", in), ""},
		{"operation-multipart-only", "import body:/from", "/imports", multi, part("from", out), "url-target"},
		{"operation-multipart-json", "import body:/meta/feed", "/imports", multi, part("meta", `{"feed":"`+in+`"}`), ""},
		{"operation-multipart-json-only", "import body:/meta/feed", "/imports", multi, part("meta", `{"feed":"`+out+`"}`), "url-target"},
		{"operation-xml", "import body:/from", "/imports", "application/xml", "<import><from>" + in + "</from></import>", ""},
		{"operation-xml-only", "import body:/from", "/imports", "application/xml", "<import><from>" + out + "</from></import>", "url-target"},
		{"operation-xml-attribute-only", "import body:/at", "/imports", "application/xml", "<import at='" + out + "'/>", "url-target"},
		{"operation-another-property", "import body:/from", "/imports", json, `{"plain":"` + in + `"}`, "url-target"},
		{"operation-another", "import body:/from", "/exports", json, `{"from":"` + in + `"}`, "url-target"},
		{"operation-items", "import body:/list/*/feed", "/imports", json, `{"list":[{"feed":"` + in + `"},{"feed":"` + in + `"}]}`, ""},
		{"operation-items-only", "import body:/list/*/feed", "/imports", json, `{"list":[{"feed":"` + in + `"},{"feed":"` + out + `"}]}`, "url-target"},
		{"every-body", "body:/from", "/imports", json, `{"from":"` + in + `"}`, ""},
		{"every-body-another", "body:/from", "/exports", json, `{"from":"` + in + `"}`, ""},
		{"every-body-only", "body:/from", "/exports", json, `{"from":"` + out + `"}`, "url-target"},
		{"whole-body", "text body:", "/text", json, `"` + in + `"`, ""},
		{"whole-body-only", "text body:", "/text", json, `"` + out + `"`, "url-target"},
		{"shared", "shareA body:/word", "/a", json, `{"word":"` + in + `"}`, ""},
		{"shared-only", "shareA body:/word", "/a", json, `{"word":"` + out + `"}`, "url-target"},
		{"shared-by-another", "shareA body:/word", "/b", json, `{"word":"` + in + `"}`, "url-target"},
		{"shared-by-another-public", "shareA body:/word", "/b", json, `{"word":"` + out + `"}`, ""},
		{"silent-by-another", "shareA body:/id", "/b", json, `{"id":"0e8ae8b9-1c8a-4f8c-8d0a-6c8f1c5a3a10"}`, ""},
		{"silent-only", "shareA body:/id", "/a", json, `{"id":"0e8ae8b9-1c8a-4f8c-8d0a-6c8f1c5a3a10"}`, "url-target"},
		{"parameter-by-schema", "Where", "/exports?reply=" + in, json, `{}`, ""},
		{"parameter-by-schema-only", "Where", "/exports?reply=" + out, json, `{}`, "url-target"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			o := gatehouse.Options{Settings: gatehouse.Settings{Inspect: config.Inspect{Mode: config.InspectOff}, SSRF: &gatehouse.SSRF{Fields: allowed(row.field)}}}
			s := stage.New(t, inline, gatehouse.API{Options: o, Resolver: ssrf.NewResolver(ssrf.ResolverOptions{Lookup: lookup})})
			s.API = hooksAPI
			s.Call("POST", row.target, row.media, row.body)
			if row.code == "" && s.Status != 204 || row.code != "" && !strings.Contains(s.Body, `"code":"`+row.code+`"`) {
				t.Errorf("%d %s, want %q", s.Status, s.Body, row.code)
			}
		})
	}
}

// TestSeveralSettings: what names an operation counts more than what names all
// bodies, and this more than a schema.
func TestSeveralSettings(t *testing.T) {
	fields := map[string]config.SSRFField{
		"Shared/target":     {Allow: []string{"one.internal"}},
		"body:/kept":        {Allow: []string{"two.internal"}},
		"shareA body:/kept": {Allow: []string{"three.internal"}},
	}
	o := gatehouse.Options{Settings: gatehouse.Settings{Inspect: config.Inspect{Mode: config.InspectOff}, SSRF: &gatehouse.SSRF{Fields: fields}}}
	s := stage.New(t, inline, gatehouse.API{Options: o, Resolver: ssrf.NewResolver(ssrf.ResolverOptions{Lookup: lookup})})
	s.API = hooksAPI
	for call, want := range map[string]int{"/a one": 403, "/a two": 403, "/a three": 204, "/b one": 403, "/b two": 204, "/b three": 403} {
		target, host, _ := strings.Cut(call, " ")
		if s.Call("POST", target, json, `{"kept":"http://`+host+`.internal/"}`); s.Status != want {
			t.Errorf("%s: %d %s, want %d", call, s.Status, s.Body, want)
		}
	}
}

// TestUnknownFields are settings that mean nothing, and what is said of them.
func TestUnknownFields(t *testing.T) {
	for name, want := range map[string]string{
		"Where/nothing":           `Where/nothing: no property "nothing" is described there`,
		"Wher":                    `the contract has no schema "Wher"; did you mean "Where"?`,
		"import/from":             `the contract has no schema "import"; for a part of the body of that operation, write "import body:/from"`,
		"export?repli":            `export?repli: the operation has no parameter "repli"; did you mean "reply"?`,
		"exprot?reply":            `the contract has no operation "exprot"; did you mean "export"?`,
		"/imports/{id}":           `the contract has no path that begins as "/imports/{id}"`,
		"import body:/form":       `import body:/form: no such part of a body is described; did you mean "from"?`,
		"import body:/list/feed":  `import body:/list/feed: no such part of a body is described; write the names of properties`,
		"import body:from":        `import body:from: a part of a body is named by a JSON pointer; write body:/from`,
		"imprt body:/from":        `the contract has no operation "imprt"; did you mean "import"?`,
		"body:/target":            `body:/target: no such part of a body is described`,
		"body:/othr":              `body:/othr: no such part of a body is described; did you mean "other"?`,
		"upload body:/from":       `upload body:/from: no body there has a schema; write a property as in Order/callback`,
		"POST /import body:/from": `the contract has no operation "POST /import"; did you mean "POST /imports"?`,
	} {
		o := gatehouse.Options{Authentication: gatehouse.Public, Settings: gatehouse.Settings{SSRF: &gatehouse.SSRF{Fields: allowed(name)}}}
		plan, problems := stage.Compile(t, inline, gatehouse.API{Options: o})
		if text := problems.Error(); plan != nil || !strings.Contains(strings.ReplaceAll(text, "\n  hint: ", "; "), want) {
			t.Errorf("%s: %s, want %s", name, text, want)
		}
	}
}

// TestKeepsNoDocument: a plan lives long, and its contract is large.
func TestKeepsNoDocument(t *testing.T) {
	file := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(file, []byte(inline), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := openapi.Load(file)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	held := weak.Make(c)
	o := gatehouse.Options{Authentication: gatehouse.Public, Settings: gatehouse.Settings{SSRF: &gatehouse.SSRF{Fields: allowed("import body:/from", "Shared/target", "export?reply")}}}
	plan, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: o})
	if plan == nil {
		t.Fatal(problems)
	}
	root := weak.Make(c.Root)
	c.Files.Close()
	c = nil
	for range 3 {
		runtime.GC()
	}
	if held.Value() != nil || root.Value() != nil {
		t.Error("a plan keeps the contract of which it was made")
	}
	runtime.KeepAlive(plan)
}
