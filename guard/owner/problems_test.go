package owner_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
)

// TestProblems are mistakes that are found at start.
func TestProblems(t *testing.T) {
	rule := func(o config.OwnerRule) gatehouse.Options {
		return gatehouse.Options{Owners: map[string]config.OwnerRule{"order": o}}
	}
	as := func(from, to string) string { return strings.Replace(orders, from, to, 1) }
	rows := []struct {
		name, text string
		o          gatehouse.Options
		want       string
	}{
		{"no-operation", orders, rule(config.OwnerRule{Creates: []string{"placeOrders"}}), `order: the contract has no operation "placeOrders"`},
		{"no-path", orders, rule(config.OwnerRule{IDs: []string{"/order/{id}"}}), `no path of the contract begins with "/order/{id}"`},
		{"no-parameter", orders, rule(config.OwnerRule{IDs: []string{"listOrders?before"}}), `the contract has no "listOrders?before"`},
		{"no-property", orders, rule(config.OwnerRule{Owner: map[string]string{"Order/user": "subject"}}), `no property "user"`},
		{"form", as("x-gatehouse-owner: {kind: account, is: subject}", "x-gatehouse-owner: {kind: account}"), gatehouse.Options{}, "is the name of a kind of objects"},
		{"operation-form", as("{creates: order}", "{makes: order}"), gatehouse.Options{}, `"makes" says nothing`},
		{"two-kinds", as("{creates: order}", "{creates: orders}"), rule(config.OwnerRule{Creates: []string{"placeOrder"}}), "creates objects of two kinds"},
		{"header", as("{name: after, in: query,", "{name: after, in: header,"), gatehouse.Options{}, "header after names an object, and is not looked into"},
		{"unread-answer", as(`content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}}`, `content: {image/png: {schema: {$ref: "#/components/schemas/Order"}}}`), gatehouse.Options{}, "bodies of type image/png hold ids"},
		{"nothing-keeps", orders, gatehouse.Options{}, "whose a order is, is learned, and nothing keeps what is learned"},
		{"nobody-is-known", orders, gatehouse.Options{}, "nothing says who calls: nobody gets them"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if _, problems := compile(t, r.text, r.o, nil); !strings.Contains(problems.Error(), r.want) {
				t.Errorf("want %q in\n%v", r.want, problems)
			}
		})
	}
}
