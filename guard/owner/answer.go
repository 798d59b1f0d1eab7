package owner

import (
	"strconv"

	"github.com/gatehouse-api/gatehouse/contract/cut"
	"github.com/gatehouse-api/gatehouse/gate"
)

// value is an id or an owner in an answer.
type value struct {
	tag        *tag
	start, end uint32
}

// object is one object in an answer.
type object struct {
	kind       *kind
	start, end uint32
	found      finding
	made       bool // by this call
}

// AnswerHead learns from answers without a body and refuses those that cannot
// be judged.
func (g *Guard) AnswerHead(x *gate.Exchange) gate.Verdict {
	status := x.Answer.Status
	good := status/100 == 2
	content := x.Answer.Body != nil && string(x.Method) != "HEAD" && status >= 200 && status != 204 && status != 304
	whole := content && x.AnswerIntake.Mode == gate.Buffer
	if content && !whole && holds(g.declared(status), x.Answer.Fields) {
		if v := g.refuse(x, unread); v != gate.Allow {
			return v
		}
	}
	if len(g.filters) > 0 && string(x.Method) == "HEAD" && !g.observe {
		x.DropValidators() // of other bytes than GET answers with (RFC 9110 section 9.3.2)
		x.Answer.Length = -1
	}
	s := open()
	defer s.close()
	if good && g.forgets != nil && g.keeper() != nil {
		g.forget(x, s)
	}
	if !whole && (good || status == 304) {
		if f, k := g.pending(x, s); f != nothing {
			return g.deny(x, k, f, "answer", "")
		}
	}
	if good && g.creates != nil && !whole {
		return g.created(x, s)
	}
	return gate.Allow
}

var unread = gate.Refusal{Code: gate.AnswerMedia, In: "answer", Detail: "the answer cannot be read, and may hold what is not the caller's"}

// forget makes the object that a DELETE removed nobody's.
func (g *Guard) forget(x *gate.Exchange, s *scratch) {
	text, ok := g.forgets.inPath(x, s)
	if !ok {
		return
	}
	eachScalar(text, func(item []byte) {
		if s.id, ok = canonical(s.id[:0], item); !ok {
			return
		}
		s.object(g.forgets.kind)
		if g.keeper().forget(x.Context, s.message) != nil {
			g.report(x, gate.Refusal{Code: gate.OwnerUnavailable, In: "answer", Kind: g.forgets.kind.name})
		}
	})
}

// pending returns what was found of an object of the path that only the answer
// can speak for, and its kind.
func (g *Guard) pending(x *gate.Exchange, s *scratch) (worst finding, k *kind) {
	if len(g.deferred)+len(g.sharing) == 0 || string(x.Method) != "GET" || x.Principal == nil {
		return nothing, nil
	}
	for i := range g.parameters {
		p := &g.parameters[i]
		f := g.judgeParameter(x, s, p)
		if (f == otherOwner || f == unknownObject && !p.kind.report) && g.later(x, p, f) {
			if f > worst {
				worst, k = f, p.kind
			}
		}
	}
	return worst, k
}

// declared returns the media that the contract describes for a status.
func (g *Guard) declared(status int) []medium {
	var text [3]byte
	if list, ok := g.answers[string(strconv.AppendInt(text[:0], int64(status), 10))]; ok {
		return list
	}
	text = [3]byte{byte('0' + status/100%10), 'X', 'X'}
	if list, ok := g.answers[string(text[:])]; ok {
		return list
	}
	return g.answers["default"]
}

// Answer judges the objects of an answer and learns from it.
func (g *Guard) Answer(x *gate.Exchange) gate.Verdict {
	good := x.Answer.Status/100 == 2
	s := open()
	defer s.close()
	if x.AnswerJSON == nil {
		if len(x.AnswerBody) > 0 && holds(g.declared(x.Answer.Status), x.Answer.Fields) {
			if v := g.refuse(x, unread); v != gate.Allow {
				return v
			}
		}
		if good {
			if f, k := g.pending(x, s); f != nothing {
				return g.deny(x, k, f, "answer", "")
			}
		}
		if good && g.creates != nil {
			return g.created(x, s)
		}
		return gate.Allow
	}
	pending, of := nothing, (*kind)(nil)
	if good {
		pending, of = g.pending(x, s)
	}
	told := g.objects(x, s, good)
	if good && g.creates != nil && !g.creating {
		s.made(x.AnswerJSON, g.creates)
	}
	if v := g.verdict(x, s); v != gate.Allow {
		return v
	}
	if pending != nothing && !told {
		return g.deny(x, of, pending, "answer", "")
	}
	g.remember(x, s)
	if good && g.creates != nil {
		return g.created(x, s)
	}
	return gate.Allow
}

// objects finds the objects of an answer and judges each: the values that lie
// in it and in no object of its kind within it are its own. It reports whether
// one was the caller's by a rule.
func (g *Guard) objects(x *gate.Exchange, s *scratch, good bool) (told bool) {
	s.values, s.objects, s.rows = s.values[:0], s.objects[:0], s.rows[:0]
	for _, span := range x.AnswerSchema.Spans {
		t := g.tag(span.Tag)
		if t == nil {
			continue
		}
		if t.role != objectRole {
			s.values = append(s.values, value{t, span.Start, span.End})
			continue
		}
		from := len(s.values)
		for from > 0 && s.values[from-1].end > span.Start {
			from--
		}
		f, own := g.judgeWhole(x, s, t.kind, s.values[from:], good)
		left := s.values[:from]
		for _, v := range s.values[from:] {
			if v.tag.kind != t.kind {
				left = append(left, v)
			}
		}
		s.values = left
		told = told || own
		s.objects = append(s.objects, object{kind: t.kind, start: span.Start, end: span.End, found: f})
	}
	for i, v := range s.values { // values that lie in no object stand for themselves
		if v.tag.role == sharedRole {
			continue
		}
		f, own := g.judgeWhole(x, s, v.tag.kind, s.values[i:i+1], good)
		told = told || own
		s.objects = append(s.objects, object{kind: v.tag.kind, start: v.start, end: v.end, found: f})
	}
	return told
}

// judgeWhole judges one object by its values. A rule decides, and teaches whose
// the object is; without one the ids are looked up. An operation that creates
// is judged by what it has created.
func (g *Guard) judgeWhole(x *gate.Exchange, s *scratch, k *kind, values []value, good bool) (f finding, own bool) {
	switch {
	case g.spared(x, k):
		return nothing, false
	case x.Principal == nil:
		return otherOwner, false
	}
	ruled, worst := false, nothing
	for _, v := range values {
		if v.tag.kind == k && v.tag.role == ownerRole {
			ruled = true
			worst = worse(worst, g.judgeValue(x, s, v.tag, x.AnswerJSON[v.start:v.end]))
		}
	}
	if ruled && worst == nothing {
		if good {
			g.note(x, s, k, values)
		}
		return nothing, true
	}
	switch {
	case g.shared(x, s, k, values):
		return nothing, true
	case ruled:
		return worst, false
	}
	ids := false
	for _, v := range values {
		if v.tag.kind != k || v.tag.role != idRole {
			continue
		}
		ids = true
		worst = worse(worst, g.judgeValue(x, s, v.tag, x.AnswerJSON[v.start:v.end]))
	}
	switch {
	case !ids:
		return unknownObject, false
	case worst == unknownObject && good && g.lists[k]:
		g.note(x, s, k, values)
		return nothing, false
	}
	return worst, false
}

// shared reports whether an object of an answer names the caller among those
// who may read it. That teaches nothing.
func (g *Guard) shared(x *gate.Exchange, s *scratch, k *kind, values []value) (is bool) {
	if !g.sharing[k] || string(x.Method) != "GET" {
		return false
	}
	for _, v := range values {
		if v.tag.kind != k || v.tag.role != sharedRole {
			continue
		}
		eachScalar(x.AnswerJSON[v.start:v.end], func(item []byte) {
			is = is || g.judgeScalar(x, s, k, "id", item) == nothing || g.judgeScalar(x, s, k, "subject", item) == nothing
		})
	}
	return is
}

// note adds the ids among values to what is to be remembered as the caller's.
func (g *Guard) note(x *gate.Exchange, s *scratch, k *kind, values []value) {
	if g.keeper() == nil || !k.learned {
		return
	}
	for _, v := range values {
		if v.tag.kind == k && v.tag.role == idRole {
			eachScalar(x.AnswerJSON[v.start:v.end], func(item []byte) { g.row(x, s, k, item) })
		}
	}
}

// row adds one id.
func (g *Guard) row(x *gate.Exchange, s *scratch, k *kind, text []byte) bool {
	var ok bool
	if s.id, ok = canonical(s.id[:0], text); !ok {
		return false
	}
	s.object(k)
	keeper := g.keeper()
	version := keeper.version(s.message)
	object, _ := keeper.sum(version, s.message)
	who, ok := s.ownHash(keeper, k.by, version, x.Principal)
	if ok {
		s.rows = append(s.rows, Owned{Object: object.bytes(), Owner: who.bytes(), Version: version})
	}
	return ok
}

// remember has written what a rule or a list says, without waiting for it: what
// is lost is learned the next time.
func (g *Guard) remember(x *gate.Exchange, s *scratch) {
	if len(s.rows) == 0 {
		return
	}
	l, err := g.keeper().begin(s.rows)
	switch {
	case err != nil:
		g.keeper().warn("what an answer says of owners is not kept", "cause", err)
	case l.taken > 0:
		g.report(x, gate.Refusal{Code: gate.OwnerDenied, In: "answer"})
	}
	s.rows = s.rows[:0]
}

// verdict takes out of lists what is not the caller's, where that is
// configured, and refuses the answer otherwise.
func (g *Guard) verdict(x *gate.Exchange, s *scratch) gate.Verdict {
	for i := range s.objects {
		o := &s.objects[i]
		if o.found == nothing || o.found == unknownObject && o.made { // created learns of it
			continue
		}
		if g.filters[o.kind] && (o.found == otherOwner || o.found == unknownObject && !o.kind.report) {
			if start, ok := cut.Whole(x.AnswerJSON, int(o.start)); ok && &x.AnswerJSON[0] == &x.AnswerBody[0] {
				x.Edits = append(x.Edits, gate.Edit{Part: gate.OnAnswer, Member: true, Start: uint32(start), End: o.end})
				continue
			}
		}
		if v := g.deny(x, o.kind, o.found, "answer", ""); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}
