package answer

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// transport reports whether a status is one that HTTP itself gives to
// conditional and partial requests: few contracts describe them, and no
// program means them.
func transport(status int) bool { return status == 304 || status == 412 || status == 416 }

// hasContent reports whether the answer may come with content (RFC 9110
// section 6.4.1).
func hasContent(x *gate.Exchange) bool {
	a := &x.Answer
	return a.Body != nil && string(x.Method) != "HEAD" && a.Status >= 200 && a.Status != 204 && a.Status != 304
}

// undeclared judges an answer with a status that the contract does not
// describe.
func (g *Guard) undeclared(x *gate.Exchange) gate.Verdict {
	status := x.Answer.Status
	switch {
	case transport(status):
		g.unmodified(x)
		return g.inspect(x)
	case status < 400:
		return x.Deny(gate.Refusal{Code: gate.AnswerStatus, In: "answer", Detail: "the contract does not describe this status"})
	case g.options.KeepErrors:
		return g.inspect(x)
	}
	return replace(x, gate.AnswerError)
}

// inspect has the body read of an answer that passes unless it shows
// internals.
func (g *Guard) inspect(x *gate.Exchange) gate.Verdict {
	if !hasContent(x) {
		return gate.Allow
	}
	if coded(x.Answer.Fields) {
		return replace(x, gate.AnswerError) // nobody can say what it shows
	}
	return g.take(x)
}

// harmless denies a body that shows internals.
func (g *Guard) harmless(x *gate.Exchange) gate.Verdict {
	if shows(x.AnswerBody) {
		return replace(x, gate.AnswerInternals)
	}
	return gate.Allow
}

// kept are the fields of an error that clients need in order to go on; the
// problem that takes its place has them, too.
var kept = [...]string{"Retry-After", "WWW-Authenticate", "Allow"}

// replace denies the answer with its own status: a problem document takes its
// place.
func replace(x *gate.Exchange, c gate.Code) gate.Verdict {
	for i := range x.Answer.Fields {
		f := &x.Answer.Fields[i]
		for _, name := range kept {
			if !f.Gone && gate.EqualFold(f.Name, name) {
				x.Reply.Fields = append(x.Reply.Fields, *f)
			}
		}
	}
	return x.Deny(gate.Refusal{Code: c, Status: x.Answer.Status, In: "answer"})
}

// unexpected judges content where the contract describes none.
func (g *Guard) unexpected(x *gate.Exchange) gate.Verdict {
	switch {
	case x.Answer.Length == 0:
		return gate.Allow
	case x.Answer.Status >= 400 && g.options.KeepErrors, x.Answer.Status >= 500 && g.options.Undeclared == schema.Allow:
		return g.inspect(x)
	case g.options.Undeclared == schema.Allow:
		return gate.Allow
	}
	// What is dropped, or refused, must be there: an API may say that an answer
	// of no bytes comes in chunks.
	x.AnswerIntake = gate.Intake{Mode: gate.Buffer, MaxBytes: g.options.MaxAnswerBytes}
	return gate.Allow
}

// strip removes content where the contract describes none.
func (g *Guard) strip(x *gate.Exchange) gate.Verdict {
	switch {
	case len(x.AnswerBody) == 0:
		return gate.Allow
	case x.Answer.Status >= 400 && g.options.KeepErrors, g.options.Undeclared == schema.Allow:
		return g.harmless(x)
	case g.options.Undeclared != schema.Drop:
		return x.Deny(gate.Refusal{Code: gate.AnswerMedia, In: "answer", Detail: "the contract describes no content for this status"})
	}
	x.Edits = append(x.Edits, gate.Edit{Part: gate.OnAnswer, End: uint32(len(x.AnswerBody))})
	if !g.options.Observe {
		remove(x.Answer.Fields, "Content-Type")
		remove(x.Answer.Fields, "Content-Encoding")
	}
	return gate.Allow
}

// bare judges an answer that comes without content because of the request's
// method or its status. What HEAD says must hold for GET, whose body the gate
// may cut: then nothing is said of its bytes (RFC 9110 section 9.3.2).
func (g *Guard) bare(x *gate.Exchange, r *response) gate.Verdict {
	g.unmodified(x)
	if string(x.Method) != "HEAD" || x.Answer.Status == 204 || x.Answer.Status == 304 {
		return gate.Allow
	}
	_, n := x.AnswerField("Content-Type")
	cuts := r.reads()
	if n > 0 && len(r.media) > 0 {
		k, d, v := r.choose(x)
		if v != gate.Allow {
			return v
		}
		cuts = d.reads(k)
	}
	if cuts && g.cuts() {
		x.DropValidators()
		x.Answer.Length = -1
		if len(r.media) == 0 { // strip would remove it with the content
			remove(x.Answer.Fields, "Content-Type")
		}
	}
	return gate.Allow
}

// cuts reports whether bodies of answers may be cut.
func (g *Guard) cuts() bool { return g.options.Undeclared == schema.Drop && !g.options.Observe }

// unmodified removes from a 304 what it tells of bytes that the gate may cut
// in a 200: all but a tag that the client has from an answer that was not cut.
func (g *Guard) unmodified(x *gate.Exchange) {
	if x.Answer.Status != 304 || !g.readsGood || !g.cuts() {
		return
	}
	tag, n := x.AnswerField("ETag")
	tag = bytes.TrimPrefix(tag, []byte("W/"))
	if n == 1 && len(tag) > 2 && tag[0] == '"' && tag[len(tag)-1] == '"' {
		for i := range x.Fields {
			if f := &x.Fields[i]; !f.Gone && gate.EqualFold(f.Name, "If-None-Match") && bytes.Contains(f.Value, tag) {
				return
			}
		}
	}
	x.DropValidators()
}
