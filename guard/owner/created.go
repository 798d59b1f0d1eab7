package owner

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// created learns whose the object is that was made, before the client hears of
// it: from the path of a PUT, the answer, or Location (RFC 9110 section 10.2.2).
func (g *Guard) created(x *gate.Exchange, s *scratch) gate.Verdict {
	k := g.creates
	if g.keeper() == nil || x.Principal == nil || excepted(x, k) {
		return gate.Allow
	}
	s.rows = s.rows[:0]
	switch {
	case g.creating && x.Answer.Status != 201: // it was there before
		for i := range g.parameters {
			p := &g.parameters[i]
			if !p.last || p.kind != k {
				continue
			}
			if f := g.judgeParameter(x, s, p); f != nothing {
				return g.deny(x, k, f, "path", p.codec.Name)
			}
		}
		return gate.Allow
	case g.creating:
		for i := range g.parameters {
			if p := &g.parameters[i]; p.last && p.kind == k {
				if text, ok := p.inPath(x, s); ok {
					g.row(x, s, k, text)
				}
			}
		}
	case x.AnswerJSON != nil:
		g.ids(x, s, k)
	}
	if len(s.rows) == 0 && !g.located(x, s, k) {
		// The object is there, and nobody will be known to own it.
		g.report(x, gate.Refusal{Code: gate.OwnerUnknown, In: "answer", Kind: k.name})
		return gate.Allow
	}
	return g.learn(x, s)
}

// made marks the objects of a kind that a call has made: the one that lies in
// no other of its kind, or all of a list that is the whole answer. Others are
// older, and so are all where it cannot be told.
func (s *scratch) made(json []byte, k *kind) {
	whole, first, several := bytes.HasPrefix(bytes.TrimLeft(json, " \t\r\n"), []byte{'['}), -1, false
	before := uint32(len(json)) + 1
	for i := len(s.objects) - 1; i >= 0; i-- { // the outer ones stand behind the inner ones
		o := &s.objects[i]
		if o.kind != k || o.start >= before {
			continue
		}
		several = several || first >= 0
		first, before, o.made = i, o.start, true
	}
	for i := range s.objects {
		s.objects[i].made = s.objects[i].made && (whole || !several)
	}
}

// ids notes the ids of the objects that were made.
func (g *Guard) ids(x *gate.Exchange, s *scratch, k *kind) {
	for _, span := range x.AnswerSchema.Spans {
		t := g.tag(span.Tag)
		if t == nil || t.kind != k || t.role != idRole {
			continue
		}
		inner := -1 // the object that the id is of
		for i := range s.objects {
			if o := &s.objects[i]; o.kind == k && o.start <= span.Start && span.End <= o.end {
				inner = i
				break // inner ones stand before outer ones
			}
		}
		if inner >= 0 && s.objects[inner].made {
			eachScalar(x.AnswerJSON[span.Start:span.End], func(item []byte) { g.row(x, s, k, item) })
		}
	}
}

// located notes the id at the end of Location.
func (g *Guard) located(x *gate.Exchange, s *scratch, k *kind) bool {
	value, n := x.AnswerField("Location")
	if n != 1 {
		return false
	}
	if i := bytes.IndexAny(value, "?#"); i >= 0 {
		value = value[:i]
	}
	segment, bad := s.Decode(value[bytes.LastIndexByte(value, '/')+1:], style.Percent)
	if bad != style.Fine || len(segment) == 0 {
		return false
	}
	s.JSON = schema.AppendString(s.JSON[:0], segment)
	return g.row(x, s, k, s.JSON)
}

// learn keeps s.rows before the answer is released.
func (g *Guard) learn(x *gate.Exchange, s *scratch) gate.Verdict {
	if g.observe { // nothing waits
		g.remember(x, s)
		return gate.Allow
	}
	taken, err := g.keeper().learn(x.Context, s.rows)
	s.rows = s.rows[:0]
	switch {
	case err != nil:
		return x.Deny(gate.Refusal{Code: gate.OwnerUnavailable, In: "answer", Retry: retry, Cause: err,
			Detail: "the call may have been performed; whose the new object is could not be kept"})
	case taken > 0: // the first owner stays
		g.keeper().warn("an object was created that somebody else owns: the API has used its id again, or the object was imported for another owner",
			"api", g.creates.api, "kind", g.creates.name)
		g.report(x, gate.Refusal{Code: gate.OwnerDenied, In: "answer", Kind: g.creates.name})
	}
	return gate.Allow
}
