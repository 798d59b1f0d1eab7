package login

import (
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
)

// Statuses by which APIs say that a login failed, where nothing else is said. A
// call that only carries a name and a password beside what it wants may be wrong
// in other ways: there, 400, 404 and 422 are about the call.
var (
	failedBody  = []int{400, 401, 403, 404, 422}
	failedBasic = []int{401, 403}
)

// sign is a place in the answer that is there only when a login succeeded, or
// only when it failed.
type sign struct {
	schema *schema.Schema
	tag    schema.Tag
	failed bool
}

// maxAnswer bounds answers that are read for a sign alone.
const maxAnswer = 8 << 20

// newSign compiles a schema that takes anything and tags the place.
func (l *Logins) newSign(op *contract.Operation, c *schema.Compiler, tag schema.Tag, pointer string, failed bool) *sign {
	names := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	root := source.NewObject(op.Node)
	for _, name := range slices.Backward(names) {
		name = strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~")
		open := source.NewMember("additionalProperties", source.NewObject(op.Node))
		root = source.NewObject(op.Node, source.NewMember("properties", source.NewObject(op.Node, source.NewMember(strings.Clone(name), root))), open)
	}
	at := root
	for range names {
		at = &at.Get("properties").Member(0).Value
	}
	l.at[at] = append(l.at[at], tag)
	return &sign{schema: c.Compile(root), tag: tag, failed: failed}
}

// plain asks the API for an answer without content coding, which can be read (RFC
// 9110 section 12.5.3).
func plain(x *gate.Exchange) {
	for i := range x.Fields {
		if f := &x.Fields[i]; gate.EqualFold(f.Name, "Accept-Encoding") {
			f.Gone = true
		}
	}
	if _, n := gate.FindField(x.OutFields, "Accept-Encoding"); n == 0 {
		x.OutFields = append(x.OutFields, gate.Field{Name: fieldCoding, Value: valueIdentity})
	}
}

var (
	fieldCoding   = []byte("Accept-Encoding")
	valueIdentity = []byte("identity")
)

// AnswerHead has the body of an answer read in which the sign must be. An answer
// that is no JSON does not have it.
func (g *Guard) AnswerHead(x *gate.Exchange) gate.Verdict {
	if g.sign == nil || !x.Login.Begun || g.byStatus(x.Answer.Status) != Succeeded {
		return gate.Allow
	}
	value, _ := gate.FindField(x.Answer.Fields, "Content-Type")
	if m, _ := media.Read(value); m.Kind() != media.JSON || x.Answer.Length == 0 {
		x.Login.Read = true
		return gate.Allow
	}
	if x.AnswerIntake.Mode != gate.Buffer && x.Answer.Length <= maxAnswer {
		x.AnswerIntake = gate.Intake{Mode: gate.Buffer, MaxBytes: maxAnswer}
	}
	return gate.Allow
}

var states = sync.Pool{New: func() any { return new(schema.State) }}

// Answer looks for the sign. null is none.
func (g *Guard) Answer(x *gate.Exchange) gate.Verdict {
	if g.sign == nil || !x.Login.Begun {
		return gate.Allow
	}
	st := states.Get().(*schema.State)
	st.Direction, st.Undeclared, st.Misplaced = schema.Answer, schema.Allow, schema.Allow
	x.Login.Read = true
	if g.sign.schema.Read(st, x.AnswerBody) {
		for _, span := range st.Spans {
			if span.Tag == g.sign.tag && string(x.AnswerBody[span.Start:span.End]) != "null" {
				x.Login.Found = true
			}
		}
	}
	st.Forget()
	states.Put(st)
	return gate.Allow
}

// Done learns how the attempt ended.
func (g *Guard) Done(x *gate.Exchange) {
	if x.Login.Begun {
		now := x.Received
		if !x.Answered.IsZero() {
			now = x.Answered
		}
		end := g.outcome(x)
		x.Login.End = ends[end]
		g.table.End(&x.Login, client(x), end, g.limits, now)
	}
}

// ends are outcomes in the words of events.
var ends = [...]gate.LoginEnd{Unknown: gate.Unjudged, Failed: gate.LoginWrong, Succeeded: gate.LoginRight}

// outcome is what the API said. What it was not asked, since a guard refused the
// call, it did not judge. A client that goes away before it said anything has
// made its guess all the same.
func (g *Guard) outcome(x *gate.Exchange) Outcome {
	switch status := x.Answer.Status; {
	case x.Sent.IsZero():
		return Unknown
	case status == 0 && (x.Refusal.Code == gate.ClientGone || x.Context.Err() != nil):
		return Failed
	case g.sign == nil || g.byStatus(status) != Succeeded:
		return g.byStatus(status)
	}
	switch {
	case !x.Login.Read:
		return Unknown
	case x.Login.Found != g.sign.failed:
		return Succeeded
	}
	return Failed
}

// byStatus is what a status says.
func (g *Guard) byStatus(status int) Outcome {
	switch {
	case slices.Contains(g.failed, status):
		return Failed
	case slices.Contains(g.passed, status), len(g.passed) == 0 && status >= 200 && status < 300:
		return Succeeded
	}
	return Unknown
}

// tells reports whether the contract describes an answer by which a login fails.
func (g *Guard) tells(op *contract.Operation) bool {
	if g.sign != nil {
		return true
	}
	for _, r := range op.Responses {
		for _, status := range g.failed {
			class := string(rune('0' + status/100))
			if r.Status == "default" || strings.EqualFold(r.Status, class+"XX") || r.Status == class+string(rune('0'+status/10%10))+string(rune('0'+status%10)) {
				return true
			}
		}
	}
	return false
}
