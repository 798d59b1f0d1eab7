// Package source reads YAML and JSON documents into one tree of nodes that
// know where they stand. It is the ground under contract: the OpenAPI reader,
// the schema compiler and the configuration read the same tree, so that every
// message can name file, line, column and JSON pointer. It knows nothing of
// OpenAPI or JSON Schema.
package source

import "strconv"

// Kind is the JSON kind of a node. The zero Kind is no node at all.
type Kind uint8

// The kinds, as RFC 8259 section 3 names them.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"nothing", "null", "boolean", "number", "string", "array", "object"}

func (k Kind) String() string { return kindNames[k] }

// Node is one value of a document. Nodes are made by Parse or by the New
// functions, are never changed afterwards and may be read by many goroutines.
// All methods accept a nil receiver and answer as for a missing value, so that
// n.Get("a").Get("b").Str() needs no checks between.
//
// Strings are views of the document's text: whoever keeps one beyond the life
// of the tree clones it.
type Node struct {
	file *File
	text string    // String: the value; Number: its JSON text; Bool: "true" or "false"
	kids *[]Member // Array (without names) and Object; nil when empty
	mark           // where it begins, and its kind
}

// Member is one name and value of an object, in document order.
type Member struct {
	Name  string
	at    place
	Value Node
}

// place is where something begins. JSON: byte offset; YAML: line<<28 | column.
// Both fit 56 bits and order things as the document does.
type place uint64

// mark is a place and a kind in one word, since trees have many nodes.
type mark uint64

func newMark(k Kind, at place) mark { return mark(at)<<8 | mark(k) }

func (m mark) kind() Kind { return Kind(m) }
func (m mark) at() place  { return place(m >> 8) }

// members returns the children of n, without names in an array.
func (n *Node) members() []Member {
	if n == nil || n.kids == nil {
		return nil
	}
	return *n.kids
}

// Kind returns what n is; Invalid for nil.
func (n *Node) Kind() Kind {
	if n == nil {
		return Invalid
	}
	return n.kind()
}

// Is reports whether n exists and has kind k.
func (n *Node) Is(k Kind) bool { return n != nil && n.kind() == k }

// Str returns the value of a string, otherwise "".
func (n *Node) Str() string {
	if n.Is(String) {
		return n.text
	}
	return ""
}

// Text returns the exact JSON text of a number, "true" or "false" of a
// boolean, and the value of a string; otherwise "".
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	return n.text
}

// Bool returns the value of a boolean, otherwise false.
func (n *Node) Bool() bool { return n.Is(Bool) && n.text == "true" }

// Int returns the value of a number written as an integer that fits int64.
func (n *Node) Int() (int64, bool) {
	if !n.Is(Number) {
		return 0, false
	}
	v, err := strconv.ParseInt(n.text, 10, 64)
	return v, err == nil
}

// Len returns the number of items or members.
func (n *Node) Len() int { return len(n.members()) }

// Item returns the i-th item of an array; nil outside of it.
func (n *Node) Item(i int) *Node {
	if !n.Is(Array) || i < 0 || i >= n.Len() {
		return nil
	}
	return &(*n.kids)[i].Value
}

// Member returns the i-th member of an object; nil outside of it.
func (n *Node) Member(i int) *Member {
	if !n.Is(Object) || i < 0 || i >= n.Len() {
		return nil
	}
	return &(*n.kids)[i]
}

// Items iterates over an array.
func (n *Node) Items() func(yield func(int, *Node) bool) {
	return func(yield func(int, *Node) bool) {
		if !n.Is(Array) {
			return
		}
		for i, items := 0, n.members(); i < len(items); i++ {
			if !yield(i, &items[i].Value) {
				return
			}
		}
	}
}

// Members iterates over an object in document order.
func (n *Node) Members() func(yield func(string, *Node) bool) {
	return func(yield func(string, *Node) bool) {
		if !n.Is(Object) {
			return
		}
		for i, members := 0, n.members(); i < len(members); i++ {
			if !yield(members[i].Name, &members[i].Value) {
				return
			}
		}
	}
}

// indexFrom is the size from which an object's names are looked up in an index.
const indexFrom = 24

// Get returns the member called name, or nil.
func (n *Node) Get(name string) *Node {
	if !n.Is(Object) {
		return nil
	}
	members := n.members()
	if len(members) >= indexFrom && n.file != nil {
		return n.file.lookup(n, name)
	}
	for i := range members {
		if members[i].Name == name {
			return &members[i].Value
		}
	}
	return nil
}

// File returns the document that n belongs to.
func (n *Node) File() *File {
	if n == nil {
		return nil
	}
	return n.file
}

// Position returns where n begins.
func (n *Node) Position() Position {
	if n == nil || n.file == nil {
		return Position{}
	}
	return n.file.position(n.at())
}

// NamePosition returns where the member's name begins.
func (m *Member) NamePosition() Position {
	if m == nil || m.Value.file == nil {
		return Position{}
	}
	return m.Value.file.position(m.at)
}

// Pointer returns the JSON pointer of n in its file as a URI fragment
// (RFC 6901 section 6), such as "#/paths/~1pets/get". For a node that was
// rewritten it is that of the node at whose place it stands, for one that a
// YAML alias repeats that of the anchor. It is meant for messages.
func (n *Node) Pointer() string {
	if n == nil || n.file == nil || n.file.Root == nil {
		return ""
	}
	return n.file.pointer(n.at())
}

// NewObject returns an object that stands at the place of at and holds
// members. It is for readers that rewrite an older form into a newer one.
func NewObject(at *Node, members ...Member) *Node {
	n := newNode(Object, at, "")
	n.kids = &members
	return n
}

// NewArray returns an array that stands at the place of at.
func NewArray(at *Node, items ...Node) *Node {
	members := make([]Member, len(items))
	for i := range items {
		members[i].Value = items[i]
	}
	n := newNode(Array, at, "")
	n.kids = &members
	return n
}

// NewString returns a string that stands at the place of at.
func NewString(at *Node, value string) *Node { return newNode(String, at, value) }

func newNode(k Kind, at *Node, text string) *Node {
	n := &Node{file: at.File(), text: text, mark: newMark(k, 0)}
	if at != nil {
		n.mark = newMark(k, at.at())
	}
	return n
}

// NewMember returns a member whose name stands where its value does.
func NewMember(name string, value *Node) Member {
	return Member{Name: name, at: value.at(), Value: *value}
}
