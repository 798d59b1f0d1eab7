package gatehouse

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authz"
)

// Callers say what those who call may do, beyond what their credentials say.
type Callers = config.Callers

// people translates what the configuration says of callers.
func people(who *Callers) *authz.People {
	roles := make(map[string]authz.Role, len(who.Roles))
	for name, r := range who.Roles {
		roles[name] = authz.Role{Scopes: r.Scopes, Includes: r.Includes}
	}
	grants := make([]authz.Grant, 0, len(who.Grants))
	for i := range who.Grants {
		g := &who.Grants[i]
		grants = append(grants, authz.Grant{Credential: g.Credential, Subjects: g.Subjects, Clients: g.Clients,
			Tenants: g.Tenants, Serials: g.Keys, Claims: g.Claims, Roles: g.Roles})
	}
	return authz.NewPeople(roles, grants)
}

// RightsOf returns all scopes and roles of a caller: its own, those that who
// grants it, and what these imply. It is what the gate reckons with for each call.
func RightsOf(who *Callers, p *Principal) (scopes, roles []string) { return people(who).More(p) }

// authz asks what callers may do.
func (b *builder) authz(op *contract.Operation, set *settled, _ gate.Mode) any {
	d := b.demands(op)
	if !d.Any() {
		return nil
	}
	switch {
	case b.nobodyKnown():
		b.problem(source.At(op.Node, "have the gate verify the credentials, or remove the roles and scopes", "%s asks for roles or scopes, and nothing says who calls it", op.Name()))
	case set.public || open(op) || !b.contract.Secured && len(op.Security) == 0:
		b.problem(source.At(op.Node, "ask for a credential under security, or remove the roles and scopes", "%s asks for roles or scopes, and is public", op.Name()))
	}
	return authz.New(&b.plan.Words, d)
}

// authzUnrouted closes calls that no operation describes where roles open
// operations: no role opens these.
func (b *builder) authzUnrouted() any {
	if len(b.options.Roles) == 0 {
		return nil
	}
	return authz.New(&b.plan.Words, authz.Demands{Roles: [][]string{{}}})
}

// nobodyKnown reports whether the gate verifies no credential of the API.
func (b *builder) nobodyKnown() bool { return b.options.Authentication != "" }

// open reports whether one way to call op needs no credential.
func open(op *contract.Operation) bool { return op.Public() }

// rolesExtension tightens an operation in its contract: callers need one of
// the roles that it lists.
const rolesExtension = "x-gatehouse-roles"

// demands are what the options and the contract ask of the callers of op.
func (b *builder) demands(op *contract.Operation) (d authz.Demands) {
	own, _ := of(&b.options, op)
	d.Scopes = own.Scopes
	public := own.Public || op.Public()
	switch {
	case own.Roles != nil:
		d.Roles = append(d.Roles, own.Roles)
	case len(b.options.Roles) > 0 && !public:
		d.Roles = append(d.Roles, b.openers(op))
	}
	if n := op.Node.Get(rolesExtension); n != nil {
		d.Roles = append(d.Roles, b.tightened(n))
	}
	return d
}

// openers are the roles of the API that open op.
func (b *builder) openers(op *contract.Operation) (roles []string) {
	for _, name := range sorted(b.options.Roles) {
		o := b.options.Roles[name]
		if slices.Contains(o.Operations, "*") ||
			slices.ContainsFunc(o.Operations, func(n string) bool { return Names(op, n) }) ||
			slices.ContainsFunc(o.Tags, func(t string) bool { return slices.Contains(op.Tags, t) }) {
			roles = append(roles, name)
		}
	}
	return roles
}

// tightened reads the roles that the contract itself lists.
func (b *builder) tightened(n *source.Node) (roles []string) {
	if !n.Is(source.Array) || n.Len() == 0 {
		b.problem(source.At(n, "write it like [clerk, manager]", "%s is a list of roles, one of which a caller needs", rolesExtension))
		return nil
	}
	for _, item := range n.Items() {
		if !item.Is(source.String) {
			b.problem(source.At(item, "put it into quotes", "a role is text"))
			continue
		}
		name := string([]byte(item.Str())) // the plan outlives the contract's text
		if hint, ok := config.Undefined(sorted(b.callers.Roles), name); ok {
			b.problem(source.At(item, hint, "the roles at the top of gatehouse.yaml have no %q", name))
		}
		roles = append(roles, name)
	}
	return roles
}

// openings finds what the roles of the API name and the contract does not
// have, and operations that nobody may call.
func (b *builder) openings() {
	if len(b.options.Roles) == 0 {
		return
	}
	var operations, tags []string
	for _, op := range b.contract.Operations {
		operations, tags = append(operations, names(op)...), append(tags, op.Tags...)
	}
	for _, role := range sorted(b.options.Roles) {
		o, at := b.options.Roles[role], b.place.At("roles", role)
		for i, name := range o.Operations {
			if name != "*" && !slices.Contains(operations, name) {
				b.problem(at.At("operations").Item(i).Problem(source.DidYouMean("write an operationId, or as in \"GET /pets/{id}\"", name, operations...), "the contract has no operation %q", name))
			}
		}
		for i, name := range o.Tags {
			if !slices.Contains(tags, name) {
				b.problem(at.At("tags").Item(i).Problem(source.DidYouMean("write a tag that operations of the contract have", name, tags...), "no operation of the contract has the tag %q", name))
			}
		}
	}
	for _, op := range b.contract.Operations {
		own, _ := of(&b.options, op)
		if !own.Public && !op.Public() && own.Roles == nil && len(b.openers(op)) == 0 {
			b.problem(b.place.At("roles").Warning("name it, or one of its tags, under a role that may call it", "no role opens %s, so that nobody can call it", op.Name()))
		}
	}
}
