package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// judgeOf returns what judges a rule: a validator that knows of all operations
// which the rule cannot tell apart only one. The library looks at each operation
// with each kind of caller, which takes long where there are a thousand.
func (c *checker) judgeOf(r *rule) *validate.Validator {
	if asksForAction(r.ast) {
		return c.judge
	}
	actions := make(map[types.EntityUID]resolved.Action)
	seen := make(map[string]bool)
	for _, o := range c.order {
		if !r.action(o) {
			continue
		}
		if alike := fmt.Sprint(o.open) + o.context.print(&r.reads); !seen[alike] {
			seen[alike] = true
			actions[o.uid] = c.schema.Actions[o.uid]
		}
	}
	if len(actions) == 0 {
		return c.judge // the scope names nothing: let it say so
	}
	for uid, a := range c.schema.Actions {
		if a.AppliesTo == nil { // a group
			actions[uid] = a
		}
	}
	var named []types.EntityUID
	switch s := r.ast.Action.(type) {
	case ast.ScopeTypeEq:
		named = append(named, s.Entity)
	case ast.ScopeTypeIn:
		named = append(named, s.Entity)
	case ast.ScopeTypeInSet:
		named = s.Entities
	}
	for _, uid := range named {
		if a, ok := c.schema.Actions[uid]; ok {
			actions[uid] = a
		}
	}
	narrow := *c.schema
	narrow.Actions = actions
	return validate.New(&narrow)
}

// asksForAction reports whether the conditions of a rule look at the action.
func asksForAction(p *ast.Policy) (asks bool) {
	for _, c := range p.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			if v, ok := n.(ast.NodeTypeVariable); ok && v.Name == "action" {
				asks = true
			}
			return !asks
		})
	}
	return asks
}

// print tells types apart in the parts that are asked for.
func (t *typ) print(reads *need) string {
	var b strings.Builder
	fmt.Fprint(&b, t.kind)
	if t.item != nil {
		fmt.Fprint(&b, t.item.kind)
	}
	if t.kind != record {
		return b.String()
	}
	if reads != nil && !reads.whole {
		for _, name := range sorted(reads.parts) {
			if f := t.find(name); f != nil {
				fmt.Fprintf(&b, "(%s %v %s)", name, f.optional, f.typ.print(reads.parts[name]))
			}
		}
		return b.String()
	}
	fields := slices.Clone(t.fields)
	slices.SortFunc(fields, func(x, y field) int { return strings.Compare(x.name, y.name) })
	for _, f := range fields {
		fmt.Fprintf(&b, "(%s %v %s)", f.name, f.optional, f.typ.print(nil))
	}
	return b.String()
}
