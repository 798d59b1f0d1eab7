package authz_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authz"
)

func alice() *gate.Principal {
	return &gate.Principal{ID: "https://id.example|alice", Credential: "staff", Kind: gate.Person, Issuer: "https://id.example", Subject: "alice", Client: "web",
		Tenant: "acme", Scopes: []string{"orders:read"}, Roles: []string{"reader"},
		Attributes: map[string]any{"department": "sales", "level": int64(3), "groups": []any{"a", "b", []any{"c"}}, "trainee": true}}
}

func TestDemands(t *testing.T) {
	tests := []struct {
		name    string
		demands authz.Demands
		who     *gate.Principal
		want    gate.Code
	}{
		{"scope", authz.Demands{Scopes: []string{"orders:read"}}, alice(), gate.Undecided},
		{"scope-of-two", authz.Demands{Scopes: []string{"orders:read", "orders:write"}}, alice(), gate.ScopeMissing},
		{"role", authz.Demands{Roles: [][]string{{"reader"}}}, alice(), gate.Undecided},
		{"role-of-several", authz.Demands{Roles: [][]string{{"admin", "reader"}}}, alice(), gate.Undecided},
		{"each-set", authz.Demands{Roles: [][]string{{"reader"}, {"admin"}}}, alice(), gate.RoleMissing},
		{"closed", authz.Demands{Roles: [][]string{{}}}, alice(), gate.RoleMissing},
		{"closed-beside-another", authz.Demands{Roles: [][]string{{"reader"}, {}}}, alice(), gate.RoleMissing},
		{"a-scope-is-no-role", authz.Demands{Roles: [][]string{{"orders:read"}}}, alice(), gate.RoleMissing},
		{"a-role-is-no-scope", authz.Demands{Scopes: []string{"reader"}}, alice(), gate.ScopeMissing},
		{"case-counts", authz.Demands{Roles: [][]string{{"Reader"}}}, alice(), gate.RoleMissing},
		{"nobody", authz.Demands{Roles: [][]string{{"reader"}}}, nil, gate.RoleMissing},
		{"nobody-and-nothing-asked", authz.Demands{}, nil, gate.RoleMissing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var words gate.Vocabulary
			for i := range 200 { // other operations have words of their own
				words.Scope(nil, strconv.Itoa(i))
			}
			guard := authz.New(&words, test.demands)
			x := &gate.Exchange{Principal: test.who}
			if v := guard.Head(x); (v == gate.Allow) != (test.want == gate.Undecided) || x.Refusal.Code != test.want {
				t.Errorf("verdict %d, code %v, want %v", v, x.Refusal.Code, test.want)
			}
			if again := guard.Recheck(x); (again == gate.Allow) != (test.want == gate.Undecided) {
				t.Errorf("asked again: %d", again)
			}
		})
	}
}

// Another principal of the request must not lend its rights.
func TestOnlyTheFirstPrincipalCounts(t *testing.T) {
	var words gate.Vocabulary
	guard := authz.New(&words, authz.Demands{Roles: [][]string{{"admin"}}})
	admin := &gate.Principal{ID: "app", Roles: []string{"admin"}}
	x := &gate.Exchange{Principal: alice(), Principals: []*gate.Principal{alice(), admin}}
	if guard.Head(x) != gate.Deny {
		t.Error("the program's role opened it for somebody else")
	}
}

func TestMore(t *testing.T) {
	roles := map[string]authz.Role{
		"reader": {Scopes: []string{"orders:read", "stock:read"}},
		"clerk":  {Scopes: []string{"orders:write"}, Includes: []string{"reader"}},
		"ring":   {Includes: []string{"rung"}},
		"rung":   {Includes: []string{"ring"}, Scopes: []string{"round"}},
	}
	grant := func(g authz.Grant) []authz.Grant {
		if g.Roles == nil {
			g.Roles = []string{"given"}
		}
		return []authz.Grant{g}
	}
	tests := []struct {
		name   string
		grants []authz.Grant
		scopes []string // beside orders:read and stock:read
		roles  []string // beside reader
	}{
		{"nothing", nil, nil, nil},
		{"credential", grant(authz.Grant{Credential: "staff"}), nil, []string{"given"}},
		{"no-credential", grant(authz.Grant{Subjects: []string{"alice"}}), nil, nil},
		{"other-credential", grant(authz.Grant{Credential: "partners", Subjects: []string{"alice"}}), nil, nil},
		{"subject", grant(authz.Grant{Credential: "staff", Subjects: []string{"bob", "alice"}}), nil, []string{"given"}},
		{"other-subject", grant(authz.Grant{Credential: "staff", Subjects: []string{"bob"}}), nil, nil},
		{"subject-and-client", grant(authz.Grant{Credential: "staff", Subjects: []string{"alice"}, Clients: []string{"other"}}), nil, nil},
		{"tenant", grant(authz.Grant{Credential: "staff", Tenants: []string{"acme"}}), nil, []string{"given"}},
		{"key-that-nobody-named", grant(authz.Grant{Credential: "staff", Serials: []string{""}}), nil, nil},
		{"claim", grant(authz.Grant{Credential: "staff", Claims: map[string][]string{"department": {"hr", "sales"}}}), nil, []string{"given"}},
		{"claim-number", grant(authz.Grant{Credential: "staff", Claims: map[string][]string{"level": {"3"}}}), nil, []string{"given"}},
		{"claim-boolean", grant(authz.Grant{Credential: "staff", Claims: map[string][]string{"trainee": {"true"}}}), nil, []string{"given"}},
		{"claim-list", grant(authz.Grant{Credential: "staff", Claims: map[string][]string{"groups": {"b"}}}), nil, []string{"given"}},
		{"claim-list-in-list", grant(authz.Grant{Credential: "staff", Claims: map[string][]string{"groups": {"c"}}}), nil, nil},
		{"claim-missing", grant(authz.Grant{Credential: "staff", Claims: map[string][]string{"team": {""}}}), nil, nil},
		{"claims-all", grant(authz.Grant{Credential: "staff", Claims: map[string][]string{"department": {"sales"}, "level": {"4"}}}), nil, nil},
		{"implied", grant(authz.Grant{Credential: "staff", Roles: []string{"clerk"}}), []string{"orders:write"}, []string{"clerk"}},
		{"in-a-ring", grant(authz.Grant{Credential: "staff", Roles: []string{"ring"}}), []string{"round"}, []string{"ring", "rung"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			who := alice()
			scopes, held := authz.NewPeople(roles, test.grants).More(who)
			wantScopes := append([]string{"orders:read", "stock:read"}, test.scopes...)
			wantRoles := append([]string{"reader"}, test.roles...)
			slices.Sort(wantScopes)
			slices.Sort(wantRoles)
			if !slices.Equal(scopes, wantScopes) || !slices.Equal(held, wantRoles) {
				t.Errorf("%q, %q, want %q, %q", scopes, held, wantScopes, wantRoles)
			}
			if !slices.Equal(who.Roles, alice().Roles) || !slices.Equal(who.Scopes, alice().Scopes) {
				t.Error("the principal was changed")
			}
		})
	}
}

// What is granted and implied opens what the guard asks for, in one plan and
// not in the next.
func TestGrantsAreOfOnePlan(t *testing.T) {
	people := authz.NewPeople(map[string]authz.Role{"clerk": {Scopes: []string{"orders:write"}}}, []authz.Grant{{Credential: "staff", Roles: []string{"clerk"}}})
	var before, now gate.Vocabulary
	before.Extend(people.More)
	asked := authz.Demands{Scopes: []string{"orders:write"}, Roles: [][]string{{"clerk"}}}
	who := alice()
	if authz.New(&before, asked).Head(&gate.Exchange{Principal: who}) != gate.Allow {
		t.Error("what is granted does not open")
	}
	if authz.New(&now, asked).Head(&gate.Exchange{Principal: who}) == gate.Allow {
		t.Error("a plan without the grant lets it through")
	}
}

func TestRolesDoNotAllocate(t *testing.T) {
	var words gate.Vocabulary
	guard := authz.New(&words, authz.Demands{Scopes: []string{"orders:read"}, Roles: [][]string{{"reader"}}})
	closed := authz.New(&words, authz.Demands{Roles: [][]string{{"admin"}}})
	x := &gate.Exchange{Principal: alice()}
	if n := testing.AllocsPerRun(100, func() { guard.Head(x); closed.Head(x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRoles(b *testing.B) {
	var words gate.Vocabulary
	for i := range 200 {
		words.Scope(nil, strconv.Itoa(i))
	}
	demands := map[string]authz.Demands{
		"allowed": {Scopes: []string{"orders:read"}, Roles: [][]string{{"reader", "clerk"}}},
		"refused": {Roles: [][]string{{"admin"}}},
	}
	for name, d := range demands {
		guard := authz.New(&words, d)
		x := &gate.Exchange{Principal: alice()}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				guard.Head(x)
			}
		})
	}
}
