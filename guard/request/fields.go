package request

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
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
	style.Codec
	required bool
	schema   *schema.Schema // nil when the form is judged as one
	whole    int            // slot of the own name, or noSlot
	parts    []part
	rest     int // slot of undeclared properties, or noSlot
	deep     int // slot of what follows "name[" in deepObject style, or noSlot
}

// part is one property of an exploded object.
type part struct {
	style.Codec
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
	deep := f.Style == contract.DeepObject
	spread := f.Object && f.Explode && f.Style == contract.Form && !f.JSON
	switch {
	case deep:
		if f.Shape == nil {
			f.Shape = new(schema.Shape{Types: style.AllTypes, Open: true})
		}
		f.deep = fs.claim(f.Name+"[", f.Shape, &taken)
		if f.Scalar {
			f.whole = fs.claim(f.Name, nil, &taken)
		}
	case !spread || f.Scalar || f.List:
		f.whole = fs.claim(f.Name, nil, &taken)
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
	if f.Shape == nil {
		return
	}
	for _, p := range f.Shape.Properties {
		c := style.NewCodec(p.Name, contract.Form, true, f.How, p.Shape)
		f.parts = append(f.parts, part{Codec: c, slot: fs.claim(p.Name, nil, taken)})
	}
	if f.Shape.Open {
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
