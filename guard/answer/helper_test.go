package answer_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/answer"
)

// stage is a gate whose one operation has the guard of answers alone, the API
// behind it and the client before it.
type stage struct {
	t      testing.TB
	gate   *gate.Gate
	answer lie

	asked  map[string]string // fields that the API got
	status int               // what the client got
	fields map[string]string
	body   string
	whole  bool
	event  gate.Event
}

// lie is what the API answers.
type lie struct {
	status int
	fields [][2]string
	body   string
	length int64 // stated; 0 for that of body, -1 for none
}

// Send implements gate.Upstream.
func (s *stage) Send(_ context.Context, x *gate.Exchange) error {
	s.asked = map[string]string{}
	for _, list := range [][]gate.Field{x.Fields, x.OutFields} {
		for _, f := range list {
			if !f.Gone {
				s.asked[string(f.Name)] += string(f.Value)
			}
		}
	}
	x.Answer.Status = s.answer.status
	for _, f := range s.answer.fields {
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte(f[0]), Value: []byte(f[1])})
	}
	x.Answer.Length = int64(len(s.answer.body))
	if s.answer.length != 0 {
		x.Answer.Length = s.answer.length
	}
	x.Answer.Body = io.NopCloser(strings.NewReader(s.answer.body))
	return nil
}

// Reply implements gate.Wire.
func (s *stage) Reply(x *gate.Exchange) error {
	s.status, s.body = x.Reply.Status, string(x.Reply.Body)
	s.keep(x.Reply.Fields)
	return nil
}

// Relay implements gate.Wire.
func (s *stage) Relay(x *gate.Exchange) error {
	s.status, s.whole = x.Answer.Status, x.AnswerWhole
	s.keep(x.Answer.Fields)
	if x.AnswerWhole {
		s.body = string(x.OutAnswer)
		return nil
	}
	b, err := io.ReadAll(x.Answer.Body)
	s.body = string(b)
	return err
}

func (s *stage) keep(list []gate.Field) {
	s.fields = map[string]string{}
	for _, f := range list {
		if !f.Gone {
			s.fields[string(f.Name)] += string(f.Value)
		}
	}
}

// Record implements gate.Sink.
func (s *stage) Record(e *gate.Event) {
	s.event = *e
	s.event.Would = append([]gate.Code(nil), e.Would...)
}

// newStage guards GET /things by an operation whose responses are given.
func newStage(t testing.TB, responses string, o answer.Options) *stage {
	t.Helper()
	s := &stage{t: t}
	guard, problems := newGuard(t, responses, o)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	mode := gate.Enforce
	if o.Observe {
		mode = gate.Observe
	}
	s.gate = gate.New(gate.Options{Sink: s, Poison: true})
	api := &gate.API{Name: "things", Mode: mode, Upstream: s}
	op := &gate.Operation{Name: "get", Method: "GET", Template: "/things", API: api, Mode: mode,
		Steps: []gate.Step{{Name: "answer", Mode: mode, Head: guard, AnswerHead: guard, Answer: guard}}}
	if err := op.Compile(); err != nil {
		t.Fatal(err)
	}
	routes, problems := route.Build([]route.Entry{{Template: "/things", Method: "GET"}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	s.gate.Swap(&gate.Plan{Routes: routes, APIs: []*gate.API{api}, Operations: []*gate.Operation{op}})
	return s
}

// newGuard compiles a guard of the responses.
func newGuard(t testing.TB, responses string, o answer.Options) (*answer.Guard, source.Problems) {
	t.Helper()
	document := "openapi: 3.1.0\ninfo: {title: Things, version: '1'}\npaths:\n  /things:\n    get:\n      security: []\n      responses:\n" +
		"        " + strings.ReplaceAll(strings.TrimSpace(responses), "\n", "\n        ") + "\n"
	file, problems := source.ParseString("things.yaml", document)
	c, more := openapi.Read(source.NewSet(file), file)
	if err := append(problems, more...).Err(); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	compiler := schema.NewCompiler(schema.Options{Dialect: c.Dialect})
	guard, problems := answer.New(c.Operations[0], compiler, o)
	return guard, append(problems, compiler.Problems()...)
}

// call makes one call and has the API answer l.
func (s *stage) call(method string, l lie, fields ...gate.Field) {
	s.t.Helper()
	s.answer, s.whole = l, false
	x := s.gate.Acquire()
	x.Method, x.Target, x.Host, x.Version = []byte(method), []byte("/things"), []byte("api.test"), "HTTP/1.1"
	x.Fields = append(x.Fields, fields...)
	s.gate.Serve(x, s)
	s.gate.Release(x)
}

func field(name, value string) gate.Field {
	return gate.Field{Name: []byte(name), Value: []byte(value)}
}

// typed is one field that says what an answer is.
func typed(media string) [][2]string { return [][2]string{{"Content-Type", media}} }
