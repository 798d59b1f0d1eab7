package party_test

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
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

// TestOnce has a nonce be of one caller, good once, and refused where there is no
// room to remember it.
func TestOnce(t *testing.T) {
	acme, shop := (&party.Party{ID: "acme"}).Principal("c", gate.Program, nil), (&party.Party{ID: "shop"}).Principal("c", gate.Program, nil)
	used, now := replay.New(time.Minute, 160), time.Now()
	for i, row := range []struct {
		who  *gate.Principal
		want gate.Code
	}{{acme, gate.Undecided}, {acme, gate.CredentialInvalid}, {shop, gate.Undecided}} {
		p, r := party.Once(used, row.who, "nonce", now)
		if (r == nil) != (p == row.who) || r != nil && r.Code != row.want || r == nil && row.want != gate.Undecided {
			t.Errorf("%d: %v %v", i, p, r)
		}
	}
	for range 400 {
		if _, r := party.Once(used, acme, rand.Text(), now); r != nil {
			if r.Code != gate.CredentialUnverified || r.Retry == 0 {
				t.Errorf("a full set says %v", r)
			}
			return
		}
	}
	t.Error("it is never full")
}
