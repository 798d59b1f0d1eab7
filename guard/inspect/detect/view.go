package detect

import (
	"encoding/binary"

	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// maxLayers bounds how many codings are undone.
const maxLayers = 3

// keptScratch is the largest buffer that the pool keeps.
const keptScratch = 64 << 10

// enough is the score from which nothing worse is looked for. No threshold may
// be above it.
const enough = 85

// view is a value in one layer of its codings, as grammars see it.
type view struct {
	spare.Mark
	raw   []byte   // the value as it came
	text  []byte   // the value in this layer
	chars chars    // what kinds of characters text has
	heard chars    // chars without marks that stand as prose has them
	layer uint8    // how many codings were undone to get text
	at    Position // where it came from
	field Field    // what it is meant for
	among Classes  // what is looked for, of what the field can carry
	json  bool     // text is JSON
	shown fact     // text shows code as Markdown does

	low    []byte // lower's answer, empty before the first call
	tokens []token

	best   Verdict
	budget int // bytes that may still be read

	bufs    [maxLayers + 1][]byte // what each layer decoded to
	lowered []byte
}

var views spare.Pool[view, *view]

// judge runs the grammars over value and what is coded in it.
func judge(value []byte, m chars, at Position, field Field, among Classes) Verdict {
	v := views.Get()
	v.raw, v.at, v.field, v.among, v.best = value, at, field, carried(among, field), Verdict{}
	v.budget = 12*len(value) + 4096
	v.walk(value, m, 0)
	v.alone(value)
	v.told(value)
	v.inSentence(value)
	best := v.best
	v.release()
	return best
}

// release gives v back, without anything of the value and without large
// buffers.
func (v *view) release() {
	v.raw, v.text, v.low = nil, nil, nil
	for i := range v.bufs {
		if cap(v.bufs[i]) > keptScratch {
			v.bufs[i] = nil
		}
	}
	if cap(v.lowered) > keptScratch {
		v.lowered = nil
	}
	views.Put(v)
}

// walk reads one layer, then those under it.
func (v *view) walk(text []byte, m chars, layer uint8) {
	if v.budget -= len(text); v.budget < 0 {
		v.found(Code, 50, TooDeep)
		return
	}
	if m&loud == 0 && !leadsQuery(text, m) && !leadsObject(text) {
		return
	}
	isJSON := m&(cBrace|cLeft) != 0 && m&(cUnbrace|cRight) != 0 && looksJSON(text)
	v.text, v.chars, v.layer, v.json, v.low, v.shown = text, m, layer, isJSON, nil, unasked
	heard := m
	if v.wide() && layer == 0 && m&cSpace != 0 { // prose has spaces, and is not coded
		heard = scanProse(text, m)
	}
	v.heard = heard
	ready := awake(heard)
	for i := range grammars {
		if v.best.Score >= enough {
			return
		}
		if g := &grammars[i]; g.finds&v.among != 0 && (ready&g.wakes != 0 || g.first != nil && g.first(text, heard)) && (g.json || !isJSON) {
			g.read(v)
		}
	}
	if inner := v.inFence(text); len(inner) > 0 {
		v.walk(inner, scan(inner), layer)
		return
	}
	if layer < maxLayers && v.best.Score < enough {
		v.under(text, m, layer+1, isJSON)
	}
}

// found notes a finding if it is the worst so far and of a class that is looked
// for. The first reason should be the weightiest.
func (v *view) found(class Class, score uint8, reasons ...Reason) {
	if score <= v.best.Score || !v.among.Has(class) {
		return
	}
	if score > odd && v.wide() && score < grave && (class == Code || class == Template || class == XSS && reasons[0] == ScriptFragment) && v.showsCode() {
		score = odd
	}
	v.best = Verdict{Class: class, Score: min(score, 100), Layer: v.layer}
	for _, r := range reasons {
		v.best.Reasons.add(r)
	}
}

// lower is text with ASCII letters in lower case. It is made once per layer,
// has the same length as text, and must not be changed or kept.
func (v *view) lower() []byte {
	if v.low != nil || len(v.text) == 0 {
		return v.low
	}
	buf := append(v.lowered[:0], v.text...)
	i := 0
	for ; i+8 <= len(buf); i += 8 {
		x := binary.LittleEndian.Uint64(buf[i:])
		seven := x &^ (ones << 7)
		upper := (seven + ones*(0x80-'A')) ^ (seven + ones*(0x7f-'Z')) // the highest bit of each byte
		binary.LittleEndian.PutUint64(buf[i:], x|(upper&^x&(ones<<7))>>2)
	}
	for ; i < len(buf); i++ {
		buf[i] = small(buf[i])
	}
	v.lowered, v.low = buf, buf
	return buf
}

// ones has the lowest bit of each of eight bytes.
const ones = 0x0101010101010101
