package gate_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// leaving is the body of an answer during which the exchange is given up.
type leaving func()

func (l leaving) Read([]byte) (int, error) {
	l()
	return 0, context.Canceled
}

// TestGivenUpWhileTheAnswerIsRead: that is no fault of the API.
func TestGivenUpWhileTheAnswerIsRead(t *testing.T) {
	for _, r := range []struct {
		name    string
		cause   error
		want    gate.Code
		outcome gate.Outcome
	}{
		{"client", nil, gate.ClientGone, gate.Aborted},
		{"server", &gate.Unavailable{Code: gate.NotReady, Cause: errors.New("ends")}, gate.NotReady, gate.Failed},
	} {
		t.Run(r.name, func(t *testing.T) {
			guard := reader{10, func(*gate.Exchange) gate.Verdict { return gate.Allow }}
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow), AnswerHead: guard, Answer: guard})
			ctx, leave := context.WithCancelCause(context.Background())
			x := h.gate.Acquire()
			x.Context, x.Method, x.Target, x.Host = ctx, []byte("POST"), []byte("/pets/1"), []byte("api.test")
			x.Upstream = &replies{answer: gate.Answer{Status: 200, Length: -1}, body: leaving(func() { leave(r.cause) })}
			h.gate.Serve(x, &receiver{})
			h.gate.Release(x)
			if e := h.last(); e.Code != r.want || e.Outcome != r.outcome {
				t.Errorf("event %v %v", e.Code, e.Outcome)
			}
		})
	}
}
