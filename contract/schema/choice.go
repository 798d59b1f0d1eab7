package schema

import "slices"

// anyOf tries the branches that can accept the kind of the value. All are
// tried where each may mark or tag something, and in the second round, which
// collects what any of them knows.
func (st *State) anyOf(n *node, d []byte, i int, kind kinds, track bool) int {
	c := n.more.any
	if c.tag != nil && kind == kObject {
		return st.only(n, c, d, i, track)
	}
	bad, tried, end := st.bad, 0, -1
	every := track || st.silent == 0 && (st.confirm || n.flags&allBranches != 0)
	if c.hint != nil && kind == kObject && !every {
		if end = st.meant(c, d, i); end >= 0 || st.fatal {
			return end
		}
	}
	have := st.present(c.needs, d, i, kind)
	for k, b := range c.branches {
		if b.accept&kind == 0 || c.needs != nil && c.needs.of[k]&^have != 0 {
			continue
		}
		tried++
		e := st.branch(b, d, i, track)
		if st.fatal {
			return -1
		}
		if e < 0 {
			continue
		}
		end = e
		if !every {
			break
		}
	}
	if end >= 0 {
		st.bad = bad
		return end
	}
	return st.none(n, c, d, i, tried, wAnyOf)
}

// oneOf tries every branch that can accept the kind of the value.
func (st *State) oneOf(n *node, d []byte, i int, kind kinds, track bool) int {
	c := n.more.one
	if c.tag != nil && kind == kObject {
		return st.only(n, c, d, i, track)
	}
	bad, tried, end, matched := st.bad, 0, -1, 0
	have := st.present(c.needs, d, i, kind)
	for k, b := range c.branches {
		if b.accept&kind == 0 || c.needs != nil && c.needs.of[k]&^have != 0 {
			continue
		}
		tried++
		e := st.branch(b, d, i, track)
		if st.fatal {
			return -1
		}
		if e < 0 {
			continue
		}
		if matched++; matched > 1 {
			st.bad = bad
			return st.fail(wOneOfMany, n, i, e, len(c.branches))
		}
		end = e
	}
	if matched == 1 {
		st.bad = bad
		return end
	}
	return st.none(n, c, d, i, tried, wOneOf)
}

// none reports that no branch matched. When only one was possible, or one got
// into the value, its own reason says more; so does that of the branch that
// the discriminator names.
func (st *State) none(n *node, c *choice, d []byte, i, tried int, word keyword) int {
	if tried == 0 && !st.passedOver(d, i) {
		return -1
	}
	if c.hint != nil && kindOf[d[i]] == kObject {
		bad := st.bad
		st.bad = failure{}
		st.silent++
		st.meant(c, d, i)
		st.silent--
		if st.bad.word != 0 {
			return -1
		}
		st.bad = bad
	}
	if tried == 1 && st.bad.word != 0 && st.bad.at >= i || st.bad.word != 0 && st.bad.at > i {
		return -1
	}
	st.bad = failure{word: word, node: n, at: i, progress: max(st.last, i), detail: len(c.branches)}
	return -1
}

// meant tries the branch that the discriminator names, if any.
func (st *State) meant(c *choice, d []byte, i int) int {
	if k := st.chosen(c.hint, d, i); k >= 0 && !st.fatal {
		return st.branch(c.branches[k], d, i, false)
	}
	return -1
}

// chosen finds the branch that the tag property names: -1 when the tag is
// missing, -2 when its value is unknown.
func (st *State) chosen(t *tagChoice, d []byte, i int) int {
	at, reach := st.property(d, i, t.name)
	if !st.charge(i, reach) || at < 0 {
		return -1
	}
	return st.tagBranch(t, d, at)
}

// tagBranch finds the string at i among the values of the tag.
func (st *State) tagBranch(t *tagChoice, d []byte, i int) int {
	if i >= len(d) || d[i] != '"' {
		return -2
	}
	end := jumpString(d, i)
	if end < 0 {
		return -2
	}
	b := d[i+1 : end-1]
	mark := len(st.decoded)
	if hasEscape(b) {
		if e, _ := st.str(d, i); e < 0 {
			return -2
		}
		b = st.decode(b)
	}
	k, found := slices.BinarySearchFunc(t.values, b, compareBytes)
	st.decoded = st.decoded[:mark]
	if !found {
		return -2
	}
	return int(t.branch[k])
}

// only applies the one branch that the tag left. Without one the value is
// still read, so that a syntax error is reported as such.
func (st *State) only(n *node, c *choice, d []byte, i int, track bool) int {
	k := st.chosen(c.tag, d, i)
	if st.fatal {
		return -1
	}
	if k >= 0 {
		end := st.value(c.branches[k], d, i, track)
		if end >= 0 && n.more.passes > 1 && !st.charge(i, end) {
			return -1
		}
		return end
	}
	end := st.skip(d, i)
	if end < 0 {
		return -1
	}
	return st.fail(wDiscriminator, n, i, end, k)
}

// property finds the value of a property of the object at i, which may not
// have been read before. at is -1 when it is not there; reach is how far it
// was looked for.
func (st *State) property(d []byte, i int, name string) (at, reach int) {
	i = space(d, i+1)
	for i < len(d) && d[i] == '"' {
		key := i
		if i = jumpString(d, i); i < 0 {
			return -1, len(d)
		}
		same := string(d[key+1:i-1]) == name
		if !same && hasEscape(d[key+1:i-1]) {
			same = st.sameName(d, key, name)
		}
		if i = colon(d, i); i < 0 {
			return -1, key
		}
		if same {
			return i, i
		}
		value := i
		if i = jump(d, i); i < 0 {
			return -1, len(d)
		}
		if i = space(d, i); i >= len(d) || d[i] != ',' {
			return -1, max(i, value)
		}
		i = space(d, i+1)
	}
	return -1, i
}

func (st *State) sameName(d []byte, key int, name string) bool {
	fatal, bad, last := st.fatal, st.bad, st.last
	end, _ := st.str(d, key)
	if end < 0 {
		st.fatal, st.bad, st.last = fatal, bad, last
		return false
	}
	mark := len(st.decoded)
	same := string(st.decode(d[key+1:end-1])) == name
	st.decoded = st.decoded[:mark]
	return same
}
