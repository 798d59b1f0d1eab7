package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// speaksOf reports whether a rule could ever decide about an operation, by its
// scope. Where it cannot tell, it could.
func (r *rule) speaksOf(o *operation) bool {
	return r.action(o) && r.resource(o) && r.callers(o)
}

func (r *rule) action(o *operation) bool {
	in := func(uid types.EntityUID) bool { return uid == o.uid || slices.Contains(o.groups, uid) }
	switch s := r.ast.Action.(type) {
	case ast.ScopeTypeEq:
		return s.Entity == o.uid
	case ast.ScopeTypeIn:
		return in(s.Entity)
	case ast.ScopeTypeInSet:
		return slices.ContainsFunc(s.Entities, in)
	}
	return true
}

func (r *rule) resource(o *operation) bool {
	uid, ok := entityOf(r.ast.Resource)
	return !ok || uid == o.api
}

// callers reports whether whoever the rule is for may come to the operation.
func (r *rule) callers(o *operation) bool {
	var kind types.EntityType
	switch s := r.ast.Principal.(type) {
	case ast.ScopeTypeIs:
		kind = s.Type
	case ast.ScopeTypeIsIn:
		kind = s.Type
	case ast.ScopeTypeEq:
		kind = s.Entity.Type
	case ast.ScopeTypeIn:
		if s.Entity.Type == typeRole {
			return o.open.knows() // strangers have no role
		}
		kind = s.Entity.Type
	default:
		return true
	}
	if kind == typeAnonymous {
		return o.open.strangers()
	}
	return o.open.knows()
}
