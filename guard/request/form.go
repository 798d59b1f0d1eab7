package request

import (
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// maxFormPairs bounds the fields of a form and the parts of a multipart body.
const maxFormPairs = 1000

// form is a body of named values, urlencoded or multipart, that is judged as
// one object.
type form struct {
	fields
	shape    *schema.Shape
	encoding []partEncoding // by field, of multipart bodies
}

// form compiles the properties of a form as fields.
func (b *builder) form(m *contract.Media, s *schema.Schema, how escapes) *form {
	depth := shapeDepth
	for _, e := range m.Encoding {
		if e.StyleSet && e.Style == contract.DeepObject {
			depth += maxBrackets
			break
		}
	}
	f := &form{fields: fields{rest: noSlot, taker: -1}, shape: s.Shape(depth)}
	var properties []schema.PropertyShape
	open := true
	if f.shape != nil {
		properties, open = f.shape.Properties, f.shape.Open
	}
	for _, p := range properties {
		c := newCodec(p.Name, contract.Form, true, how, p.Shape)
		e := m.Encoding[p.Name]
		if how == literal {
			enc := b.partEncoding(e, &c)
			if enc.styled {
				c = newCodec(c.name, e.Style, e.Explode, literal, c.shape)
			} else {
				c.object = false // no part stands for a property of a property
			}
			f.encoding = append(f.encoding, enc)
		} else {
			b.formEncoding(e, &c)
		}
		for _, name := range f.add(field{codec: c, required: p.Required}) {
			b.warn(m, "set `encoding` so that names differ", "property %q: an earlier property takes the form field %q as well", p.Name, name)
		}
	}
	if open && f.rest == noSlot {
		f.rest, f.taker = f.slots, -1
		f.slots++
	}
	f.freeze()
	return f
}

// formEncoding applies an Encoding Object to a property of a urlencoded form
// (OpenAPI 3.1.1 section 4.8.15.1). Objects without a style are JSON.
func (b *builder) formEncoding(e *contract.Encoding, c *codec) {
	if e != nil && e.StyleSet {
		*c = newCodec(c.name, e.Style, e.Explode, plus, c.shape)
		c.sep.encoded = separates // forms are decoded before anything is split
		c.reserved = e.AllowReserved
		return
	}
	if e != nil && len(e.ContentTypes) > 0 {
		m, ok := parseMedia(e.ContentTypes[0])
		c.json = ok && m.kind() == jsonKind
		return
	}
	c.json = c.object && !c.scalar && !c.list
}

// judgeForm judges a urlencoded form (WHATWG URL, section 5.1).
func (b *body) judgeForm(x *gate.Exchange, r *reader, d *bodyMedia) gate.Verdict {
	f := d.form
	if bad := r.split(x.Body, maxFormPairs); bad != fine {
		return denyForm(x, bad, "")
	}
	unknown, bad := f.sort(r, x.Body, plus)
	if bad != fine {
		return denyForm(x, bad, "")
	}
	r.json = append(r.json[:0], '{')
	for i := range f.list {
		if bad := r.property(&f.list[i], x.Body, plus); bad != fine {
			return denyForm(x, bad, f.list[i].name)
		}
	}
	if f.taker < 0 {
		if bad := r.writeRest(f.rest, f.shape, 1, x.Body, plus); bad != fine {
			return denyForm(x, bad, "")
		}
	}
	if unknown > 0 {
		if bad := b.formUnknown(r, f, x.Body); bad != fine {
			return denyForm(x, bad, "")
		}
	}
	r.json = append(r.json, '}')
	if v := b.judgeObject(x, r, d.schema); v != gate.Allow {
		return v
	}
	if unknown > 0 && b.options.Undeclared == schema.Drop {
		dropPairs(x, r, x.Body, gate.OnBody, 0)
	}
	return gate.Allow
}

// property writes one property of a form.
func (r *reader) property(f *field, raw []byte, how escapes) issue {
	mark := len(r.json)
	r.comma(1)
	r.json = appendName(r.json, f.name)
	stands, bad := r.write(f, raw, how)
	if stands != present {
		r.json = r.json[:mark]
	}
	return bad
}

// formUnknown writes the pairs that no property takes, so that the schema
// refuses or allows them, unless they are to be dropped.
func (b *body) formUnknown(r *reader, f *form, raw []byte) (bad issue) {
	for i := range r.pairs {
		p := &r.pairs[i]
		switch {
		case p.known:
			continue
		case b.options.Undeclared == schema.Drop:
			_, bad = r.decode(p.value(raw), plus)
		default:
			r.comma(1)
			bad = r.member(f.shape, p.name(raw), p.value(raw), plus)
		}
		if bad != fine {
			return bad
		}
	}
	return fine
}

// judgeObject judges the object that a form was written as, without what is
// dropped. Nothing is dropped from inside its values.
func (b *body) judgeObject(x *gate.Exchange, r *reader, s *schema.Schema) gate.Verdict {
	b.policies(&r.state)
	undrop(&r.state)
	if s.Read(&r.state, r.json) {
		return gate.Allow
	}
	f := r.state.Fault()
	if f.Keyword == "syntax" {
		// What was written is well-formed but for names that stand twice.
		return x.Deny(gate.Refusal{Code: gate.BodySyntax, In: "body", Pointer: f.Pointer, Detail: "must not hold a name twice"})
	}
	return refuseBody(x, f)
}

// denyForm refuses x for an issue with its form, or with the field called name.
func denyForm(x *gate.Exchange, i issue, name string) gate.Verdict {
	code := gate.BodySyntax
	if name != "" || issues[i].code == gate.BodyPart {
		code = gate.BodyPart
	}
	return x.Deny(gate.Refusal{Code: code, In: "body", Name: name, Detail: issues[i].detail})
}
