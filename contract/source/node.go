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
	file    *File
	text    string   // String: the value; Number: its JSON text; Bool: "true" or "false"
	items   []Node   // Array
	members []Member // Object
	at      uint64   // JSON: byte offset; YAML: line<<32 | column
	kind    Kind
}

// Member is one name and value of an object, in document order.
type Member struct {
	Name  string
	at    uint64
	Value Node
}

// Kind returns what n is; Invalid for nil.
func (n *Node) Kind() Kind {
	if n == nil {
		return Invalid
	}
	return n.kind
}

// Is reports whether n exists and has kind k.
func (n *Node) Is(k Kind) bool { return n != nil && n.kind == k }

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
func (n *Node) Len() int {
	if n == nil {
		return 0
	}
	return len(n.items) + len(n.members)
}

// Item returns the i-th item of an array; nil outside of it.
func (n *Node) Item(i int) *Node {
	if n == nil || i < 0 || i >= len(n.items) {
		return nil
	}
	return &n.items[i]
}

// Member returns the i-th member of an object; nil outside of it.
func (n *Node) Member(i int) *Member {
	if n == nil || i < 0 || i >= len(n.members) {
		return nil
	}
	return &n.members[i]
}

// Items iterates over an array.
func (n *Node) Items() func(yield func(int, *Node) bool) {
	return func(yield func(int, *Node) bool) {
		if n == nil {
			return
		}
		for i := range n.items {
			if !yield(i, &n.items[i]) {
				return
			}
		}
	}
}

// Members iterates over an object in document order.
func (n *Node) Members() func(yield func(string, *Node) bool) {
	return func(yield func(string, *Node) bool) {
		if n == nil {
			return
		}
		for i := range n.members {
			if !yield(n.members[i].Name, &n.members[i].Value) {
				return
			}
		}
	}
}

// indexFrom is the size from which an object's names are looked up in an index.
const indexFrom = 24

// Get returns the member called name, or nil.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	if len(n.members) >= indexFrom && n.file != nil {
		return n.file.lookup(n, name)
	}
	for i := range n.members {
		if n.members[i].Name == name {
			return &n.members[i].Value
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
	return n.file.position(n.at)
}

// NamePosition returns where the member's name begins.
func (m *Member) NamePosition() Position {
	if m == nil || m.Value.file == nil {
		return Position{}
	}
	return m.Value.file.position(m.at)
}

// Pointer returns the JSON pointer of n in its file as a URI fragment
// (RFC 6901 section 6), such as "#/paths/~1pets/get". It searches the tree
// once per file and is meant for messages.
func (n *Node) Pointer() string {
	if n == nil || n.file == nil {
		return ""
	}
	return n.file.pointer(n)
}

// NewObject returns an object that stands at the place of at and holds
// members. It is for readers that rewrite an older form into a newer one.
func NewObject(at *Node, members ...Member) *Node {
	return &Node{kind: Object, file: at.File(), at: at.at, members: members}
}

// NewArray returns an array that stands at the place of at.
func NewArray(at *Node, items ...Node) *Node {
	return &Node{kind: Array, file: at.File(), at: at.at, items: items}
}

// NewString returns a string that stands at the place of at.
func NewString(at *Node, value string) *Node {
	return &Node{kind: String, file: at.File(), at: at.at, text: value}
}

// NewBool returns a boolean that stands at the place of at.
func NewBool(at *Node, value bool) *Node {
	return &Node{kind: Bool, file: at.File(), at: at.at, text: strconv.FormatBool(value)}
}

// NewMember returns a member whose name stands where its value does.
func NewMember(name string, value *Node) Member {
	return Member{Name: name, at: value.at, Value: *value}
}
