package fields_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// stage is a whole gate in front of an API that answers what it is told.
type stage struct {
	t      testing.TB
	gate   *gate.Gate
	who    *gate.Principal
	answer struct{ media, body, cache string }

	sent   string // what the API got
	called bool
	status int
	fields map[string]string
	body   string
	event  gate.Event
}

// compile makes a plan of a contract.
func compile(t testing.TB, text string, o gatehouse.Options, s *stage) (*gate.Plan, source.Problems) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := openapi.Load(name)
	if c == nil {
		t.Fatal(problems)
	}
	plan, more := gatehouse.Compile(gatehouse.API{Contract: c, Options: o, Upstream: s})
	return plan, append(problems, more...)
}

func newStage(t testing.TB, text string, o gatehouse.Options) *stage {
	t.Helper()
	s := &stage{t: t}
	o.Authentication = gatehouse.Public
	plan, problems := compile(t, text, o, s)
	if plan == nil {
		t.Fatal(problems)
	}
	for _, op := range plan.Operations { // instead of credentials
		op.Steps = append([]gate.Step{{Name: "who", Head: head(func(x *gate.Exchange) { x.Principal = s.who })}}, op.Steps...)
		if err := op.Compile(); err != nil {
			t.Fatal(err)
		}
	}
	s.gate = gate.New(gate.Options{Sink: s, Poison: true})
	s.gate.Swap(plan)
	return s
}

type head func(*gate.Exchange)

func (f head) Head(x *gate.Exchange) gate.Verdict { f(x); return gate.Allow }

// Send implements gate.Upstream.
func (s *stage) Send(_ context.Context, x *gate.Exchange) error {
	s.called, s.sent = true, string(x.OutBody)
	if x.Incoming != nil && x.Intake.Mode == gate.Stream {
		b, _ := io.ReadAll(x.Incoming)
		s.sent = string(b)
	}
	x.Answer.Status = 200
	x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte("ETag"), Value: []byte(`"1"`)})
	if s.answer.cache != "" {
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte("Cache-Control"), Value: []byte(s.answer.cache)})
	}
	if s.answer.body != "" {
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte(s.answer.media)})
		x.Answer.Length = int64(len(s.answer.body))
		x.Answer.Body = io.NopCloser(strings.NewReader(s.answer.body))
	}
	return nil
}

// Reply implements gate.Wire.
func (s *stage) Reply(x *gate.Exchange) error {
	s.status, s.body = x.Reply.Status, string(x.Reply.Body)
	return nil
}

// Relay implements gate.Wire.
func (s *stage) Relay(x *gate.Exchange) error {
	s.status, s.fields = x.Answer.Status, map[string]string{}
	for _, f := range x.Answer.Fields {
		if !f.Gone {
			s.fields[string(f.Name)] = string(f.Value)
		}
	}
	if x.AnswerWhole {
		s.body = string(x.OutAnswer)
		return nil
	}
	s.body = ""
	if x.Answer.Body != nil {
		b, _ := io.ReadAll(x.Answer.Body)
		s.body = string(b)
	}
	return nil
}

// Record implements gate.Sink.
func (s *stage) Record(e *gate.Event) {
	s.event = *e
	s.event.Would = append([]gate.Code(nil), e.Would...)
}

// call sends one request for a caller with roles, nil for nobody.
func (s *stage) call(roles []string, method, target, media, body string) {
	s.t.Helper()
	s.who = nil
	if roles != nil {
		s.who = &gate.Principal{ID: "i|alice", Roles: roles}
	}
	s.called, s.sent, s.status, s.body, s.fields = false, "", 0, "", nil
	x := s.gate.Acquire()
	x.Method, x.Target, x.Host, x.Version = []byte(method), []byte(target), []byte("api.test"), "HTTP/1.1"
	if body != "" {
		x.Fields = append(x.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte(media)})
		x.BodyLength, x.Incoming = int64(len(body)), strings.NewReader(body)
	}
	s.gate.Serve(x, s)
	s.gate.Release(x)
}
