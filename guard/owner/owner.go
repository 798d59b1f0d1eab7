// Package owner is the guard that keeps objects to those who own them: whoever
// names the id of an object in a path, a query or a body, or is answered with
// one, must be its owner. Who owns an object is said by a rule (the id, or a
// property beside it, is the caller's own) or learned: a Keeper remembers, in
// keyed hashes, who created what. The root package builds one Types for each
// API and one Guard for each operation; no other guard imports it. It reads no
// body itself: the one pass over a body says where the ids stand. It knows
// nothing of net/http or of configuration files.
package owner

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// kind is one kind of object of an API.
type kind struct {
	name    string
	api     string
	by      By
	report  bool        // unknown objects pass, and are reported
	except  gate.Rights // whoever has one of these roles is not asked
	learned bool        // some id is looked up
	number  bool        // ids are integers
}

// By says what of a caller owns objects.
type By uint8

// What owns.
const (
	ByPrincipal By = iota // the caller alone
	ByTenant              // everybody of the caller's tenant
)

// parameter is a value of the path or the query that names an object, or whose
// it is.
type parameter struct {
	codec style.Codec
	query bool
	kind  *kind
	is    attribute // the caller's attribute that it must be; "" for an id that is looked up
	last  bool      // it ends the path
}

// medium is one declared media type or range.
type medium struct {
	media.Type
	tagged bool // it holds ids or owners
}

// Guard judges the objects of one operation. It is immutable; many goroutines
// may use it at once.
type Guard struct {
	types      *Types
	tags       []tag
	parameters []parameter
	body       []medium
	answers    map[string][]medium // by status as the contract writes it
	creates    *kind
	creating   bool           // by a PUT, whose path names the new object
	lists      map[*kind]bool // what the answer lists is the caller's
	filters    map[*kind]bool // what is not the caller's is taken out of lists
	forgets    *parameter     // of the object that goes
	deferred   map[*kind]bool // the answer tells whose it is
	sharing    map[*kind]bool // and who else may read it
	held       map[*kind]bool // bodies or answers hold such objects
	observe    bool
}

var (
	_ gate.HeadGuard       = (*Guard)(nil)
	_ gate.BodyGuard       = (*Guard)(nil)
	_ gate.AnswerHeadGuard = (*Guard)(nil)
	_ gate.AnswerGuard     = (*Guard)(nil)
)

// Head judges the objects that path and query name.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	s := open()
	defer s.close()
	for i := range g.parameters {
		p := &g.parameters[i]
		f := g.judgeParameter(x, s, p)
		if f == nothing || g.later(x, p, f) {
			continue
		}
		if v := g.deny(x, p.kind, f, p.place(), p.codec.Name); v != gate.Allow {
			return v
		}
	}
	if x.BodyLength == 0 || x.Intake.Mode == gate.Buffer || !holds(g.body, x.Fields) {
		return gate.Allow
	}
	return g.refuse(x, gate.Refusal{Code: gate.OwnerUnknown, In: "body", Detail: "the body cannot be read, so that nobody knows which objects it names"})
}

// later reports whether an object of p that was found so is judged by the
// answer, or is about to be made.
func (g *Guard) later(x *gate.Exchange, p *parameter, f finding) bool {
	// A proxy that only asks shows no answer, so that nothing is left to it.
	read := x.Question == nil && string(x.Method) == "GET" && p.is == "" && x.Principal != nil
	switch f {
	case unknownObject:
		return g.creating && p.last && p.kind == g.creates || read && (g.deferred[p.kind] || g.sharing[p.kind])
	case otherOwner:
		return read && g.sharing[p.kind]
	}
	return false
}

// Body judges the objects that the body names, and whose it says that they are.
func (g *Guard) Body(x *gate.Exchange) gate.Verdict {
	if x.BodyJSON == nil {
		if len(x.Body) > 0 && holds(g.body, x.Fields) {
			return g.refuse(x, gate.Refusal{Code: gate.OwnerUnknown, In: "body", Detail: "the body cannot be read, so that nobody knows which objects it names"})
		}
		return gate.Allow
	}
	s := open()
	defer s.close()
	for _, span := range x.Schema.Spans {
		t := g.tag(span.Tag)
		if t == nil || t.role != idRole && t.role != ownerRole || g.spared(x, t.kind) {
			continue
		}
		f := g.judgeValue(x, s, t, x.BodyJSON[span.Start:span.End])
		if f == nothing {
			continue
		}
		if v := g.deny(x, t.kind, f, "body", ""); v != gate.Allow {
			if x.Refusal.Code != gate.OwnerUnavailable {
				x.Refusal.Pointer = x.Schema.Pointer(int(span.Start))
			}
			return v
		}
	}
	return gate.Allow
}

// tag returns what a tag means, nil for one of somebody else.
func (g *Guard) tag(t schema.Tag) *tag {
	if t < FirstTag || int(t-FirstTag) >= len(g.tags) {
		return nil
	}
	return &g.tags[t-FirstTag]
}

// finding is what was found out of an object.
type finding uint8

const (
	nothing       finding = iota // it is the caller's
	otherOwner                   // it is somebody else's
	unknownObject                // nobody knows whose it is
	unavailable                  // that cannot be found out for now
)

// deny refuses for a finding, or reports it where that is enough.
func (g *Guard) deny(x *gate.Exchange, k *kind, f finding, in, name string) gate.Verdict {
	r := gate.Refusal{In: in, Name: name, Kind: k.name}
	switch f {
	case otherOwner:
		r.Code = gate.OwnerDenied
	case unknownObject:
		r.Code = gate.OwnerUnknown
		if keeper := g.keeper(); keeper != nil {
			keeper.unknown.Add(1)
		}
		if k.report {
			g.report(x, r)
			return gate.Allow
		}
	default:
		r.Code, r.Retry = gate.OwnerUnavailable, retry
	}
	return g.refuse(x, r)
}

// retry is after how many seconds it makes sense to ask again.
const retry = 2

// refuse refuses x; in observe mode it only says so, so that the guard goes on
// to learn.
func (g *Guard) refuse(x *gate.Exchange, r gate.Refusal) gate.Verdict {
	if g.observe {
		g.report(x, r)
		return gate.Allow
	}
	return x.Deny(r)
}

// report notes a refusal that passes, with who called: many callers of one
// object share it, one that calls for many is looking around.
func (g *Guard) report(x *gate.Exchange, r gate.Refusal) {
	if keeper := g.keeper(); keeper != nil && x.Principal != nil {
		s := open()
		r.Caller = keeper.caller(s, x.Principal)
		s.close()
	}
	x.Report(r)
}

func (p *parameter) place() string {
	if p.query {
		return "query"
	}
	return "path"
}

// excepted reports whether the caller is not asked for objects of a kind.
func excepted(x *gate.Exchange, k *kind) bool {
	return len(k.except) > 0 && x.Principal.Rights(&x.Plan.Words).Meets(k.except)
}

// holds reports whether content of the type that fields state is, or may be,
// what one of the declared media with ids describes.
func holds(declared []medium, list []gate.Field) bool {
	value, n := gate.FindField(list, "Content-Type")
	m, ok := media.Read(value)
	if n == 1 && ok {
		best, fits := 0, false
		for i := range declared {
			if fit := declared[i].Covers(&m); fit > best {
				best, fits = fit, declared[i].tagged
			}
		}
		if best > 0 {
			return fits
		}
	}
	for i := range declared {
		if declared[i].tagged {
			return true
		}
	}
	return false
}
