// Package fields is the guard that keeps single properties to the roles that
// may have them: read, a property is taken out of what the caller is answered;
// written, the request is refused or goes on without it. Rules stand in the
// contract beside a schema (x-gatehouse-read, x-gatehouse-write) and in
// gatehouse.yaml, and add up: each of them must let the caller through. The
// root package builds one Rules for each API and one Guard for each operation;
// no other guard imports it. It reads no body itself: the one pass over a body
// says where the parts are that have rules. It knows nothing of net/http or of
// configuration files.
package fields

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
)

// Guard judges the properties of one operation. It is immutable; many
// goroutines may use it at once.
type Guard struct {
	rules   []rule // of the API, by tag
	reads   []schema.Tag
	writes  []schema.Tag
	body    []medium
	answers map[string][]medium // by status as the contract writes it
	observe bool
}

// medium is one declared media type or range.
type medium struct {
	media.Type
	schema *schema.Schema
	tagged bool // it holds something that has a rule
}

var (
	_ gate.HeadGuard       = (*Guard)(nil)
	_ gate.BodyGuard       = (*Guard)(nil)
	_ gate.AnswerHeadGuard = (*Guard)(nil)
	_ gate.AnswerGuard     = (*Guard)(nil)
)

// Guard compiles the guard of op; nil when it has nothing to judge. Schemas are
// compiled by c, whose Tags must be those of r. In observe mode nothing is
// changed, only counted.
func (r *Rules) Guard(op *contract.Operation, c *schema.Compiler, observe bool) (*Guard, source.Problems) {
	b := &builder{rules: r, compiler: c}
	g := &Guard{answers: make(map[string][]medium), observe: observe}
	if op.Body != nil {
		g.body = b.media(op.Body.Media, &g.writes, func(l *rule) bool { return l.write != nil }, canRead)
	}
	for _, answer := range op.Responses {
		g.answers[strings.Clone(answer.Status)] = b.media(answer.Media, &g.reads, func(l *rule) bool { return l.read != nil }, canCut)
	}
	if len(g.reads)+len(g.writes) == 0 {
		return nil, nil
	}
	g.rules = r.list
	return g, b.problems
}

// builder compiles the guard of one operation.
type builder struct {
	rules    *Rules
	compiler *schema.Compiler
	problems source.Problems
}

// canRead and canCut say of which kinds of bodies parts can be told, and taken
// out.
func canRead(k media.Kind) bool {
	return k == media.JSON || k == media.XML || k == media.Form || k == media.Multipart || k == media.Text
}
func canCut(k media.Kind) bool { return k == media.JSON }

// media compiles declared media, and adds the tags of those of their rules that
// concern the direction to tags.
func (b *builder) media(list []*contract.Media, tags *[]schema.Tag, concerns func(*rule) bool, can func(media.Kind) bool) (out []medium) {
	for _, m := range list {
		t, ok := media.Parse(strings.Clone(m.Type))
		if !ok {
			continue // other guards say so
		}
		d := medium{Type: t}
		if m.Schema != nil {
			d.schema = b.compiler.Compile(m.Schema)
		}
		for _, tag := range d.schema.Tags() {
			if l := b.rules.rule(tag); l != nil && concerns(l) {
				d.tagged = true
				if !slices.Contains(*tags, tag) {
					*tags = append(*tags, tag)
				}
			}
		}
		if k := t.Kind(); d.tagged && t.Sub != "*" && !can(k) {
			b.problems = append(b.problems, source.At(m.Node, "describe it as JSON, or take the rule away from what it holds",
				"some properties are for some roles only, and bodies of type %s cannot be told apart", m.Type))
		}
		out = append(out, d)
	}
	return out
}

// Head sees to it that a body which holds what the caller may not write is
// read.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	if x.BodyLength == 0 || x.Intake.Mode == gate.Buffer || !g.denied(x, g.writes, writing) || !g.holds(g.body, x.Fields) {
		return gate.Allow
	}
	return x.Deny(unread)
}

var unread = gate.Refusal{Code: gate.FieldDenied, In: "body", Detail: "the body cannot be read, so that nobody knows what it writes"}

// Body refuses what the caller may not write, or takes it out.
func (g *Guard) Body(x *gate.Exchange) gate.Verdict {
	if !g.denied(x, g.writes, writing) {
		return gate.Allow
	}
	if x.BodyJSON == nil {
		if len(x.Body) > 0 && g.holds(g.body, x.Fields) {
			return x.Deny(unread)
		}
		return gate.Allow
	}
	n := len(x.Edits)
	for _, span := range x.Schema.Spans {
		l := g.rule(span.Tag)
		if l == nil || l.allows(x, writing) {
			continue
		}
		start, ok := whole(x.BodyJSON, span)
		if !ok || !l.drop || !isBody(x) {
			return x.Deny(gate.Refusal{Code: gate.FieldDenied, In: "body", Pointer: x.Schema.Pointer(start), Detail: "the caller has no role that may write this"})
		}
		x.Edits = append(x.Edits, gate.Edit{Part: gate.OnBody, Member: true, Start: uint32(start), End: span.End})
	}
	if len(x.Edits) > n {
		return g.rest(x)
	}
	return gate.Allow
}

// AnswerHead keeps others from what is for the caller, and refuses an answer
// that cannot be read though it holds what the caller may not have.
func (g *Guard) AnswerHead(x *gate.Exchange) gate.Verdict {
	declared := g.declared(x.Answer.Status)
	if !tagged(declared) {
		return gate.Allow
	}
	if !g.observe {
		private(x)
	}
	if !g.denied(x, g.reads, reading) {
		return gate.Allow
	}
	if a := &x.Answer; a.Body == nil || string(x.Method) == "HEAD" || a.Status == 204 || a.Status == 304 || a.Status < 200 {
		if string(x.Method) == "HEAD" && !g.observe { // of other bytes than GET answers with (RFC 9110 section 9.3.2)
			x.DropValidators()
			a.Length = -1
		}
		return gate.Allow
	}
	if x.AnswerIntake.Mode != gate.Buffer && g.holds(declared, x.Answer.Fields) {
		return x.Deny(unreadAnswer)
	}
	return gate.Allow
}

var unreadAnswer = gate.Refusal{Code: gate.AnswerMedia, In: "answer", Detail: "the answer cannot be read, and may hold what the caller may not have"}

// Answer takes out what the caller may not read.
func (g *Guard) Answer(x *gate.Exchange) gate.Verdict {
	if !g.denied(x, g.reads, reading) {
		return gate.Allow
	}
	if x.AnswerJSON == nil {
		if len(x.AnswerBody) > 0 && g.holds(g.declared(x.Answer.Status), x.Answer.Fields) {
			return x.Deny(unreadAnswer)
		}
		return gate.Allow
	}
	for _, span := range x.AnswerSchema.Spans {
		l := g.rule(span.Tag)
		if l == nil || l.allows(x, reading) {
			continue
		}
		start, ok := whole(x.AnswerJSON, span)
		if !ok || !isAnswer(x) {
			return x.Deny(gate.Refusal{Code: gate.FieldDenied, In: "answer", Detail: "the caller has no role that may read this"})
		}
		x.Edits = append(x.Edits, gate.Edit{Part: gate.OnAnswer, Member: true, Start: uint32(start), End: span.End})
	}
	return gate.Allow
}
