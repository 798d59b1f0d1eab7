package schema

import "math"

// maxDepth bounds how deep the arrays and objects of a document nest.
const maxDepth = 128

// A document of n bytes may cost workPerByte*n+workFree bytes of rereading.
const (
	workPerByte = 64
	workFree    = 1 << 16
)

// A document of n bytes may have n/bytesPerDrop+freeDrops members that are
// dropped: each costs several times the memory of the few bytes that it has at
// least.
const (
	bytesPerDrop = 32
	freeDrops    = 1 << 12
)

// MostDrops is how many members of a document of size bytes may be dropped.
func MostDrops(size int) int { return size/bytesPerDrop + freeDrops }

// full reports, as a failure, that there is no room for one more member to be
// dropped.
func (st *State) full(at int) bool {
	if len(st.Spans)+len(st.votes) < st.most {
		return false
	}
	drops := len(st.votes)
	for i := range st.Spans {
		if st.Spans[i].Tag == TagDrop {
			drops++
		}
	}
	if drops < st.bound { // the others are tags of guards: they do not count, and are not counted again
		st.most = st.bound + len(st.Spans) + len(st.votes) - drops
		return false
	}
	st.stop(wBudget, at)
	return true
}

// scratch is the memory of one reading. All of it are stacks that grow once
// and are cut back by whoever grew them.
type scratch struct {
	root *Schema
	data []byte
	gate bool // not Pure: documents must be read alike by others

	texts bool // tags of strings are emitted
	loose bool // and those of what no schema describes

	depth  int
	work   int // bytes left to be read again
	bound  int // drops and votes together
	most   int // spans and votes together
	steps  int // steps of expressions left
	fatal  bool
	rounds int // composites around that read the same bytes again
	silent int // conditions around (not, if, contains): nothing is closed or tagged

	decoded []byte     // strings with escapes
	names   []seenName // undeclared names of open objects
	slots   []uint32   // hash tables over names
	wide    []uint64   // bit sets of objects with many properties
	items   []Span     // items of arrays that must be unique
	sums    []sum      // their hashes
	order   []nameAt   // names of objects that are compared

	bits   []uint64 // evaluated members and items, one frame above another
	frame  int      // where the current frame begins
	closed bool     // the current frame has a named, silent object

	votes    []vote   // members that nothing declared so far, or that are misplaced
	confirm  bool     // second round: votes are fixed, declarations are collected
	declared []uint32 // see declaredKey

	bad  failure
	last int // where the reader failed last
}

// vote is one member that a part of the schema found no place for.
type vote struct {
	object, key, end uint32
	kind             voteKind
	owner            *node
}

type voteKind uint8

const (
	voteUndeclared voteKind = iota
	voteMisplaced           // readOnly or writeOnly
	voteCase                // a known name in other case
)

// declaredKey is a member that some part of the schema evaluates, or whose
// name it knows as it is written.
func declaredKey(key int, known bool) uint32 {
	if known {
		return uint32(key)<<1 | 1
	}
	return uint32(key) << 1
}

// failure is the most helpful reason so far.
type failure struct {
	word     keyword
	node     *node
	at       int // the value that is wrong
	progress int // how far the reader was
	detail   int
}

// Read judges data, a whole JSON text. It reports true when data satisfies s;
// otherwise st.Fault says why. data must not change until the caller is done
// with st.Spans and st.Fault.
func (s *Schema) Read(st *State, data []byte) bool {
	st.start(s, data)
	switch {
	case s == nil || s.root == nil || s.root.flags&broken != 0:
		st.bad = failure{word: wBroken}
		return false
	case len(data) > math.MaxInt32:
		st.bad = failure{word: wSize}
		return false
	}
	ok := st.whole(s.root, data)
	if ok && len(st.votes) > 0 {
		ok = st.decide(s.root, data)
	}
	if !ok {
		st.Spans = st.Spans[:0]
		return false
	}
	st.sortSpans()
	return true
}

func (st *State) start(s *Schema, data []byte) {
	st.root, st.data = s, data
	st.gate = s != nil && !s.pure
	st.texts = st.Direction != Answer
	st.loose = st.texts && s != nil && s.loose
	st.Spans = st.Spans[:0]
	st.work = workPerByte*len(data) + workFree
	st.steps = patternPerByte*len(data) + patternFree
	if st.bound = st.MaxDrops; st.bound == 0 {
		st.bound = MostDrops(len(data))
	}
	st.most = st.bound
	st.confirm = false
	st.votes = st.votes[:0]
	st.bad.word = 0
	st.rewind()
}

// rewind makes the scratch memory ready for a round over the document.
func (st *State) rewind() {
	st.depth, st.rounds, st.silent, st.fatal = 0, 0, 0, false
	st.frame, st.closed, st.last = 0, false, 0
	st.decoded, st.names, st.slots = st.decoded[:0], st.names[:0], st.slots[:0]
	st.wide, st.items, st.sums, st.bits = st.wide[:0], st.items[:0], st.sums[:0], st.bits[:0]
	st.declared, st.order = st.declared[:0], st.order[:0]
}

// whole reads the document once.
func (st *State) whole(n *node, d []byte) bool {
	i := st.value(n, d, space(d, 0), false)
	if i < 0 {
		return false
	}
	if i = space(d, i); i < len(d) {
		st.syntax(i)
		return false
	}
	return true
}

// fail records why the value at at is refused by n and returns -1. Of several
// failures the one that got furthest is kept: it belongs to the branch that
// was most probably meant.
func (st *State) fail(word keyword, n *node, at, progress, detail int) int {
	st.last = progress
	if !st.fatal && (st.bad.word == 0 || progress > st.bad.progress) {
		st.bad = failure{word, n, at, progress, detail}
	}
	return -1
}

// stop records a failure that no other branch can mend and returns -1.
func (st *State) stop(word keyword, at int) int {
	if !st.fatal {
		st.bad = failure{word: word, at: at, progress: at}
	}
	st.fatal, st.last = true, at
	return -1
}

func (st *State) syntax(at int) int { return st.stop(wSyntax, at) }

// Forget drops what the last reading left: references to the document and
// scratch memory beyond a bound, so that a pooled State holds little.
func (st *State) Forget() {
	const most = 1 << 14
	st.root, st.data = nil, nil
	st.Spans = st.Spans[:0]
	clear(st.votes[:cap(st.votes)])
	if cap(st.decoded) > most || cap(st.names) > most || cap(st.slots) > most || cap(st.votes) > most ||
		cap(st.items) > most || cap(st.bits) > most || cap(st.declared) > most || cap(st.Spans) > most {
		st.scratch = scratch{}
		st.Spans = nil
	}
}
