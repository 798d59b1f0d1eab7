package request

import (
	"bytes"
	"encoding/json"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// judgeMultipart judges a multipart/form-data body as one object.
func (b *body) judgeMultipart(x *gate.Exchange, r *reader, m *media.Type, d *bodyMedia) gate.Verdict {
	f := d.multipart
	boundary, _ := m.Param("boundary")
	if bad := r.parts(x.Body, boundary); bad != style.Fine {
		return denyForm(x, bad, "")
	}
	unknown, bad := f.sort(r, x.Body, style.Literal)
	if bad != style.Fine {
		return denyForm(x, bad, "")
	}
	r.JSON = append(r.JSON[:0], '{')
	for i := range f.list {
		if bad := r.propertyParts(f, i, x.Body); bad != style.Fine {
			return denyForm(x, bad, f.list[i].Name)
		}
	}
	if bad := b.otherParts(r, f, x.Body); bad != style.Fine {
		return denyForm(x, bad, "")
	}
	r.JSON = append(r.JSON, '}')
	if v := b.judgeObject(x, r, d); v != gate.Allow {
		return v
	}
	if b.options.Hears {
		for i := range r.heads {
			if h := &r.heads[i]; h.file && !h.unnamed {
				x.Heard.HearText("body", "", x.Body[h.from:h.to], schema.TagFile)
			}
		}
	}
	if unknown > 0 && b.options.Undeclared == schema.Drop {
		dropParts(x, r)
	}
	return gate.Allow
}

// propertyParts writes the parts of the i-th property.
func (r *reader) propertyParts(f *form, i int, raw []byte) style.Issue {
	e := &f.encoding[i]
	if e.styled {
		return r.styledParts(&f.list[i], raw)
	}
	pairs := r.chain(f.list[i].whole)
	if pairs.n == 0 {
		return style.Fine
	}
	if pairs.n > 1 && !e.listed {
		return style.TooManyValues
	}
	mark := len(r.JSON)
	r.comma(1)
	r.JSON = appendName(r.JSON, f.list[i].Name)
	if e.listed {
		r.JSON = append(r.JSON, '[')
	}
	start := len(r.JSON)
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
		if bad := r.partValue(e, &r.heads[at-1], r.pairs[at-1].value(raw)); bad != style.Fine {
			return bad
		}
	}
	switch {
	case len(r.JSON) == start:
		r.JSON = r.JSON[:mark] // none of them is one
	case e.listed:
		r.JSON = append(r.JSON, ']')
	}
	return style.Fine
}

// styledParts writes the parts of a property whose encoding has a style
// (OpenAPI 3.1.1 section 4.8.15.1.2): text parts, named as query fields are.
func (r *reader) styledParts(f *field, raw []byte) style.Issue {
	bad := r.property(f, raw, style.Literal)
	for _, slot := range [...]int{f.whole, f.deep, f.rest} {
		if bad == style.Fine {
			bad = r.plainParts(slot)
		}
	}
	for i := range f.parts {
		if bad == style.Fine {
			bad = r.plainParts(f.parts[i].slot)
		}
	}
	return bad
}

// plainParts refuses parts of a slot that are not text.
func (r *reader) plainParts(slot int) style.Issue {
	for i := r.chain(slot).head; i != 0; i = r.pairs[i-1].next {
		if h := &r.heads[i-1]; h.file || h.typed && !h.media.Is("text", "plain") || !h.media.CharsetKnown() {
			return badPartType
		}
	}
	return style.Fine
}

// partValue writes the content of one part.
func (r *reader) partValue(e *partEncoding, h *partHead, content []byte) style.Issue {
	form := e.form
	if form == textPart && h.typed && h.media.Kind() == media.JSON {
		form = jsonPart
	}
	switch form {
	case binaryPart:
		r.JSON = appendOctets(r.JSON, len(content))
		return style.Fine
	case jsonPart:
		if !json.Valid(content) {
			return style.BadJSON
		}
		r.JSON = append(r.JSON, content...)
		return style.Fine
	}
	if style.CheckText(content) != style.Fine || bytes.HasPrefix(content, byteOrderMark) {
		return notText
	}
	r.JSON = schema.AppendScalar(r.JSON, content, style.TypesOf(e.shape))
	return style.Fine
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
func (b *body) otherParts(r *reader, f *form, raw []byte) style.Issue {
	for i := range r.pairs {
		p, h := &r.pairs[i], &r.heads[i]
		if p.known && f.slot(p.name(raw)) != f.rest || !p.known && b.options.Undeclared == schema.Drop {
			continue
		}
		shape, _ := style.PropertyShape(f.shape, p.name(raw))
		e := partEncoding{shape: shape, form: formOf(shape)}
		if style.TypesOf(shape)&style.AllTypes == style.AllTypes {
			e.form = h.form() // nothing says what it is but the part itself
		}
		if p.known && e.void(h) {
			continue
		}
		if !e.takes(h) {
			return badPartType
		}
		r.comma(1)
		r.JSON = append(schema.AppendString(r.JSON, p.name(raw)), ':')
		if bad := r.partValue(&e, h, p.value(raw)); bad != style.Fine {
			return bad
		}
	}
	return style.Fine
}

// form says how a part that may be anything is read.
func (h *partHead) form() partForm {
	switch {
	case h.file:
		return binaryPart
	case !h.typed, h.media.Is("text", "plain"):
		return textPart
	case h.media.Kind() == media.JSON:
		return jsonPart
	}
	return binaryPart
}

// dropParts adds the edits that remove the parts that nobody takes, each with
// its own delimiter line.
func dropParts(x *gate.Exchange, r *reader) {
	for i := range r.pairs {
		if r.pairs[i].known {
			continue
		}
		end := r.pairs[i].end + 2 // the line end before the next delimiter
		x.Edits = append(x.Edits, gate.Edit{Part: gate.OnBody, Start: r.heads[i].delimiter, End: end})
	}
}
