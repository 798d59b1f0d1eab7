// Package stage has whole gates for tests of guards that judge what passes: a
// contract is compiled as it serves, and a test says who calls and what the API
// answers. Only tests of guards import it; it imports the root package, and
// knows nothing of a particular guard.
package stage

import (
	"context"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Stage is a gate in front of an API. It makes one call at a time.
type Stage struct {
	Gate *gate.Gate
	Who  *gate.Principal        // who calls; nil for nobody
	API  func(x *gate.Exchange) // answers, by Answer
	From netip.Addr             // where calls come from; may be the zero one
	With []gate.Field           // of every request

	// What came of the last call.
	Status int
	Fields map[string]string // of the answer, when it is the API's
	Reply  map[string]string // those of the gate, when it answers itself
	Body   string
	Event  gate.Event
}

// Compile makes a plan of an API whose contract is a text.
func Compile(t testing.TB, text string, a gatehouse.API) (*gate.Plan, source.Problems) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "api.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, problems := openapi.Load(name)
	if c == nil {
		t.Fatal(problems)
	}
	a.Contract = c
	plan, more := gatehouse.Compile(a)
	return plan, append(problems, more...)
}

// New compiles an API and puts a step before all guards that says who calls,
// instead of credentials.
func New(t testing.TB, text string, a gatehouse.API) *Stage {
	t.Helper()
	s := &Stage{}
	a.Upstream, a.Options.Authentication = s, gatehouse.Public
	plan, problems := Compile(t, text, a)
	if plan == nil {
		t.Fatal(problems)
	}
	for _, op := range plan.Operations {
		op.Steps = append([]gate.Step{{Name: "who", Head: head(func(x *gate.Exchange) { x.Principal = s.Who })}}, op.Steps...)
		if err := op.Compile(); err != nil {
			t.Fatal(err)
		}
	}
	s.Gate = gate.New(gate.Options{Sink: s, Poison: true})
	s.Gate.Swap(plan)
	return s
}

type head func(*gate.Exchange)

func (f head) Head(x *gate.Exchange) gate.Verdict { f(x); return gate.Allow }

// Call makes a call, with a body of a media type or "".
func (s *Stage) Call(method, target, media, body string) {
	s.Status, s.Body, s.Fields, s.Reply = 0, "", nil, nil
	x := s.Gate.Acquire()
	x.Method, x.Target, x.Host, x.Version = []byte(method), []byte(target), []byte("api.test"), "HTTP/1.1"
	x.Client = s.From
	x.Fields = append(x.Fields, s.With...)
	if body != "" {
		x.Fields = append(x.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte(media)})
		x.BodyLength, x.Incoming = int64(len(body)), strings.NewReader(body)
	}
	s.Gate.Serve(x, stageWire{s})
	s.Gate.Release(x)
}

// Answer gives x a field of its answer.
func Answer(x *gate.Exchange, name, value string) {
	x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
}

// Content gives the answer of x a body; "" for none.
func Content(x *gate.Exchange, media, body string) {
	if body != "" {
		Answer(x, "Content-Type", media)
		x.Answer.Length, x.Answer.Body = int64(len(body)), io.NopCloser(strings.NewReader(body))
	}
}

// Send implements gate.Upstream.
func (s *Stage) Send(_ context.Context, x *gate.Exchange) error {
	s.API(x)
	return nil
}

// Record implements gate.Sink.
func (s *Stage) Record(e *gate.Event) {
	s.Event = *e
	s.Event.Would = append([]gate.Code(nil), e.Would...)
}

// stageWire is where answers of a stage go.
type stageWire struct{ *Stage }

// Reply implements gate.Wire.
func (s stageWire) Reply(x *gate.Exchange) error {
	s.Status, s.Body, s.Stage.Reply = x.Reply.Status, string(x.Reply.Body), said(x.Reply.Fields)
	return nil
}

// Relay implements gate.Wire.
func (s stageWire) Relay(x *gate.Exchange) error {
	s.Status, s.Fields = x.Answer.Status, said(x.Answer.Fields)
	if x.AnswerWhole {
		s.Body = string(x.OutAnswer)
	} else if x.Answer.Body != nil {
		b, _ := io.ReadAll(x.Answer.Body)
		s.Body = string(b)
	}
	return nil
}

// said are the fields of a list that are not gone.
func said(list []gate.Field) map[string]string {
	fields := map[string]string{}
	for _, f := range list {
		if !f.Gone {
			fields[string(f.Name)] = string(f.Value)
		}
	}
	return fields
}
