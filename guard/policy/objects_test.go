package policy

import (
	"errors"
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// told says of getOrder whose the order is, by its id.
type told struct{}

func (told) Told() []string  { return []string{"order"} }
func (told) Kinds() []string { return []string{"item", "order"} }

func (told) Owner(x *gate.Exchange, kind string) (caller, known bool, err error) {
	if kind != "order" {
		return false, false, errors.New("nobody asked")
	}
	switch string(x.Match.Values[0].Raw) {
	case "mine":
		return true, true, nil
	case "hers":
		return false, true, nil
	case "down":
		return false, false, errors.New("the store is down")
	}
	return false, false, nil
}

// TestOwners shows what rules know of the objects of a call, and which they
// open to callers who do not own them.
func TestOwners(t *testing.T) {
	const (
		mine  = `permit(principal, action == Action::"getOrder", resource) when { context.owner.order.caller };`
		share = `@shares("order, item") permit(principal in Role::"clerk", action == Action::"getOrder", resource) when { context.owner.order.known };`
	)
	for _, r := range []struct {
		name, rules, id string
		code            gate.Code // Undecided where the call passes
		shares          []string
	}{
		{"own", mine, "mine", gate.Undecided, nil},
		{"of-another", mine, "hers", gate.PolicyDenied, nil},
		{"of-nobody", mine, "lost", gate.PolicyDenied, nil},
		{"store-is-down", mine, "down", gate.PolicyUnavailable, nil},
		{"not-asked-for", all, "down", gate.Undecided, nil},
		{"whole-context", `permit(principal, action == Action::"getOrder", resource) when { context == context };`, "down", gate.PolicyUnavailable, nil},
		{"narrowed", all + `forbid(principal, action == Action::"getOrder", resource) unless { context.owner.order.known };`, "lost", gate.PolicyDenied, nil},
		{"shared", share, "hers", gate.Undecided, []string{"order", "item"}},
		{"shared-and-known-only", share, "lost", gate.PolicyDenied, nil},
		{"shared-twice", share + share, "hers", gate.Undecided, []string{"order", "item"}},
		{"shared-and-forbidden", share + `forbid(principal, action, resource) when { context.client.isLoopback() == false };`, "hers", gate.PolicyDenied, nil},
		{"another-rule-permits", share + all, "lost", gate.Undecided, nil},
		{"share-of-another-role", `@shares("order") permit(principal in Role::"admin", action == Action::"getOrder", resource);` + all, "hers", gate.Undecided, nil},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := exchange("/orders/"+r.id, "", alice())
			v := guards(t, r.rules)[one].walk(x)
			if (v == gate.Allow) != (r.code == gate.Undecided) || x.Refusal.Code != r.code || !slices.Equal(x.Shares, r.shares) {
				t.Errorf("%v, %v, shares %q", v, x.Refusal.Code, x.Shares)
			}
			if r.code == gate.PolicyUnavailable && x.Refusal.Retry <= 0 {
				t.Error("nobody says when to ask again")
			}
		})
	}
}

// TestCountries: rules see where a call comes from, and what cannot be found out
// is refused, unless that is meant to be as if nobody knew.
func TestCountries(t *testing.T) {
	const here, notThere = `permit(principal, action, resource) when { context has country && context.country == "DE" };`, all + `forbid(principal, action, resource) when { context has country && context.country == "KP" };`
	for _, r := range []struct {
		name, rules, country string
		unread               bool
		code                 gate.Code
	}{
		{"permitted", here, "DE", false, gate.Undecided},
		{"elsewhere", here, "AT", false, gate.PolicyDenied},
		{"nowhere", here, "", false, gate.PolicyDenied},
		{"forbidden", notThere, "KP", false, gate.PolicyDenied},
		{"not-forbidden", notThere, "DE", false, gate.Undecided},
		{"forbidden-and-nobody-knows", notThere, "", false, gate.Undecided},
		{"no-database", notThere, "", true, gate.PolicyUnavailable},
		{"no-database-and-not-asked", all, "", true, gate.Undecided},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := exchange("/orders/mine", "", alice())
			x.Country, x.CountryUnread = r.country, r.unread
			if v := guards(t, r.rules)[one].walk(x); (v == gate.Allow) != (r.code == gate.Undecided) || x.Refusal.Code != r.code {
				t.Errorf("%v, %v", v, x.Refusal.Code)
			}
		})
	}
}

// TestSharesOfALaterLook shows that looking at a call once more opens nothing.
func TestSharesOfALaterLook(t *testing.T) {
	g := guards(t, `@shares("order") permit(principal, action == Action::"getOrder", resource);`)[one]
	x := exchange("/orders/hers", "", alice())
	if g.Recheck(x) != gate.Allow || len(x.Shares) != 0 {
		t.Errorf("shares %q", x.Shares)
	}
}
