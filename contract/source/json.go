package source

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds nesting of documents, so that recursion over them is bounded.
const maxDepth = 512

// maxValues bounds how many values one text may have: the smallest take two
// bytes of text and 64 of memory. Documents in use have one in 30 bytes.
const maxValues = 2 << 20

// maxReported bounds how many problems of one text are listed.
const maxReported = 1000

// reader reads JSON text (RFC 8259) into nodes that keep offsets. It is
// strict: duplicate names, invalid UTF-8, lone surrogates and anything after
// the value are refused.
type reader struct {
	file   *File
	text   string
	at     int
	depth  int
	values int

	// Values are collected on a stack and moved into a slab when their parent
	// ends, so that siblings lie side by side. They are written by index,
	// since the stack grows.
	stack   []Member
	slab    []Member
	lists   [][]Member // what kids of nodes point at
	seed    maphash.Seed
	seen    []uint32 // scratch of unique: a hash table of indexes + 1
	repeats repeats
}

// syntaxError stops the reader; everything before it has been reported.
type syntaxError struct {
	at   int
	text string
}

func parseJSON(f *File) Problems {
	r := &reader{file: f, text: f.text, seed: maphash.MakeSeed()}
	if strings.HasPrefix(r.text, "\ufeff") { // RFC 8259 section 8.1 lets readers ignore it
		r.at = len("\ufeff")
	}
	if err := r.document(); err != nil {
		return append(r.repeats.problems(f), Problem{
			Position: f.position(place(err.at)),
			Text:     "not valid JSON: " + err.text,
		})
	}
	f.Root = &r.stack[0].Value
	return r.repeats.problems(f)
}

func (r *reader) document() *syntaxError {
	if !utf8.ValidString(r.text) {
		r.at = invalidUTF8(r.text)
		return r.fail("the text is not valid UTF-8")
	}
	r.space()
	r.stack = append(make([]Member, 0, 256), Member{})
	if err := r.value(0); err != nil {
		return err
	}
	r.space()
	if r.at < len(r.text) {
		return r.fail("text after the end of the document")
	}
	r.stack = append([]Member(nil), r.stack[0])
	return nil
}

// invalidUTF8 returns where text stops to be UTF-8.
func invalidUTF8(text string) int {
	for i, c := range text {
		if c == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return i
		}
	}
	return len(text)
}

func (r *reader) fail(format string, args ...any) *syntaxError {
	return &syntaxError{r.at, fmt.Sprintf(format, args...)}
}

// space skips what may stand between tokens (RFC 8259 section 2), eight
// blanks of indentation at a time.
func (r *reader) space() {
	text, i := r.text, r.at
	for i < len(text) && text[i] <= ' ' {
		switch text[i] {
		case ' ':
			for i+8 <= len(text) && text[i:i+8] == "        " {
				i += 8
			}
			for i < len(text) && text[i] == ' ' {
				i++
			}
		case '\t', '\n', '\r':
			i++
		default:
			r.at = i
			return
		}
	}
	r.at = i
}

// value reads one value into the stack at i.
func (r *reader) value(i int) *syntaxError {
	if r.at >= len(r.text) {
		return r.fail("it ends where a value is expected")
	}
	if r.values++; r.values > maxValues {
		return r.fail("more than %d values", maxValues)
	}
	n := &r.stack[i].Value
	n.file = r.file
	switch c := r.text[r.at]; c {
	case '{', '[':
		return r.nested(i, c)
	case '"':
		n.mark = newMark(String, place(r.at))
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
		start := r.at
		err := r.number()
		n.mark, n.text = newMark(Number, place(start)), r.text[start:r.at]
		return err
	}
}

func (r *reader) literal(n *Node, k Kind, word string) *syntaxError {
	if !strings.HasPrefix(r.text[r.at:], word) {
		return r.fail("a value is expected")
	}
	n.mark = newMark(k, place(r.at))
	r.at += len(word)
	if k == Bool {
		n.text = word
	}
	return nil
}

// nested reads an object or an array into the stack at i.
func (r *reader) nested(i int, open byte) *syntaxError {
	if r.depth++; r.depth > maxDepth {
		return r.fail("nested deeper than %d levels", maxDepth)
	}
	start, base := place(r.at), len(r.stack)
	r.at++
	r.space()
	kind, children := Object, r.members
	if open == '[' {
		kind, children = Array, r.items
	}
	if err := children(); err != nil {
		return err
	}
	if kind == Object {
		r.unique(start, r.stack[base:])
	}
	n := &r.stack[i].Value
	n.mark, n.kids = newMark(kind, start), r.keep(r.stack[base:])
	r.stack = r.stack[:base]
	r.depth--
	return nil
}

// push puts a value to be read on the stack, which doubles when it is full.
func (r *reader) push(m Member) {
	if len(r.stack) == cap(r.stack) {
		r.stack = slices.Grow(r.stack, len(r.stack))
	}
	r.stack = append(r.stack, m)
}

func (r *reader) items() *syntaxError {
	for first := true; ; first = false {
		if done, err := r.next(']', first); done || err != nil {
			return err
		}
		r.push(Member{})
		if err := r.value(len(r.stack) - 1); err != nil {
			return err
		}
		r.space()
	}
}

func (r *reader) members() *syntaxError {
	for first := true; ; first = false {
		if done, err := r.next('}', first); done || err != nil {
			return err
		}
		if r.at >= len(r.text) || r.text[r.at] != '"' {
			return r.fail("a name in double quotes is expected")
		}
		at := place(r.at)
		name, err := r.string()
		if err != nil {
			return err
		}
		r.space()
		if r.at >= len(r.text) || r.text[r.at] != ':' {
			return r.fail("a colon is expected after the name")
		}
		r.at++
		r.space()
		r.push(Member{Name: name, at: at})
		if err := r.value(len(r.stack) - 1); err != nil {
			return err
		}
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

// slabSize is how many children are allocated at a time.
const slabSize = 1024

// keep copies children into the slab and returns them as a full slice.
func (r *reader) keep(children []Member) *[]Member {
	n := len(children)
	if n == 0 {
		return nil
	}
	if n > cap(r.slab)-len(r.slab) {
		r.slab = make([]Member, 0, max(slabSize, n))
	}
	start := len(r.slab)
	r.slab = append(r.slab, children...)
	if len(r.lists) == cap(r.lists) {
		r.lists = make([][]Member, 0, slabSize)
	}
	r.lists = append(r.lists, r.slab[start:start+n:start+n])
	return &r.lists[len(r.lists)-1]
}

// unique reports names that stand twice (RFC 8259 section 4: interoperable
// objects have unique names).
func (r *reader) unique(object place, members []Member) {
	if len(members) <= 8 {
		for i := range members {
			for j := range i {
				if members[i].Name == members[j].Name {
					r.repeats.add(object, members[i].at, members[i].Name)
					break
				}
			}
		}
		return
	}
	size := 1 << bits.Len(uint(2*len(members)))
	if len(r.seen) < size {
		r.seen = make([]uint32, size)
	}
	seen := r.seen[:size]
	clear(seen)
	for i := range members {
		h := int(maphash.String(r.seed, members[i].Name)) & (size - 1)
		for seen[h] != 0 && members[seen[h]-1].Name != members[i].Name {
			h = (h + 1) & (size - 1)
		}
		if seen[h] != 0 {
			r.repeats.add(object, members[i].at, members[i].Name)
		}
		seen[h] = uint32(i + 1)
	}
}
