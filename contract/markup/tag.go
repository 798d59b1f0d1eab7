package markup

import "bytes"

// tag is one start tag.
type tag struct {
	name, local, nameEnd int
	space                []byte
	attrs, attrEnd       int  // on st.attrs
	bindings             int  // of the elements around it
	empty                bool // there is no end tag
	end                  int  // after ">"
}

// startTag reads the start tag whose "<" is at i (XML 1.0 section 3.1,
// productions 40, 41 and 44), and what its names mean. Attributes stay on
// st.attrs and namespaces on st.bindings until endTag.
func (st *State) startTag(i int, t *tag) int {
	*t = tag{name: i + 1}
	t.local, t.nameEnd = st.name(t.name)
	if t.nameEnd < 0 {
		return -1
	}
	t.attrs, t.bindings = len(st.attrs), len(st.bindings)
	for i = t.nameEnd; ; {
		from := i
		i = st.space(i)
		switch {
		case st.at(i, ">"):
			t.end = i + 1
		case st.at(i, "/>"):
			t.end, t.empty = i+2, true
		case i == from:
			return st.fail(badMarkup)
		default:
			if i = st.attribute(from, i, t); i < 0 {
				return -1
			}
			continue
		}
		return st.resolveTag(t)
	}
}

// attribute reads the attribute at i.
func (st *State) attribute(from, i int, t *tag) int {
	if len(st.attrs)-t.attrs == maxAttributes {
		return st.fail(tooManyAttributes)
	}
	a := attr{from: from, name: i}
	if a.local, a.nameEnd = st.name(i); a.nameEnd < 0 {
		return -1
	}
	if i = st.space(a.nameEnd); !st.at(i, "=") {
		return st.fail(badAttribute)
	}
	if i = st.space(i + 1); !st.at(i, `"`) && !st.at(i, "'") {
		return st.fail(badAttribute)
	}
	n := bytes.IndexByte(st.d[i+1:], st.d[i])
	if n < 0 {
		return st.fail(badAttribute)
	}
	a.value, a.end = i+1, i+1+n
	for _, c := range st.d[a.value:a.end] {
		// Readers turn line ends and tabs into spaces (section 3.3.3), or not.
		if c == '<' || c < 0x20 {
			return st.fail(badAttribute)
		}
	}
	for k := range st.attrs[t.attrs:] {
		if b := &st.attrs[t.attrs+k]; bytes.Equal(st.d[a.name:a.nameEnd], st.d[b.name:b.nameEnd]) {
			return st.fail(repeatedAttribute)
		}
	}
	a.declares = string(st.d[a.name:a.nameEnd]) == "xmlns" || a.local > a.name && string(st.d[a.name:a.local]) == "xmlns:"
	st.attrs = append(st.attrs, a)
	return a.end + 1
}

// resolveTag finds the namespaces of the names of t.
func (st *State) resolveTag(t *tag) int {
	t.attrEnd = len(st.attrs)
	list := st.attrs[t.attrs:]
	for k := range list {
		if list[k].declares && st.bind(&list[k]) < 0 {
			return -1
		}
	}
	var ok bool
	if t.space, ok = st.resolve(t.name, t.local, false); !ok {
		return st.fail(unboundPrefix)
	}
	prefixed := 0
	for k := range list {
		a := &list[k]
		if a.declares {
			continue
		}
		if a.space, ok = st.resolve(a.name, a.local, true); !ok {
			return st.fail(unboundPrefix)
		}
		if a.local == a.name {
			continue
		}
		// Two prefixes may mean one namespace (Namespaces in XML 1.0 section 6.3).
		for j := 0; prefixed > 0 && j < k; j++ {
			if b := &list[j]; !b.declares && b.local > b.name && same(a.space, b.space) &&
				bytes.Equal(st.d[a.local:a.nameEnd], st.d[b.local:b.nameEnd]) {
				return st.fail(repeatedAttribute)
			}
		}
		prefixed++
	}
	return t.end
}

// endTag reads the end tag at i (production 42) and ends the scope of t.
func (st *State) endTag(i int, t *tag) int {
	if !t.empty {
		name := st.d[t.name:t.nameEnd]
		if !st.at(i, "</") || len(st.d)-i-2 < len(name) || !bytes.Equal(st.d[i+2:i+2+len(name)], name) {
			return st.fail(badEnd)
		}
		if i = st.space(i + 2 + len(name)); !st.at(i, ">") {
			return st.fail(badEnd)
		}
		i++
	}
	st.attrs, st.bindings = st.attrs[:t.attrs], st.bindings[:t.bindings]
	return i
}
