package policy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Names of a contract that Cedar knows as words, or cannot write without quotes,
// are names all the same.
func TestOddNames(t *testing.T) {
	const text = `openapi: 3.1.0
info: {title: Odd, version: 1.0.0}
security: [{token: []}]
paths:
  "/in/{if}":
    put:
      operationId: 'permit "all"; forbid'
      tags: ["größer als \"alles\"", when]
      parameters:
        - {name: if, in: path, required: true, schema: {type: string}}
        - {name: in, in: query, required: true, schema: {type: integer}}
        - {name: "a b", in: query, required: true, schema: {type: integer}}
        - {name: __cedar, in: query, schema: {type: integer}}
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [has, "π"], properties: {has: {type: string}, "π": {type: integer}, 'q"q': {type: string}, "": {type: string}, __entity: {type: string}}}}}}
      responses: {"200": {description: OK}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
`
	name := filepath.Join(t.TempDir(), "odd.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := openapi.Load(name)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	defer c.Files.Close()
	s, problems := NewSet(API{Name: `O"dd`, Contract: c, Schemas: schema.NewCompiler(schema.Options{Dialect: c.Dialect}), Callers: NewCallers(more, map[string]string{"a.b": "string", "is": "long"}),
		Open: func(*contract.Operation) Open { return Known }}, File{"odd.cedar", []byte(`permit(principal, action == Action::"permit \"all\"; forbid", resource == API::"O\"dd")
when { action in Action::"tag:größer als \"alles\"" && context.path["if"] == "x" && context.query["in"] == 1 && context.query["a b"] == 2 && context.body["has"] == "y" && context.body["π"] == 3 &&
context.body has "q\"q" && context.body["q\"q"] == "z" };`)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	readable(t, s)
	g, _ := s.Guard(c.Operations[0])
	x := exchange("/in?in=1&a+b=2", `{"has":"y","π":3,"q\"q":"z","":"","__entity":"w"}`, alice())
	x.Match.Values = append(x.Match.Values, exchange("/in/x", "", nil).Match.Values...)
	x.Match.Values[0].Name = "if"
	if g.walk(x) != gate.Allow {
		t.Error(x.Refusal, x.Rules)
	}
}
