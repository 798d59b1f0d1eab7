package gate

import (
	"errors"
	"time"
)

// forward sends the exchange to the API.
func (g *Gate) forward(x *Exchange) bool {
	if x.Question != nil {
		return x.grant() && x.granted()
	}
	if x.replied() {
		return true
	}
	if !x.lastly() {
		return false
	}
	if x.replied() {
		return true
	}
	if err := x.applyEdits(); err != nil {
		x.Guard = "gate"
		x.Refusal = Refusal{Code: Internal, Cause: err}
		return false
	}
	if x.Plan.Tracing != nil {
		x.passTrace()
	}
	x.Guard = "upstream"
	x.Sent = x.now()
	to := x.Upstream
	if to == nil {
		to = x.API.Upstream
	}
	err := to.Send(x.Context, x)
	x.Answered = x.now()
	if err == nil {
		return g.judgeAnswer(x)
	}
	return x.unsent(err)
}

// unsent refuses what could not be sent, or got no answer.
//
// It is not taken into its caller, on whose stack the exchange waits: idle
// connections keep stacks of 4 KiB.
//
//go:noinline
func (x *Exchange) unsent(err error) bool {
	x.closeAnswer()
	x.Refusal = Refusal{Code: UpstreamBroken, Cause: err}
	if u := (*Unavailable)(nil); errors.As(err, &u) {
		x.Refusal.Code, x.Refusal.Retry = u.Code, u.Retry
	}
	return false
}

// granted has a call kept that a proxy forwards, of the guards that judge last
// that one alone.
func (x *Exchange) granted() bool {
	if !x.Granted {
		return true
	}
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if s.Forward == nil || !s.Keeps || x.skips(i) {
			continue
		}
		x.Guard = s.Name
		if !x.settle(i, s.Forward.Forward(x)) {
			x.Granted, x.Reply = false, Reply{Fields: x.Reply.Fields[:0]}
			return false
		}
	}
	return true
}

// lastly asks the guards that judge just before the API is called.
func (x *Exchange) lastly() bool {
	for i := range x.Operation.Steps {
		s := &x.Operation.Steps[i]
		if s.Forward == nil || x.skips(i) {
			continue
		}
		x.Guard = s.Name
		if !x.settle(i, s.Forward.Forward(x)) {
			return false
		}
		if x.replied() {
			return true
		}
	}
	return true
}

// now reads only the clock that measures, which costs half of what time.Now does.
func (x *Exchange) now() time.Time { return x.Received.Add(time.Since(x.Received)) }

func (x *Exchange) closeAnswer() {
	if x.Answer.Body != nil {
		x.Answer.Body.Close()
		x.Answer.Body = nil
	}
}
