package markup

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// document reads the whole document and writes what it means to st.json.
func (st *State) document() int {
	i := st.declaration()
	if i < 0 {
		return -1
	}
	if _, i = st.blanks(i); i < 0 {
		return -1
	}
	var t tag
	if i = st.child(i, &t); i < 0 {
		return -1
	}
	if root := &st.doc.root; !st.doc.any && !root.is(st.d, &t) {
		return st.fail(wrongRoot)
	}
	if i = st.value(st.doc.root.elem, &t); i < 0 {
		return -1
	}
	if _, i = st.blanks(i); i >= 0 && i < len(st.d) {
		return st.markup(i)
	}
	return i
}

// child reads a start tag where an element must begin.
func (st *State) child(i int, t *tag) int {
	if !st.at(i, "<") || st.at(i, "<!") || st.at(i, "<?") || st.at(i, "</") {
		return st.markup(i)
	}
	if st.depth == maxDepth {
		return st.fail(tooDeep)
	}
	return st.startTag(i, t)
}

// value reads the element that t begins and writes it as a JSON value.
func (st *State) value(e *element, t *tag) int {
	st.depth++
	i := -1
	switch e.kind {
	case textual:
		i = st.textual(e, t)
	case record:
		i = st.record(e, t)
	case list:
		i = st.list(e, t)
	default:
		i = st.opaque(e, t)
	}
	if i < 0 {
		return -1
	}
	st.depth--
	return st.endTag(i, t)
}

// textual reads an element that holds text.
func (st *State) textual(e *element, t *tag) int {
	if !st.strayAttributes(t) {
		return -1
	}
	value, i := st.content(t, noElements)
	if i >= 0 {
		st.json = schema.AppendScalar(st.json, value, e.types)
	}
	return i
}

// strayAttributes judges the attributes of an element that has no place for
// any.
func (st *State) strayAttributes(t *tag) bool {
	for k := t.attrs; k < t.attrEnd; k++ {
		a := &st.attrs[k]
		switch {
		case a.declares:
		case steers(a.space):
			return st.fail(steering) >= 0
		case st.inner.Undeclared == schema.Refuse:
			return st.fail(undeclaredAttribute) >= 0
		case st.inner.Undeclared == schema.Drop:
			st.drop(a.from, a.end+1)
		}
	}
	return true
}

// record reads an element that holds properties.
func (st *State) record(e *element, t *tag) int {
	base, names := len(st.seen), len(st.strange)
	for range (len(e.fields) + 63) / 64 {
		st.seen = append(st.seen, 0)
	}
	st.json = append(st.json, '{')
	if !st.attributes(e, t, base, names) {
		return -1
	}
	i := t.end
	if !t.empty {
		if i = st.members(e, i, base, names); i < 0 {
			return -1
		}
	}
	st.emptyLists(e, i, base)
	st.json = append(st.json, '}')
	st.seen, st.strange = st.seen[:base], st.strange[:names]
	return i
}

// emptyLists writes the arrays without wrapper that must be there and have no
// item: that is how XML writes them.
func (st *State) emptyLists(e *element, at, base int) {
	for _, k := range e.lists {
		f := &e.fields[k]
		misplaced := f.readOnly && st.inner.Direction == schema.Request || f.writeOnly && st.inner.Direction == schema.Answer
		if misplaced || st.seen[base+k>>6]&(1<<(k&63)) != 0 {
			continue
		}
		p := st.member(at)
		st.json = append(append(st.json, f.key...), "[]"...)
		st.placed(p, at)
	}
}

// attributes writes the attributes of t as properties of e.
func (st *State) attributes(e *element, t *tag, base, names int) bool {
	for k := t.attrs; k < t.attrEnd; k++ {
		a := st.attrs[k]
		if a.declares {
			continue
		}
		local := st.d[a.local:a.nameEnd]
		p, types := st.member(a.from), anything.types
		if at := e.find(local, a.space, true); at >= 0 {
			f := &e.fields[at]
			st.seen[base+at>>6] |= 1 << (at & 63)
			st.path = append(st.path, step{name: f.name, named: true, item: -1})
			st.json = append(st.json, f.key...)
			types = f.elem.types
		} else {
			st.path = append(st.path, step{name: "*", named: true, item: -1})
			switch {
			case steers(a.space):
				return st.fail(steering) >= 0
			case e.near(st, local):
				return st.fail(nearName) >= 0
			case e.extra != nil: // what is not declared has a type, which is that of elements
				return st.fail(foreign) >= 0
			case !st.strangeName(strange{start: a.local, end: a.nameEnd, attribute: true, foreign: len(a.space) > 0}, names):
				return false
			}
		}
		value, ok := st.attributeValue(&a)
		if !ok {
			return false
		}
		st.json = schema.AppendScalar(st.json, value, types)
		st.placed(p, a.end+1)
		st.path = st.path[:len(st.path)-1]
	}
	return true
}

// opaque reads an element of which nothing is known.
func (st *State) opaque(e *element, t *tag) int {
	attributes := false
	for k := t.attrs; k < t.attrEnd; k++ {
		attributes = attributes || !st.attrs[k].declares
	}
	next := st.space(t.end)
	if !t.empty && st.at(next, "<") && !st.at(next, "</") && !st.at(next, "<![CDATA[") {
		return st.record(strangers, t)
	}
	if !attributes {
		value, i := st.content(t, mixed)
		if i >= 0 {
			st.json = schema.AppendScalar(st.json, value, e.types)
		}
		return i
	}
	names := len(st.strange)
	st.json = append(st.json, '{')
	if !st.attributes(strangers, t, len(st.seen), names) {
		return -1
	}
	st.strange = st.strange[:names]
	value, i := st.content(t, mixed)
	if i >= 0 && len(value) > 0 {
		st.json = schema.AppendString(append(st.json, `,"#text":`...), value)
	}
	st.json = append(st.json, '}')
	return i
}
