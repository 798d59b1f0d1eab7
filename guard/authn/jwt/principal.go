package jwt

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// Claims say which claims mean what; each is a path as jose.Token.Find reads
// it. What a claim has that is not of its form is left out: it gives no rights.
type Claims struct {
	Roles  string // "" for "roles"
	Tenant string // "" for none
	// Attributes are further claims that rules may ask for, by their paths.
	Attributes []string
	// Kind is what kind of caller the issuer vouches for; Unknown finds out by
	// the subject.
	Kind gate.PrincipalKind
}

// principal writes into p, which is new, who the caller is by a token that is
// good. An error is a token that is bound to what nobody can check.
func (v *Verifier) principal(p *gate.Principal, t *jose.Token) error {
	p.ID = t.Issuer + "|" + t.Subject
	p.Credential = v.name
	p.Issuer = v.words.one(t.Issuer)
	p.Subject = t.Subject
	p.Client = v.words.one(t.Text("client_id")) // RFC 9068 section 2.2
	p.Session = t.Text("sid")
	p.Serial = t.Text("jti")
	p.Scopes = v.words.list(scopes(t))
	p.ACR = v.words.one(t.Text("acr"))
	p.AMR = v.words.list(list(t.Find("amr")))
	p.Expires = time.Unix(t.Expires, 0).Add(v.judge.Skew()) // until then Holds lets it pass,
	if p.Client == "" {
		p.Client = v.words.one(t.Text("azp")) // OpenID Connect Core section 2
	}
	if t.Issued != 0 {
		p.Issued, p.Skew = time.Unix(t.Issued, 0), v.judge.Skew()
	}
	if at, ok := t.Claims["auth_time"].(int64); ok && at > 0 {
		p.AuthTime = time.Unix(at, 0)
	}
	if v.claims.Tenant != "" {
		tenant, _ := t.Find(v.claims.Tenant).(string)
		p.Tenant = v.words.one(tenant)
	}
	roles := v.claims.Roles
	if roles == "" {
		roles = "roles"
	}
	p.Roles = v.words.list(sorted(list(t.Find(roles))))
	p.Kind = v.kind(p)
	for _, name := range v.claims.Attributes {
		if value := t.Find(name); value != nil {
			if p.Attributes == nil {
				p.Attributes = map[string]any{}
			}
			p.Attributes[name] = value
		}
	}
	return confirm(t, p)
}

// kind tells persons from programs and workloads.
func (v *Verifier) kind(p *gate.Principal) gate.PrincipalKind {
	switch {
	case v.claims.Kind != gate.Unknown:
		return v.claims.Kind
	case strings.HasPrefix(p.Subject, "spiffe://"), strings.HasPrefix(p.Subject, "system:serviceaccount:"):
		return gate.Workload
	case p.Client == "":
		return gate.Unknown
	case p.Client == p.Subject: // RFC 9068 section 2.2: the client acts for itself
		return gate.Program
	}
	return gate.Person
}

// confirm reads what a token is bound to (RFC 7800 section 3.1).
func confirm(t *jose.Token, p *gate.Principal) error {
	cnf, ok := t.Claims["cnf"]
	if !ok {
		return nil
	}
	raw, err := json.Marshal(cnf)
	if err != nil {
		return err
	}
	return binding.ReadConfirmation(raw, p)
}

// scopes are those of the claim scope (RFC 8693 section 4.2), else of scp, as
// some issuers call it.
func scopes(t *jose.Token) []string {
	for _, name := range [...]string{"scope", "scp"} {
		switch v := t.Claims[name].(type) {
		case string:
			return sorted(strings.Fields(v))
		case []any:
			return sorted(list(v))
		}
	}
	return nil
}

// list are the texts of a claim: of one, or of a list.
func list(v any) (out []string) {
	switch v := v.(type) {
	case string:
		if v != "" {
			out = []string{v}
		}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok && text != "" {
				out = append(out, text)
			}
		}
	}
	return out
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
