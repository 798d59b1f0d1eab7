package introspection

import (
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// response is RFC 7662 section 2.2. What is not as the standard says makes the
// whole answer one that does not hold.
type response struct {
	Active   *bool          `json:"active"`
	Scope    string         `json:"scope"`
	Client   string         `json:"client_id"`
	AZP      string         `json:"azp"`
	Subject  string         `json:"sub"`
	Issuer   *string        `json:"iss"`
	Audience jsontext.Value `json:"aud"`
	Expires  *float64       `json:"exp"`
	Issued   *float64       `json:"iat"`
	Before   *float64       `json:"nbf"`
	AuthTime *float64       `json:"auth_time"`
	JTI      string         `json:"jti"`
	Session  string         `json:"sid"`
	ACR      string         `json:"acr"`
	AMR      []string       `json:"amr"`
	CNF      jsontext.Value `json:"cnf"`
}

var (
	errSyntax   = errors.New("the server's answer is no introspection response")
	errIssuer   = errors.New("the server speaks of a token of another issuer")
	errNobody   = errors.New("the server names neither a subject nor a client")
	errTime     = errors.New("the server's answer has a time that is none")
	errAudience = errors.New("the server's answer has an audience that is none")
)

// read makes of an answer who calls.
func (v *Verifier) read(text []byte) (*answer, error) {
	if jsontext.Value(text).Kind() != '{' {
		return nil, errSyntax
	}
	var r response
	if json.Unmarshal(text, &r) != nil || r.Active == nil {
		return nil, errSyntax
	}
	if !*r.Active {
		return &answer{}, nil
	}
	if r.Issuer != nil && *r.Issuer != v.options.Issuer {
		return nil, errIssuer
	}
	var all map[string]any
	if json.Unmarshal(text, &all) != nil {
		return nil, errSyntax
	}
	said := &answer{}
	var err error
	if said.audience, err = oneOrMore(r.Audience); err != nil {
		return nil, err
	}
	p := v.caller(&r)
	if p.Subject == "" {
		return nil, errNobody
	}
	for _, t := range []struct {
		from *float64
		to   *time.Time
	}{{r.Expires, &p.Expires}, {r.Issued, &p.Issued}, {r.Before, &said.before}, {r.AuthTime, &p.AuthTime}} {
		if *t.to, err = date(t.from); err != nil {
			return nil, err
		}
	}
	if err := binding.ReadConfirmation(r.CNF, p); err != nil {
		return nil, err
	}
	v.claims(p, &jose.Token{Claims: all})
	p.Skew = v.options.Skew
	said.end = p.Expires
	if !said.end.IsZero() {
		p.Expires = said.end.Add(v.options.Skew)
	}
	said.principal = p
	return said, nil
}

// caller is who an answer names. A token without a subject is the client's own.
func (v *Verifier) caller(r *response) *gate.Principal {
	p := &gate.Principal{
		Credential: v.options.Name, Kind: v.options.Kind, Issuer: v.options.Issuer, Subject: r.Subject, Client: r.Client,
		Session: r.Session, Serial: r.JTI, ACR: r.ACR, AMR: r.AMR, Scopes: words(strings.Fields(r.Scope)),
	}
	if p.Client == "" {
		p.Client = r.AZP
	}
	if p.Subject == "" {
		p.Subject = p.Client
	}
	switch {
	case p.Kind != gate.Unknown || p.Client == "":
	case p.Subject == p.Client:
		p.Kind = gate.Program
	default:
		p.Kind = gate.Person
	}
	p.ID = p.Issuer + "|" + p.Subject
	return p
}

// claims takes roles, tenant and attributes of all members, as a verifier of
// signed tokens does of claims: what is not of its form gives no right.
func (v *Verifier) claims(p *gate.Principal, all *jose.Token) {
	p.Roles = words(texts(all.Find(v.options.Roles)))
	if v.options.Tenant != "" {
		p.Tenant, _ = all.Find(v.options.Tenant).(string)
	}
	for _, name := range v.options.Attributes {
		if value := plain(all.Find(name)); value != nil {
			if p.Attributes == nil {
				p.Attributes = map[string]any{}
			}
			p.Attributes[name] = value
		}
	}
}

// texts are those of one text or of a list.
func texts(value any) (list []string) {
	switch v := value.(type) {
	case string:
		if v != "" {
			list = []string{v}
		}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok && text != "" {
				list = append(list, text)
			}
		}
	}
	return list
}

// plain makes whole numbers of those that are.
func plain(value any) any {
	switch v := value.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return value
}

func words(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// date reads a NumericDate (RFC 7519 section 2); nil is no time.
func date(seconds *float64) (time.Time, error) {
	switch {
	case seconds == nil:
		return time.Time{}, nil
	case *seconds < 1 || *seconds > 1<<40:
		return time.Time{}, errTime
	}
	return time.Unix(int64(*seconds), 0), nil
}

// oneOrMore reads aud: one text or a list of them (RFC 7519 section 4.1.3).
func oneOrMore(raw jsontext.Value) ([]string, error) {
	switch raw.Kind() {
	case 0, 'n':
		return nil, nil
	case '"':
		var one string
		if json.Unmarshal(raw, &one) != nil {
			return nil, errAudience
		}
		return []string{one}, nil
	case '[':
		var list []string
		if json.Unmarshal(raw, &list) != nil {
			return nil, errAudience
		}
		return list, nil
	}
	return nil, errAudience
}
