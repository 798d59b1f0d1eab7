package gate_test

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/gate"
)

// verdict is a guard that always says the same.
type verdict gate.Verdict

func (v verdict) Head(x *gate.Exchange) gate.Verdict {
	if gate.Verdict(v) == gate.Deny {
		return x.Deny(gate.Refusal{Code: gate.ParameterUnknown, In: "query"})
	}
	return gate.Verdict(v)
}

// head, body and done make guards of functions.
type (
	head   func(*gate.Exchange) gate.Verdict
	body   func(*gate.Exchange) gate.Verdict
	last   func(*gate.Exchange) gate.Verdict
	answer func(*gate.Exchange) gate.Verdict
	done   func(*gate.Exchange)
)

func (f head) Head(x *gate.Exchange) gate.Verdict         { return f(x) }
func (f body) Body(x *gate.Exchange) gate.Verdict         { return f(x) }
func (f last) Forward(x *gate.Exchange) gate.Verdict      { return f(x) }
func (f answer) AnswerHead(x *gate.Exchange) gate.Verdict { return f(x) }
func (f done) Done(x *gate.Exchange)                      { f(x) }

// api is an upstream that keeps what it was sent.
type api struct {
	mu     sync.Mutex
	target string
	body   string
	calls  int
	err    error
	status int
}

func (a *api) Send(_ context.Context, x *gate.Exchange) error {
	sent := x.OutBody
	var err error
	if x.Intake.Mode == gate.Stream && x.Incoming != nil {
		sent, err = io.ReadAll(x.Incoming)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	a.target, a.body = string(x.OutTarget), string(sent)
	if err != nil {
		return err
	}
	x.Answer.Status = max(a.status, 200)
	x.Answer.Length = 2
	x.Answer.Body = io.NopCloser(strings.NewReader("ok"))
	return a.err
}

// wire keeps what the client would have got.
type wire struct {
	status int
	body   string
	fields map[string]string
	calls  int
	err    error
}

func (w *wire) Reply(x *gate.Exchange) error {
	w.calls++
	w.status, w.body, w.fields = x.Reply.Status, string(x.Reply.Body), map[string]string{}
	for _, f := range x.Reply.Fields {
		w.fields[string(f.Name)] = string(f.Value)
	}
	return w.err
}

func (w *wire) Relay(x *gate.Exchange) error {
	w.calls++
	w.status = x.Answer.Status
	b, _ := io.ReadAll(x.Answer.Body)
	w.body = string(b)
	x.AnswerBytes = int64(len(b))
	return w.err
}

// sink keeps copies of events.
type sink struct {
	mu     sync.Mutex
	events []gate.Event
}

func (s *sink) Record(e *gate.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := *e
	kept.Would = append([]gate.Code(nil), e.Would...)
	s.events = append(s.events, kept)
}

// house is a gate with one API of two operations.
type house struct {
	gate *gate.Gate
	api  *api
	sink *sink
}

const jsonBody = `{"a":1}`

// build returns a gate whose operation POST /pets/{id} has the given steps.
func build(t testing.TB, mode gate.Mode, steps ...gate.Step) *house {
	t.Helper()
	h := &house{api: &api{}, sink: &sink{}}
	h.gate = gate.New(gate.Options{Sink: h.sink, Poison: true})
	h.gate.Swap(plan(t, h.api, mode, steps...))
	return h
}

func plan(t testing.TB, up gate.Upstream, mode gate.Mode, steps ...gate.Step) *gate.Plan {
	t.Helper()
	a := &gate.API{Name: "pets", Mode: mode, Upstream: up}
	a.Unrouted = &gate.Operation{API: a, Mode: mode, Steps: []gate.Step{{Name: "always", Head: head(func(x *gate.Exchange) gate.Verdict {
		if _, n := x.Field("Bad"); n > 0 {
			return x.Deny(gate.Refusal{Code: gate.CredentialMissing})
		}
		return gate.Allow
	})}}}
	if err := a.Unrouted.Compile(); err != nil {
		t.Fatal(err)
	}
	op := &gate.Operation{Name: "feed", Method: "POST", Template: "/pets/{id}", API: a, Mode: mode, Steps: steps}
	if err := op.Compile(); err != nil {
		t.Fatal(err)
	}
	routes, problems := route.Build([]route.Entry{{Template: "/pets/{id}", Method: "POST"}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return &gate.Plan{Routes: routes, APIs: []*gate.API{a}, Operations: []*gate.Operation{op}}
}

// call sends one request with a body through the gate.
func (h *house) call(method, target, content string, fields ...gate.Field) *wire {
	w := &wire{}
	x := h.gate.Acquire()
	x.Method, x.Target, x.Host = []byte(method), []byte(target), []byte("api.test")
	x.Peer = netip.MustParseAddrPort("203.0.113.77:5000")
	x.Fields = append(x.Fields, fields...)
	if content != "" {
		x.BodyLength = int64(len(content))
		x.Incoming = bytes.NewReader([]byte(content))
	}
	h.gate.Serve(x, w)
	h.gate.Release(x)
	return w
}

func (h *house) last() gate.Event { return h.sink.events[len(h.sink.events)-1] }

// buffered is a guard that wants the body and allows everything.
func buffered(limit int64) head {
	return func(x *gate.Exchange) gate.Verdict {
		x.Intake = gate.Intake{Mode: gate.Buffer, MaxBytes: limit}
		return gate.Allow
	}
}
