package request

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// sort gives every pair of raw to its slot and returns how many nobody takes.
func (fs *fields) sort(r *reader, raw []byte, how escapes) (unknown int, bad issue) {
	r.slots = append(r.slots[:0], make([]chain, fs.slots)...)
	for i := range r.pairs {
		p := &r.pairs[i]
		name, bad := r.decode(p.name(raw), how)
		if bad != fine {
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
	return unknown, fine
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
	present          // its value was written to r.json
	waived           // empty by allowEmptyValue: not to be judged
)

// write writes the value of f as JSON text.
func (r *reader) write(f *field, raw []byte, how escapes) (presence, issue) {
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
		return r.writeWhole(&f.codec, whole, raw, how)
	case spread > 0:
		return present, r.writeParts(f, raw, how)
	}
	return absent, fine
}

// writeWhole writes a value of which every pair carries the own name.
func (r *reader) writeWhole(c *codec, pairs chain, raw []byte, how escapes) (presence, issue) {
	first := &r.pairs[pairs.head-1]
	if pairs.n == 1 && c.empty && len(first.value(raw)) == 0 {
		return waived, fine
	}
	// A sender that leaves reserved characters as they are means itself by "+"
	// (RFC 6570 section 3.2.3), most readers a space.
	for i := pairs.head; c.reserved && i != 0; i = r.pairs[i-1].next {
		if bytes.IndexByte(r.pairs[i-1].value(raw), '+') >= 0 {
			return present, badPlus
		}
	}
	many := c.explode && c.list && !c.json && !c.text
	if pairs.n > 1 && !many {
		return present, tooManyValues
	}
	if !many || pairs.n == 1 && c.scalar {
		if c.explode && c.scalar && !c.json && !c.text {
			return present, r.scalar(first.value(raw), typesOf(c.shape), how)
		}
		return present, r.value(c, first.value(raw), how)
	}
	r.begin()
	for i := pairs.head; i != 0; i = r.pairs[i-1].next {
		if bad := r.item(c, r.pairs[i-1].value(raw), how); bad != fine {
			return present, bad
		}
	}
	r.json = append(r.json, ']')
	return present, fine
}

// writeParts writes an object whose properties stand as pairs of their own.
func (r *reader) writeParts(f *field, raw []byte, how escapes) issue {
	r.json = append(r.json, '{')
	start := len(r.json)
	for i := range f.parts {
		p := &f.parts[i]
		pairs := r.chain(p.slot)
		if pairs.n == 0 {
			continue
		}
		r.comma(start)
		r.json = appendName(r.json, p.name)
		if _, bad := r.writeWhole(&p.codec, pairs, raw, how); bad != fine {
			return bad
		}
	}
	bad := r.writeRest(f.rest, f.shape, start, raw, how)
	r.json = append(r.json, '}')
	return bad
}

// writeRest writes the pairs of undeclared properties into an object that began
// at start.
func (r *reader) writeRest(slot int, shape *schema.Shape, start int, raw []byte, how escapes) issue {
	for i := r.chain(slot).head; i != 0; i = r.pairs[i-1].next {
		r.comma(start)
		if bad := r.member(shape, r.pairs[i-1].name(raw), r.pairs[i-1].value(raw), how); bad != fine {
			return bad
		}
	}
	return fine
}

// comma separates a member from the one before it in an object that began at
// start.
func (r *reader) comma(start int) {
	if len(r.json) > start {
		r.json = append(r.json, ',')
	}
}

// appendName writes a declared name and a colon. Names of contracts are UTF-8.
func appendName(dst []byte, name string) []byte { return append(appendString(dst, name), ':') }
