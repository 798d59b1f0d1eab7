package owner

import (
	"errors"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
)

// What follows tells others, who decide by rules of their own, what this guard
// knows of the objects that a request names.

// Told are the kinds of objects that path and query name, sorted.
func (g *Guard) Told() (names []string) {
	for i := range g.parameters {
		names = append(names, g.parameters[i].kind.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Kinds are all kinds of objects that the guard judges, sorted: also those that
// bodies and answers hold.
func (g *Guard) Kinds() []string {
	names := g.Told()
	if g.creates != nil {
		names = append(names, g.creates.name)
	}
	for k := range g.held {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var errTold = errors.New("who owns an object cannot be found out")

// Owner says whether the caller owns all objects of a kind that path and query
// name, and whether somebody is known to own each. The names are what the guard
// goes by: who may reach them all the same, makes no difference here. Of a
// caller who is nobody it says neither. An error is for now.
func (g *Guard) Owner(x *gate.Exchange, kind string) (caller, known bool, err error) {
	if x.Principal == nil {
		return false, false, nil
	}
	s := open()
	defer s.close()
	worst := nothing
	for i := range g.parameters {
		if p := &g.parameters[i]; p.kind.name == kind {
			worst = worse(worst, g.lookUp(x, s, p))
		}
	}
	if worst == unavailable {
		return false, false, errTold
	}
	return worst == nothing, worst != unknownObject, nil
}

// spared reports whether the caller is not asked for objects of a kind: by a
// role, or since a rule that lets the call through shares them. Rules that are only
// observed open nothing that is enforced.
func (g *Guard) spared(x *gate.Exchange, k *kind) bool {
	return slices.Contains(x.Shares, k.name) && (g.observe || !x.Assumed) || x.Principal != nil && excepted(x, k)
}
