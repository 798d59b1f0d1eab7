package schema

// Steady reports whether a document that s accepts is still accepted when the
// members are gone that the policies drop: nothing that s reaches counts
// members, compares values or chooses between parts. It errs on the side of
// false. Whoever cuts a document need not read what is left again then.
func (s *Schema) Steady() bool {
	if s == nil || s.root == nil {
		return false
	}
	w := &steadiness{seen: make(map[*node]bool)}
	return w.steady(s.root) && !(w.parts && w.directed)
}

// steadiness looks at every node once.
type steadiness struct {
	seen     map[*node]bool
	parts    bool // some value is read by several parts
	directed bool // some property is readOnly or writeOnly, which the other parts may not know
}

func (w *steadiness) steady(n *node) bool {
	if n == nil || w.seen[n] {
		return true
	}
	w.seen[n] = true
	return n.flags&broken == 0 && w.object(n.obj) && w.array(n.arr) && w.composite(n.more)
}

func (w *steadiness) object(o *objectRule) bool {
	if o == nil {
		return true
	}
	if o.min > 0 || o.rare != nil && len(o.rare.dependent) > 0 {
		return false
	}
	for i := range o.props {
		p := &o.props[i]
		if p.flags&declared == 0 || !w.steady(p.node) { // one that is only required could be dropped
			return false
		}
		w.directed = w.directed || p.flags&(notAsked|notAnswered) != 0
	}
	if o.rare != nil {
		for _, p := range o.rare.patterns {
			if !w.steady(p.node) {
				return false
			}
			w.directed = w.directed || p.ways != 0
		}
	}
	w.directed = w.directed || o.others != 0
	return w.steady(o.additional)
}

func (w *steadiness) array(a *arrayRule) bool {
	if a == nil {
		return true
	}
	if a.unique || a.contains != nil || !w.steady(a.items) {
		return false
	}
	for _, item := range a.prefix {
		if !w.steady(item) {
			return false
		}
	}
	return true
}

func (w *steadiness) composite(c *composite) bool {
	if c == nil {
		return true
	}
	w.parts = w.parts || len(c.all) > 0
	if c.any != nil || c.one != nil || c.not != nil || c.cond != nil || len(c.depends) > 0 || c.hasConsts || len(c.consts) > 0 ||
		c.unevaluatedItems != nil || c.unevaluatedProperties != nil {
		return false
	}
	for _, part := range c.all {
		if !w.steady(part) {
			return false
		}
	}
	return true
}
