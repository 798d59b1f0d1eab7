package request

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// sort gives every pair of raw to its slot and returns how many nobody takes.
func (fs *fields) sort(r *reader, raw []byte, how style.Escapes) (unknown int, bad style.Issue) {
	r.slots = append(r.slots[:0], make([]chain, fs.slots)...)
	for i := range r.pairs {
		p := &r.pairs[i]
		name, bad := r.Decode(p.name(raw), how)
		if bad != style.Fine {
			return 0, bad
		}
		slot := fs.slot(name)
		if p.known = slot != noSlot; !p.known {
			unknown++
			continue
		}
		c := &r.slots[slot]
		if c.n == 0 {
			c.head = int32(i) + 1
		} else {
			r.pairs[c.tail-1].next = int32(i) + 1
		}
		c.tail = int32(i) + 1
		c.n++
	}
	return unknown, style.Fine
}

// chain returns the pairs of a slot; none of noSlot.
func (r *reader) chain(slot int) chain {
	if slot == noSlot {
		return chain{}
	}
	return r.slots[slot]
}

// presence says what stands of a field.
type presence uint8

const (
	absent  presence = iota
	present          // its value was written to r.JSON
	waived           // empty by allowEmptyValue: not to be judged
)

// write writes the value of f as JSON text.
func (r *reader) write(f *field, raw []byte, how style.Escapes) (presence, style.Issue) {
	whole := r.chain(f.whole)
	deep, spread := r.chain(f.deep), r.chain(f.rest).n
	for i := range f.parts {
		spread += r.chain(f.parts[i].slot).n
	}
	switch {
	case whole.n > 0 && spread+deep.n > 0:
		return absent, bothForms
	case deep.n > 0:
		return present, r.writeDeep(f, deep, raw, how)
	case whole.n > 0:
		return r.writeWhole(&f.Codec, whole, raw, how)
	case spread > 0:
		return present, r.writeParts(f, raw, how)
	}
	return absent, style.Fine
}

// writeWhole writes a value of which every pair carries the own name.
func (r *reader) writeWhole(c *style.Codec, pairs chain, raw []byte, how style.Escapes) (presence, style.Issue) {
	first := &r.pairs[pairs.head-1]
	if pairs.n == 1 && c.Empty && len(first.value(raw)) == 0 {
		return waived, style.Fine
	}
	// A sender that leaves reserved characters as they are means itself by "+"
	// (RFC 6570 section 3.2.3), most readers a space.
	for i := pairs.head; c.Reserved && i != 0; i = r.pairs[i-1].next {
		if bytes.IndexByte(r.pairs[i-1].value(raw), '+') >= 0 {
			return present, badPlus
		}
	}
	many := c.Explode && c.List && !c.JSON && !c.Text
	if pairs.n > 1 && !many {
		return present, style.TooManyValues
	}
	if !many || pairs.n == 1 && c.Scalar {
		if c.Explode && c.Scalar && !c.JSON && !c.Text {
			return present, r.Scalar(first.value(raw), style.TypesOf(c.Shape), how)
		}
		return present, r.Value(c, first.value(raw), how)
	}
	r.Begin()
	for i := pairs.head; i != 0; i = r.pairs[i-1].next {
		if bad := r.Item(c, r.pairs[i-1].value(raw), how); bad != style.Fine {
			return present, bad
		}
	}
	r.JSON = append(r.JSON, ']')
	return present, style.Fine
}

// writeParts writes an object whose properties stand as pairs of their own.
func (r *reader) writeParts(f *field, raw []byte, how style.Escapes) style.Issue {
	r.JSON = append(r.JSON, '{')
	start := len(r.JSON)
	for i := range f.parts {
		p := &f.parts[i]
		pairs := r.chain(p.slot)
		if pairs.n == 0 {
			continue
		}
		r.comma(start)
		r.JSON = appendName(r.JSON, p.Name)
		if _, bad := r.writeWhole(&p.Codec, pairs, raw, how); bad != style.Fine {
			return bad
		}
	}
	bad := r.writeRest(f.rest, f.Shape, start, raw, how)
	r.JSON = append(r.JSON, '}')
	return bad
}

// writeRest writes the pairs of undeclared properties into an object that began
// at start.
func (r *reader) writeRest(slot int, shape *schema.Shape, start int, raw []byte, how style.Escapes) style.Issue {
	for i := r.chain(slot).head; i != 0; i = r.pairs[i-1].next {
		r.comma(start)
		if bad := r.Member(shape, r.pairs[i-1].name(raw), r.pairs[i-1].value(raw), how); bad != style.Fine {
			return bad
		}
	}
	return style.Fine
}

// comma separates a member from the one before it in an object that began at
// start.
func (r *reader) comma(start int) {
	if len(r.JSON) > start {
		r.JSON = append(r.JSON, ',')
	}
}

// appendName writes a declared name and a colon. Names of contracts are UTF-8.
func appendName(dst []byte, name string) []byte { return append(schema.AppendString(dst, name), ':') }
