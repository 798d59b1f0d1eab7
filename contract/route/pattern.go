package route

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// pattern is one segment of a template that is not literal: text, parameter,
// text and so on in turn. A parameter alone stands between two empty texts.
type pattern struct {
	texts []string // one more than there are parameters; inner ones are not empty
	slash uint16   // bit i: parameter i may hold slashes
	semi  uint16   // bit i: parameter i may hold a raw ";"
	child uint32   // the node behind it
	inner [][]byte // the texts between parameters, as begin needs them
}

// maxParameters bounds the parameters of one segment.
const maxParameters = 16

// pure reports whether p is a parameter alone.
func (p *pattern) pure() bool {
	return len(p.texts) == 2 && p.texts[0] == "" && p.texts[1] == ""
}

// plain reports whether p is a parameter alone and without opt-ins.
func (p *pattern) plain() bool { return p.pure() && p.slash|p.semi == 0 }

// key tells patterns apart. Texts hold no control characters.
func (p *pattern) key() string {
	return strings.Join(p.texts, "\x00") + fmt.Sprintf("\x01%x\x01%x", p.slash, p.semi)
}

// compare orders patterns by how much they say: the package comment's rule.
func (p *pattern) compare(q *pattern) int {
	last := func(p *pattern) string { return p.texts[len(p.texts)-1] }
	total := func(p *pattern) int { return len(strings.Join(p.texts, "")) }
	flag := func(p *pattern) int { return cmp.Compare(min(p.slash, 1), 0) }
	return cmp.Or(
		cmp.Compare(len(q.texts[0]), len(p.texts[0])),
		cmp.Compare(len(last(q)), len(last(p))),
		cmp.Compare(total(q), total(p)),
		cmp.Compare(len(p.texts), len(q.texts)),
		slices.Compare(p.texts, q.texts),
		cmp.Compare(flag(p), flag(q)),
		cmp.Compare(p.slash, q.slash),
		cmp.Compare(p.semi, q.semi),
	)
}

// tail is what the last parameter of a pattern may still be once all before
// it are read. Offsets count from the pattern's beginning.
type tail struct {
	from      int  // where it begins
	separator int  // the first slash or backslash that it must not hold
	semicolon int  // the first ";" that it must not hold when it was raw
	before    bool // a parameter before it holds such a ";"
}

// begin reads text, which begins at offset base of the decoded path, up to the
// last parameter, and appends the places of those before. Each takes as little
// as it can. No second try is needed: were there any way to read text, then
// taking the first place of each literal would leave the most for what
// follows; and where the text ends makes no difference to that.
func (p *pattern) begin(text []byte, base int, captures []capture) ([]capture, tail, bool) {
	t, last := tail{from: len(p.texts[0])}, len(p.texts)-2
	if len(text) < t.from || string(text[:t.from]) != p.texts[0] {
		return captures, t, false
	}
	for i, literal := range p.inner {
		at := bytes.Index(text[min(t.from+1, len(text)):], literal)
		if at < 0 {
			return captures, t, false
		}
		end := t.from + 1 + at
		value := text[t.from:end]
		if p.slash>>i&1 == 0 && separator(value) < len(value) {
			return captures, t, false
		}
		t.before = t.before || p.semi>>i&1 == 0 && bytes.IndexByte(value, ';') >= 0
		captures = append(captures, capture{uint16(base + t.from), uint16(base + end)})
		t.from = end + len(literal)
	}
	t.separator, t.semicolon = len(text), len(text)
	if p.slash>>last&1 == 0 {
		t.separator = t.from + separator(text[min(t.from, len(text)):])
	}
	if at := bytes.IndexByte(text[min(t.from, len(text)):], ';'); at >= 0 && p.semi>>last&1 == 0 {
		t.semicolon = t.from + at
	}
	return captures, t, true
}

// end returns where the last parameter ends when text is all that is left to
// the pattern. semi says that text holds a raw ";"; encoded ones then count
// as well.
func (p *pattern) end(t *tail, text []byte, semi bool) (to int, ok bool) {
	last := p.texts[len(p.texts)-1]
	to = len(text) - len(last)
	switch {
	case to <= t.from, to > t.separator, string(text[to:]) != last:
		return to, false
	case semi && (t.before || to > t.semicolon):
		return to, false
	}
	return to, true
}

// separator returns the place of the first slash or backslash, or the length.
func separator(text []byte) int {
	for i, c := range text {
		if c == '/' || c == '\\' {
			return i
		}
	}
	return len(text)
}
