package schema

// Frames are bit sets of the members or items that a schema has evaluated at
// one place of the document. The current frame is always the top of st.bits;
// a branch has a frame of its own, which is merged when it succeeds.

// evaluated marks the k-th member or item in the current frame.
func (st *State) evaluated(k int) {
	w := st.frame + k>>6
	for len(st.bits) <= w {
		st.bits = append(st.bits, 0)
	}
	st.bits[w] |= 1 << (k & 63)
}

func (st *State) isEvaluated(k int) bool {
	w := st.frame + k>>6
	return w < len(st.bits) && st.bits[w]&(1<<(k&63)) != 0
}

// merge adds the current frame to the one below, which begins at outer, and
// makes that current.
func (st *State) merge(outer int, outerClosed bool) {
	own := st.frame - outer // words of the outer frame
	top := st.bits[st.frame:]
	for i, w := range top {
		if i < own {
			st.bits[outer+i] |= w
		} else {
			st.bits[outer+i] = w // below what is still to be read from top
		}
	}
	st.bits = st.bits[:outer+max(own, len(top))]
	st.frame = outer
	st.closed = st.closed || outerClosed
}

// settle applies what may only be judged when all parts of n have succeeded:
// unevaluatedItems, unevaluatedProperties, and closing by implication.
func (st *State) settle(n *node, d []byte, i, end int, kind kinds, track bool) int {
	m := n.more
	switch {
	case kind == kArray && m.unevaluatedItems != nil:
		return st.leftItems(n, d, i, end)
	case kind == kObject && m.unevaluatedProperties != nil:
		return st.leftMembers(n, m.unevaluatedProperties, d, i, end)
	case kind == kObject && !track && st.closed && st.silent == 0 && st.Undeclared != Allow && !st.confirm:
		return st.leftMembers(n, nil, d, i, end)
	}
	return end
}

// leftItems judges the items that nothing evaluated.
func (st *State) leftItems(n *node, d []byte, start, end int) int {
	i := space(d, start+1)
	for k := 0; d[i] != ']'; k++ {
		e := jump(d, i)
		if !st.isEvaluated(k) {
			if n.more.unevaluatedItems == never {
				return st.fail(wUnevaluatedItems, n, start, e, k)
			}
			if st.value(n.more.unevaluatedItems, d, i, false) < 0 {
				return -1
			}
			st.evaluated(k)
		}
		if i = space(d, e); d[i] == ',' {
			i = space(d, i+1)
		}
	}
	if !st.charge(start, end) {
		return -1
	}
	return end
}

// leftMembers judges the members that nothing evaluated by rule, or leaves
// them out when it is nil.
func (st *State) leftMembers(n, rule *node, d []byte, start, end int) int {
	i := space(d, start+1)
	for k := 0; d[i] != '}'; k++ {
		key := i
		i = colon(d, jumpString(d, i))
		e := jump(d, i)
		if !st.isEvaluated(k) {
			switch {
			case rule == nil:
				if st.Undeclared == Refuse && st.rounds == 0 {
					st.stop(wUndeclared, start)
					st.bad.node = n
					return -1
				}
				if !st.confirm && st.full(key) {
					return -1
				}
				st.leave(n, start, key, e)
			case rule == never:
				return st.fail(wUnevaluatedProperties, n, start, e, k)
			default:
				if st.value(rule, d, i, false) < 0 {
					return -1
				}
				st.evaluated(k)
				if st.confirm {
					st.declared = append(st.declared, declaredKey(key, false))
				}
			}
		}
		if i = space(d, e); d[i] == ',' {
			i = space(d, i+1)
		}
	}
	if !st.charge(start, end) {
		return -1
	}
	return end
}
