package ssrf

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
)

// Setting is one field with hosts and networks of its own.
type Setting struct {
	// Name is a property as in "Order/callback", a part of every body that has it
	// as in "body:/callback" or of the body of one operation as in "import
	// body:/from", a parameter of an operation as in "import?from", or one of a
	// path as in "/hooks/{target}".
	Name  string
	Allow Allowed
	Place Place
}

// Place is where a setting was written.
type Place interface {
	Problem(hint, format string, args ...any) source.Problem
}

// rank says which of several settings of one value counts: the highest.
type rank uint8

const (
	byNothing rank = iota
	bySchema
	byBody
	byOperation
)

// scope is where the setting of a schema object holds.
type scope struct {
	op    int // the number of an operation, 0 for all
	rank  rank
	allow *Allowed
}

// given are the settings of a schema object, sorted by operation. An operation
// that is not among them has what holds for all, if anything does.
type given []scope

// of returns the setting that holds for an operation.
func (g given) of(op int) (allow *Allowed, by rank) {
	if i, found := slices.BinarySearchFunc(g, op, func(s scope, op int) int { return cmp.Compare(s.op, op) }); found {
		return g[i].allow, g[i].rank
	}
	if len(g) > 0 && g[0].op == 0 {
		return g[0].allow, g[0].rank
	}
	return nil, byNothing
}

const howToName = `write a property as in Order/callback, a part of a body as in "import body:/from", a parameter as in import?from, or /hooks/{target}`

// setting finds what a setting names in c, and notes it.
func (r *Rules) setting(c *contract.Contract, s *Setting, allow *Allowed) {
	name, pointer, body := bodyOf(s.Name)
	var wrong, hint string
	switch {
	case body:
		wrong, hint = r.bodies(c, s.Name, name, pointer, allow)
	case strings.HasPrefix(s.Name, "/") || strings.Contains(s.Name, "?"):
		wrong, hint = r.parameter(c, s.Name)
	default:
		wrong, hint = r.property(c, s.Name, allow)
	}
	if wrong != "" {
		r.problems = append(r.problems, s.Place.Problem(hint, "%s", wrong))
	}
}

// bodyOf takes "OPERATION body:POINTER" apart; without an operation all are
// meant.
func bodyOf(name string) (operation, pointer string, ok bool) {
	if pointer, ok = strings.CutPrefix(name, "body:"); ok {
		return "", pointer, true
	}
	i := strings.LastIndex(name, " body:")
	if i < 0 {
		return "", "", false
	}
	return name[:i], name[i+len(" body:"):], true
}

// property notes a setting of a property of a schema.
func (r *Rules) property(c *contract.Contract, name string, allow *Allowed) (wrong, hint string) {
	place, wrong, hint := reach.Find(c, name)
	if wrong != "" {
		if first, way, ok := strings.Cut(name, "/"); ok && r.operation(c, first) != nil {
			return wrong, `for a part of the body of that operation, write "` + first + " body:/" + way + `"`
		}
		return wrong, hint
	}
	for _, n := range place.Schemas {
		r.give(n, scope{0, bySchema, allow})
	}
	return "", ""
}

// bodies notes a setting of a part of the body of one operation, or of all that
// have it. Each operation has it for itself, also where several share a schema.
func (r *Rules) bodies(c *contract.Contract, all, name, pointer string, allow *Allowed) (wrong, hint string) {
	if pointer != "" && pointer[0] != '/' {
		return all + ": a part of a body is named by a JSON pointer", "write body:/" + pointer
	}
	by := byBody
	if name != "" {
		if by = byOperation; r.operation(c, name) == nil {
			return r.unknown(c, name)
		}
	}
	found := false
	for i, op := range c.Operations {
		if name != "" && !slices.Contains(r.options.Names(op), name) || op.Body == nil {
			continue
		}
		for _, m := range op.Body.Media {
			if m.Schema == nil {
				continue
			}
			nodes, why := reach.Below(c, m.Schema, pointer)
			for _, n := range nodes {
				found = true
				r.give(n, scope{i + 1, by, allow})
			}
			if wrong == "" || strings.HasPrefix(why, "did you mean") && !strings.HasPrefix(hint, "did you mean") {
				wrong, hint = all+": no such part of a body is described", why
			}
		}
	}
	switch {
	case found:
		return "", ""
	case wrong == "":
		return all + ": no body there has a schema", howToName
	}
	return wrong, hint
}

// give notes a setting of a schema object, in the place of one of a lower rank.
func (r *Rules) give(n *source.Node, s scope) {
	list := r.at[n]
	for i := range list {
		if at := &list[i]; at.op == s.op {
			if s.rank >= at.rank {
				*at = s
			}
			return
		}
	}
	r.at[n] = append(list, s)
}

// sortScopes readies what settings gave, once all are noted. What holds for an
// operation is at least of the rank of what holds for all.
func (r *Rules) sortScopes() {
	for list := range maps.Values(r.at) {
		slices.SortFunc(list, func(a, b scope) int { return cmp.Compare(a.op, b.op) })
	}
}

// parameter says what is wrong with the name of a parameter, if anything is.
func (r *Rules) parameter(c *contract.Contract, name string) (wrong, hint string) {
	for _, op := range c.Operations {
		for _, p := range op.Parameters {
			if r.means(op, p, name) {
				return "", ""
			}
		}
	}
	operation, parameter, ok := strings.Cut(name, "?")
	if !ok {
		return `the contract has no path that begins as "` + name + `" and has the parameter there`, howToName
	}
	op := r.operation(c, operation)
	if op == nil {
		return r.unknown(c, operation)
	}
	var known []string
	for _, p := range op.Parameters {
		if p.In != contract.Path {
			known = append(known, p.Name)
		}
	}
	return name + `: the operation has no parameter "` + parameter + `"`, source.DidYouMean("write the name of a parameter of its query, fields or cookies", parameter, known...)
}

// means reports whether the name of a setting means p of op.
func (r *Rules) means(op *contract.Operation, p *contract.Parameter, name string) bool {
	if operation, parameter, ok := strings.Cut(name, "?"); ok && p.In != contract.Path {
		return p.Name == parameter && slices.Contains(r.options.Names(op), operation)
	}
	return p.In == contract.Path && strings.HasSuffix(name, "{"+p.Name+"}") && strings.HasPrefix(op.Path, name)
}

// operation returns the first operation that a name means, nil for none.
func (r *Rules) operation(c *contract.Contract, name string) *contract.Operation {
	for _, op := range c.Operations {
		if slices.Contains(r.options.Names(op), name) {
			return op
		}
	}
	return nil
}

// unknown says that no operation has a name.
func (r *Rules) unknown(c *contract.Contract, name string) (wrong, hint string) {
	var known []string
	for _, op := range c.Operations {
		known = append(known, r.options.Names(op)...)
	}
	return `the contract has no operation "` + name + `"`, source.DidYouMean("write an operationId, or as in \"GET /pets/{id}\"", name, known...)
}
