package gate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// closing is an upstream whose answers count how often they are closed.
type closing struct {
	closed, calls int
	err           error
	noContext     bool
}

func (c *closing) Send(ctx context.Context, x *gate.Exchange) error {
	c.calls++
	c.noContext = ctx == nil || x.Context == nil
	x.Answer = gate.Answer{Status: 200, Fields: x.Answer.Fields[:0], Length: 2, Body: answerBody{strings.NewReader("ok"), c}}
	return c.err
}

type answerBody struct {
	*strings.Reader
	of *closing
}

func (b answerBody) Close() error {
	b.of.closed++
	return nil
}

func TestAnswersAreClosedOnce(t *testing.T) {
	reply := answer(func(x *gate.Exchange) gate.Verdict {
		x.Reply.Status = 204
		return gate.Respond
	})
	deny := answer(func(x *gate.Exchange) gate.Verdict {
		x.Reply.Fields = append(x.Reply.Fields, gate.Field{Name: []byte("Left"), Value: []byte("over")})
		return x.Deny(gate.Refusal{Code: gate.UpstreamBroken})
	})
	panics := answer(func(*gate.Exchange) gate.Verdict { panic("planted") })
	observed := func(a gate.AnswerHeadGuard) gate.Step {
		return gate.Step{Name: "b", Mode: gate.Observe, AnswerHead: a}
	}
	failed := observed(panics)
	failed.Head = verdict(gate.Deny)
	rows := []struct {
		name   string
		step   gate.Step
		err    error
		status int
		body   string // "" for any but that of the API
		would  int
	}{
		{"passed", gate.Step{Name: "b"}, nil, 200, "ok", 0},
		{"denied", gate.Step{Name: "b", AnswerHead: deny}, nil, 502, "", 0},
		{"replied", gate.Step{Name: "b", AnswerHead: reply}, nil, 204, "", 0},
		{"undecided", gate.Step{Name: "b", AnswerHead: answer(func(*gate.Exchange) gate.Verdict { return gate.Respond })}, nil, 500, "", 0},
		{"panic", gate.Step{Name: "b", AnswerHead: panics}, nil, 500, "", 0},
		{"failed-after-its-head", gate.Step{Name: "b"}, errors.New("boom"), 502, "", 0},
		{"denied-in-observe", observed(deny), nil, 200, "ok", 1},
		{"panic-in-observe", observed(panics), nil, 500, "", 0},
		{"skipped-when-its-head-failed", failed, nil, 200, "ok", 1},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			up := &closing{err: r.err}
			h := build(t, gate.Enforce)
			h.gate.Swap(plan(t, up, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)}, r.step))
			w := h.call("POST", "/pets/1", "")
			if up.calls != 1 || up.closed != 1 || w.calls != 1 {
				t.Errorf("sent %d times, closed %d times, answered %d times", up.calls, up.closed, w.calls)
			}
			if up.noContext {
				t.Error("the upstream got no context")
			}
			if w.status != r.status || (w.body == "ok") != (r.body == "ok") || len(h.last().Would) != r.would {
				t.Errorf("got %d %q, would refuse %v", w.status, w.body, h.last().Would)
			}
		})
	}
}

// TestLeftoversOfAnObservedDenial lets one guard deny in observe mode and a
// later one refuse: the reply is the later one's alone.
func TestLeftoversOfAnObservedDenial(t *testing.T) {
	left := head(func(x *gate.Exchange) gate.Verdict {
		x.Reply.Fields = append(x.Reply.Fields, gate.Field{Name: []byte("Left"), Value: []byte("over")})
		return x.Deny(gate.Refusal{Code: gate.ParameterUnknown, Name: "first", Detail: "of the first"})
	})
	silent := head(func(*gate.Exchange) gate.Verdict { return gate.Deny })
	h := build(t, gate.Observe, gate.Step{Name: "a", Mode: gate.Observe, Head: left}, gate.Step{Name: "b", Head: silent})
	w := h.call("POST", "/pets/1", "")
	if e := h.last(); w.status != 500 || w.fields["Left"] != "" || strings.Contains(w.body, "first") || e.Name != "" || e.Guard != "b" {
		t.Errorf("got %d %v %s, guard %s", w.status, w.fields, w.body, e.Guard)
	}
	// The same for a guard that panics half-way.
	h = build(t, gate.Enforce, gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
		x.Reply = gate.Reply{Status: 204, Fields: append(x.Reply.Fields, gate.Field{Name: []byte("Left")})}
		panic("planted")
	})})
	if w := h.call("POST", "/pets/1", ""); w.status != 500 || len(w.fields) != 3 {
		t.Errorf("after a panic: %d %v", w.status, w.fields)
	}
	h = build(t, gate.Observe, gate.Step{Name: "a", Mode: gate.Observe, Head: left})
	// And for a call that passes although its method is not described.
	w = h.call("PUT", "/pets/1", "", gate.Field{Name: []byte("Bad")})
	if w.status != 401 || w.fields["Allow"] != "" {
		t.Errorf("got %d %v", w.status, w.fields)
	}
}

// TestSharesOfAnObservedStep are told from those of one that is enforced, beside
// which others may be observed.
func TestSharesOfAnObservedStep(t *testing.T) {
	for _, row := range []struct {
		name          string
		rules, before gate.Mode
	}{
		{"enforced", gate.Enforce, gate.Enforce},
		{"beside-one-that-is-observed", gate.Enforce, gate.Observe},
		{"observed", gate.Observe, gate.Enforce},
	} {
		t.Run(row.name, func(t *testing.T) {
			other := head(func(*gate.Exchange) gate.Verdict { return gate.Allow })
			share := head(func(x *gate.Exchange) gate.Verdict { x.Share("pet"); return gate.Allow })
			seen := head(func(x *gate.Exchange) gate.Verdict {
				if len(x.Shares) != 1 || x.Assumed != (row.rules == gate.Observe) {
					t.Errorf("%q, assumed %v", x.Shares, x.Assumed)
				}
				return gate.Allow
			})
			h := build(t, gate.Enforce, gate.Step{Name: "a", Mode: row.before, Head: other}, gate.Step{Name: "b", Mode: row.rules, Head: share},
				gate.Step{Name: "c", Mode: row.before, Head: other}, gate.Step{Name: "d", Head: seen})
			for range 2 { // nothing of the one before is left
				if w := h.call("POST", "/pets/1", ""); w.status != 200 {
					t.Error(w.status)
				}
			}
		})
	}
}

func TestDoneGuards(t *testing.T) {
	rows := []struct {
		name   string
		guard  gate.HeadGuard
		body   string
		broken gate.Code
		want   int
	}{
		{"passed", buffered(10), "1", 0, 1},
		{"refused", verdict(gate.Deny), "", 0, 1},
		{"refused-body", buffered(1), "12", 0, 1},
		{"never-routed", buffered(10), "", gate.Malformed, 0},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			ended := 0
			step := gate.Step{Name: "a", Head: r.guard, Done: done(func(*gate.Exchange) {
				ended++
				panic("planted")
			})}
			h := build(t, gate.Enforce, step)
			x, w := h.gate.Acquire(), &wire{}
			x.Method, x.Target, x.Broken = []byte("POST"), []byte("/pets/1"), r.broken
			if r.body != "" {
				x.BodyLength, x.Incoming = int64(len(r.body)), strings.NewReader(r.body)
			}
			h.gate.Serve(x, w)
			if ended != r.want || len(h.sink.events) != 1 || w.calls != 1 {
				t.Errorf("done %d times, %d events, %d answers", ended, len(h.sink.events), w.calls)
			}
		})
	}
}

// TestConnectionsThatMustEnd looks at what a refusal says of the connection:
// what is left of a body on it must never be taken for the next request.
func TestConnectionsThatMustEnd(t *testing.T) {
	late := body(func(x *gate.Exchange) gate.Verdict { return x.Deny(gate.Refusal{Code: gate.BodySchema}) })
	rows := []struct {
		name   string
		step   gate.Step
		length int64
		body   string
		close  bool
	}{
		{"no-body", gate.Step{Name: "a", Head: verdict(gate.Deny)}, 0, "", false},
		{"body-not-read", gate.Step{Name: "a", Head: verdict(gate.Deny)}, 3, "123", true},
		{"body-read-whole", gate.Step{Name: "a", Head: buffered(10), Body: late}, 3, "123", false},
		{"body-read-in-part", gate.Step{Name: "a", Head: buffered(2)}, -1, "123", true},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, r.step)
			x, w := h.gate.Acquire(), &wire{}
			x.Method, x.Target, x.BodyLength = []byte("POST"), []byte("/pets/1"), r.length
			if r.body != "" {
				x.Incoming = strings.NewReader(r.body)
			}
			h.gate.Serve(x, w)
			if !x.Refused || x.Reply.Close != r.close {
				t.Errorf("refused %v, close %v", x.Refused, x.Reply.Close)
			}
		})
	}
}

// TestCausesInTheLog holds what operators read of a cause against persons'
// addresses.
func TestCausesInTheLog(t *testing.T) {
	client := &net.TCPAddr{IP: net.IPv4(203, 0, 113, 77), Port: 5000}
	rows := []struct {
		name      string
		err       error
		want, not string
	}{
		{"read", &net.OpError{Op: "read", Net: "tcp", Source: client, Addr: client, Err: errors.New("reset")}, "read: reset", "203.0.113.77"},
		{"dial-names-the-api", &net.OpError{Op: "dial", Net: "tcp", Addr: client, Err: errors.New("refused")}, "203.0.113.77", "\x00"},
		{"anything-else", errors.New("boom"), "boom", "\x00"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			var said bytes.Buffer
			g := gate.New(gate.Options{Log: slog.New(slog.NewTextHandler(&said, nil))})
			g.Swap(plan(t, &closing{err: r.err}, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)}))
			x, w := g.Acquire(), &wire{}
			x.Method, x.Target = []byte("POST"), []byte("/pets/1")
			g.Serve(x, w)
			if !strings.Contains(said.String(), r.want) || strings.Contains(said.String(), r.not) || strings.Contains(w.body, r.want) {
				t.Errorf("log %s, reply %s", &said, w.body)
			}
		})
	}
}
