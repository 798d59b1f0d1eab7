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

// match reads text, which begins at offset base of the decoded path, and
// appends the places of the parameters. Each takes as little as it can. No
// second try is needed: were there any way to read text, then taking the
// first place of each literal would leave the most for what follows.
func (p *pattern) match(text []byte, base int, semi bool, captures []capture) ([]capture, bool) {
	first, last := p.texts[0], p.texts[len(p.texts)-1]
	from, to := len(first), len(text)-len(last)
	if from >= to || string(text[:from]) != first || string(text[to:]) != last {
		return captures, false
	}
	for i, literal := range p.texts[1:] {
		end := to
		if i < len(p.texts)-2 {
			at := bytes.Index(text[from+1:to], []byte(literal))
			if at < 0 {
				return captures, false
			}
			end = from + 1 + at
		}
		if from >= end || !p.allows(i, text[from:end], semi) {
			return captures, false
		}
		captures = append(captures, capture{uint16(base + from), uint16(base + end)})
		from = end + len(literal)
	}
	return captures, true
}

// allows reports whether parameter i may have this value. semi says that the
// text holds a raw ";"; encoded ones then count as well.
func (p *pattern) allows(i int, value []byte, semi bool) bool {
	if p.slash>>i&1 == 0 && bytes.IndexAny(value, `/\`) >= 0 {
		return false
	}
	return !semi || p.semi>>i&1 != 0 || bytes.IndexByte(value, ';') < 0
}
