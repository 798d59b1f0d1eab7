package fields_test

import (
	"io"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

// play is a whole gate in front of an API that answers what it is told.
type play struct {
	*stage.Stage
	answer struct{ media, body, cache string }

	sent   string // what the API got
	called bool
}

// compile makes a plan of a contract.
func compile(t testing.TB, text string, o gatehouse.Options) (*gate.Plan, source.Problems) {
	t.Helper()
	return stage.Compile(t, text, gatehouse.API{Options: o})
}

func newPlay(t testing.TB, text string, o gatehouse.Options) *play {
	t.Helper()
	s := &play{Stage: stage.New(t, text, gatehouse.API{Options: o})}
	s.API = func(x *gate.Exchange) {
		s.called, s.sent = true, string(x.OutBody)
		if x.Incoming != nil && x.Intake.Mode == gate.Stream {
			b, _ := io.ReadAll(x.Incoming)
			s.sent = string(b)
		}
		x.Answer.Status = 200
		stage.Answer(x, "ETag", `"1"`)
		if s.answer.cache != "" {
			stage.Answer(x, "Cache-Control", s.answer.cache)
		}
		stage.Content(x, s.answer.media, s.answer.body)
	}
	return s
}

// call sends one request for a caller with roles, nil for nobody.
func (s *play) call(roles []string, method, target, media, body string) {
	s.Who = nil
	if roles != nil {
		s.Who = &gate.Principal{ID: "i|alice", Roles: roles}
	}
	s.called, s.sent = false, ""
	s.Call(method, target, media, body)
}
