package request

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// header is one declared header field.
type header struct {
	codec
	required bool
	schema   *schema.Schema
}

// headers are the declared header fields of an operation.
type headers struct {
	list    []header
	lengths uint64 // bit n: a name of n bytes is declared; bit 63 for longer ones
}

func (b *builder) headers(op *contract.Operation) headers {
	var h headers
	for _, p := range op.Parameters {
		if p.In != contract.Header {
			continue
		}
		f := header{required: p.Required}
		f.codec, f.schema = b.codec(p, literal)
		h.list = append(h.list, f)
		h.lengths |= lengthBit(len(p.Name))
	}
	return h
}

func lengthBit(n int) uint64 { return 1 << min(n, 63) }

// declared finds the field called name, or only a twin of it.
func (h *headers) declared(name []byte) (exact, alike bool) {
	if h.lengths&lengthBit(len(name)) == 0 {
		return false, false
	}
	for i := range h.list {
		switch n := h.list[i].name; {
		case gate.EqualFold(name, n):
			return true, true
		case gate.Twin(name, n):
			alike = true
		}
	}
	return false, alike
}

// strip removes the fields that would get around the checks, twins of declared
// ones among them.
func (h *headers) strip(x *gate.Exchange) {
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone {
			continue
		}
		exact, alike := h.declared(f.Name)
		if !exact && (alike || bypasses(f.Name)) {
			f.Gone = true
		}
	}
}

// judge judges the declared header fields. Values are taken as they stand:
// nothing is percent-decoded in a header field (OpenAPI 3.1.1 appendix D).
func (h *headers) judge(x *gate.Exchange, r *reader) gate.Verdict {
	for i := range h.list {
		p := &h.list[i]
		value, n := x.Field(p.name)
		if n == 0 {
			if p.required {
				return x.Deny(gate.Refusal{Code: gate.ParameterMissing, In: "header", Name: p.name, Detail: "is required"})
			}
			continue
		}
		r.json = r.json[:0]
		var bad issue
		switch {
		case p.list && !p.scalar && !p.object && !p.json && !p.text:
			bad = r.combined(x, &p.codec)
		case n > 1:
			bad = tooManyValues
		default:
			bad = r.value(&p.codec, value, literal)
		}
		if bad != fine {
			return deny(x, bad, "header", p.name)
		}
		if v := judge(x, r, p.schema, "header", p.name); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}

// combined reads all fields of one name as one list (RFC 9110 section 5.3).
// Items are separated by commas and optional white space; what some recipients
// skip or unquote is refused.
func (r *reader) combined(x *gate.Exchange, c *codec) issue {
	r.begin()
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone || !gate.EqualFold(f.Name, c.name) {
			continue
		}
		if bytes.IndexByte(f.Value, '"') >= 0 {
			return quotedItem
		}
		for raw, more := f.Value, true; more; {
			var piece []byte
			piece, raw, more, _ = c.sep.cut(raw, literal)
			piece = bytes.Trim(piece, " \t")
			if len(piece) == 0 {
				return emptyItem
			}
			if bad := r.item(c, piece, literal); bad != fine {
				return bad
			}
		}
	}
	r.json = append(r.json, ']')
	return fine
}
