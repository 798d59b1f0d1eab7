package schema

import (
	"cmp"
	"math"
	"slices"
)

// Closing: an object schema that names properties and says nothing of others
// is closed, at the place where the object stands, on the union of what the
// successful parts of the schema declare. Where several parts read the same
// object on their own, what one of them misses is only a vote; once the
// document has been accepted, a second round collects what any part declares,
// and the votes that are left count.

// misplacedFlag is the flag of properties that may not travel this way.
func (st *State) misplacedFlag() propertyFlags {
	switch st.Direction {
	case Request:
		return notAsked
	case Answer:
		return notAnswered
	}
	return 0
}

// misplaced handles a member that is readOnly in a request or writeOnly in
// an answer. Where it can be decided at once its value is not judged.
func (st *State) misplaced(w *walk, n *node, d []byte, i int) int {
	if st.Misplaced == Allow || st.silent > 0 {
		end := st.value(n, d, i, false)
		if end >= 0 {
			st.declare(w)
			st.know(w, true)
		}
		return end
	}
	word := wReadOnly
	if st.Direction == Answer {
		word = wWriteOnly
	}
	if st.rounds == 0 && st.Misplaced == Refuse {
		st.stop(word, w.key)
		st.bad.node = w.n
		return -1
	}
	mark, votes := len(st.Spans), len(st.votes)
	var end int
	if st.rounds == 0 {
		end = st.skip(d, i)
	} else {
		end = st.value(n, d, i, false)
	}
	if end < 0 {
		return -1
	}
	// What stands in a member that goes is of no interest.
	st.Spans = st.Spans[:mark]
	if !st.confirm {
		st.votes = st.votes[:votes]
		if st.full(w.key) {
			return -1
		}
	}
	st.declare(w)
	st.know(w, true)
	if st.rounds == 0 {
		st.drop(w.key, end)
	} else if !st.confirm {
		st.votes = append(st.votes, vote{uint32(w.start), uint32(w.key), uint32(end), voteMisplaced, w.n})
	}
	return end
}

// undeclared handles a member that the rule has nothing for.
func (st *State) undeclared(w *walk, d []byte, i, k int) int {
	closes := w.rule.closed && !w.track && st.silent == 0 && st.Undeclared != Allow
	if closes && st.Undeclared == Refuse && st.rounds == 0 {
		st.stop(wUndeclared, w.start)
		st.bad.node = w.n
		return -1
	}
	if k < 0 && !st.miscased(w) {
		return -1
	}
	st.know(w, k >= 0)
	end := st.skip(d, i)
	if end < 0 || !closes {
		if k < 0 {
			st.free(TagName, w.key, min(w.nameEnd, end))
		}
		return end
	}
	st.within(w.key)
	if !st.confirm && st.full(w.key) {
		return -1
	}
	st.leave(w.n, w.start, w.key, end)
	return end
}

// leave drops a member that is undeclared, or votes for it.
func (st *State) leave(n *node, start, key, end int) {
	switch {
	case st.confirm:
	case st.rounds > 0 || st.Undeclared == Refuse:
		st.votes = append(st.votes, vote{uint32(start), uint32(key), uint32(end), voteUndeclared, n})
	default:
		st.drop(key, end)
	}
}

func (st *State) drop(start, end int) {
	st.Spans = append(st.Spans, Span{TagDrop, uint32(start), uint32(end)})
}

// decide settles the votes of an accepted document.
func (st *State) decide(n *node, d []byte) bool {
	spans := len(st.Spans)
	st.confirm = true
	st.rewind()
	st.work = workPerByte*len(d) + workFree
	st.steps = patternPerByte*len(d) + patternFree
	ok := st.whole(n, d)
	st.confirm = false
	st.Spans = st.Spans[:min(spans, len(st.Spans))]
	if !ok {
		return false
	}
	slices.Sort(st.declared)
	slices.SortFunc(st.votes, func(a, b vote) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.kind, b.kind))
	})
	for i, v := range st.votes {
		if i > 0 && st.votes[i-1].key == v.key && st.votes[i-1].kind == v.kind {
			continue
		}
		if v.kind != voteMisplaced {
			if _, found := slices.BinarySearch(st.declared, declaredKey(int(v.key), v.kind == voteCase)); found {
				continue
			}
		}
		if policy, word, at := st.ruling(&v); policy == Refuse {
			st.bad = failure{word: word, node: v.owner, at: int(at), progress: int(at)}
			return false
		}
		st.drop(int(v.key), int(v.end))
	}
	st.unnest()
	return true
}

// ruling says what a vote that counts leads to: the policy, and for a refusal
// the keyword and the place.
func (st *State) ruling(v *vote) (Policy, keyword, uint32) {
	switch {
	case v.kind == voteCase:
		return Refuse, wCase, v.object
	case v.kind == voteUndeclared:
		return st.Undeclared, wUndeclared, v.object
	case st.Direction == Answer:
		return st.Misplaced, wWriteOnly, v.key
	}
	return st.Misplaced, wReadOnly, v.key
}

// unnest removes spans that lie in members which are dropped. From the last
// end backwards, a span either lies in the dropped member that was met last or
// ends before it begins.
func (st *State) unnest() {
	slices.SortFunc(st.Spans, compareSpans)
	dropped := uint32(math.MaxUint32)
	kept := len(st.Spans)
	for i := len(st.Spans) - 1; i >= 0; i-- {
		s := st.Spans[i]
		if s.Start >= dropped {
			continue
		}
		if s.Tag == TagDrop {
			dropped = s.Start
		}
		kept--
		st.Spans[kept] = s
	}
	st.Spans = st.Spans[:copy(st.Spans, st.Spans[kept:])]
}

// sortSpans puts the spans into the order of their ends and drops those that
// several readings found.
func (st *State) sortSpans() {
	for i := 1; i < len(st.Spans); i++ {
		if compareSpans(st.Spans[i-1], st.Spans[i]) >= 0 {
			slices.SortFunc(st.Spans, compareSpans)
			st.Spans = slices.Compact(st.Spans)
			return
		}
	}
}

func compareSpans(a, b Span) int {
	return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(b.Start, a.Start), cmp.Compare(a.Tag, b.Tag))
}
