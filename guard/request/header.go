package request

import (
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// header is one declared header field.
type header struct {
	style.Codec
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
		f.Codec, f.schema = b.codec(p, style.Literal)
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
		switch n := h.list[i].Name; {
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
			f.Gone, x.Unremoved = true, true
		}
	}
}

// judge judges the declared header fields.
func (h *headers) judge(x *gate.Exchange, r *reader) gate.Verdict {
	for i := range h.list {
		p := &h.list[i]
		switch n, bad := r.Fields(x.Fields, &p.Codec); {
		case n == 0 && p.required:
			return x.Deny(gate.Refusal{Code: gate.ParameterMissing, In: "header", Name: p.Name, Detail: "is required"})
		case n == 0:
			continue
		case bad != style.Fine:
			return deny(x, bad, "header", p.Name)
		}
		if v := judge(x, r, p.schema, "header", p.Name); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}
