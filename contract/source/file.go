package source

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// File is one document: its name as the user gave it, its text and its tree.
type File struct {
	Name string // as shown in messages
	URI  string // base for references out of it; "" when it has none
	Root *Node

	text string // the document's text, for positions of JSON
	yaml bool   // positions are lines and columns already

	mu      sync.Mutex                 // guards what follows, all built on demand
	lines   []uint32                   // offsets at which lines begin
	index   map[*Node]map[string]int32 // names of large objects
	parents map[*Node]parent           // for pointers
}

type parent struct {
	node *Node
	name string
}

// position turns a node's place into line and column.
func (f *File) position(at uint64) Position {
	if f.yaml {
		return Position{File: f.Name, Line: int(at >> 32), Column: int(uint32(at))}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines == nil {
		f.lines = []uint32{0}
		for i := 0; i < len(f.text); i++ {
			if f.text[i] == '\n' {
				f.lines = append(f.lines, uint32(i+1))
			}
		}
	}
	line, found := slices.BinarySearch(f.lines, uint32(at))
	if !found {
		line--
	}
	return Position{File: f.Name, Line: line + 1, Column: int(at) - int(f.lines[line]) + 1}
}

// lookup finds a member of a large object through an index made on first use.
func (f *File) lookup(n *Node, name string) *Node {
	f.mu.Lock()
	defer f.mu.Unlock()
	names, ok := f.index[n]
	if !ok {
		if f.index == nil {
			f.index = make(map[*Node]map[string]int32)
		}
		names = make(map[string]int32, len(n.members))
		for i := range n.members {
			if _, twice := names[n.members[i].Name]; !twice {
				names[n.members[i].Name] = int32(i)
			}
		}
		f.index[n] = names
	}
	if i, ok := names[name]; ok {
		return &n.members[i].Value
	}
	return nil
}

func (f *File) pointer(n *Node) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parents == nil && f.Root != nil {
		f.parents = make(map[*Node]parent)
		f.adopt(f.Root)
	}
	p, known := f.parents[n]
	if !known && n != f.Root {
		p, known = f.nearest(n)
		if !known {
			return ""
		}
	}
	var parts []string
	for at := p; at.node != nil; at = f.parents[at.node] {
		parts = append(parts, escapePointer(at.name))
	}
	slices.Reverse(parts)
	return "#" + strings.Join(append([]string{""}, parts...), "/")
}

// nearest finds the node of the tree at whose place a rewritten node stands.
func (f *File) nearest(n *Node) (parent, bool) {
	for node, p := range f.parents {
		if node.at == n.at && node.kind == n.kind {
			return p, true
		}
	}
	return parent{}, false
}

// adopt records the parent of every node below n. Documents are at most
// maxDepth deep, so the recursion is bounded.
func (f *File) adopt(n *Node) {
	for i := range n.items {
		f.parents[&n.items[i]] = parent{n, strconv.Itoa(i)}
		f.adopt(&n.items[i])
	}
	for i := range n.members {
		m := &n.members[i]
		f.parents[&m.Value] = parent{n, m.Name}
		f.adopt(&m.Value)
	}
}

// escapePointer escapes one reference token (RFC 6901 section 3).
func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// Lookup returns the node that a JSON pointer (RFC 6901, without "#") names
// below n, or nil. Escapes of the pointer are undone, percent-encoding is not.
func (n *Node) Lookup(pointer string) *Node {
	if pointer == "" {
		return n
	}
	if pointer[0] != '/' {
		return nil
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch n.Kind() {
		case Object:
			n = n.Get(token)
		case Array:
			i, err := strconv.Atoi(token)
			if err != nil || strconv.Itoa(i) != token {
				return nil
			}
			n = n.Item(i)
		default:
			return nil
		}
	}
	return n
}

// Equal reports whether a and b are the same JSON value: numbers by value,
// objects without regard to order (JSON Schema Core section 4.2.2).
func Equal(a, b *Node) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch a.Kind() {
	case Number:
		return CompareNumbers(a.text, b.text) == 0
	case Array:
		for i := range a.items {
			if !Equal(&a.items[i], &b.items[i]) {
				return false
			}
		}
	case Object:
		for i := range a.members {
			if !Equal(&a.members[i].Value, b.Get(a.members[i].Name)) {
				return false
			}
		}
	case Bool, String:
		return a.text == b.text
	}
	return true
}

// CompareNumbers compares two JSON numbers exactly, whatever their size, in
// time linear in their text; exponents are never expanded.
func CompareNumbers(a, b string) int {
	x, y := splitNumber(a), splitNumber(b)
	switch {
	case x.sign != y.sign:
		return cmp.Compare(x.sign, y.sign)
	case x.sign == 0:
		return 0
	}
	c := cmp.Compare(x.exponent, y.exponent)
	if c == 0 {
		c = strings.Compare(x.digits, y.digits)
	}
	return c * x.sign
}

// decimal is sign * 0.digits * 10^exponent without leading or trailing zeros.
type decimal struct {
	sign     int
	digits   string
	exponent int64
}

// maxExponent bounds what is told apart: larger exponents are all the same.
const maxExponent = 1 << 40

func splitNumber(s string) decimal {
	d := decimal{sign: 1}
	if strings.HasPrefix(s, "-") {
		d.sign, s = -1, s[1:]
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if exponent != "" {
		e, err := strconv.ParseInt(exponent, 10, 64)
		if err != nil || e > maxExponent || e < -maxExponent {
			e = maxExponent
			if exponent[0] == '-' {
				e = -maxExponent
			}
		}
		d.exponent = e
	}
	digits := whole + fraction
	d.exponent += int64(len(whole))
	trimmed := strings.TrimLeft(digits, "0")
	d.exponent -= int64(len(digits) - len(trimmed))
	d.digits = strings.TrimRight(trimmed, "0")
	if d.digits == "" {
		return decimal{}
	}
	return d
}
