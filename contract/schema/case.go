package schema

import (
	"unicode"
	"unicode/utf8"
)

// Names in other case. Some readers match names without regard to case (Go's
// encoding/json, .NET's and Java's by option), others do not. A name that is
// not among those of an object's schema but equals one of them under Unicode's
// simple case folding would be read as that property by some, unjudged: it is
// refused whatever the policies and additionalProperties say. Names that
// patternProperties matches are declared by it. Of several parts that read one
// object, a name that any of them knows as it is written is in order.

// miscased handles the name of the current member, which the rule does not
// know, when it equals a known one but for case. It returns false when the
// document is refused.
func (st *State) miscased(w *walk) bool {
	o := w.rule
	if w.text == 0 && o.counts&countBit(w.nameEnd-w.key-2) == 0 {
		return true
	}
	if !st.gate || st.confirm || st.silent > 0 || len(o.props) == 0 || o.additional == never {
		return true
	}
	name := st.data[w.key+1 : w.nameEnd-1]
	if w.text&escaped != 0 {
		name = st.seen(st.names[len(st.names)-1])
	}
	if !o.knowsFolded(name) {
		return true
	}
	if st.rounds == 0 {
		st.stop(wCase, w.start)
		st.bad.node = w.n
		return false
	}
	if st.full(w.key) {
		return false
	}
	st.votes = append(st.votes, vote{uint32(w.start), uint32(w.key), uint32(w.nameEnd), voteCase, w.n})
	return true
}

// knowsFolded reports whether b equals a name of o under simple case folding.
func (o *objectRule) knowsFolded(b []byte) bool {
	if o.counts&countBit(utf8.RuneCount(b)) == 0 { // simple folding keeps the number of characters
		return false
	}
	if o.index == nil {
		for k := range o.props {
			if equalFold(b, o.props[k].name) {
				return true
			}
		}
		return false
	}
	mask := uint32(len(o.folded) - 1)
	for h := hashFolded(b) & mask; o.folded[h] != 0; h = (h + 1) & mask {
		if equalFold(b, o.props[o.folded[h]-1].name) {
			return true
		}
	}
	return false
}

// countBit is bit n of a set of numbers of characters; all from 63 on are one.
func countBit(n int) uint64 { return 1 << min(n, 63) }

// buildFolded makes the hash table over folded names, for objects that may be
// open: which they are can be decided by the State.
func (o *objectRule) buildFolded() {
	if o.index == nil || o.additional == never {
		return
	}
	o.folded = make([]uint16, len(o.index))
	mask := uint32(len(o.folded) - 1)
	for k := range o.props {
		h := hashFolded([]byte(o.props[k].name)) & mask
		for o.folded[h] != 0 {
			h = (h + 1) & mask
		}
		o.folded[h] = uint16(k + 1)
	}
}

// hashFolded is the same for names that differ in case only. The table is not
// the sender's to fill.
func hashFolded(b []byte) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(b); {
		r, size := foldedRune(b[i:])
		h = (h ^ uint32(r)) * 16777619
		i += size
	}
	return h ^ h>>15
}

// equalFold reports whether b and s, both UTF-8, are equal under simple case
// folding.
func equalFold(b []byte, s string) bool {
	i, j := 0, 0
	for i < len(b) && j < len(s) {
		if b[i] == s[j] && b[i] < utf8.RuneSelf {
			i, j = i+1, j+1
			continue
		}
		x, n := foldedRune(b[i:])
		var y rune
		m := 1
		if s[j] < utf8.RuneSelf {
			y = lower(s[j])
		} else {
			y, m = utf8.DecodeRuneInString(s[j:])
			y = least(y)
		}
		if x != y {
			return false
		}
		i, j = i+n, j+m
	}
	return i == len(b) && j == len(s)
}

// foldedRune returns what stands for the first character of b and all that
// differ from it in case only, and its size.
func foldedRune(b []byte) (rune, int) {
	if b[0] < utf8.RuneSelf {
		return lower(b[0]), 1
	}
	r, size := utf8.DecodeRune(b)
	return least(r), size
}

func lower(c byte) rune {
	if c-'A' <= 'Z'-'A' {
		c |= 0x20
	}
	return rune(c)
}

// least returns the least character of r's orbit under simple folding, in
// lower case where it is ASCII: "ſ" and "K" belong to s and k.
func least(r rune) rune {
	low := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		low = min(low, next)
	}
	if low < utf8.RuneSelf {
		return lower(byte(low))
	}
	return low
}
