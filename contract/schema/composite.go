package schema

// mark is how high the stacks stood, so that a branch that failed leaves
// nothing behind.
type mark struct {
	spans, votes, declared, decoded, names, slots, wide, items, sums, bits, depth, rounds, silent, frame int
	closed                                                                                               bool
	bad                                                                                                  failure
}

func (st *State) mark() mark {
	return mark{
		len(st.Spans), len(st.votes), len(st.declared), len(st.decoded), len(st.names), len(st.slots), len(st.wide),
		len(st.items), len(st.sums), len(st.bits), st.depth, st.rounds, st.silent, st.frame, st.closed, st.bad,
	}
}

// undo forgets what a branch did; st.bad stays, since it may be reported.
func (st *State) undo(m *mark) {
	st.Spans, st.votes, st.declared = st.Spans[:m.spans], st.votes[:m.votes], st.declared[:m.declared]
	st.decoded, st.names, st.slots = st.decoded[:m.decoded], st.names[:m.names], st.slots[:m.slots]
	st.wide, st.items, st.sums, st.bits = st.wide[:m.wide], st.items[:m.items], st.sums[:m.sums], st.bits[:m.bits]
	st.depth, st.rounds, st.silent, st.frame, st.closed = m.depth, m.rounds, m.silent, m.frame, m.closed
}

// charge takes the bytes from i to end off what may be read again.
func (st *State) charge(i, end int) bool {
	if end < 0 {
		end = max(st.last, i)
	}
	st.work -= end - i + 16
	if st.work < 0 {
		st.stop(wBudget, i)
		return false
	}
	return true
}

// branch tries n on the value at i. Should it fail, nothing of it is left but
// the reason.
func (st *State) branch(n *node, d []byte, i int, track bool) int {
	m := st.mark()
	if track {
		st.frame, st.closed = len(st.bits), false
	}
	end := st.value(n, d, i, track)
	if !st.charge(i, end) || end < 0 {
		st.undo(&m)
		return -1
	}
	if track {
		st.merge(m.frame, m.closed)
	}
	return end
}

// conditional asks whether n holds for the value at i and has no other
// effect: nothing is closed, tagged or reported.
func (st *State) conditional(n *node, d []byte, i int) int {
	m := st.mark()
	st.silent++
	end := st.value(n, d, i, false)
	st.undo(&m)
	if !st.fatal {
		st.bad = m.bad
	}
	return end
}

// composite judges the value at i by a node that has tags or composites.
func (st *State) composite(n *node, d []byte, i int, track bool) int {
	m := n.more
	if m == nil {
		return st.tagged(n, i, st.plainValue(n, d, i, track))
	}
	if uint(i) >= uint(len(d)) {
		return st.syntax(i)
	}
	kind := kindOf[d[i]]
	if kind == 0 {
		return st.syntax(i)
	}
	if kind&n.accept == 0 {
		return st.fail(wType, n, i, i, 0)
	}
	if kind == kNull && m.nullable {
		return st.tagged(n, i, st.literal(d, i, "null"))
	}
	own := m.unevaluatedItems != nil || m.unevaluatedProperties != nil || !track && n.flags&closing != 0
	outer, outerClosed := st.frame, st.closed
	if own {
		st.frame, st.closed = len(st.bits), false
	}
	if m.passes > 1 {
		st.rounds++
	}
	end := st.parts(n, d, i, kind, track || own)
	if m.passes > 1 && end >= 0 {
		st.rounds--
	}
	if own && end >= 0 {
		end = st.settle(n, d, i, end, kind, track)
		if track {
			st.merge(outer, outerClosed)
		} else if end >= 0 {
			st.bits = st.bits[:st.frame]
			st.frame, st.closed = outer, outerClosed
		}
	}
	return st.tagged(n, i, end)
}

// tagged emits the node's tags for an accepted value.
func (st *State) tagged(n *node, i, end int) int {
	if end >= 0 && n.tags != nil && st.silent == 0 {
		for _, t := range n.tags.list {
			st.Spans = append(st.Spans, Span{t, uint32(i), uint32(end)})
		}
		if st.texts && st.data[i] == '"' {
			for _, t := range n.tags.texts {
				st.Spans = append(st.Spans, Span{t, uint32(i), uint32(end)})
			}
		}
	}
	return end
}

// within takes back the spans from at on: of what stands in a member that goes
// as a whole.
func (st *State) within(at int) {
	for n := len(st.Spans); n > 0 && int(st.Spans[n-1].Start) >= at; n-- {
		st.Spans = st.Spans[:n-1]
	}
}

// free emits t, TagLoose or TagName, for the string from i to end; end below 0
// is a failure, and passed on.
func (st *State) free(t Tag, i, end int) int {
	if st.loose && end >= 0 && st.silent == 0 {
		st.Spans = append(st.Spans, Span{t, uint32(i), uint32(end)})
	}
	return end
}

// parts applies the node's own rules and its composites, in the order of how
// little they cost.
func (st *State) parts(n *node, d []byte, i int, kind kinds, track bool) int {
	m := n.more
	end := -1
	if m.base || kind&(kArray|kObject) == 0 {
		if end = st.plainValue(n, d, i, track); end < 0 {
			return -1
		}
	} else if kind&n.types == 0 {
		return st.fail(wType, n, i, i, 0)
	}
	if m.hasConsts && kind&(kArray|kObject) != 0 && !st.constant(n, d, i) {
		return -1
	}
	for _, b := range m.all {
		if end = st.value(b, d, i, track); end < 0 || m.passes > 1 && !st.charge(i, end) {
			return -1
		}
	}
	if m.one != nil {
		if end = st.oneOf(n, d, i, kind, track); end < 0 {
			return -1
		}
	}
	if m.any != nil {
		if end = st.anyOf(n, d, i, kind, track); end < 0 {
			return -1
		}
	}
	if m.not != nil {
		e := st.conditional(m.not, d, i)
		if e >= 0 {
			return st.fail(wNot, n, i, e, 0)
		}
		if st.fatal || !st.charge(i, e) {
			return -1
		}
	}
	if m.cond != nil && !st.ifThenElse(m.cond, d, i, track) {
		return -1
	}
	if len(m.depends) > 0 && kind == kObject && !st.dependentSchemas(n, d, i, end, track) {
		return -1
	}
	return end
}

// ifThenElse applies if, then and else (JSON Schema Core section 10.2.2). The
// condition's annotations count when it holds.
func (st *State) ifThenElse(c *condition, d []byte, i int, track bool) bool {
	m := st.mark()
	st.silent++
	if track {
		st.frame = len(st.bits)
	}
	end := st.value(c.when, d, i, track)
	if st.fatal || !st.charge(i, end) {
		return false
	}
	st.bad = m.bad
	next := c.otherwise
	if end < 0 {
		st.undo(&m)
	} else {
		next = c.then
		st.silent = m.silent
		if track {
			st.merge(m.frame, m.closed)
			st.closed = m.closed
		}
	}
	if next == nil {
		st.idle(c.then, track)
		st.idle(c.otherwise, track)
		return true
	}
	end = st.value(next, d, i, track)
	return end >= 0 && st.charge(i, end)
}

// idle takes notice of a part that does not apply to this value: where it
// names properties, the object is closed without them.
func (st *State) idle(n *node, track bool) {
	if track && n != nil && n.flags&closing != 0 {
		st.closed = true
	}
}

func (st *State) dependentSchemas(n *node, d []byte, i, end int, track bool) bool {
	for k := range n.more.depends {
		dep := &n.more.depends[k]
		at, reach := st.property(d, i, dep.name)
		if !st.charge(i, reach) {
			return false
		}
		if at < 0 {
			st.idle(dep.node, track)
			continue
		}
		e := st.value(dep.node, d, i, track)
		if e < 0 || !st.charge(i, e) {
			return false
		}
	}
	return true
}
