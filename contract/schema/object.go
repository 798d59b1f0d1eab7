package schema

// object judges the object that begins at i by the rule of n. It is longer than
// our functions are: judging spends most of its time in this loop, and what
// every member needs stands in it without a call.
func (st *State) object(n *node, d []byte, i int, track bool) int {
	start := i
	if st.depth++; st.depth > maxDepth {
		return st.stop(wDepth, i)
	}
	o := n.obj
	var w walk
	w.n, w.rule, w.start, w.track, w.base = n, o, start, track, len(st.wide)
	if len(o.props) > 64 {
		st.pushWide(len(o.props))
	}
	var seen uint64
	next := 0
	i = space(d, i+1)
	for uint(i) >= uint(len(d)) || d[i] != '}' || w.count > 0 {
		w.key = i
		k := -1
		// Most writers keep the order of the schema: try the next name.
		if uint(next) < uint(len(o.props)) {
			if e := o.props[next].namedAt(d, i); e > 0 {
				k, i = next, e
			}
		}
		if k < 0 {
			if k, i = st.lookup(&w, d, i); i < 0 {
				return -1
			}
		}
		w.nameEnd = i
		if uint(i+1) < uint(len(d)) && d[i] == ':' && d[i+1] > ' ' {
			i++
		} else if i = colon(d, i); i < 0 {
			return st.syntax(w.nameEnd)
		}
		if k >= 0 {
			next = k + 1
			if k < 64 {
				bit := uint64(1) << (k & 63)
				if seen&bit != 0 {
					return st.stop(wDuplicate, w.key)
				}
				seen |= bit
			} else if !st.setWide(w.base, k) {
				return st.stop(wDuplicate, w.key)
			}
		}
		if k < 0 || o.special || track || st.confirm {
			i = st.member(&w, d, i, k)
		} else if v := o.props[k].node; v.more == nil && v.tags == nil {
			i = st.plainValue(v, d, i, false)
		} else {
			i = st.composite(v, d, i, false)
		}
		if i < 0 {
			return -1
		}
		w.count++
		if uint(i) < uint(len(d)) && d[i] <= ' ' {
			i = space(d, i)
		}
		if uint(i) >= uint(len(d)) {
			return st.syntax(i)
		}
		if d[i] == ',' {
			if i++; uint(i) < uint(len(d)) && d[i] <= ' ' {
				i = space(d, i)
			}
			continue
		}
		if d[i] != '}' {
			return st.syntax(i)
		}
		break
	}
	if i++; !st.complete(&w, seen, i) {
		return -1
	}
	st.depth--
	if w.opened {
		st.closeNames(&w.set)
	}
	if len(o.props) > 64 {
		st.wide = st.wide[:w.base]
	}
	return i
}

// walk is where the reader stands in one object.
type walk struct {
	n       *node
	rule    *objectRule
	first   Span    // the first name that the rule does not know, when it is plain
	set     nameSet // of all names that it does not know, once there are more; see opened
	start   int     // the opening brace
	key     int     // the name of the current member
	nameEnd int
	count   int // members before it
	base    int // bits of wide objects
	track   bool
	text    text // of a name that was looked up
	opened  bool // set has names
}

func (st *State) pushWide(names int) {
	for range (names + 63) / 64 {
		st.wide = append(st.wide, 0)
	}
}

func (st *State) setWide(base, k int) bool {
	word, bit := &st.wide[base+k>>6], uint64(1)<<(k&63)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

// complete judges what can only be judged at the end.
func (st *State) complete(w *walk, seen uint64, end int) bool {
	o := w.rule
	need := o.required
	switch st.Direction {
	case Request:
		need = o.inRequest
	case Answer:
		need = o.inAnswer
	}
	if len(o.props) > 64 {
		st.wide[w.base] = seen
		if k := missing(need, st.wide[w.base:]); k >= 0 {
			return st.fail(wRequired, w.n, w.start, end, k) >= 0
		}
	} else if len(need) > 0 && seen&need[0] != need[0] {
		return st.fail(wRequired, w.n, w.start, end, missing(need, []uint64{seen})) >= 0
	}
	if int32(w.count) < o.min {
		return st.fail(wMinProperties, w.n, w.start, end, 0) >= 0
	}
	if o.max >= 0 && int32(w.count) > o.max {
		return st.fail(wMaxProperties, w.n, w.start, end, 0) >= 0
	}
	if o.rare != nil && len(o.rare.dependent) > 0 && !st.dependents(w, seen, end) {
		return false
	}
	if w.track && w.n.flags&named != 0 {
		st.closed = true
	}
	return true
}

func (st *State) dependents(w *walk, seen uint64, end int) bool {
	one := [1]uint64{seen}
	have := one[:]
	if len(w.rule.props) > 64 {
		have = st.wide[w.base:]
	}
	for _, dep := range w.rule.rare.dependent {
		if have[dep.name>>6]&(1<<(dep.name&63)) == 0 {
			continue
		}
		if k := missing(dep.need, have); k >= 0 {
			return st.fail(wDependentRequired, w.n, w.start, end, k) >= 0
		}
	}
	return true
}

// missing returns the first of need that have lacks, or -1.
func missing(need, have []uint64) int {
	for i, w := range need {
		for k := range 64 {
			if w&^have[i]&(1<<k) != 0 {
				return i<<6 + k
			}
		}
	}
	return -1
}

// unknownName notes the current name, which the rule does not know; false when
// it stood in the object before. Most objects have no more than one, which needs
// no set.
func (st *State) unknownName(w *walk, d []byte) bool {
	if !w.opened {
		if w.first.End == 0 && w.text == 0 {
			w.first = Span{Start: uint32(w.key), End: uint32(w.nameEnd)}
			return true
		}
		w.set, w.opened = st.openNames(), true
		if w.first.End > 0 {
			st.addWritten(d, int(w.first.Start), int(w.first.End), 0, &w.set)
		}
	}
	return st.addWritten(d, w.key, w.nameEnd, w.text, &w.set) >= 0
}

// cutMember drops the current member, which the rule does not know: what
// member does of it where nothing else reads the object.
func (st *State) cutMember(w *walk, d []byte, i int) int {
	if !st.unknownName(w, d) || !st.miscased(w) {
		return -1
	}
	if i = st.skip(d, i); i < 0 || st.full(w.key) {
		return -1
	}
	st.within(w.key)
	st.drop(w.key, i)
	return i
}

// member judges one member that needs more than the node of its name: k is
// the property, or -1 when there is none.
func (st *State) member(w *walk, d []byte, i, k int) int {
	if k < 0 && w.rule.cuttable && !w.track && st.Undeclared == Drop && st.rounds|st.silent == 0 && !st.confirm {
		return st.cutMember(w, d, i)
	}
	if k < 0 {
		if !st.unknownName(w, d) {
			return -1
		}
	}
	rare := w.rule.rare
	if rare != nil && rare.names != nil {
		if st.conditional(rare.names, d, w.key) < 0 {
			return st.fail(wPropertyNames, w.n, w.start, w.nameEnd, 0)
		}
	}
	end, hit := -1, false
	if k >= 0 && w.rule.props[k].flags&declared != 0 {
		p := &w.rule.props[k]
		if p.flags&st.misplacedFlag() != 0 {
			return st.misplaced(w, p.node, d, i)
		}
		if rare != nil {
			st.rounds++ // patterns may read the same value
		}
		if end = st.value(p.node, d, i, false); end < 0 {
			return -1
		}
		if rare != nil {
			st.rounds--
		}
		hit = true
	}
	if rare != nil && len(rare.patterns) > 0 {
		var ok bool
		if end, ok = st.patterns(w, d, i, end, &hit); !ok {
			return -1
		}
	}
	if k < 0 && (hit || w.rule.additional != nil) {
		st.free(TagName, w.key, w.nameEnd)
	}
	if !hit {
		if w.rule.additional == nil {
			return st.undeclared(w, d, i, k)
		}
		if k < 0 && !st.miscased(w) {
			return -1
		}
		switch {
		case w.rule.additional == never:
			return st.fail(wAdditionalProperties, w.n, w.start, w.nameEnd, 0)
		case w.rule.others&st.misplacedFlag() != 0:
			return st.misplaced(w, w.rule.additional, d, i)
		}
		if end = st.value(w.rule.additional, d, i, false); end < 0 {
			return -1
		}
	}
	st.declare(w)
	st.know(w, hit || k >= 0)
	return end
}

// declare notes that the current member has been evaluated.
func (st *State) declare(w *walk) {
	if w.track {
		st.evaluated(w.count)
	}
	if st.confirm {
		st.declared = append(st.declared, declaredKey(w.key, false))
	}
}

// know notes that the name of the current member is known as it is written.
func (st *State) know(w *walk, known bool) {
	if st.confirm && known {
		st.declared = append(st.declared, declaredKey(w.key, true))
	}
}

// patterns applies patternProperties to the current member.
func (st *State) patterns(w *walk, d []byte, i, end int, hit *bool) (int, bool) {
	b := d[w.key+1 : w.nameEnd-1]
	mark := len(st.decoded)
	if hasEscape(b) {
		b = st.decode(b)
	}
	st.rounds++
	for k := range w.rule.rare.patterns {
		p := &w.rule.rare.patterns[k]
		found, ok := st.matches(p.pattern, b)
		if !ok {
			return st.stop(wBudget, w.key), false
		}
		if !found {
			continue
		}
		e := -1
		if p.ways&st.misplacedFlag() != 0 {
			e = st.misplaced(w, p.node, d, i)
		} else {
			e = st.value(p.node, d, i, false)
		}
		if e < 0 || !st.charge(i, e) {
			return -1, false
		}
		end, *hit = e, true
	}
	st.rounds--
	st.decoded = st.decoded[:mark]
	return end, true
}

func hasEscape(b []byte) bool {
	for _, c := range b {
		if c == '\\' {
			return true
		}
	}
	return false
}

// lookup reads a name and finds it among the properties; k is -1 when it is
// none of them.
func (st *State) lookup(w *walk, d []byte, i int) (k, end int) {
	if uint(i) >= uint(len(d)) || d[i] != '"' {
		return -1, st.syntax(i)
	}
	end, w.text = st.str(d, i)
	if end < 0 {
		return -1, -1
	}
	o, b := w.rule, d[i+1:end-1]
	if w.text == 0 && o.counts&countBit(len(b)) == 0 {
		return -1, end
	}
	if w.text&escaped != 0 {
		mark := len(st.decoded)
		k = o.find(st.decode(b))
		st.decoded = st.decoded[:mark]
		return k, end
	}
	return o.find(b), end
}
