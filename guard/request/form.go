package request

import (
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
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
func (b *builder) form(m *contract.Media, s *schema.Schema, how style.Escapes) *form {
	depth := style.Depth
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
		c := style.NewCodec(p.Name, contract.Form, true, how, p.Shape)
		e := m.Encoding[p.Name]
		if how == style.Literal {
			enc := b.partEncoding(e, &c)
			if enc.styled {
				c = style.NewCodec(c.Name, e.Style, e.Explode, style.Literal, c.Shape)
			} else {
				c.Object = false // no part stands for a property of a property
			}
			f.encoding = append(f.encoding, enc)
		} else {
			b.formEncoding(e, &c)
		}
		for _, name := range f.add(field{Codec: c, required: p.Required}) {
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
func (b *builder) formEncoding(e *contract.Encoding, c *style.Codec) {
	if e != nil && e.StyleSet {
		*c = style.NewCodec(c.Name, e.Style, e.Explode, style.Plus, c.Shape)
		c.Sep.Encoded = style.Separates // forms are decoded before anything is split
		c.Reserved = e.AllowReserved
		return
	}
	if e != nil && len(e.ContentTypes) > 0 {
		m, ok := media.Parse(e.ContentTypes[0])
		c.JSON = ok && m.Kind() == media.JSON
		return
	}
	c.JSON = c.Object && !c.Scalar && !c.List
}

// judgeForm judges a urlencoded form (WHATWG URL, section 5.1).
func (b *body) judgeForm(x *gate.Exchange, r *reader, d *bodyMedia) gate.Verdict {
	f := d.form
	if bad := r.split(x.Body, maxFormPairs); bad != style.Fine {
		return denyForm(x, bad, "")
	}
	unknown, bad := f.sort(r, x.Body, style.Plus)
	if bad != style.Fine {
		return denyForm(x, bad, "")
	}
	r.JSON = append(r.JSON[:0], '{')
	for i := range f.list {
		if bad := r.property(&f.list[i], x.Body, style.Plus); bad != style.Fine {
			return denyForm(x, bad, f.list[i].Name)
		}
	}
	if f.taker < 0 {
		if bad := r.writeRest(f.rest, f.shape, 1, x.Body, style.Plus); bad != style.Fine {
			return denyForm(x, bad, "")
		}
	}
	if unknown > 0 {
		if bad := b.formUnknown(r, f, x.Body); bad != style.Fine {
			return denyForm(x, bad, "")
		}
	}
	r.JSON = append(r.JSON, '}')
	if v := b.judgeObject(x, r, d); v != gate.Allow {
		return v
	}
	if unknown > 0 && b.options.Undeclared == schema.Drop {
		dropPairs(x, r, x.Body, gate.OnBody, 0)
	}
	return gate.Allow
}

// property writes one property of a form.
func (r *reader) property(f *field, raw []byte, how style.Escapes) style.Issue {
	mark := len(r.JSON)
	r.comma(1)
	r.JSON = appendName(r.JSON, f.Name)
	stands, bad := r.write(f, raw, how)
	if stands != present {
		r.JSON = r.JSON[:mark]
	}
	return bad
}

// formUnknown writes the pairs that no property takes, so that the schema
// refuses or allows them, unless they are to be dropped.
func (b *body) formUnknown(r *reader, f *form, raw []byte) (bad style.Issue) {
	for i := range r.pairs {
		p := &r.pairs[i]
		switch {
		case p.known:
			continue
		case b.options.Undeclared == schema.Drop:
			_, bad = r.Decode(p.value(raw), style.Plus)
		default:
			r.comma(1)
			bad = r.Member(f.shape, p.name(raw), p.value(raw), style.Plus)
		}
		if bad != style.Fine {
			return bad
		}
	}
	return style.Fine
}

// judgeObject judges the object that a form was written as, without what is
// dropped. Nothing is dropped from inside its values.
func (b *body) judgeObject(x *gate.Exchange, r *reader, d *bodyMedia) gate.Verdict {
	st, ok := b.read(x, &r.state, d, r.JSON)
	if ok {
		return gate.Allow
	}
	f := st.Fault()
	if f.Keyword == "syntax" {
		// What was written is well-formed but for names that stand twice.
		return x.Deny(gate.Refusal{Code: gate.BodySyntax, In: "body", Pointer: f.Pointer, Detail: "must not hold a name twice"})
	}
	return refuseBody(x, f)
}

// denyForm refuses x for an issue with its form, or with the field called name.
func denyForm(x *gate.Exchange, i style.Issue, name string) gate.Verdict {
	code := gate.BodySyntax
	if name != "" || issues[i].code == gate.BodyPart {
		code = gate.BodyPart
	}
	return x.Deny(gate.Refusal{Code: code, In: "body", Name: name, Detail: words(i)})
}
