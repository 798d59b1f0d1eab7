package request

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// fields are the named values of a query, a cookie string or a form: which
// names are known, and to whom the pairs of a request belong. They are
// compiled once.
type fields struct {
	list   []field
	claims []claim // sorted by name; those of deepObjects end with "["
	rest   int     // slot of the field that takes unknown names, or noSlot
	taker  int     // that field, or -1 for the form itself
	slots  int     // how many there are
}

// field is one declared parameter or property. Its pairs are collected in
// slots: one for its own name, one for each property that stands as a pair of
// its own, one for undeclared properties.
type field struct {
	codec
	required bool
	schema   *schema.Schema // nil when the form is judged as one
	whole    int            // slot of the own name, or noSlot
	parts    []part
	rest     int // slot of undeclared properties, or noSlot
	deep     int // slot of what follows "name[" in deepObject style, or noSlot
}

// part is one property of an exploded object.
type part struct {
	codec
	slot int
}

// claim says that pairs called name belong into a slot.
type claim struct {
	name string
	slot int
	deep *schema.Shape // of a deepObject, else nil
}

const noSlot = -1

// pair is one name and value of a query, a cookie string or a form, as offsets
// into it.
type pair struct {
	start, eq uint32 // the name
	from, end uint32 // the value
	next      int32  // the next pair of the same slot, counted from 1
	known     bool   // some field takes it
}

// chain is the pairs of one slot, counted from 1.
type chain struct{ head, tail, n int32 }

func (p *pair) name(raw []byte) []byte  { return raw[p.start:p.eq] }
func (p *pair) value(raw []byte) []byte { return raw[p.from:p.end] }

// add compiles one field. It reports the names that an earlier field holds
// already.
func (fs *fields) add(f field) (taken []string) {
	f.whole, f.rest, f.deep = noSlot, noSlot, noSlot
	deep := f.style == contract.DeepObject
	spread := f.object && f.explode && f.style == contract.Form && !f.json && !f.text
	switch {
	case deep:
		if f.shape == nil {
			f.shape = new(schema.Shape{Types: allTypes, Open: true})
		}
		f.deep = fs.claim(f.name+"[", f.shape, &taken)
		if f.scalar {
			f.whole = fs.claim(f.name, nil, &taken)
		}
	case !spread || f.scalar || f.list:
		f.whole = fs.claim(f.name, nil, &taken)
	}
	if spread {
		fs.spread(&f, &taken)
	}
	fs.list = append(fs.list, f)
	if f.rest != noSlot {
		fs.rest, fs.taker = f.rest, len(fs.list)-1
	}
	return taken
}

// spread gives the properties of an object slots of their own.
func (fs *fields) spread(f *field, taken *[]string) {
	if f.shape == nil {
		return
	}
	for _, p := range f.shape.Properties {
		c := newCodec(p.Name, contract.Form, true, f.how, p.Shape)
		f.parts = append(f.parts, part{codec: c, slot: fs.claim(p.Name, nil, taken)})
	}
	if f.shape.Open {
		f.rest = fs.slots
		fs.slots++
	}
}

// claim gives name a slot; one that is taken stays with whom it belongs to.
func (fs *fields) claim(name string, deep *schema.Shape, taken *[]string) int {
	for _, c := range fs.claims {
		if c.name == name {
			*taken = append(*taken, name)
			return noSlot
		}
	}
	fs.claims = append(fs.claims, claim{name, fs.slots, deep})
	fs.slots++
	return fs.slots - 1
}

// freeze makes fs ready to be read.
func (fs *fields) freeze() {
	slices.SortFunc(fs.claims, func(a, b claim) int { return strings.Compare(a.name, b.name) })
}

// slot returns the slot that takes a pair called name, or noSlot.
func (fs *fields) slot(name []byte) int {
	if c := fs.find(name); c != nil && c.deep == nil {
		return c.slot
	}
	if i := bytes.IndexByte(name, '['); i > 0 && bracketed(name[i:]) {
		if c := fs.find(name[:i+1]); c != nil {
			if first, _ := segment(name, i); takesFirst(c.deep, first) {
				return c.slot
			}
			return noSlot
		}
	}
	return fs.rest
}

// find returns the claim called name, or nil.
func (fs *fields) find(name []byte) *claim {
	lo, hi := 0, len(fs.claims)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch c := &fs.claims[mid]; {
		case string(name) == c.name:
			return c
		case string(name) < c.name:
			hi = mid
		default:
			lo = mid + 1
		}
	}
	return nil
}

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
func appendName(dst []byte, name string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"', ':')
}
