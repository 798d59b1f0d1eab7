package reach_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
)

const shop = `openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths: {}
components:
  schemas:
    Order:
      allOf: [{$ref: "#/components/schemas/Base"}, {properties: {lines: {type: array, items: {$ref: "#/components/schemas/Line"}}}}]
    Base: {type: object, properties: {id: {type: integer}, id~/x: {}, up: {$ref: "#/components/schemas/Order"}, sure: true}}
    Line: {oneOf: [{properties: {cost: {type: integer}}}, {properties: {cost: {type: string}}}], additionalProperties: {type: string}}
    Loop: {allOf: [{$ref: "#/components/schemas/Loop"}]}
`

func TestFind(t *testing.T) {
	file, _ := source.ParseString("shop.yaml", shop)
	c, problems := openapi.Read(source.NewSet(file), file)
	if c == nil {
		t.Fatal(problems)
	}
	for name, want := range map[string]string{
		"Order":              "1 0",
		"Order/id":           "1 1",
		"Base/id~0~1x":       "1 1",
		"Order/up/up/id":     "1 1",
		"Order/lines/*/cost": "2 1",
		"Order/lines/*":      "1 1",
		"Line/*":             "1 1",
		"Order/idd":          `Order/idd: no property "idd" is described there; did you mean "id"?`,
		"Orders/id":          `the contract has no schema "Orders"; did you mean "Order"?`,
		"Loop/id":            `Loop/id: no property "id" is described there; write the names of properties as the contract does, "*" for the items of a list`,
		"Order/sure":         `the contract describes Order/sure by "true", which cannot have a rule; describe it in the contract as an object, {} at least`,
	} {
		p, wrong, hint := reach.Find(c, name)
		got := strings.TrimSuffix(wrong+"; "+hint, "; ")
		if wrong == "" {
			got = string(rune('0'+len(p.Schemas))) + " " + string(rune('0'+len(p.Objects)))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
