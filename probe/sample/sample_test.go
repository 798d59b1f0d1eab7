package sample_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/probe/sample"
)

func TestValues(t *testing.T) {
	for _, row := range []struct{ name, schema, want string }{
		{"example-first", `{type: string, example: pear, enum: [apple, pear]}`, `"pear"`},
		{"enum", `{enum: [7, 8]}`, `7`},
		{"constant", `{const: {a: [1, null]}}`, `{"a":[1,null]}`},
		{"required-only", `{type: object, required: [b], properties: {a: {type: string}, b: {type: boolean}}}`, `{"b":true}`},
		{"least-members", `{type: object, minProperties: 1, properties: {a: {type: boolean}, b: {type: boolean}}}`, `{"a":true}`},
		{"read-only-left-out", `{type: object, required: [id], properties: {id: {type: string, readOnly: true}}}`, `{}`},
		{"further-members", `{type: object, required: [x], additionalProperties: {type: integer, minimum: 3}}`, `{"x":3}`},
		{"items", `{type: array, minItems: 2, items: {type: integer, exclusiveMinimum: 4}}`, `[5,5]`},
		{"multiple", `{type: integer, minimum: 11, multipleOf: 5}`, `15`},
		{"negative", `{type: number, maximum: -2.5}`, `-2.5`},
		{"between", `{type: number, exclusiveMinimum: 0.5, maximum: 1}`, `1`},
		{"pattern", `{type: string, pattern: "^[A-Z]{2}-\\d{3}(x|y)?$"}`, `"AA-000"`},
		{"pattern-and-length", `{type: string, pattern: "^a+$", minLength: 3}`, ``},
		{"length", `{type: string, minLength: 8, maxLength: 9}`, `"samplexx"`},
		{"short", `{type: string, maxLength: 3}`, `"sam"`},
		{"format", `{type: string, format: date}`, `"2030-01-31"`},
		{"all-of", `{allOf: [{type: object, required: [a], properties: {a: {type: boolean}}}, {type: object, required: [b], properties: {b: {enum: [z]}}}]}`, `{"a":true,"b":"z"}`},
		{"one-of", `{oneOf: [{type: integer, minimum: 3}, {type: string}]}`, `3`},
		{"nullable", `{type: ["null", integer]}`, `0`},
		{"reference", `{$ref: "#/components/schemas/Other"}`, `"other"`},
		{"impossible", `{type: integer, minimum: 3, maximum: 2}`, ``},
		{"endless", `{$ref: "#/components/schemas/Endless"}`, ``},
		{"quotes", `{const: "a\"b\\c\n"}`, `"a\"b\\c\u000a"`},
		{"nothing-goes", `false`, ``},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, problems := source.ParseString("c.yaml", "components:\n  schemas:\n    Other: {const: other}\n    Endless: {type: object, required: [next], properties: {next: {$ref: \"#/components/schemas/Endless\"}}}\n    It: "+row.schema+"\n")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			c := &contract.Contract{Root: f.Root, Dialect: schema.Draft202012}
			got, ok := sample.New(c, nil).Value(f.Root.Get("components").Get("schemas").Get("It"))
			if string(got) != row.want || ok != (row.want != "") {
				t.Errorf("got %s, %t, want %s", got, ok, row.want)
			}
		})
	}
}

func TestCall(t *testing.T) {
	c, problems := openapi.Load("testdata/calls.yaml")
	if c == nil || problems.Err() != nil {
		t.Fatal(problems)
	}
	m := sample.New(c, nil)
	for _, op := range c.Operations {
		t.Run(op.Name(), func(t *testing.T) {
			call, err := m.Call(op, op.BasePaths[0])
			want := op.Node.Get("x-want").Str()
			if err != nil {
				if !strings.HasSuffix(want, "...") || !strings.HasPrefix(err.Error(), strings.TrimSuffix(want, "...")) {
					t.Errorf("%v, want %s", err, want)
				}
				return
			}
			got := call.Method + " " + call.Target
			for _, f := range call.Fields {
				got += " " + f[0] + ": " + f[1]
			}
			if got += " " + string(call.Body); strings.TrimSpace(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestRealContracts makes a call of nearly every operation of large contracts.
func TestRealContracts(t *testing.T) {
	for name, least := range map[string]float64{"stripe.json": 0.97, "github.json": 0.97} {
		t.Run(name, func(t *testing.T) {
			c, problems := openapi.Load(filepath.Join(testdata.Path(t, "GATEHOUSE_OPENAPI_DOCUMENTS", "openapi"), name))
			if c == nil {
				t.Fatal(problems)
			}
			m, made := sample.New(c, nil), 0
			for _, op := range c.Operations {
				if len(op.BasePaths) == 0 {
					continue
				}
				if _, err := m.Call(op, op.BasePaths[0]); err != nil {
					t.Logf("%s: %v", op.Name(), err)
					continue
				}
				made++
			}
			if share := float64(made) / float64(len(c.Operations)); share < least {
				t.Errorf("of %d operations a call was made of %.3f, want %.2f", len(c.Operations), share, least)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	file, _ := source.ParseString("openapi.yaml", `
openapi: 3.1.0
info: {title: Notes, version: 1.0.0}
security: []
paths:
  /notes/{id}:
    post:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, maxLength: 9}}
        - {name: page, in: query, schema: {type: integer}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
      requestBody:
        content:
          application/json:
            schema: {type: object, required: [n], properties: {n: {type: integer}, "a/b": {type: array, items: {type: string, maxLength: 9}}}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {text: {type: string}}}
          multipart/form-data:
            schema: {type: object, properties: {text: {type: string}, more: {type: object, properties: {n: {type: integer}}}}}
      responses: {"200": {description: OK}}
`)
	c, problems := openapi.Read(source.NewSet(file), file)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	list, err := sample.New(c, nil).Places(c.Operations[0], "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"path id POST /notes/a%22%2F%3Fb ",
		"query tags POST /notes/sample?tags=a%22%2F%3Fb ",
		`json /a~1b/0 POST /notes/sample {"n":0,"a/b":["a\"/?b"]}`,
		"form /text POST /notes/sample text=a%22%2F%3Fb",
		"multipart /text POST /notes/sample --gatehouse-sample\r\nContent-Disposition: form-data; name=\"more\"\r\nContent-Type: application/json\r\n\r\n{\"n\":0}\r\n" +
			"--gatehouse-sample\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na\"/?b\r\n--gatehouse-sample--\r\n",
	}
	if len(list) != len(want) {
		t.Fatalf("%d places", len(list))
	}
	for i, p := range list {
		call, taken := p.Call(`a"/?b`)
		if !taken {
			t.Errorf("%s is not taken", p.Name)
			continue
		}
		if got := p.In + " " + p.Name + " " + call.Method + " " + call.Target + " " + string(call.Body); got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
		if _, taken := p.Call("longer than nine"); taken != (i == 1 || i >= 3) {
			t.Errorf("%s takes a long text: %v", p.Name, taken)
		}
		if _, taken := p.Call("\xff"); taken {
			t.Errorf("%s takes what is no UTF-8", p.Name)
		}
		if call, err := p.Plain(); err != nil || strings.Contains(call.Target+string(call.Body), "?b") {
			t.Errorf("%+v, %v", call, err)
		}
	}
}

func FuzzMatching(f *testing.F) {
	for _, p := range []string{"^[a-z]+$", "(a|b){2,3}c?", `\d{3}-\w*`, "[^a]", "(x{0,9}){0,9}", "(((a{99}){99}){99})"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if s, ok := sample.Matching(p); ok && len(s) > 1<<20 {
			t.Errorf("%q: %d bytes", p, len(s))
		}
	})
}
