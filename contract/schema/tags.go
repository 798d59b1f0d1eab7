package schema

import (
	"maps"
	"slices"
)

// Hears reports whether a request may hold a string whose place the reader
// tells: one with a tag of strings, or one that no schema describes.
func (s *Schema) Hears() bool {
	if s == nil || s.root == nil || s.tagless && !s.loose {
		return false
	}
	if s.loose {
		return true // few schemas are so closed that it pays to look
	}
	w := &tagWalk{seen: make(map[*node]bool), found: make(map[Tag]bool)}
	w.node(s.root)
	return w.texts
}

// Tags returns the tags of all that s reaches, sorted, each once, but for those
// of strings in requests. The list is shared: it is not to be changed.
func (s *Schema) Tags() []Tag {
	if s == nil || s.root == nil || s.untold {
		return nil
	}
	if !s.reached.many {
		return s.reached.tags
	}
	w := &tagWalk{seen: make(map[*node]bool), found: make(map[Tag]bool)}
	w.node(s.root)
	return slices.Sorted(maps.Keys(w.found))
}

// tagWalk looks at every node once. What only conditions reach tags nothing.
type tagWalk struct {
	seen  map[*node]bool
	found map[Tag]bool
	texts bool
}

func (w *tagWalk) node(n *node) {
	if w.seen[n] {
		return
	}
	w.seen[n] = true
	if n.tags != nil {
		for _, t := range n.tags.list {
			w.found[t] = true
		}
		w.texts = w.texts || len(n.tags.texts) > 0
	}
	n.below(w.node)
}

// below calls f with the nodes that tag values of n or within them.
func (n *node) below(f func(*node)) {
	call := func(n *node) {
		if n != nil {
			f(n)
		}
	}
	calls := func(list []*node) {
		for _, n := range list {
			call(n)
		}
	}
	if o := n.obj; o != nil {
		for i := range o.props {
			call(o.props[i].node)
		}
		call(o.additional)
		if o.rare != nil {
			for i := range o.rare.patterns {
				call(o.rare.patterns[i].node)
			}
		}
	}
	if a := n.arr; a != nil {
		calls(a.prefix)
		call(a.items)
	}
	m := n.more
	if m == nil {
		return
	}
	calls(m.all)
	for _, c := range []*choice{m.any, m.one} {
		if c != nil {
			calls(c.branches)
		}
	}
	if m.cond != nil { // what holds of the condition is not tagged
		call(m.cond.then)
		call(m.cond.otherwise)
	}
	for i := range m.depends {
		call(m.depends[i].node)
	}
	call(m.unevaluatedItems)
	call(m.unevaluatedProperties)
}

// reached is the tags of all that a node reaches.
type reached struct {
	tags []Tag
	many bool // more than maxReached, which are not kept
}

// maxReached bounds what is kept for each node.
const maxReached = 64

var nothing = new(reached)

// tagReach finds the tags that nodes reach, each node once for all schemas of a
// compiler: documents whose schemas refer to each other would else be walked
// whole for each media type, by each guard. Schemas in a circle reach the same
// (Tarjan, Depth-first search and linear graph algorithms, 1972).
type tagReach struct {
	known map[*node]*reached
	order map[*node]int // in which they were met; from 1
	open  []*node       // that may be in a circle with one still to come
}

// of returns what n reaches. n is compiled to its end.
func (r *tagReach) of(n *node) *reached {
	if r.known == nil {
		r.known, r.order = make(map[*node]*reached), make(map[*node]int)
	}
	if known := r.known[n]; known != nil {
		return known
	}
	r.visit(n)
	return r.known[n]
}

// visit returns the number of the first node that n is in a circle with.
func (r *tagReach) visit(n *node) int {
	at, number := len(r.open), len(r.order)+1
	first := number
	r.order[n] = number
	r.open = append(r.open, n)
	n.below(func(m *node) {
		switch {
		case r.known[m] != nil:
		case r.order[m] > 0:
			first = min(first, r.order[m])
		default:
			first = min(first, r.visit(m))
		}
	})
	if first == number {
		r.close(r.open[at:])
		r.open = r.open[:at]
	}
	return first
}

// close notes what the nodes of a circle reach, or one node by itself.
func (r *tagReach) close(circle []*node) {
	var all reached
	add := func(list []Tag) {
		for _, t := range list {
			if at, found := slices.BinarySearch(all.tags, t); !found && !all.many {
				all.tags = slices.Insert(all.tags, at, t)
				all.many = len(all.tags) > maxReached
			}
		}
	}
	for _, n := range circle {
		if n.tags != nil {
			add(n.tags.list)
		}
		n.below(func(m *node) {
			if known := r.known[m]; known != nil {
				add(known.tags)
				all.many = all.many || known.many
			}
		})
	}
	sum := &all
	switch {
	case all.many:
		all.tags = nil
	case len(all.tags) == 0:
		sum = nothing
	}
	for _, n := range circle {
		r.known[n] = sum
	}
}
