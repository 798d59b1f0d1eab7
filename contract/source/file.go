package source

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// File is one document: its name as the user gave it, its text and its tree.
type File struct {
	Name string // as shown in messages
	URI  string // base for references out of it; "" when it has none
	Root *Node

	text string // the document's text, for positions of JSON
	yaml bool   // positions are lines and columns already

	mu    sync.Mutex                 // guards what follows, all built on demand
	lines []uint32                   // offsets at which lines begin
	index map[*Node]map[string]int32 // names of large objects
	last  walked                     // where bytesBefore stopped
}

// walked is a place in a line: so many bytes stand before the column.
type walked struct{ line, column, bytes int }

// position turns a place into line and column.
func (f *File) position(at place) Position {
	if !f.yaml {
		return f.offset(int(at))
	}
	line, column := int(at>>columnBits), int(at&(1<<columnBits-1))
	return Position{File: f.Name, Line: line, Column: f.bytesBefore(line, column) + 1}
}

// bytesBefore counts the bytes of a line before a column, since the columns of
// YAML count characters and ours bytes. It goes on where it stopped last, so
// that places asked for in order on one long line take linear time.
func (f *File) bytesBefore(line, column int) int {
	start := f.byteOf(Position{Line: line, Column: 1})
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last.line != line || f.last.column > column {
		f.last = walked{line: line, column: 1}
	}
	w := &f.last
	for w.column < column {
		_, size := utf8.DecodeRuneInString(f.text[min(start+w.bytes, len(f.text)):])
		w.bytes += max(size, 1)
		w.column++
	}
	return w.bytes
}

// offset turns a byte offset into line and column.
func (f *File) offset(at int) Position {
	starts := f.lineStarts()
	line, found := slices.BinarySearch(starts, uint32(at))
	if !found {
		line--
	}
	return Position{File: f.Name, Line: line + 1, Column: at - int(starts[line]) + 1}
}

// byteOf is the offset of a position.
func (f *File) byteOf(p Position) int {
	starts := f.lineStarts()
	if p.Line < 1 || p.Line > len(starts) {
		return len(f.text)
	}
	return min(int(starts[p.Line-1])+p.Column-1, len(f.text))
}

// lineStarts returns the offsets at which lines begin. In YAML a carriage
// return alone ends a line too (YAML 1.2.2 section 5.4).
func (f *File) lineStarts() []uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lines == nil {
		ends := "\n"
		if f.yaml {
			ends = "\r\n"
		}
		f.lines = make([]uint32, 1, 1+strings.Count(f.text, "\n"))
		for at := 0; ; {
			i := strings.IndexAny(f.text[at:], ends)
			if i < 0 {
				break
			}
			if at += i + 1; f.text[at-1] == '\n' || !strings.HasPrefix(f.text[at:], "\n") {
				f.lines = append(f.lines, uint32(at))
			}
		}
	}
	return f.lines
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
		members := n.members()
		names = make(map[string]int32, len(members))
		for i := range members {
			if _, twice := names[members[i].Name]; !twice {
				names[members[i].Name] = int32(i)
			}
		}
		f.index[n] = names
	}
	if i, ok := names[name]; ok {
		return &(*n.kids)[i].Value
	}
	return nil
}

// pointer finds the node that begins at a place: from the root down, always
// into the child that begins last before it.
func (f *File) pointer(at place) string {
	var b strings.Builder
	b.WriteByte('#')
	for n := f.Root; n.at() != at; {
		i := nearest(n.members(), at, !f.yaml)
		if i < 0 {
			break
		}
		token := strconv.Itoa(i)
		if n.Is(Object) {
			token = escapePointer(n.members()[i].Name)
		}
		b.WriteByte('/')
		b.WriteString(token)
		n = &n.members()[i].Value
	}
	return b.String()
}

// nearest returns the child that begins last at or before a place, -1 for
// none. Merge keys and aliases of YAML put children out of order.
func nearest(kids []Member, at place, sorted bool) int {
	if sorted {
		i, found := slices.BinarySearchFunc(kids, at, func(m Member, at place) int { return cmp.Compare(m.Value.at(), at) })
		if !found {
			i--
		}
		return i
	}
	best := -1
	for i := range kids {
		if p := kids[i].Value.at(); p <= at && (best < 0 || p > kids[best].Value.at()) {
			best = i
		}
	}
	return best
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
		for i, item := range a.Items() {
			if !Equal(item, b.Item(i)) {
				return false
			}
		}
	case Object:
		for name, member := range a.Members() {
			if !Equal(member, b.Get(name)) {
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
