package schema

import "slices"

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
// of strings in requests.
func (s *Schema) Tags() []Tag {
	if s == nil || s.root == nil || s.untold {
		return nil
	}
	w := &tagWalk{seen: make(map[*node]bool), found: make(map[Tag]bool)}
	w.node(s.root)
	list := make([]Tag, 0, len(w.found))
	for t := range w.found {
		list = append(list, t)
	}
	slices.Sort(list)
	return list
}

// tagWalk looks at every node once. What only conditions reach tags nothing.
type tagWalk struct {
	seen  map[*node]bool
	found map[Tag]bool
	texts bool
}

func (w *tagWalk) nodes(list []*node) {
	for _, n := range list {
		w.node(n)
	}
}

func (w *tagWalk) node(n *node) {
	if n == nil || w.seen[n] {
		return
	}
	w.seen[n] = true
	if n.tags != nil {
		for _, t := range n.tags.list {
			w.found[t] = true
		}
		w.texts = w.texts || len(n.tags.texts) > 0
	}
	if o := n.obj; o != nil {
		for i := range o.props {
			w.node(o.props[i].node)
		}
		w.node(o.additional)
		if o.rare != nil {
			for i := range o.rare.patterns {
				w.node(o.rare.patterns[i].node)
			}
		}
	}
	if a := n.arr; a != nil {
		w.nodes(a.prefix)
		w.node(a.items)
	}
	w.composite(n.more)
}

func (w *tagWalk) composite(m *composite) {
	if m == nil {
		return
	}
	w.nodes(m.all)
	for _, c := range []*choice{m.any, m.one} {
		if c != nil {
			w.nodes(c.branches)
		}
	}
	if m.cond != nil { // what holds of the condition is not tagged
		w.node(m.cond.then)
		w.node(m.cond.otherwise)
	}
	for i := range m.depends {
		w.node(m.depends[i].node)
	}
	w.node(m.unevaluatedItems)
	w.node(m.unevaluatedProperties)
}
