package markup

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// kind says what an element holds.
type kind uint8

const (
	opaque  kind = iota // anything
	textual             // text
	record              // elements and attributes, each a property
	list                // elements, each an item
)

// element says how an element is read. It is immutable; elements may hold
// themselves.
type element struct {
	kind  kind
	types schema.Types // of text

	fields []field  // of a record, sorted
	known  []string // folded names that no undeclared one may come near to, sorted
	lists  []int    // fields that are arrays without wrapper and must be there
	extra  *element // undeclared elements of a record; nil for anything
	space  string   // the namespace that undeclared ones are expected in

	item field // of a list
}

// field is one declared element or attribute.
type field struct {
	local, space string
	attribute    bool
	repeated     bool // items of an array without wrapper
	readOnly     bool
	writeOnly    bool
	name         string // of the property
	key          string // `"name":` in JSON
	elem         *element
}

const (
	scalarTypes = 1<<source.Bool | 1<<source.Number | 1<<source.String
	allTypes    = scalarTypes | 1<<source.Null | 1<<source.Array | 1<<source.Object
)

var (
	// anything is an undeclared element, whose texts are strings.
	anything = &element{types: 1 << source.String}
	// strangers is the record of one that holds more than text.
	strangers = &element{kind: record}
)

// is reports whether f is what t begins.
func (f *field) is(d []byte, t *tag) bool {
	return string(d[t.local:t.nameEnd]) == f.local && string(t.space) == f.space
}

// compare orders fields as find looks for them.
func (f *field) compare(local, space []byte, attribute bool) int {
	switch {
	case f.local < string(local):
		return -1
	case f.local > string(local):
		return 1
	case f.attribute != attribute:
		if attribute {
			return -1
		}
		return 1
	case f.space < string(space):
		return -1
	case f.space > string(space):
		return 1
	}
	return 0
}

// find returns the field of a name, or -1.
func (e *element) find(local, space []byte, attribute bool) int {
	lo, hi := 0, len(e.fields)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch c := e.fields[mid].compare(local, space, attribute); {
		case c == 0:
			return mid
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return -1
}

// near reports whether local could be taken for a name that e declares.
func (e *element) near(st *State, local []byte) bool {
	if len(e.known) == 0 {
		return false
	}
	st.folded = appendFolded(st.folded[:0], local)
	_, found := slices.BinarySearchFunc(e.known, st.folded, func(name string, b []byte) int {
		switch {
		case name < string(b):
			return -1
		case name > string(b):
			return 1
		}
		return 0
	})
	return found
}
