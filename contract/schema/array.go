package schema

// array judges the array that begins at i by the rule of n.
func (st *State) array(n *node, d []byte, i int, track bool) int {
	r, start := n.arr, i
	if st.depth++; st.depth > maxDepth {
		return st.stop(wDepth, i)
	}
	base, count, found := len(st.items), 0, int32(0)
	i = space(d, i+1)
	for uint(i) >= uint(len(d)) || d[i] != ']' || count > 0 {
		item := i
		switch {
		case count < len(r.prefix):
			i = st.value(r.prefix[count], d, i, false)
		case r.items != nil:
			if r.items == never {
				return st.fail(wItems, n, start, item, count)
			}
			i = st.value(r.items, d, i, false)
		default:
			i = st.skip(d, i)
		}
		if i < 0 {
			return -1
		}
		if r.contains != nil || r.unique || track {
			if !st.item(n, d, item, i, count, &found, track) {
				return -1
			}
		}
		count++
		if i = space(d, i); uint(i) >= uint(len(d)) {
			return st.syntax(i)
		}
		if d[i] == ',' {
			i = space(d, i+1)
			continue
		}
		if d[i] != ']' {
			return st.syntax(i)
		}
		break
	}
	i++
	if word := st.countItems(r, int32(count), found); word != 0 {
		return st.fail(word, n, start, i, 0)
	}
	if r.unique {
		if !st.unique(d, base) {
			return st.fail(wUniqueItems, n, start, i, 0)
		}
		st.items = st.items[:base]
	}
	st.depth--
	return i
}

func (st *State) countItems(r *arrayRule, count, found int32) keyword {
	switch {
	case count < r.min:
		return wMinItems
	case r.max >= 0 && count > r.max:
		return wMaxItems
	case r.contains != nil && found < r.minContains:
		return wContains
	case r.contains != nil && r.maxContains >= 0 && found > r.maxContains:
		return wMaxContains
	}
	return 0
}

// item does what few arrays ask of an item that has been read: it is marked
// as evaluated, counted for contains, and remembered for uniqueItems.
func (st *State) item(n *node, d []byte, i, end, k int, found *int32, track bool) bool {
	r := n.arr
	evaluated := k < len(r.prefix) || r.items != nil
	if r.contains != nil {
		st.last = end
		if e := st.conditional(r.contains, d, i); e >= 0 {
			*found++
			evaluated = true
		} else if st.fatal {
			return false
		}
		if !st.charge(i, end) {
			return false
		}
	}
	if track && evaluated {
		st.evaluated(k)
	}
	if r.unique {
		st.items = append(st.items, Span{Start: uint32(i), End: uint32(end)})
	}
	return true
}
