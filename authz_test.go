package gatehouse_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
)

const sales = `openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
security: [{token: []}]
paths:
  /orders:
    get: {operationId: listOrders, tags: [orders], responses: {"200": {description: OK}}}
    post: {operationId: placeOrder, tags: [orders], x-gatehouse-roles: [clerk], responses: {"200": {description: OK}}}
  /health:
    get: {operationId: health, security: [], responses: {"200": {description: OK}}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
`

func TestRolesAreHeldToTheContract(t *testing.T) {
	operation := func(o gatehouse.Operation) gatehouse.Options {
		return gatehouse.Options{Operations: map[string]gatehouse.Operation{"health": o}}
	}
	tests := []struct {
		name    string
		text    string
		who     gatehouse.Callers
		options gatehouse.Options
		want    string // of one problem
	}{
		{"unknown-operation", sales, gatehouse.Callers{}, gatehouse.Options{Roles: map[string]config.Opening{"clerk": {Operations: []string{"placeOrders", "*"}}}},
			`the contract has no operation "placeOrders"`},
		{"unknown-tag", sales, gatehouse.Callers{}, gatehouse.Options{Roles: map[string]config.Opening{"clerk": {Tags: []string{"order"}, Operations: []string{"*"}}}},
			`no operation of the contract has the tag "order"`},
		{"nobody-opens", sales, gatehouse.Callers{}, gatehouse.Options{Roles: map[string]config.Opening{"clerk": {Operations: []string{"GET /orders"}}}},
			"warning: no role opens placeOrder, so that nobody can call it"},
		{"public-operation", sales, gatehouse.Callers{}, operation(gatehouse.Operation{Roles: []string{"clerk"}}),
			"health asks for roles or scopes, and is public"},
		{"unknown-role", sales, gatehouse.Callers{Roles: map[string]config.Rights{"clark": {}}}, gatehouse.Options{},
			`the roles at the top of gatehouse.yaml have no "clerk"`},
		{"extension-is-a-list", strings.Replace(sales, "[clerk]", "clerk", 1), gatehouse.Callers{}, gatehouse.Options{}, "x-gatehouse-roles is a list of roles"},
		{"extension-of-text", strings.Replace(sales, "[clerk]", "[1]", 1), gatehouse.Callers{}, gatehouse.Options{}, "a role is text"},
		{"nobody-verifies", sales, gatehouse.Callers{}, gatehouse.Options{Authentication: gatehouse.Upstream},
			"placeOrder asks for roles or scopes, and nothing says who calls it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, problems := gatehouse.CompileFor(&test.who, gatehouse.API{Contract: load(t, test.text), Options: test.options})
			if n := strings.Count(problems.Error(), test.want); n != 1 {
				t.Errorf("said %d times:\n%v", n, problems)
			}
		})
	}
}
