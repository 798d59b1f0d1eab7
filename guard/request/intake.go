package request

import (
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// intake decides from the head whether a body may come and how it is taken.
func (g *Guard) intake(x *gate.Exchange) gate.Verdict {
	if x.BodyKept() {
		return g.kept(x)
	}
	comes := x.BodyLength != 0
	if comes {
		// In observe mode a refused head goes on, with the body unread.
		x.Intake = gate.Intake{Mode: gate.Stream, MaxBytes: g.options.MaxBodyBytes}
	}
	if g.body == nil {
		if comes {
			return x.Deny(unexpected)
		}
		return gate.Allow
	}
	return g.take(x, comes)
}

// take decides it for an operation that takes a body. Media types need much of a
// stack, which a connection keeps: calls without a body must not pay for it.
//
//go:noinline
func (g *Guard) take(x *gate.Exchange, comes bool) gate.Verdict {
	value, stated := x.Field("Content-Type")
	if !comes && (stated == 0 || !g.body.holdsNothing(value)) {
		if g.body.required {
			return x.Deny(missing)
		}
		return gate.Allow
	}
	if x.BodyLength > g.options.MaxBodyBytes {
		return x.Deny(gate.Refusal{Code: gate.BodyTooLarge, In: "body"})
	}
	coding, ok := g.coding(x)
	if !ok {
		return x.Deny(uncoded)
	}
	m, d, v := g.body.choose(x)
	if v != gate.Allow {
		return v
	}
	mode := gate.Buffer
	if d.streams(m.Kind()) {
		if mode = gate.Stream; coding != gate.Identity {
			return x.Deny(uncoded) // nobody here decodes what nobody reads
		}
	}
	x.Intake = gate.Intake{Mode: mode, MaxBytes: g.options.MaxBodyBytes, Coding: coding}
	if coding != gate.Identity {
		forget(x, "Content-Encoding")
	}
	return gate.Allow
}

// kept judges what is known of a body that stays with the proxy that asks.
func (g *Guard) kept(x *gate.Exchange) gate.Verdict {
	_, stated := x.Field("Content-Type")
	switch {
	case g.body == nil && x.BodyLength > 0:
		return x.Deny(unexpected)
	case g.body == nil:
		return gate.Allow
	case x.BodyLength > g.options.MaxBodyBytes:
		return x.Deny(gate.Refusal{Code: gate.BodyTooLarge, In: "body"})
	case stated > 0 && x.BodyLength != 0:
		_, _, v := g.body.choose(x)
		return v
	case x.BodyLength == 0 && stated == 0 && g.body.required:
		return x.Deny(missing)
	}
	return gate.Allow
}

var unexpected = gate.Refusal{Code: gate.BodyUnexpected, In: "body", Detail: "the operation takes no body"}

var uncoded = gate.Refusal{Code: gate.BodyCoding, In: "body", Detail: "the body must not be compressed or otherwise coded"}

// coding finds the coding of the body and reports whether it is allowed. One
// coding once is all that is taken (RFC 9110 section 8.4).
func (g *Guard) coding(x *gate.Exchange) (c gate.Coding, ok bool) {
	for i := range x.Fields {
		f := &x.Fields[i]
		switch {
		case f.Gone || !gate.EqualFold(f.Name, "Content-Encoding") || gate.EqualFold(f.Value, "identity"):
		case g.options.Gzip && c == gate.Identity && gate.EqualFold(f.Value, "gzip"):
			c = gate.Gzip
		default:
			return c, false
		}
	}
	return c, true
}

// forget removes the fields called name: what they say is not true any more.
func forget(x *gate.Exchange, name string) {
	for i := range x.Fields {
		if gate.EqualFold(x.Fields[i].Name, name) {
			x.Fields[i].Gone = true
		}
	}
}

var missing = gate.Refusal{Code: gate.BodyMissing, In: "body", Detail: "a body is required"}

// holdsNothing reports whether a body of this type may be of no bytes: an
// empty form or an empty text, not an absent body.
func (b *body) holdsNothing(contentType []byte) bool {
	m, ok := media.Parse(media.View(contentType))
	k := m.Kind()
	return ok && b.required && (k == media.Form || k == media.Text || k == media.Opaque)
}

// streams reports whether bodies of kind k are passed on unread.
func (d *bodyMedia) streams(k media.Kind) bool {
	if d.schema == nil {
		return !d.heard || !k.Legible()
	}
	return k == media.Opaque
}

// choose finds the declared media type that fits the request's best.
func (b *body) choose(x *gate.Exchange) (m media.Type, d *bodyMedia, v gate.Verdict) {
	value, n := x.Field("Content-Type")
	m, ok := media.Read(value)
	switch {
	case n == 0:
		return m, nil, x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "header", Name: "Content-Type", Detail: "must say what the body is"})
	case n > 1:
		return m, nil, x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "header", Name: "Content-Type", Detail: "must stand only once"})
	case !ok:
		return m, nil, x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "header", Name: "Content-Type", Detail: "must be a media type as in RFC 9110 section 8.3.1, without repeated parameters"})
	}
	best := 0
	for i := range b.media {
		if fit := b.media[i].Covers(&m); fit > best {
			best, d = fit, &b.media[i]
		}
	}
	if d == nil {
		return m, nil, x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "header", Name: "Content-Type", Detail: "the operation does not take bodies of this type"})
	}
	return m, d, d.admit(x, &m)
}

// admit refuses types that fit the contract but cannot be read.
func (d *bodyMedia) admit(x *gate.Exchange, m *media.Type) gate.Verdict {
	k := m.Kind()
	switch {
	case d.schema == nil:
		return gate.Allow
	case k == media.XML:
		return d.admitXML(x, m)
	case k == media.Mixed:
		return x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "body", Detail: "of multipart bodies only multipart/form-data is supported"})
	case k != media.Opaque && !m.CharsetKnown():
		return x.Deny(gate.Refusal{Code: gate.BodyCharset, In: "header", Name: "Content-Type", Detail: "the charset must be UTF-8"})
	case k == media.Opaque && d.Sub == "*" && style.Constrains(d.shape):
		return x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "body", Detail: "bodies of this type cannot be read"})
	case k == media.Form && d.form == nil, k == media.Multipart && d.multipart == nil:
		return x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "body", Detail: "the operation does not take bodies of this type"})
	case k == media.Multipart:
		return checkBoundary(x, m)
	}
	return gate.Allow
}
