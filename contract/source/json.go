package source

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds nesting of documents, so that recursion over them is bounded.
const maxDepth = 512

// reader reads JSON text (RFC 8259) into nodes that keep offsets. It is
// strict: duplicate names, invalid UTF-8, lone surrogates and anything after
// the value are refused.
type reader struct {
	file  *File
	text  string
	at    int
	depth int

	// Children are collected on these stacks and moved into slabs when
	// their parent ends, so that siblings lie side by side.
	nodes      []Node
	members    []Member
	nodeSlab   []Node
	memberSlab []Member
	seen       map[string]struct{}
	problems   Problems
}

// syntaxError stops the reader; everything before it has been reported.
type syntaxError struct {
	at   int
	text string
}

func parseJSON(f *File) Problems {
	r := &reader{file: f, text: f.text}
	if strings.HasPrefix(r.text, "\ufeff") { // RFC 8259 section 8.1 lets readers ignore it
		r.at = len("\ufeff")
	}
	root := new(Node)
	if err := r.document(root); err != nil {
		return append(r.problems, Problem{
			Position: f.position(uint64(err.at)),
			Text:     "not valid JSON: " + err.text,
		})
	}
	f.Root = root
	return r.problems
}

func (r *reader) document(root *Node) *syntaxError {
	r.space()
	if err := r.value(root); err != nil {
		return err
	}
	r.space()
	if r.at < len(r.text) {
		return r.fail("text after the end of the document")
	}
	return nil
}

func (r *reader) fail(format string, args ...any) *syntaxError {
	return &syntaxError{r.at, fmt.Sprintf(format, args...)}
}

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

func (r *reader) value(n *Node) *syntaxError {
	n.file, n.at = r.file, uint64(r.at)
	if r.at >= len(r.text) {
		return r.fail("it ends where a value is expected")
	}
	switch c := r.text[r.at]; c {
	case '{':
		return r.nested(n, r.object)
	case '[':
		return r.nested(n, r.array)
	case '"':
		n.kind = String
		var err *syntaxError
		n.text, err = r.string()
		return err
	case 't':
		return r.literal(n, Bool, "true")
	case 'f':
		return r.literal(n, Bool, "false")
	case 'n':
		return r.literal(n, Null, "null")
	default:
		return r.number(n)
	}
}

func (r *reader) nested(n *Node, read func(*Node) *syntaxError) *syntaxError {
	if r.depth++; r.depth > maxDepth {
		return r.fail("nested deeper than %d levels", maxDepth)
	}
	r.at++
	r.space()
	err := read(n)
	r.depth--
	return err
}

func (r *reader) literal(n *Node, k Kind, word string) *syntaxError {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return r.fail("a value is expected")
	}
	r.at += len(word)
	n.kind = k
	if k == Bool {
		n.text = word
	}
	return nil
}

func (r *reader) array(n *Node) *syntaxError {
	n.kind = Array
	base := len(r.nodes)
	for first := true; ; first = false {
		if done, err := r.next(']', first); done || err != nil {
			n.items = move(&r.nodeSlab, r.nodes[base:])
			r.nodes = r.nodes[:base]
			return err
		}
		var child Node
		if err := r.value(&child); err != nil {
			return err
		}
		r.nodes = append(r.nodes, child)
		r.space()
	}
}

func (r *reader) object(n *Node) *syntaxError {
	n.kind = Object
	base := len(r.members)
	for first := true; ; first = false {
		if done, err := r.next('}', first); done || err != nil {
			r.unique(r.members[base:])
			n.members = move(&r.memberSlab, r.members[base:])
			r.members = r.members[:base]
			return err
		}
		m := Member{at: uint64(r.at)}
		var err *syntaxError
		if r.at >= len(r.text) || r.text[r.at] != '"' {
			return r.fail("a name in double quotes is expected")
		}
		if m.Name, err = r.string(); err != nil {
			return err
		}
		r.space()
		if r.at >= len(r.text) || r.text[r.at] != ':' {
			return r.fail("a colon is expected after the name")
		}
		r.at++
		r.space()
		if err := r.value(&m.Value); err != nil {
			return err
		}
		r.members = append(r.members, m)
		r.space()
	}
}

// next consumes what separates children, and the closing bracket.
func (r *reader) next(end byte, first bool) (done bool, err *syntaxError) {
	if r.at >= len(r.text) {
		return false, r.fail("it ends inside of a value; %q is missing", end)
	}
	switch c := r.text[r.at]; {
	case c == end:
		r.at++
		return true, nil
	case first:
		return false, nil
	case c != ',':
		return false, r.fail("a comma or %q is expected", end)
	}
	r.at++
	r.space()
	if r.at < len(r.text) && r.text[r.at] == end {
		return false, r.fail("a comma before %q is not allowed", end)
	}
	return false, nil
}

// unique reports names that stand twice (RFC 8259 section 4: interoperable
// objects have unique names).
func (r *reader) unique(members []Member) {
	if len(members) <= 8 {
		for i := range members {
			for j := range i {
				if members[i].Name == members[j].Name {
					r.duplicate(&members[i])
					break
				}
			}
		}
		return
	}
	if r.seen == nil {
		r.seen = make(map[string]struct{})
	}
	clear(r.seen)
	for i := range members {
		before := len(r.seen)
		if r.seen[members[i].Name] = struct{}{}; len(r.seen) == before {
			r.duplicate(&members[i])
		}
	}
}

func (r *reader) duplicate(m *Member) {
	r.problems = append(r.problems, Problem{
		Position: r.file.position(m.at),
		Text:     fmt.Sprintf("the name %q stands twice in this object", m.Name),
		Hint:     "remove or rename one of them",
	})
}

// slabSize is how many children are allocated at a time.
const slabSize = 1024

// move copies children into the slab and returns them as a full slice.
func move[T any](slab *[]T, children []T) []T {
	n := len(children)
	if n == 0 {
		return nil
	}
	if n > cap(*slab)-len(*slab) {
		*slab = make([]T, 0, max(slabSize, n))
	}
	start := len(*slab)
	*slab = append(*slab, children...)
	return (*slab)[start : start+n : start+n]
}

// number follows RFC 8259 section 6.
func (r *reader) number(n *Node) *syntaxError {
	start := r.at
	r.accept('-')
	switch {
	case r.accept('0'):
	case r.digits():
	default:
		r.at = start
		return r.fail("a value is expected")
	}
	if r.accept('.') && !r.digits() {
		return r.fail("a digit is expected after the decimal point")
	}
	if r.accept('e') || r.accept('E') {
		if !r.accept('+') {
			r.accept('-')
		}
		if !r.digits() {
			return r.fail("a digit is expected in the exponent")
		}
	}
	n.kind, n.text = Number, r.text[start:r.at]
	return nil
}

func (r *reader) accept(c byte) bool {
	if r.at < len(r.text) && r.text[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *reader) digits() bool {
	start := r.at
	for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
		r.at++
	}
	return r.at > start
}

// string reads a string and returns it decoded; without escapes it is a view
// of the text.
func (r *reader) string() (string, *syntaxError) {
	r.at++
	start := r.at
	ascii := true
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			s := r.text[start:r.at]
			if !ascii && !utf8.ValidString(s) {
				return "", r.fail("a string that is not valid UTF-8")
			}
			r.at++
			return s, nil
		case c == '\\':
			return r.escaped(start)
		case c < 0x20:
			return "", r.fail("a control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
		r.at++
	}
	return "", r.fail("a string without end")
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on where string met the first backslash.
func (r *reader) escaped(start int) (string, *syntaxError) {
	out := append(make([]byte, 0, 2*(r.at-start)+32), r.text[start:r.at]...)
	for r.at < len(r.text) {
		c := r.text[r.at]
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return "", r.fail("a string that is not valid UTF-8")
			}
			r.at++
			return string(out), nil
		case c < 0x20:
			return "", r.fail("a control character in a string")
		case c != '\\':
			out = append(out, c)
			r.at++
			continue
		}
		var err *syntaxError
		if out, err = r.escape(out); err != nil {
			return "", err
		}
	}
	return "", r.fail("a string without end")
}

func (r *reader) escape(out []byte) ([]byte, *syntaxError) {
	r.at++
	if r.at >= len(r.text) {
		return nil, r.fail("a string without end")
	}
	if c := r.text[r.at]; c != 'u' {
		if escapes[c] == 0 {
			return nil, r.fail("an unknown escape in a string")
		}
		r.at++
		return append(out, escapes[c]), nil
	}
	high, ok := r.hex()
	if !ok {
		return nil, r.fail("four hexadecimal digits are expected after \\u")
	}
	if !utf16.IsSurrogate(high) {
		return utf8.AppendRune(out, high), nil
	}
	if strings.HasPrefix(r.text[r.at:], `\u`) {
		r.at++
		if low, ok := r.hex(); ok {
			if c := utf16.DecodeRune(high, low); c != utf8.RuneError {
				return utf8.AppendRune(out, c), nil
			}
		}
	}
	return nil, r.fail("half of a surrogate pair in a string")
}

// hex reads the four digits after \u, at the u.
func (r *reader) hex() (rune, bool) {
	if r.at+5 > len(r.text) {
		return 0, false
	}
	v, err := strconv.ParseUint(r.text[r.at+1:r.at+5], 16, 16)
	r.at += 5
	return rune(v), err == nil
}
