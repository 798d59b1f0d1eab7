package schema

// readOnly and writeOnly: which properties travel one way only, and what is
// required of those that stay.

// directions marks the properties that travel one way only, and what is
// required in either direction.
func (f *finisher) directions(n *node) {
	o := n.obj
	o.inRequest, o.inAnswer = o.required, o.required
	if f.c.o.Pure {
		return
	}
	for k := range o.props {
		p := &o.props[k]
		if p.flags&declared == 0 {
			continue
		}
		ways := f.waysOf(p.node)
		if ways&notAsked != 0 {
			o.inRequest = without(o.inRequest, k)
		}
		if ways&notAnswered != 0 {
			o.inAnswer = without(o.inAnswer, k)
		}
		p.flags |= ways
		o.special = o.special || ways != 0
	}
	if o.additional != nil {
		o.others = f.waysOf(o.additional)
	}
	if o.rare != nil {
		for k := range o.rare.patterns {
			p := &o.rare.patterns[k]
			p.ways = f.waysOf(p.node)
		}
	}
}

// waysOf returns in which directions values of n do not travel. Alternatives
// count as well: what may be a secret by one of them does not leave, and what
// is readOnly by all of them, or null, is not asked for. So a reference that
// may be null means what the reference means alone.
func (f *finisher) waysOf(n *node) (ways propertyFlags) {
	if ways, known := f.ways[n]; known {
		return ways
	}
	f.ways[n] = 0
	for _, part := range conjuncts(nil, n) {
		if part.flags&readOnly != 0 {
			ways |= notAsked
		}
		if part.flags&writeOnly != 0 {
			ways |= notAnswered
		}
		if part.more == nil {
			continue
		}
		for _, ch := range []*choice{part.more.any, part.more.one} {
			if ch != nil {
				ways |= f.waysOfAny(ch)
			}
		}
	}
	f.ways[n] = ways
	return ways
}

func (f *finisher) waysOfAny(ch *choice) propertyFlags {
	var some propertyFlags
	all := notAsked | notAnswered
	for _, b := range ch.branches {
		if b.accept&^kNull == 0 {
			continue
		}
		ways := f.waysOf(b)
		some |= ways
		all &= ways
	}
	return some & (all | notAnswered)
}

// without returns a copy of set that lacks k.
func without(set []uint64, k int) []uint64 {
	if k>>6 >= len(set) || set[k>>6]&(1<<(k&63)) == 0 {
		return set
	}
	out := append([]uint64(nil), set...)
	out[k>>6] &^= 1 << (k & 63)
	return out
}

// siblings takes what one part of an allOf says of direction over to what
// another requires: {allOf: [base, {required: [id]}]} where base has id
// readOnly. A part that changes is copied, since others may use it too.
func (f *finisher) siblings(n *node) {
	if f.c.o.Pure || len(n.more.all) == 0 {
		return
	}
	flags := make(map[string]propertyFlags)
	all := conjuncts(nil, n)
	for _, part := range all {
		if part.obj == nil {
			continue
		}
		for _, p := range part.obj.props {
			if p.flags&(notAsked|notAnswered) != 0 {
				flags[p.name] |= p.flags & (notAsked | notAnswered)
			}
		}
	}
	if len(flags) == 0 {
		return
	}
	relax(n, flags)
	for k, part := range n.more.all {
		if part.obj != nil {
			copied := *part
			if relax(&copied, flags) {
				n.more.all[k] = &copied
			}
		}
	}
}

// relax lifts requirements in n for the directions in flags.
func relax(n *node, flags map[string]propertyFlags) bool {
	if n.obj == nil {
		return false
	}
	o := *n.obj
	changed := false
	for k, p := range o.props {
		way := flags[p.name] &^ p.flags
		if way == 0 || k>>6 >= len(o.required) || o.required[k>>6]&(1<<(k&63)) == 0 {
			continue
		}
		changed = true
		if way&notAsked != 0 {
			o.inRequest = without(o.inRequest, k)
		}
		if way&notAnswered != 0 {
			o.inAnswer = without(o.inAnswer, k)
		}
	}
	if changed {
		n.obj = &o
	}
	return changed
}
