package fields

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/gatehouse-api/gatehouse/contract/cut"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// way is a direction of a rule.
type way bool

const (
	reading way = false
	writing way = true
)

// allows reports whether the caller has one of the roles that a rule asks for.
func (l *rule) allows(x *gate.Exchange, w way) bool {
	roles := l.read
	if w == writing {
		roles = l.write
	}
	return roles == nil || x.Principal != nil && x.Principal.Rights(&x.Plan.Words).Meets(*roles)
}

// denied reports whether one of the rules with tags keeps the caller out.
func (g *Guard) denied(x *gate.Exchange, tags []schema.Tag, w way) bool {
	for _, tag := range tags {
		if !g.rule(tag).allows(x, w) {
			return true
		}
	}
	return false
}

// rule returns the rule of a tag, nil for a tag of somebody else.
func (g *Guard) rule(tag schema.Tag) *rule {
	if tag == schema.TagDrop || int(tag) > len(g.rules) {
		return nil
	}
	return &g.rules[tag-1]
}

// whole is where the member or the item begins whose value span covers.
func whole(body []byte, span schema.Span) (int, bool) { return cut.Whole(body, int(span.Start)) }

// isBody reports whether what was judged is the body itself, so that its parts
// can be taken out.
func isBody(x *gate.Exchange) bool { return &x.BodyJSON[0] == &x.Body[0] }

func isAnswer(x *gate.Exchange) bool { return &x.AnswerJSON[0] == &x.AnswerBody[0] }

// holds reports whether content of the type that fields state is, or may be,
// what one of the declared media with rules describes.
func (g *Guard) holds(declared []medium, list []gate.Field) bool {
	value, n := gate.FindField(list, "Content-Type")
	m, ok := media.Read(value)
	if n != 1 || !ok {
		return tagged(declared)
	}
	if d := choose(declared, &m); d != nil {
		return d.tagged
	}
	return tagged(declared)
}

// choose finds the declared medium that fits m best.
func choose(declared []medium, m *media.Type) (d *medium) {
	best := 0
	for i := range declared {
		if fit := declared[i].Covers(m); fit > best {
			best, d = fit, &declared[i]
		}
	}
	return d
}

func tagged(declared []medium) bool {
	for i := range declared {
		if declared[i].tagged {
			return true
		}
	}
	return false
}

// declared returns the media that the contract describes for a status: the most
// particular one wins (OpenAPI 3.1.1 section 4.8.16).
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

// rest judges what edits leave of the body: what goes on to the API is what its
// contract describes.
func (g *Guard) rest(x *gate.Exchange) gate.Verdict {
	value, _ := gate.FindField(x.Fields, "Content-Type")
	m, _ := media.Read(value)
	d := choose(g.body, &m)
	if d == nil || d.schema == nil {
		return x.Deny(unread)
	}
	s := scratches.Get()
	defer s.close()
	s.spans = s.spans[:0]
	for i := range x.Edits {
		if e := &x.Edits[i]; e.Part == gate.OnBody && e.Member {
			s.spans = append(s.spans, schema.Span{Tag: schema.TagDrop, Start: e.Start, End: e.End})
		}
	}
	slices.SortFunc(s.spans, func(a, b schema.Span) int { return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(b.Start, a.Start)) })
	s.left = cut.Left(s.left[:0], x.Body, cut.Members(x.Body, s.spans))
	s.state.Direction = schema.Request
	s.state.Undeclared, s.state.Misplaced = schema.Allow, schema.Allow // judged before
	if d.schema.Read(&s.state, s.left) {
		return gate.Allow
	}
	f := s.state.Fault()
	return x.Deny(gate.Refusal{Code: gate.BodySchema, In: "body", Pointer: f.Pointer, Keyword: f.Keyword, Detail: f.Want})
}

// scratch is the memory of one reading of what is left. It is pooled.
type scratch struct {
	spare.Mark
	state schema.State
	spans []schema.Span
	left  []byte
}

const maxKept = 64 << 10

var scratches spare.Pool[scratch, *scratch]

func (s *scratch) close() {
	s.state.Forget()
	if cap(s.left) > maxKept {
		s.left = nil
	}
	if cap(s.spans) > maxKept/16 {
		s.spans = nil
	}
	scratches.Put(s)
}

var (
	fieldCacheControl = []byte("Cache-Control")
	valuePrivate      = []byte("private")
)

// private keeps shared caches from an answer that hangs on the caller's roles
// (RFC 9111 section 5.2.2.7), unless the API keeps all of them from it.
func private(x *gate.Exchange) {
	value, n := x.AnswerField("Cache-Control")
	if n == 0 && slices.ContainsFunc(x.API.Fields, func(f gate.APIField) bool { return gate.EqualFold(f.Name, "Cache-Control") }) {
		return // the API's fields for data say no-store
	}
	if n == 1 && (gate.EqualFold(value, "no-store") || gate.EqualFold(value, "private")) {
		return
	}
	x.AddFields = append(x.AddFields, gate.Field{Name: fieldCacheControl, Value: valuePrivate})
}
