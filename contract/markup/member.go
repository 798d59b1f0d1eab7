package markup

import (
	"bytes"
	"strconv"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// members reads the elements of a record up to its end tag.
func (st *State) members(e *element, i, base, names int) int {
	last, items, p := -1, 0, -1 // the array whose items are being read
	var t tag                   // in the loop it would not stay on the stack
	for {
		from, at := st.blanks(i)
		switch {
		case at < 0:
			return -1
		case st.at(at, "</"):
			st.endItems(last)
			return at
		case at < len(st.d) && st.d[at] != '<':
			return st.fail(strayText)
		}
		if st.child(at, &t) < 0 {
			return -1
		}
		k := e.find(st.d[t.local:t.nameEnd], t.space, false)
		if k != last {
			st.endItems(last)
			last = -1
		}
		if k < 0 {
			if i = st.stranger(e, &t, from, names); i < 0 {
				return -1
			}
			continue
		}
		f := &e.fields[k]
		if last < 0 {
			word, bit := base+k>>6, uint64(1)<<(k&63)
			if st.seen[word]&bit != 0 {
				st.path = append(st.path, step{name: f.name, named: true, item: -1})
				if f.repeated {
					return st.fail(apart)
				}
				return st.fail(twice)
			}
			st.seen[word] |= bit
			p, items = st.member(from), 0
			st.json = append(st.json, f.key...)
			if f.repeated {
				st.json = append(st.json, '[')
				last = k
			}
		} else {
			st.comma()
		}
		st.path = append(st.path, step{name: f.name, named: true, item: -1})
		if f.repeated {
			st.path[len(st.path)-1].item = items
			items++
		}
		if i = st.value(f.elem, &t); i < 0 {
			return -1
		}
		st.path = st.path[:len(st.path)-1]
		st.placed(p, i)
	}
}

// endItems ends the array that is field k, if there is one.
func (st *State) endItems(k int) {
	if k >= 0 {
		st.json = append(st.json, ']')
	}
}

// stranger reads an element that e does not declare.
func (st *State) stranger(e *element, t *tag, from, names int) int {
	st.path = append(st.path, step{name: "*", named: true, item: -1})
	local := st.d[t.local:t.nameEnd]
	outside := string(t.space) != e.space
	switch {
	case steers(t.space):
		return st.fail(steering)
	case e.near(st, local):
		return st.fail(nearName)
	case outside && e.extra != nil:
		return st.fail(foreign)
	}
	p, elem := st.member(from), e.extra
	if elem == nil {
		elem = anything
		if !st.strangeName(strange{start: t.local, end: t.nameEnd, foreign: outside}, names) {
			return -1
		}
	} else {
		st.json = append(append(append(st.json, '"'), local...), `":`...)
	}
	i := st.value(elem, t)
	if i >= 0 {
		st.placed(p, i)
		st.path = st.path[:len(st.path)-1]
	}
	return i
}

// strange is an undeclared name of an open record.
type strange struct {
	start, end         int
	attribute, foreign bool
	count              int
}

// strangeName writes a name that nothing declares in a way that no other
// member of its object has: attributes and foreign namespaces are marked, and
// names that stand again are numbered, by characters that no name has.
func (st *State) strangeName(s strange, names int) bool {
	if st.reason != 0 {
		return false
	}
	own := st.strange[names:]
	n := 1
	for k := range own {
		o := &own[k]
		if o.attribute == s.attribute && o.foreign == s.foreign && bytes.Equal(st.d[o.start:o.end], st.d[s.start:s.end]) {
			o.count++
			n = o.count
			break
		}
	}
	if n == 1 {
		if len(own) == maxStrange {
			return st.fail(tooManyStrange) >= 0
		}
		s.count = 1
		st.strange = append(st.strange, s)
	}
	st.json = append(st.json, '"')
	if s.attribute {
		st.json = append(st.json, '@')
	}
	if s.foreign {
		st.json = append(st.json, "{}"...)
	}
	st.json = append(st.json, st.d[s.start:s.end]...)
	if n > 1 {
		st.json = append(strconv.AppendInt(append(st.json, '['), int64(n), 10), ']')
	}
	st.json = append(st.json, `":`...)
	return true
}

// list reads an element whose elements are the items of an array.
func (st *State) list(e *element, t *tag) int {
	if !st.strayAttributes(t) {
		return -1
	}
	st.json = append(st.json, '[')
	var c tag // in the loop it would not stay on the stack
	for i, items := t.end, 0; ; {
		from, at := i, i
		if !t.empty {
			from, at = st.blanks(i)
		}
		switch {
		case at < 0:
			return -1
		case t.empty || st.at(at, "</"):
			st.json = append(st.json, ']')
			return at
		case at < len(st.d) && st.d[at] != '<':
			return st.fail(strayText)
		}
		if st.child(at, &c) < 0 {
			return -1
		}
		if !e.item.is(st.d, &c) {
			if i = st.strayItem(e, &c, from); i < 0 {
				return -1
			}
			continue
		}
		st.comma()
		st.path = append(st.path, step{item: items})
		if i = st.value(e.item.elem, &c); i < 0 {
			return -1
		}
		st.path = st.path[:len(st.path)-1]
		items++
	}
}

// strayItem reads an element that is no item of the list e, which JSON has no
// place for.
func (st *State) strayItem(e *element, t *tag, from int) int {
	st.path = append(st.path, step{name: "*", named: true, item: -1})
	switch {
	case steers(t.space):
		return st.fail(steering)
	case e.near(st, st.d[t.local:t.nameEnd]):
		return st.fail(nearName)
	case st.inner.Undeclared == schema.Refuse:
		return st.fail(undeclaredElement)
	}
	json, places, drops := len(st.json), len(st.places), len(st.Drops)
	i := st.value(anything, t)
	if i < 0 {
		return -1
	}
	st.json, st.places, st.Drops = st.json[:json], st.places[:places], st.Drops[:drops]
	if st.inner.Undeclared == schema.Drop {
		st.drop(from, i)
	}
	st.path = st.path[:len(st.path)-1]
	return i
}
