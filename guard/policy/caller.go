package policy

import (
	"strconv"
	"time"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Callers makes entities of those who call. It is one for a plan; many
// goroutines may use it at once.
type Callers struct {
	more   func(*gate.Principal) (scopes, roles []string)
	claims *typ
}

// NewCallers returns the callers of a plan. more gives all scopes and roles of
// one; claims are what rules may ask of what else an authority says, each with
// one of the words string, long, bool, decimal, strings, ip and datetime.
func NewCallers(more func(*gate.Principal) (scopes, roles []string), claims map[string]string) *Callers {
	c := &Callers{more: more, claims: &typ{kind: record}}
	for _, name := range sorted(claims) {
		if t := claimTypes[claims[name]]; t != nil {
			c.claims.fields = append(c.claims.fields, field{name, t, true})
		}
	}
	return c
}

// caller is a principal as rules see it.
type caller struct {
	entity types.Entity
	roles  []types.EntityUID
	broken bool // a claim is not what the configuration says, so that no rule can judge
}

// stranger is whoever calls without a credential.
var stranger = &caller{entity: types.Entity{UID: nobody, Attributes: types.NewRecord(types.RecordMap{
	"scopes": types.NewSet(), "roles": types.NewSet(), "amr": types.NewSet(), "claims": types.NewRecord(nil),
})}}

// of returns p as rules see it. It is made once for a principal and a plan, and
// kept with the principal: whoever calls often is the same principal, as
// verifiers keep them, and goes when its credential goes.
func (c *Callers) of(p *gate.Principal) *caller {
	if p == nil {
		return stranger
	}
	if known, ok := p.Kept(c).(*caller); ok {
		return known
	}
	made := c.make(p)
	p.Keep(c, made)
	return made
}

// uidOf names a principal: its kind, and its ID, which holds the issuer, so
// that two authorities never mean the same by a name.
func uidOf(p *gate.Principal) types.EntityUID {
	kind := "Unknown"
	switch p.Kind {
	case gate.Person:
		kind = "Person"
	case gate.Program:
		kind = "Program"
	case gate.Workload:
		kind = "Workload"
	}
	return types.NewEntityUID(types.EntityType(kind), types.String(p.ID))
}

func (c *Callers) make(p *gate.Principal) *caller {
	scopes, roles := c.more(p)
	made := &caller{}
	for _, name := range roles {
		made.roles = append(made.roles, types.NewEntityUID(typeRole, types.String(name)))
	}
	all := types.RecordMap{"scopes": texts(scopes), "roles": texts(roles), "amr": texts(p.AMR)}
	for name, value := range map[types.String]string{
		"issuer": p.Issuer, "subject": p.Subject, "credential": p.Credential, "client": p.Client,
		"tenant": p.Tenant, "session": p.Session, "acr": p.ACR,
	} {
		if value != "" { // what nobody said is no text that could be equal to another
			all[name] = types.String(value)
		}
	}
	for name, at := range map[types.String]time.Time{"authTime": p.AuthTime, "issued": p.Issued, "expires": p.Expires} {
		if !at.IsZero() {
			all[name] = types.NewDatetime(at)
		}
	}
	claims := types.RecordMap{}
	for _, f := range c.claims.fields {
		said, ok := p.Attributes[f.name]
		if !ok || said == nil {
			continue
		}
		v, err := f.typ.claim(said)
		if err != nil {
			made.broken = true
			continue
		}
		claims[types.String(f.name)] = v
	}
	all["claims"] = types.NewRecord(claims)
	made.entity = types.Entity{UID: uidOf(p), Parents: types.NewEntityUIDSet(made.roles...), Attributes: types.NewRecord(all)}
	return made
}

func texts(list []string) types.Set {
	values := make([]types.Value, len(list))
	for i, s := range list {
		values[i] = types.String(s)
	}
	return types.NewSet(values...)
}

// claim reads what an authority says.
func (t *typ) claim(said any) (types.Value, error) {
	if t.kind == set {
		return t.claims(said)
	}
	switch v := said.(type) {
	case string:
		if t.kind != long && t.kind != decimal && t.kind != boolean {
			return t.parse(v)
		}
	case bool:
		if t.kind == boolean {
			return types.Boolean(v), nil
		}
	case int64:
		switch t.kind {
		case long, decimal:
			return t.parse(strconv.FormatInt(v, 10))
		case moment: // NumericDate, RFC 7519 section 2
			return types.NewDatetime(time.Unix(v, 0)), nil
		}
	case float64:
		if t.kind == long || t.kind == decimal {
			return t.parse(strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	return nil, errValue
}

// claims reads a list; one text alone is a list of it, as authorities write it.
func (t *typ) claims(said any) (types.Value, error) {
	switch v := said.(type) {
	case string:
		return types.NewSet(types.String(v)), nil
	case []string:
		return texts(v), nil
	case []any:
		var list []string
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, errValue
			}
			list = append(list, s)
		}
		return texts(list), nil
	}
	return nil, errValue
}
