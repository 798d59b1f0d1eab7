package request

import (
	"bytes"
	"encoding/json"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// judgeMultipart judges a multipart/form-data body as one object.
func (b *body) judgeMultipart(x *gate.Exchange, r *reader, m *media, d *bodyMedia) gate.Verdict {
	f := d.multipart
	boundary, _ := m.param("boundary")
	if bad := r.parts(x.Body, boundary); bad != fine {
		return denyForm(x, bad, "")
	}
	unknown, bad := f.sort(r, x.Body, literal)
	if bad != fine {
		return denyForm(x, bad, "")
	}
	r.json = append(r.json[:0], '{')
	for i := range f.list {
		if bad := r.propertyParts(f, i, x.Body); bad != fine {
			return denyForm(x, bad, f.list[i].name)
		}
	}
	if bad := b.otherParts(r, f, x.Body); bad != fine {
		return denyForm(x, bad, "")
	}
	r.json = append(r.json, '}')
	if v := b.judgeObject(x, r, d.schema); v != gate.Allow {
		return v
	}
	if unknown > 0 && b.options.Undeclared == schema.Drop {
		dropParts(x, r)
	}
	return gate.Allow
}

// propertyParts writes the parts of the i-th property.
func (r *reader) propertyParts(f *form, i int, raw []byte) issue {
	e := &f.encoding[i]
	if e.styled {
		return r.styledParts(&f.list[i], raw)
	}
	pairs := r.chain(f.list[i].whole)
	if pairs.n == 0 {
		return fine
	}
	if pairs.n > 1 && !e.listed {
		return tooManyValues
	}
	mark := len(r.json)
	r.comma(1)
	r.json = appendName(r.json, f.list[i].name)
	if e.listed {
		r.json = append(r.json, '[')
	}
	start := len(r.json)
	for at := pairs.head; at != 0; at = r.pairs[at-1].next {
		if e.void(&r.heads[at-1]) {
			continue
		}
		if !e.takes(&r.heads[at-1]) {
			return badPartType
		}
		if e.listed {
			r.comma(start)
		}
		if bad := r.partValue(e, &r.heads[at-1], r.pairs[at-1].value(raw)); bad != fine {
			return bad
		}
	}
	switch {
	case len(r.json) == start:
		r.json = r.json[:mark] // none of them is one
	case e.listed:
		r.json = append(r.json, ']')
	}
	return fine
}

// styledParts writes the parts of a property whose encoding has a style
// (OpenAPI 3.1.1 section 4.8.15.1.2): text parts, named as query fields are.
func (r *reader) styledParts(f *field, raw []byte) issue {
	bad := r.property(f, raw, literal)
	for _, slot := range [...]int{f.whole, f.deep, f.rest} {
		if bad == fine {
			bad = r.plainParts(slot)
		}
	}
	for i := range f.parts {
		if bad == fine {
			bad = r.plainParts(f.parts[i].slot)
		}
	}
	return bad
}

// plainParts refuses parts of a slot that are not text.
func (r *reader) plainParts(slot int) issue {
	for i := r.chain(slot).head; i != 0; i = r.pairs[i-1].next {
		if h := &r.heads[i-1]; h.file || h.typed && !h.media.is("text", "plain") || !h.media.charsetKnown() {
			return badPartType
		}
	}
	return fine
}

// partValue writes the content of one part.
func (r *reader) partValue(e *partEncoding, h *partHead, content []byte) issue {
	form := e.form
	if form == textPart && h.typed && h.media.kind() == jsonKind {
		form = jsonPart
	}
	switch form {
	case binaryPart:
		r.json = appendOctets(r.json, len(content))
		return fine
	case jsonPart:
		if !json.Valid(content) {
			return badJSON
		}
		r.json = append(r.json, content...)
		return fine
	}
	if checkText(content) != fine || bytes.HasPrefix(content, byteOrderMark) {
		return notText
	}
	r.json = appendScalar(r.json, content, typesOf(e.shape))
	return fine
}

// appendOctets writes a string of n characters that stands for n bytes, so
// that minLength and maxLength of a binary schema count them (OpenAPI 3.0.4
// section 4.7.14.2).
func appendOctets(dst []byte, n int) []byte {
	dst = append(dst, '"')
	start := len(dst)
	dst = append(dst, make([]byte, n)...)
	for i := start; i < len(dst); i++ {
		dst[i] = 'A'
	}
	return append(dst, '"')
}

// otherParts writes the parts that no property takes, so that the schema
// refuses or allows them, unless they are to be dropped.
func (b *body) otherParts(r *reader, f *form, raw []byte) issue {
	for i := range r.pairs {
		p, h := &r.pairs[i], &r.heads[i]
		if p.known && f.slot(p.name(raw)) != f.rest || !p.known && b.options.Undeclared == schema.Drop {
			continue
		}
		shape, _ := propertyShape(f.shape, p.name(raw))
		e := partEncoding{shape: shape, form: formOf(shape)}
		if typesOf(shape)&allTypes == allTypes {
			e.form = h.form() // nothing says what it is but the part itself
		}
		if p.known && e.void(h) {
			continue
		}
		if !e.takes(h) {
			return badPartType
		}
		r.comma(1)
		r.json = append(appendString(r.json, p.name(raw)), ':')
		if bad := r.partValue(&e, h, p.value(raw)); bad != fine {
			return bad
		}
	}
	return fine
}

// form says how a part that may be anything is read.
func (h *partHead) form() partForm {
	switch {
	case h.file:
		return binaryPart
	case !h.typed, h.media.is("text", "plain"):
		return textPart
	case h.media.kind() == jsonKind:
		return jsonPart
	}
	return binaryPart
}

// dropParts adds the edits that remove the parts that nobody takes, each with
// its own delimiter line.
func dropParts(x *gate.Exchange, r *reader) {
	for i := range r.pairs {
		if r.pairs[i].known || observed(x) {
			continue
		}
		end := r.pairs[i].end + 2 // the line end before the next delimiter
		x.Edits = append(x.Edits, gate.Edit{Part: gate.OnBody, Start: r.heads[i].delimiter, End: end})
	}
}
