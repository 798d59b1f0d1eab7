package policy

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestExplain(t *testing.T) {
	rules := `@id("clerks") permit(principal in Role::"clerk", action in Action::"tag:orders", resource);
@id("managers") permit(principal is Person in Role::"manager", action, resource) when { context.time.hour < 3 && true };
@id("own") permit(principal, action == Action::"getOrder", resource) when { context.path.id == principal.subject && principal has tenant && principal.tenant == "acme" };
@id("fails") forbid(principal is Person, action, resource) when { principal.subject like "*" && principal.issuer == "x" } unless { principal.credential == "y" };
@id("office") forbid(principal, action == Action::"getOrder", resource) unless { context.client.isInRange(ip("10.0.0.0/8")) };
@id("elsewhere") permit(principal, action == Action::"listOrders", resource);`
	guard := guards(t, rules)[one]
	x := exchange("/orders/bob", "", alice())
	list, readable := guard.Explain(x)
	text, _ := json.Marshal(list)
	got := strings.ReplaceAll(string(text), "},", "},\n")
	want := `[{"id":"clerks","file":"rules.cedar","line":1,"effect":"permit","applies":true},
{"id":"managers","file":"rules.cedar","line":2,"effect":"permit","applies":false,"missing":["principal is Person in Role::\"manager\"","context.time.hour \u003c 3"]},
{"id":"own","file":"rules.cedar","line":3,"effect":"permit","applies":false,"missing":["context.path.id == principal.subject","principal has tenant"]},
{"id":"fails","file":"rules.cedar","line":4,"effect":"forbid","applies":false,"missing":["principal.issuer == \"x\""]},
{"id":"office","file":"rules.cedar","line":5,"effect":"forbid","applies":false,"missing":["not (context.client.isInRange(ip(\"10.0.0.0/8\")))"]}]`
	if got != want || !readable {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	who := alice()
	who.Subject = ""
	list, _ = guard.Explain(exchange("/orders/bob", "", who))
	if a := list[3]; !a.Fails || a.Applies || a.Missing[0] != `fails: principal.subject like "*"` {
		t.Errorf("%+v", a)
	}
	who.Attributes["level"] = "three"
	if _, readable := guard.Explain(exchange("/orders/bob", "", &gate.Principal{ID: "b", Attributes: who.Attributes})); readable {
		t.Error("a claim of another type is readable")
	}
}

// What Explain says and what the guard decides are the same.
func TestExplainAgrees(t *testing.T) {
	for _, r := range rows {
		who := alice()
		if r.who != nil {
			r.who(who)
		}
		guard := guards(t, r.rules)[r.operation]
		if guard == nil {
			continue
		}
		list, readable := guard.Explain(exchange(r.target, r.body, who))
		permitted, forbidden := guard.operation.open.free(), !readable
		for _, a := range list {
			if a.Effect == "forbid" {
				forbidden = forbidden || a.Applies || a.Fails
			} else {
				permitted = permitted || a.Applies
			}
		}
		if (permitted && !forbidden) != r.allow {
			t.Errorf("%s: permitted %v, forbidden %v, %+v", r.name, permitted, forbidden, list)
		}
	}
}
