package party_test

import (
	"slices"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
)

func TestPrincipal(t *testing.T) {
	p := (&party.Party{ID: "acme", Partner: "ACME", Scopes: []string{"b", "a", "b"}, Roles: []string{"r"}}).Principal("partners", gate.Program, []byte("secret"))
	if p.ID != "partners|acme" || p.Credential != "partners" || p.Issuer != "partners" || p.Subject != "acme" || p.Serial != "acme" || p.Client != "acme" ||
		p.Tenant != "ACME" || !slices.Equal(p.Scopes, []string{"a", "b"}) || !slices.Equal(p.Roles, []string{"r"}) || p.Proven == [16]byte{} {
		t.Errorf("%+v", p)
	}
	if p := (&party.Party{ID: "ann"}).Principal("legacy", gate.Person, nil); p.Client != "" || p.Kind != gate.Person {
		t.Errorf("%+v", p)
	}
}

// TestSame knows who is who it was.
func TestSame(t *testing.T) {
	was := party.Party{ID: "acme", Partner: "ACME", Scopes: []string{"a", "b"}, Roles: []string{"r"}}
	of := func(p party.Party, credential, secret string) *gate.Principal {
		return p.Principal(credential, gate.Program, []byte(secret))
	}
	change := func(f func(*party.Party)) party.Party { p := was; f(&p); return p }
	for _, row := range []struct {
		name string
		now  *gate.Principal
		want bool
	}{
		{"made-again", of(change(func(p *party.Party) { p.Scopes = []string{"b", "a", "a"} }), "c", "secret"), true},
		{"another-secret", of(was, "c", "secret2"), false},
		{"no-secret", of(was, "c", ""), false},
		{"another-credential", of(was, "d", "secret"), false},
		{"another-caller", of(change(func(p *party.Party) { p.ID = "shop" }), "c", "secret"), false},
		{"another-tenant", of(change(func(p *party.Party) { p.Partner = "" }), "c", "secret"), false},
		{"fewer-scopes", of(change(func(p *party.Party) { p.Scopes = []string{"a"} }), "c", "secret"), false},
		{"more-roles", of(change(func(p *party.Party) { p.Roles = []string{"r", "s"} }), "c", "secret"), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := of(was, "c", "secret")
			if party.Same(before, row.now) != row.want || party.Same(row.now, before) != row.want || !party.Same(row.now, row.now) {
				t.Error("it is not so")
			}
		})
	}
}
