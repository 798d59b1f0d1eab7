package owner_test

import (
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

// before has do called before the guards of each operation.
func (s *play) before(do func(x *gate.Exchange)) {
	s.t.Helper()
	for _, op := range s.Gate.Plan().Operations {
		op.Steps = slices.Insert(op.Steps, 1, gate.Step{Name: "rules", Head: rules(do)})
		if err := op.Compile(); err != nil {
			s.t.Fatal(err)
		}
	}
}

type rules func(*gate.Exchange)

func (f rules) Head(x *gate.Exchange) gate.Verdict { f(x); return gate.Allow }

// TestSharesOfRules: who is let through by a rule that shares a kind reaches
// objects of that kind, wherever they stand, and no others; what is made then is
// the maker's all the same, and reading teaches nothing.
func TestSharesOfRules(t *testing.T) {
	s := ready(t, gatehouse.Options{})
	held := shop(s)
	api := s.api
	s.api = func(method, path, body string) (int, string, string) {
		switch path {
		case "/orders?after=7":
			return 200, "", `[{"id":7}]`
		case "/notes/N":
			return 200, "", `{"key":"N","text":"x"}`
		}
		return api(method, path, body)
	}
	kind := ""
	s.before(func(x *gate.Exchange) {
		if kind != "" {
			x.Share(kind)
		}
	})
	s.walk([]step{
		{"alice", "POST", "/orders", `{}`, "201"},
		{"bob", "GET", "/orders/7", "", "403 owner-denied"},
		{"bob", "POST", "/orders", `{"copies":[7]}`, "403 owner-denied"},
	})
	kind = "note"
	s.walk([]step{{"bob", "GET", "/orders/7", "", "403 owner-denied"}})
	kind = "order"
	held["60"] = `{"id":60}`
	s.walk([]step{
		{"bob", "GET", "/orders/7", "", "200"},
		{"", "GET", "/orders/7", "", "200"},
		{"bob", "GET", "/orders/60", "", "200"},
		{"bob", "GET", "/orders?after=7", "", "200"},
		{"bob", "POST", "/orders", `{"copies":[7]}`, "201"},
		{"bob", "GET", "/accounts/alice/orders/7", "", "403 owner-denied"},
		{"bob", "GET", "/notes/N", "", "403 owner-unknown"},
	})
	kind = ""
	s.walk([]step{
		{"bob", "GET", "/orders/8", "", "200"}, {"alice", "GET", "/orders/8", "", "403 owner-denied"},
		{"bob", "GET", "/orders/7", "", "403 owner-denied"}, {"bob", "GET", "/orders/60", "", "403 owner-unknown"},
	})
}

// TestOwnerIsTold says to rules what the guard goes by, whoever is let through
// all the same.
func TestOwnerIsTold(t *testing.T) {
	s := ready(t, gatehouse.Options{Owners: map[string]config.OwnerRule{"order": {Except: []string{"support"}}}})
	shop(s)
	var caller, known bool
	var err error
	s.before(func(x *gate.Exchange) {
		for _, step := range x.Operation.Steps {
			if g, ok := step.Head.(*owner.Guard); ok {
				if caller, known, err = g.Owner(x, "order"); err != nil {
					return
				}
			}
		}
	})
	s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
	for _, row := range []struct {
		who, target   string
		caller, known bool
	}{
		{"alice", "/orders/7", true, true}, {"bob", "/orders/7", false, true}, {"bob support", "/orders/7", false, true}, {"alice", "/orders/9", false, false},
		{"", "/orders/7", false, false}, {"bob", "/accounts/bob/orders/7", false, true}, {"alice", "/orders", true, true}, {"alice", "/orders?after=9", false, false},
	} {
		if s.call(row.who, "GET", row.target, ""); caller != row.caller || known != row.known || err != nil {
			t.Errorf("%s %s: %v %v %v", row.who, row.target, caller, known, err)
		}
	}
	for _, op := range s.Gate.Plan().Operations {
		for _, step := range op.Steps {
			if g, ok := step.Head.(*owner.Guard); ok && op.Name == "getAccountOrder" {
				if told, all := g.Told(), g.Kinds(); !slices.Equal(told, []string{"account", "order"}) || !slices.Equal(all, told) {
					t.Errorf("%q %q", told, all)
				}
			} else if ok && op.Name == "searchOrders" {
				if told, all := g.Told(), g.Kinds(); len(told) != 0 || !slices.Equal(all, []string{"order"}) {
					t.Errorf("%q %q", told, all)
				}
			}
		}
	}
}
