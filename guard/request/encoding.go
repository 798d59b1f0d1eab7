package request

import (
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// partEncoding says which parts a property of a multipart body takes.
type partEncoding struct {
	types  []media.Type // acceptable types or ranges; empty for the default of form
	form   partForm
	shape  *schema.Shape // of one part: of the items of an array
	listed bool          // the property is an array; each part is an item
	styled bool          // parts are text, named and written as in a query
}

// partForm is how the content of a part is read.
type partForm uint8

const (
	textPart   partForm = iota // a scalar, as text
	jsonPart                   // an object or array, as JSON
	binaryPart                 // bytes, of which only the number is judged
)

// partEncoding compiles the Encoding Object of a property and its defaults
// (OpenAPI 3.1.1 section 4.8.15.1).
func (b *builder) partEncoding(e *contract.Encoding, c *style.Codec) partEncoding {
	p := partEncoding{shape: c.Shape, listed: c.List && !c.Scalar && !c.Object}
	if p.listed {
		p.shape = nil
		if c.Shape != nil {
			p.shape = c.Shape.Items
		}
	}
	p.form = formOf(p.shape)
	if e == nil {
		return p
	}
	for _, t := range e.ContentTypes {
		m, ok := media.Parse(strings.Clone(t))
		if !ok {
			b.problems = append(b.problems, source.At(e.Node, "write it as in \"image/png\"", "%q is not a media type", t))
			continue
		}
		if m.Kind() == media.JSON && m.Sub != "*" && p.form == textPart && len(e.ContentTypes) == 1 {
			p.form = jsonPart
		}
		p.types = append(p.types, m)
	}
	if style.TypesOf(p.shape)&style.AllTypes == style.AllTypes && len(p.types) > 0 && p.form == textPart && p.types[0].Kind() == media.Opaque {
		p.form = binaryPart // OpenAPI 3.1 writes files as an empty schema
	}
	p.styled = e.StyleSet && p.form != binaryPart
	if len(e.Headers) > 0 {
		b.problems = append(b.problems, source.Warn(e.Node, "remove the headers", "headers of parts are not supported: parts that have them are refused"))
	}
	return p
}

// formOf says how a part of shape s is read by default.
func formOf(s *schema.Shape) partForm {
	switch types := style.TypesOf(s); {
	case s != nil && s.Binary:
		return binaryPart
	case types&style.ScalarTypes == 0 && types&style.AllTypes != 0:
		return jsonPart
	}
	return textPart
}

// void reports whether a part with header h says that there is none: browsers
// send one for a file input in which no file was chosen.
func (e *partEncoding) void(h *partHead) bool { return h.unnamed && e.form == binaryPart }

// takes reports whether a part with header h may stand for the property. A
// binary one has a file name, and JSON that says so itself, which is how
// browsers send it. No other: servers keep files apart from values, so that a
// value which came as a file would be missing behind the gate.
func (e *partEncoding) takes(h *partHead) bool {
	m := h.media
	if e.form != binaryPart && !m.CharsetKnown() {
		return false
	}
	if h.file && e.form != binaryPart && (e.form != jsonPart || !h.typed || m.Kind() != media.JSON) {
		return false
	}
	if !h.typed {
		if len(e.types) == 0 {
			return true
		}
		m = plainText // RFC 7578 section 4.4
	}
	if len(e.types) == 0 {
		switch e.form {
		case binaryPart:
			return true
		case jsonPart:
			return m.Kind() == media.JSON
		}
		return m.Is("text", "plain")
	}
	for i := range e.types {
		if e.types[i].Covers(&m) > 0 {
			return true
		}
	}
	return false
}

var plainText = media.Type{Main: "text", Sub: "plain"}
