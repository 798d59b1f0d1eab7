package policy

import (
	"fmt"
	"slices"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Account is what one rule says of a call, for people. It may hold what the
// rule itself says, and nothing of the call.
type Account struct {
	ID      string   `json:"id"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
	Effect  string   `json:"effect"` // permit, forbid
	Applies bool     `json:"applies"`
	Fails   bool     `json:"fails,omitempty"`   // it could not be looked at: if it forbids, it has forbidden
	Missing []string `json:"missing,omitempty"` // why it does not apply
}

// Explain asks each rule that could speak of the operation what it says of x,
// which is as the guard has judged it. readable is false for a call that no
// rule can judge: it holds a value that is not what the contract, or the
// configuration, says.
func (g *Guard) Explain(x *gate.Exchange) (list []Account, readable bool) {
	who := g.set.callers.of(x.Principal)
	context, err := g.operation.contextOf(x, x.Received, &g.both, x.Body)
	if err != nil || who.broken {
		return nil, false
	}
	env := eval.Env{Entities: &call{who: who, operation: g.operation}, Principal: who.entity.UID, Action: g.operation.uid, Resource: g.set.api, Context: context}
	for _, r := range g.set.rules {
		if r.speaksOf(g.operation) {
			list = append(list, r.account(who, env))
		}
	}
	return list, true
}

// Schema is what rules can speak of, as Cedar writes schemas.
func (g *Guard) Schema() string { return g.set.text }

// Place is where a rule stands that can speak of calls of the guard's API; the
// zero Position where there is none of that id.
func (g *Guard) Place(id string) source.Position {
	for _, r := range g.set.rules {
		if r.id == id {
			return r.file.position(r.start)
		}
	}
	return source.Position{}
}

func (r *rule) account(who *caller, env eval.Env) Account {
	at := r.file.position(r.start)
	a := Account{ID: r.id, File: at.File, Line: at.Line, Effect: "permit"}
	if r.forbid {
		a.Effect = "forbid"
	}
	if why := r.isFor(who); why != "" {
		a.Missing = append(a.Missing, why)
	}
	for _, c := range r.ast.Conditions {
		missing, fails := unmet(c, env)
		a.Missing = append(a.Missing, missing...)
		if fails {
			// Behind the scope, a rule fails at the first condition that does.
			a.Fails = len(a.Missing) == 1
			break
		}
	}
	a.Applies = len(a.Missing) == 0
	return a
}

// isFor says why a rule is not for a caller, "" when it is.
func (r *rule) isFor(who *caller) string {
	uid := who.entity.UID
	in := func(e types.EntityUID) bool { return e == uid || slices.Contains(who.roles, e) }
	ok := true
	var text string
	switch s := r.ast.Principal.(type) {
	case ast.ScopeTypeEq:
		ok, text = s.Entity == uid, fmt.Sprintf("principal == %v", s.Entity)
	case ast.ScopeTypeIn:
		ok, text = in(s.Entity), fmt.Sprintf("principal in %v", s.Entity)
	case ast.ScopeTypeIs:
		ok, text = s.Type == uid.Type, fmt.Sprintf("principal is %v", s.Type)
	case ast.ScopeTypeIsIn:
		ok, text = s.Type == uid.Type && in(s.Entity), fmt.Sprintf("principal is %v in %v", s.Type, s.Entity)
	}
	if ok {
		return ""
	}
	return text
}

// unmet returns the parts of a condition that keep a rule from applying.
func unmet(c ast.ConditionType, env eval.Env) (missing []string, fails bool) {
	if c.Condition == ast.ConditionUnless {
		switch v, err := eval.Eval(c.Body, env); {
		case err != nil:
			return []string{"fails: " + shown(expression(c.Body))}, true
		case v == types.True:
			return []string{"not (" + shown(expression(c.Body)) + ")"}, false
		}
		return nil, false
	}
	for _, part := range conjuncts(nil, c.Body) {
		v, err := eval.Eval(part, env)
		switch {
		case err != nil && len(missing) == 0:
			return []string{"fails: " + shown(expression(part))}, true
		case err != nil: // it is not looked at behind what is false, and may lean on it
		case v != types.True:
			missing = append(missing, shown(expression(part)))
		}
	}
	return missing, false
}

// conjuncts are the parts of an expression that must all hold.
func conjuncts(list []ast.IsNode, n ast.IsNode) []ast.IsNode {
	if and, ok := n.(ast.NodeTypeAnd); ok {
		return conjuncts(conjuncts(list, and.Left), and.Right)
	}
	return append(list, n)
}
