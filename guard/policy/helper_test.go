package policy

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// more gives what a principal itself has.
func more(p *gate.Principal) (scopes, roles []string) { return p.Scopes, p.Roles }

var claims = map[string]string{"department": "string", "level": "long", "trainee": "bool", "limit": "decimal", "groups": "strings", "home": "ip", "hired": "datetime"}

// orders is testdata/orders.yaml with rules.
func orders(t testing.TB, files ...File) (*Set, *contract.Contract, source.Problems) {
	t.Helper()
	c, problems := openapi.Load("testdata/orders.yaml")
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Files.Close() })
	s, problems := NewSet(API{
		Name: "Orders", Contract: c, Schemas: schema.NewCompiler(schema.Options{Dialect: c.Dialect}), Callers: NewCallers(more, claims), Countries: true,
		Open: func(op *contract.Operation) Open {
			switch {
			case len(op.Security) == 0:
				return Everybody
			case op.Public():
				return Optional
			}
			return Known
		},
		Objects: func(op *contract.Operation) Objects {
			if op.Name() != one {
				return nil
			}
			return told{}
		},
	}, files...)
	return s, c, problems
}

// house is the guards of orders.
type house map[string]*Guard

func guards(t testing.TB, rules string) house {
	t.Helper()
	s, c, problems := orders(t, File{"rules.cedar", []byte(rules)})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	h := house{}
	for _, op := range c.Operations {
		g, problems := s.Guard(op)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		if g != nil {
			h[op.Name()] = g
		}
	}
	return h
}

func alice() *gate.Principal {
	return &gate.Principal{
		ID: "https://id.example|alice", Credential: "staff", Kind: gate.Person, Issuer: "https://id.example", Subject: "alice", Client: "web",
		Scopes: []string{"orders:read"}, Roles: []string{"clerk"}, AMR: []string{"pwd"}, ACR: "1",
		AuthTime: time.Date(2031, 2, 3, 4, 0, 0, 0, time.UTC),
		Attributes: map[string]any{"department": "sales", "level": int64(3), "trainee": true, "limit": 99.5, "groups": []any{"a", "b"}, "home": "10.0.0.0/8",
			"hired": int64(1_700_000_000)},
	}
}

// exchange is a call of target, with a body or "", by who.
func exchange(target, body string, who *gate.Principal) *gate.Exchange {
	x := &gate.Exchange{Target: []byte(target), Body: []byte(body), Principal: who, Client: netip.MustParseAddr("10.1.2.3"), Secure: true, ClientSecure: true,
		Received: time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)}
	path, query, _ := strings.Cut(target, "?")
	x.Path, x.Query = []byte(path), []byte(query)
	if body != "" {
		x.Intake = gate.Intake{Mode: gate.Buffer}
	}
	name := "id"
	if strings.HasPrefix(path, "/files") {
		name = "name"
	}
	if i := strings.IndexByte(path[1:], '/'); i >= 0 {
		x.Match.Values = []route.Value{{Name: name, Raw: []byte(path[i+2:])}}
	}
	return x
}

// judge walks a call through the guard as the gate does.
func (g *Guard) walk(x *gate.Exchange) gate.Verdict {
	if g == nil {
		return gate.Allow
	}
	if v := g.Head(x); v != gate.Allow {
		return v
	}
	if b, ok := g.Step().(gate.BodyGuard); ok {
		return b.Body(x)
	}
	return gate.Allow
}
