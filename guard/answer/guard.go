// Package answer is the guard that lets out of an API only what its contract
// describes: the status, the content type, the declared header fields and the
// body, read in one pass. Properties that the contract does not name are cut
// out of the bytes; nothing is written anew. Errors that it does not describe,
// and whatever shows how the API is built, are replaced by a problem document.
// The root package builds one Guard for each operation; no other guard imports
// it. It knows nothing of net/http, of identities or of configuration files.
package answer

import (
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
)

// Options say how strict a Guard is. The zero value refuses an answer that
// holds anything which the contract does not name.
type Options struct {
	// Undeclared is for properties, and for the whole body where the contract
	// describes an answer without content. Drop removes them; what is left is
	// judged again as if by Refuse. A writeOnly property is dropped whatever
	// this says.
	Undeclared schema.Policy
	// KeepErrors lets 4xx and 5xx answers pass that the contract does not
	// describe, unless they show internals. Otherwise a problem document that
	// keeps their status takes their place.
	KeepErrors     bool
	MaxAnswerBytes int64 // of a body that the gate reads; 8 MiB when 0
	// Observe says that the gate passes on what this guard denies, so that it
	// must not change fields by itself. Edits of the body the gate takes back.
	Observe bool
}

// defaultAnswerBytes bounds a body that is read when Options say nothing.
const defaultAnswerBytes = 8 << 20

// Guard judges the answers of one operation. It is immutable; many goroutines
// may use it at once.
type Guard struct {
	options   Options
	responses responses
	reads     bool // some answer's body is read
	readsGood bool // some 2xx answer's body is read
}

var (
	_ gate.HeadGuard       = (*Guard)(nil)
	_ gate.AnswerHeadGuard = (*Guard)(nil)
	_ gate.AnswerGuard     = (*Guard)(nil)
)

// New compiles the guard of op. Schemas are compiled by c, which keeps their
// problems; the problems returned are those of fields and media types. The
// guard is usable unless one of them is an error.
func New(op *contract.Operation, c *schema.Compiler, o Options) (*Guard, source.Problems) {
	if o.MaxAnswerBytes <= 0 {
		o.MaxAnswerBytes = defaultAnswerBytes
	}
	b := &builder{compiler: c}
	g := &Guard{options: o}
	g.responses = b.responses(op.Responses)
	g.reads, g.readsGood = g.responses.reads()
	if o.KeepErrors {
		g.reads = true // to find out what they show
	}
	return g, b.problems
}

var (
	fieldAcceptEncoding = []byte("Accept-Encoding")
	valueIdentity       = []byte("identity")
)

// Head asks the API for what can be judged: whole and without content coding,
// where the gate reads the answer. It never denies.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	if x.Question != nil { // the answer does not come this way
		return gate.Allow
	}
	if g.reads {
		remove(x.Fields, "Accept-Encoding")
		x.OutFields = append(x.OutFields, gate.Field{Name: fieldAcceptEncoding, Value: valueIdentity}) // RFC 9110 section 12.5.3
	}
	if g.readsGood { // a part of a document cannot be judged (RFC 9110 section 14.2: a server may ignore Range)
		remove(x.Fields, "Range")
		remove(x.Fields, "If-Range")
	}
	return gate.Allow
}

// AnswerHead judges status and fields of the answer and decides whether its
// body is read.
func (g *Guard) AnswerHead(x *gate.Exchange) gate.Verdict {
	r := g.responses.find(x.Answer.Status)
	if !g.options.Observe {
		hide(x.Answer.Fields, r)
	}
	if x.Answer.Status == 101 { // the gate has seen to it that it was asked for and is allowed
		return gate.Allow
	}
	if r == nil || r.byDefault && transport(x.Answer.Status) {
		return g.undeclared(x)
	}
	if v := r.judgeFields(x); v != gate.Allow {
		return v
	}
	if !hasContent(x) {
		return g.bare(x, r)
	}
	if len(r.media) == 0 {
		return g.unexpected(x)
	}
	k, d, v := r.choose(x)
	switch {
	case v != gate.Allow:
		return v
	case d.reads(k):
		return g.take(x)
	case x.Answer.Status >= 500:
		return g.inspect(x)
	}
	return gate.Allow
}

// Answer judges a body that was read.
func (g *Guard) Answer(x *gate.Exchange) gate.Verdict {
	r := g.responses.find(x.Answer.Status)
	switch {
	case r == nil, r.byDefault && transport(x.Answer.Status):
		return g.harmless(x)
	case len(r.media) == 0:
		return g.strip(x)
	case x.Answer.Status >= 500 && shows(x.AnswerBody):
		return replace(x, gate.AnswerInternals)
	}
	k, d, v := r.choose(x)
	if v != gate.Allow || !d.reads(k) { // an error that shows nothing
		return v
	}
	s := open()
	defer s.close()
	switch k {
	case media.JSON:
		return g.judgeJSON(x, s, d)
	case media.XML:
		return g.judgeXML(x, s, d)
	case media.Text:
		return g.judgeText(x, s, d)
	}
	return x.Deny(gate.Refusal{Code: gate.AnswerMedia, In: "answer"})
}

// take has the gate read the body.
func (g *Guard) take(x *gate.Exchange) gate.Verdict {
	if coded(x.Answer.Fields) {
		return x.Deny(gate.Refusal{Code: gate.AnswerCoding, In: "answer", Name: "Content-Encoding"})
	}
	x.AnswerIntake = gate.Intake{Mode: gate.Buffer, MaxBytes: g.options.MaxAnswerBytes}
	return gate.Allow
}
