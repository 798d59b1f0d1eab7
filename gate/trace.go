package gate

import (
	"encoding/binary"
	"math/rand/v2"
)

// Tracing is how the gate takes part in distributed traces (W3C Trace Context,
// Level 2). It is immutable. Without it the fields of traces pass as any other
// and no event names a trace.
type Tracing struct {
	Begin     bool // a trace, where the call brings none that is gone on with
	Everybody bool // traces of all clients are gone on with, not only those of trusted peers
	// SampleOneIn says how many of the traces are sampled where the gate decides:
	// of those that it begins, and of those whose sampling it takes nobody's word
	// for. 0 samples none.
	SampleOneIn uint64
}

// draws decides whether a trace is sampled. What it goes by is no part of a
// trace, since clients choose that.
func (t *Tracing) draws() bool { return t.SampleOneIn > 0 && rand.Uint64N(t.SampleOneIn) == 0 }

const (
	nameParent = "traceparent"
	nameState  = "tracestate"

	flagSampled = 1 // Trace Context section 3.2.2.5, sampled flag
	flagRandom  = 2 // section 3.2.2.5, random trace ID flag: it was drawn
)

// trace is the part of an exchange in a trace.
type trace struct {
	id           [16]byte // zero for no trace
	parent, span [8]byte  // parent is zero where the gate began the trace
	flags        byte
	continued    bool // the id is that of the caller
	parents      found
	states       found
	line         [parentLength]byte
}

// found are the fields of one name: the place of the first, and how many.
type found struct{ first, n int }

func (f *found) add(i int) {
	if f.n == 0 {
		f.first = i
	}
	f.n++
}

// follow goes on with the trace of a call, or begins one. What is forwarded
// changes in passTrace: guards judge the fields as they came.
func (x *Exchange) follow(t *Tracing) {
	tr := &x.trace
	x.findTrace()
	switch {
	case x.readTrace(t):
		tr.continued = true
		if !x.Trusted { // nobody has traces sampled by saying so
			if tr.flags &^= flagSampled; t.draws() {
				tr.flags |= flagSampled
			}
		}
	case t.Begin && x.Question == nil: // whoever forwards the call begins it
		drawID(tr.id[:])
		if tr.flags = flagRandom; t.draws() {
			tr.flags |= flagSampled
		}
	default:
		return
	}
	drawID(tr.span[:])
}

// readTrace reads the one traceparent of the call where it may be gone on with.
// Of several, none is (section 3.2.1: the field stands once).
func (x *Exchange) readTrace(t *Tracing) bool {
	if !x.Trusted && !t.Everybody {
		return false
	}
	return x.trace.parents.n == 1 && x.trace.read(x.Fields[x.trace.parents.first].Value)
}

// findTrace looks where the fields of traces stand, once for all who ask.
func (x *Exchange) findTrace() {
	for i := range x.Fields {
		switch f := &x.Fields[i]; len(f.Name) {
		case len(nameParent):
			if !f.Gone && EqualFold(f.Name, nameParent) {
				x.trace.parents.add(i)
			}
		case len(nameState):
			if !f.Gone && EqualFold(f.Name, nameState) {
				x.trace.states.add(i)
			}
		}
	}
}

// passTrace makes the fields of the trace those that the API gets: the gate's
// own span calls it. What was not gone on with ends here, and with it whatever
// its tracestate says (section 3.3); so does a tracestate that is not sound.
func (x *Exchange) passTrace() {
	if x.trace.id != ([16]byte{}) {
		x.OutFields = append(x.OutFields, Field{Name: fieldParent, Value: x.trace.write()})
	}
	x.dropFound(x.trace.parents, nameParent)
	if states := x.trace.states; states.n > 0 && !(x.trace.continued && soundStates(x.Fields, states.first)) {
		x.dropFound(states, nameState)
	}
}

// dropFound has no field of a name go to the API.
func (x *Exchange) dropFound(some found, name string) {
	if some.n > 0 {
		x.Fields[some.first].Gone = true
	}
	for i := some.first + 1; some.n > 1 && i < len(x.Fields); i++ {
		if f := &x.Fields[i]; EqualFold(f.Name, name) {
			f.Gone = true
		}
	}
}

var fieldParent = []byte(nameParent)

// drawID draws an id, which is not all zeros (section 3.2.2.3). It is no secret.
func drawID(id []byte) {
	for i := 0; i < len(id); i += 8 {
		n := rand.Uint64()
		for n == 0 {
			n = rand.Uint64()
		}
		binary.BigEndian.PutUint64(id[i:], n)
	}
}

// parentLength is that of a traceparent of version 00 (section 3.2.2).
const parentLength = len("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

// read reads a traceparent (section 3.2.2). One of a later version is read as
// far as this one goes (section 3.2.4).
func (t *trace) read(b []byte) bool {
	if len(b) < parentLength || b[2] != '-' || b[35] != '-' || b[52] != '-' {
		return false
	}
	var version, flags [1]byte
	if !readHex(version[:], b[:2]) || !readHex(t.id[:], b[3:35]) || !readHex(t.parent[:], b[36:52]) || !readHex(flags[:], b[53:55]) {
		return t.forget()
	}
	switch {
	case version[0] == 0xff, version[0] == 0 && len(b) != parentLength, len(b) > parentLength && b[parentLength] != '-',
		t.id == [16]byte{}, t.parent == [8]byte{}:
		return t.forget()
	}
	t.flags = flags[0] & (flagSampled | flagRandom) // section 3.2.2.5, other flags: they are not passed on
	return true
}

func (t *trace) forget() bool {
	*t = trace{parents: t.parents, states: t.states}
	return false
}

// write writes the traceparent by which the gate calls the API.
func (t *trace) write() []byte {
	b := t.line[:]
	b[0], b[1], b[2], b[35], b[52] = '0', '0', '-', '-', '-'
	writeHex(b[3:35], t.id[:])
	writeHex(b[36:52], t.span[:])
	b[53], b[54] = '0', '0'+t.flags
	return b
}

// readHex reads digits, of which letters are small (section 3.2.2.1).
func readHex(to, from []byte) bool {
	for i := range to {
		high, low := hexDigits[from[2*i]], hexDigits[from[2*i+1]]
		if high|low > 15 {
			return false
		}
		to[i] = high<<4 | low
	}
	return true
}

// writeHex is hex.Encode for what is written at every call: by pairs of digits.
func writeHex(to, from []byte) {
	for i, c := range from {
		binary.BigEndian.PutUint16(to[2*i:], hexPairs[c])
	}
}

// hexPairs has the two digits of each byte.
var hexPairs = func() (table [256]uint16) {
	for c := range table {
		table[c] = uint16(lowerHex[c>>4])<<8 | uint16(lowerHex[c&15])
	}
	return table
}()

const lowerHex = "0123456789abcdef"

// hexDigits has what each digit is worth; 0xff for what is none.
var hexDigits = func() (table [256]byte) {
	for c := range table {
		table[c] = 0xff
	}
	for i, c := range lowerHex {
		table[c] = byte(i)
	}
	return table
}()
