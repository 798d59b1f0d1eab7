// Package markup reads XML by the schemas of a contract: one strict pass over
// the bytes writes what they mean as JSON text, by the schema and its XML
// Objects (OpenAPI 3.1.1 section 4.8.26), and the compiled schema judges that
// text. The guards that read bodies use it; it imports the words of contract
// and the schemas, and knows nothing of HTTP.
//
// What passes is well-formed XML 1.0 (Fifth Edition) with Namespaces, and of
// it only what all readers take alike: no document type, no entities of one's
// own, no processing instructions, no mixed content. docs/requests.md says
// what is refused and why.
//
// # What a document means
//
//   - The root element is called by xml.name of its schema, else by the name
//     of the component that the media type refers to. A schema that has
//     neither cannot be read, unless any value will do.
//   - A property is the element called by its xml.name, else by its own; with
//     xml.attribute the attribute of that name. Each stands once.
//   - An array is its items, one after another with nothing but white space
//     and comments between; with xml.wrapped one element around them. Items
//     are called by their own xml.name, else as the element around them is,
//     else as the property. An array that must be there and has no wrapper is
//     empty when no item stands.
//   - An element stands in the xml.namespace of its schema, by whatever
//     prefix. Without one it stands where it would if the contract's own
//     prefixes were written: in the namespace of xml.prefix when an element
//     around it binds that, else in the nearest xml.namespace around it that
//     came without a prefix, else in none. Attributes stand in none.
//   - Text is the JSON kind that it can be, of those that the schema allows;
//     null has no form in XML.
//   - Elements and attributes without a place in the schema are properties
//     that it does not declare, and subject to the policies of State. Names
//     that differ from declared ones only by case or namespace are refused
//     whatever the policies say, since readers disagree whose they are; so is
//     an attribute that is called as an element, and the other way round.
package markup

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// The bounds of one document.
const (
	maxDepth      = 64   // elements within each other
	maxAttributes = 64   // of one element, declarations of namespaces among them
	maxBindings   = 64   // namespaces that are declared at one place
	maxName       = 256  // bytes of a name with its prefix
	maxNamespace  = 1024 // bytes of the name of a namespace
	maxStrange    = 64   // different undeclared names in one element
	maxReference  = 10   // bytes of a character reference between "&" and ";"
)

// Document says how documents of one media type are read. It is immutable and
// may be used by many goroutines; each brings a State of its own.
type Document struct {
	schema *schema.Schema
	root   field
	any    bool // the root element may have any name
	broken bool // the schema cannot be read from XML: everything is refused
}

// State is what one reading needs: its policies, its result and its scratch
// memory. It is reused by one reader at a time; its zero value is ready.
type State struct {
	Direction  schema.Direction
	Undeclared schema.Policy // elements and attributes that the schema does not name
	Misplaced  schema.Policy // readOnly in a request, writeOnly in an answer

	// Drops are the places in the document that the policies drop, in
	// ascending order and apart from each other: whole elements or attributes,
	// and comments of answers, with the white space before them.
	Drops []schema.Span
	// Left is the document without Drops, itself when there are none. It has
	// been read and judged as it is, as if by Refuse.
	Left []byte

	scratch
}

// scratch is the memory of one reading. All of it are stacks that grow once.
type scratch struct {
	d        []byte // the document
	doc      *Document
	inner    schema.State
	json     []byte // what it means
	text     []byte // a decoded value
	folded   []byte // a folded name
	left     []byte
	attrs    []attr
	bindings []binding
	seen     []uint64  // which fields of the open records stood
	strange  []strange // undeclared names of the open records
	places   []place   // of members, for drops
	path     []step    // the open elements, for faults
	depth    int       // open elements
	mark     bool      // places are of interest
	reason   reason
}

// Read judges data, a whole XML document. It reports true when data satisfies
// the schema; otherwise st.Fault says why. data must not change until the
// caller is done with st.
func (d *Document) Read(st *State, data []byte) bool {
	st.Drops, st.Left = st.Drops[:0], nil
	st.inner.Direction, st.inner.Undeclared, st.inner.Misplaced = st.Direction, st.Undeclared, st.Misplaced
	if !st.judge(d, data) {
		st.Drops = st.Drops[:0]
		return false
	}
	st.Left = data
	if len(st.Drops) == 0 {
		return true
	}
	// What is left is read once more: keywords such as minProperties saw what
	// goes, and what is forwarded is what has been read.
	st.splice()
	for _, p := range []*schema.Policy{&st.inner.Undeclared, &st.inner.Misplaced} {
		if *p == schema.Drop {
			*p = schema.Refuse
		}
	}
	if !st.judge(d, st.Left) {
		st.Drops, st.Left = st.Drops[:0], nil
		return false
	}
	return true
}

// judge reads data by the policies of st.inner.
func (st *State) judge(d *Document, data []byte) bool {
	st.begin(d, data)
	switch {
	case d == nil || d.broken:
		return st.fail(unreadable) >= 0
	case len(data) > 1<<31-1:
		return st.fail(tooLarge) >= 0
	case !clean(data):
		return st.fail(badCharacter) >= 0
	}
	if st.document() < 0 || st.reason != 0 || !d.schema.Read(&st.inner, st.json) {
		return false
	}
	return !st.mark || st.collect() && st.reason == 0
}

func (st *State) begin(d *Document, data []byte) {
	st.d, st.doc, st.reason = data, d, 0
	st.json, st.attrs, st.bindings = st.json[:0], st.attrs[:0], st.bindings[:0]
	st.seen, st.strange, st.places, st.path = st.seen[:0], st.strange[:0], st.places[:0], st.path[:0]
	st.depth = 0
	st.inner.MaxDrops = schema.MostDrops(len(data))
	st.mark = st.inner.Undeclared == schema.Drop || st.inner.Misplaced == schema.Drop
}

// JSON returns what the last document that was accepted means, without what
// is dropped. It is valid until the next reading.
func (st *State) JSON() []byte { return st.json }

// Forget drops what the last reading left: references to the document and
// scratch memory beyond a bound, so that a pooled State holds little.
func (st *State) Forget() {
	const most = 1 << 16
	st.inner.Forget()
	if cap(st.attrs) > most/256 { // clearing them would cost every later reading
		st.attrs = nil
	}
	clear(st.attrs[:cap(st.attrs)]) // hold views of the document
	clear(st.bindings[:cap(st.bindings)])
	st.d, st.doc, st.Left = nil, nil, nil
	if cap(st.json) > most || cap(st.text) > most || cap(st.folded) > most || cap(st.left) > most || cap(st.seen) > most/8 ||
		cap(st.places) > most/16 || cap(st.strange) > most/16 || cap(st.path) > most/16 || cap(st.Drops) > most/16 {
		st.scratch = scratch{}
		st.Drops = nil
	}
}
