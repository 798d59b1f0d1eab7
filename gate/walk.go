package gate

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/route"
)

// Serve walks x through the live plan, from its head to its one event. The
// engine has filled in the request; it must not touch x until Serve returns,
// except in the methods of w. Serve calls exactly one method of w, once. A
// panic of that method goes on to the engine, once the end was told: what the
// client got is nothing that the connection can be used behind.
//
// The order is fixed: framing, form of the path, route, head guards, body,
// body guards, forward, answer guards, reply. Done guards and the event
// follow whatever happened.
func (g *Gate) Serve(x *Exchange, w Wire) {
	x.gate, x.Plan = g, g.live.Load()
	if x.Received.IsZero() { // the head never was complete
		x.Received = time.Now()
	}
	x.ID = newID(x.Received)
	x.Context = withContext(x.Context)
	if !g.walk(x) {
		x.Refused = true
		g.refuse(x)
	}
	g.account(x)
	told := false
	defer func() { // an engine or a body failed: whoever called Serve hears of it
		if !told {
			x.Aborted = true
			g.done(x)
		}
	}()
	g.answer(x, w)
	told = true
	g.done(x)
}

// walk reports false when x is to be refused; x.Refusal then says why. A
// panic of a guard is a refusal, never a crash and never a pass.
func (g *Gate) walk(x *Exchange) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			ok = g.crashed(x, p)
		}
	}()
	return g.judge(x) && g.forward(x)
}

// judge judges the request.
//
// It is not taken into its caller, on whose stack the exchange waits: idle
// connections keep stacks of 4 KiB.
//
//go:noinline
func (g *Gate) judge(x *Exchange) bool { return g.admit(x) && g.route(x) && g.head(x) && g.body(x) }

func (g *Gate) crashed(x *Exchange, p any) bool {
	g.log.Error("a guard failed", "id", x.ID.String(), "guard", x.Guard, "panic", Fault(p), "stack", string(debug.Stack()))
	x.closeAnswer()
	x.Reply = Reply{Fields: x.Reply.Fields[:0]}
	return x.refuse(Internal)
}

// Fault says what a panic was. Mistakes that the runtime finds have texts of
// numbers and types; whatever else code panics with may hold what it had in hand,
// which is what clients sent, and is said by its type. The stack says where.
func Fault(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a value of the type %T", p)
}

// refuse records one of the gate's own refusals.
func (x *Exchange) refuse(c Code) bool {
	x.Refusal = Refusal{Code: c}
	return false
}

// admit judges what the engine found.
func (g *Gate) admit(x *Exchange) bool {
	x.Guard = "wire"
	if x.Broken != Undecided {
		if x.Refusal.Code != x.Broken {
			x.Refusal = Refusal{Code: x.Broken}
		}
		return false
	}
	if x.Plan == nil {
		return x.refuse(NotReady)
	}
	x.noteUpgrade()
	stripHopByHop(x)
	if x.Plan.Tracing != nil {
		x.follow(x.Plan.Tracing)
	}
	x.Path, x.Query = x.Target, nil
	for i, c := range x.Target {
		if c == '?' {
			x.Path, x.Query = x.Target[:i], x.Target[i+1:]
			break
		}
	}
	return true
}

// route finds the operation. A call that no operation describes goes on
// without one when its API is observed.
func (g *Gate) route(x *Exchange) bool {
	x.Guard = "route"
	if x.challenged() {
		return true
	}
	if d := x.document(); d != nil {
		return x.show(d)
	}
	x.Plan.Routes.Match(&x.Match, x.Host, x.Method, x.Path)
	if x.Match.API >= 0 && x.Match.Outcome != route.Refused {
		if x.API = x.Plan.APIs[x.Match.API]; !x.Question.about(x.API) {
			x.API = nil
			return x.refuse(PathUnknown)
		}
		if done, ok := x.meet(); done {
			return ok
		}
	}
	switch x.Match.Outcome {
	case route.Found:
		x.Operation = x.Plan.Operations[x.Match.Number]
		return true
	case route.Options:
		if x.API.Mode == Observe && x.API.Options != nil && x.isPreflight() {
			x.Operation = x.API.Options // takes no body
			return true
		}
		x.Reply.Status = 204 // RFC 9110 section 9.3.7
		x.Reply.Fields = append(x.Reply.Fields, Field{Name: fieldAllow, Value: []byte(x.Match.Allow)})
		return true
	case route.WrongMethod:
		x.Refusal = Refusal{Code: MethodUnknown}
		x.Reply.Fields = append(x.Reply.Fields, Field{Name: fieldAllow, Value: []byte(x.Match.Allow)})
	case route.NotFound:
		x.stray()
		x.Refusal = Refusal{Code: PathUnknown}
	default:
		x.Refusal = Refusal{Code: PathForm, In: "path", Keyword: x.Match.Why.String(), Detail: x.Match.Why.Words()}
		return false // never observed: others could read this path differently
	}
	if x.API == nil || x.API.Mode != Observe || x.API.Unrouted == nil {
		return false
	}
	x.would()
	x.Refusal = Refusal{}
	x.Reply = Reply{Fields: x.Reply.Fields[:0]}
	x.Operation = x.API.Unrouted
	x.Intake = Intake{Mode: Stream, MaxBytes: unroutedBytes}
	return true
}

// challenged answers an authority that looks whether a name is the gate's, as
// its listener says (RFC 8555 section 8.3).
func (x *Exchange) challenged() bool {
	if x.Listener == nil || x.Listener.Challenge == nil {
		return false
	}
	text := x.Listener.Challenge(x.Host, x.Path)
	if text == nil {
		return false
	}
	x.Reply = Reply{Status: 200, Fields: append(x.Reply.Fields[:0], Field{Name: fieldContentType, Value: typeOctets}), Body: text, Close: x.Incoming != nil}
	return true
}

// meet is what comes before the operation is looked at: the redirect of a
// listener without TLS, the API's policy for other origins, and the prefix.
func (x *Exchange) meet() (done, ok bool) {
	if l := x.Listener; l != nil && l.Redirect && !x.ClientSecure {
		x.redirect(l.HTTPSPort)
		return true, true
	}
	if n := x.API.StripSegments; n > 0 && x.Question == nil { // whoever forwards the call strips
		x.Edits = append(x.Edits, Edit{Part: OnTarget, End: uint32(segmentsEnd(x.Path, n))})
	}
	if o := x.API.Origin; o != nil {
		x.Guard = "origin"
		v := o.Head(x)
		x.Guard = "route"
		switch {
		case v == Deny:
			x.Guard = "origin"
			return true, false
		case x.replied():
			return true, true
		}
	}
	return false, true
}

// segmentsEnd is where the first n segments of a path end.
func segmentsEnd(path []byte, n int) int {
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			if n--; n == 0 {
				return i
			}
		}
	}
	return 0 // it has no more: it is not stripped
}

var (
	fieldLocation = []byte("Location")
	schemeHTTPS   = []byte("https://")
)

// redirect answers with the same target under https (RFC 9110 section
// 15.4.9: the method stays). The host was configured or is any that the client
// chose for itself; nothing of the answer is for others.
func (x *Exchange) redirect(port uint16) {
	host := x.Host
	if i := bytes.LastIndexByte(host, ':'); i > bytes.LastIndexByte(host, ']') {
		host = host[:i]
	}
	b := append(x.reply[:0], schemeHTTPS...)
	b = append(b, host...)
	if port != 443 {
		b = strconv.AppendUint(append(b, ':'), uint64(port), 10)
	}
	x.reply = append(b, x.Target...)
	x.Reply = Reply{Status: 308, Fields: append(x.Reply.Fields[:0], Field{Name: fieldLocation, Value: x.reply}), Close: x.Incoming != nil}
}

// Serves reports whether an operation of the plan describes method on the
// exchange's path.
func (x *Exchange) Serves(method []byte) bool {
	x.Plan.Routes.Match(&x.other, x.Host, method, x.Path)
	return x.other.Outcome == route.Found
}

// isPreflight reports whether an OPTIONS request is the one that a browser
// sends before a call across origins (Fetch standard, CORS-preflight fetch).
func (x *Exchange) isPreflight() bool {
	_, origins := x.Field("Origin")
	_, methods := x.Field("Access-Control-Request-Method")
	return origins == 1 && methods == 1
}

// unroutedBytes bounds the body of a call that no operation describes.
const unroutedBytes = 64 << 20

// replied reports whether the gate or a guard answers by itself.
func (x *Exchange) replied() bool { return x.Reply.Status != 0 }

// head runs the head guards. An operation whose guards say nothing is
// refused: an empty list denies.
func (g *Gate) head(x *Exchange) bool {
	if x.replied() {
		return true
	}
	if x.openUpgrade(); !x.mayUpgrade() {
		return false
	}
	judged := false
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if s.Head == nil || x.skips(i) {
			continue
		}
		x.Guard, judged = s.Name, judged || !s.Aside
		n, shared := len(x.Edits), len(x.Shares)
		if !x.settle(i, s.Head.Head(x)) {
			return false
		}
		x.forgetEdits(s, n)
		x.Assumed = x.Assumed || s.Mode == Observe && len(x.Shares) > shared
		if x.replied() {
			return true
		}
	}
	if !judged {
		x.Guard = "gate"
		return x.refuse(Undecided)
	}
	return true
}

// forgetEdits takes back what an observed step would have changed.
func (x *Exchange) forgetEdits(s *Step, n int) {
	if s.Mode == Observe {
		x.Edits = x.Edits[:n]
	}
}

// skips reports whether step i failed before or needs one that did.
func (x *Exchange) skips(i int) bool { return x.failed&x.Operation.needs[i] != 0 }

// settle applies the mode to a verdict of step i.
func (x *Exchange) settle(i int, v Verdict) bool {
	switch {
	case v == Allow, v == Respond && x.replied():
		return true
	case x.Operation.Steps[i].Mode == Observe && v == Deny:
		x.would()
		x.failed |= 1 << i
		x.Refusal = Refusal{}
		x.Reply = Reply{Fields: x.Reply.Fields[:0]}
		return true
	case v != Deny:
		x.Refusal = Refusal{Code: Undecided}
	}
	return false
}

// maxWould bounds the would-be refusals on an event.
const maxWould = 8

// would notes the refusal that x passes in observe mode; of the first one the
// event also says where it was.
func (x *Exchange) would() {
	if len(x.Would) == 0 {
		x.noted, x.notedBy = x.Refusal, x.Guard
		x.noted.Cause = nil
	}
	if x.noted.Kind == "" { // who calls for which objects is told, whatever else was wrong before
		x.noted.Kind, x.noted.Caller = x.Refusal.Kind, x.Refusal.Caller
	}
	if len(x.Would) < maxWould {
		x.Would = append(x.Would, x.Refusal.Code)
	}
}

// answer speaks to the client, once.
func (g *Gate) answer(x *Exchange, w Wire) {
	var err error
	x.finishFields()
	if x.replied() {
		if err = w.Reply(x); err == nil {
			x.AnswerBytes = int64(len(x.Reply.Body))
		}
	} else {
		err = w.Relay(x)
		x.closeAnswer()
	}
	x.Aborted = err != nil
}

// done tells the guards how it ended and writes the one event.
func (g *Gate) done(x *Exchange) {
	if x.Operation != nil {
		for i := range x.Operation.Steps {
			if s := &x.Operation.Steps[i]; s.Done != nil {
				g.tell(x, s)
			}
		}
	}
	x.Ended = x.now()
	if g.sink == nil && g.tap == nil && x.Audit == nil {
		return
	}
	x.describe()
	defer g.endAudit(x) // also where who is told of events fails
	if g.sink != nil {
		g.sink.Record(&x.event)
	}
	if g.tap != nil {
		g.tap.See(&x.event, x.undescribed())
	}
}

// tell tells one guard. A guard that fails must not keep others from hearing
// of the end: they give back what the exchange held.
func (g *Gate) tell(x *Exchange, s *Step) {
	defer func() {
		if p := recover(); p != nil {
			g.log.Error("a guard failed after the exchange", "id", x.ID.String(), "guard", s.Name, "panic", Fault(p), "stack", string(debug.Stack()))
		}
	}()
	s.Done.Done(x)
}
