package schema

// Alternatives differ in what they require, more often than not. Where no tag
// decides, the names that an object has are collected once, and alternatives
// that require others are passed over without reading the object by them: so
// trees of alternatives cost what is in them, not a power of their depth.

// maxNeeds bounds the names that are looked for.
const maxNeeds = 64

// needs are the names that alternatives require.
type needs struct {
	names *objectRule // its properties are the names
	of    []uint64    // bit sets over names, by branch
}

// findNeeds sets what the branches of ch require, if it tells any apart.
func findNeeds(ch *choice) {
	if ch == nil || ch.tag != nil || len(ch.branches) < 2 {
		return
	}
	n := &needs{names: new(objectRule), of: make([]uint64, len(ch.branches))}
	first, differ := -1, false
	for k, b := range ch.branches {
		if b.accept&kObject == 0 {
			continue
		}
		n.require(k, b)
		if b.more != nil {
			for _, part := range b.more.all {
				n.require(k, part)
			}
		}
		if first < 0 {
			first = k
		}
		differ = differ || n.of[k] != n.of[first]
	}
	if differ {
		n.names.buildIndex()
		ch.needs = n
	}
}

// require adds what the own rule of part requires in every direction to the
// needs of branch k.
func (n *needs) require(k int, part *node) {
	o := part.obj
	if o == nil {
		return
	}
	for j, p := range o.props {
		if !inSet(o.required, j) || !inSet(o.inRequest, j) || !inSet(o.inAnswer, j) {
			continue
		}
		at := n.names.find([]byte(p.name))
		if at < 0 {
			if at = len(n.names.props); at == maxNeeds {
				return
			}
			n.names.props = append(n.names.props, property{name: p.name})
		}
		n.of[k] |= 1 << at
	}
}

func inSet(set []uint64, k int) bool {
	return k>>6 < len(set) && set[k>>6]&(1<<(k&63)) != 0
}

// present returns which of the names that the branches require stand in the object at
// i, which may not have been read before; all, when that is of no interest or
// the object is malformed.
func (st *State) present(n *needs, d []byte, i int, kind kinds) uint64 {
	if n == nil || kind != kObject {
		return ^uint64(0)
	}
	start, have := i, uint64(0)
	i = space(d, i+1)
	for i < len(d) && d[i] == '"' {
		key := i
		if i = jumpString(d, i); i < 0 {
			return ^uint64(0)
		}
		if k := st.findNamed(n.names, d, key, i); k >= 0 {
			have |= 1 << k
		}
		if i = colon(d, i); i < 0 {
			return ^uint64(0)
		}
		if i = jump(d, i); i < 0 {
			return ^uint64(0)
		}
		if i = space(d, i); i < len(d) && d[i] == ',' {
			i = space(d, i+1)
		}
	}
	// Jumping is several times faster than reading.
	st.charge(start, start+(i-start)/4)
	return have
}

// findNamed finds the name written at key, which may be malformed.
func (st *State) findNamed(o *objectRule, d []byte, key, end int) int {
	b := d[key+1 : end-1]
	if !hasEscape(b) {
		return o.find(b)
	}
	fatal, bad, last := st.fatal, st.bad, st.last
	if e, _ := st.str(d, key); e < 0 {
		st.fatal, st.bad, st.last = fatal, bad, last
		return -1
	}
	mark := len(st.decoded)
	k := o.find(st.decode(b))
	st.decoded = st.decoded[:mark]
	return k
}

// passedOver reads the value at i when every alternative was passed over, so
// that a syntax error in it is reported as such.
func (st *State) passedOver(d []byte, i int) bool {
	return st.charge(i, st.skip(d, i)) && !st.fatal
}
