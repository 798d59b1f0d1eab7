package gate_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

func TestVerdicts(t *testing.T) {
	allow := buffered(100)
	rows := []struct {
		name   string
		mode   gate.Mode
		steps  []gate.Step
		status int
		code   gate.Code
		out    gate.Outcome
	}{
		{"allowed", 0, []gate.Step{{Name: "a", Head: allow}}, 200, 0, gate.Passed},
		{"no-guards-deny", 0, nil, 500, gate.Undecided, gate.Refused},
		{"zero-verdict-denies", 0, []gate.Step{{Name: "a", Head: head(func(*gate.Exchange) gate.Verdict { return 0 })}}, 500, gate.Undecided, gate.Refused},
		{"unknown-verdict-denies", 0, []gate.Step{{Name: "a", Head: verdict(77)}}, 500, gate.Undecided, gate.Refused},
		{"unknown-verdict-in-observe-denies", gate.Observe, []gate.Step{{Name: "a", Mode: gate.Observe, Head: verdict(77)}}, 500, gate.Undecided, gate.Refused},
		{"unknown-verdict-with-a-refusal-denies", 0, []gate.Step{{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
			x.Deny(gate.Refusal{Code: gate.PathUnknown})
			return 77
		})}}, 500, gate.Undecided, gate.Refused},
		{"respond-without-a-reply-denies", 0, []gate.Step{{Name: "a", Head: verdict(gate.Respond)}}, 500, gate.Undecided, gate.Refused},
		{"only-a-body-guard-denies", 0, []gate.Step{{Name: "a", Body: body(func(*gate.Exchange) gate.Verdict { return gate.Allow })}}, 500, gate.Undecided, gate.Refused},
		{"head-denies", 0, []gate.Step{{Name: "a", Head: allow}, {Name: "b", Head: verdict(gate.Deny)}}, 400, gate.ParameterUnknown, gate.Refused},
		{"body-denies", 0, []gate.Step{{Name: "a", Head: allow, Body: body(func(x *gate.Exchange) gate.Verdict { return x.Deny(gate.Refusal{Code: gate.BodySchema}) })}}, 400, gate.BodySchema, gate.Refused},
		{"answer-denies", 0, []gate.Step{{Name: "a", Head: allow, AnswerHead: answer(func(x *gate.Exchange) gate.Verdict { return x.Deny(gate.Refusal{Code: gate.UpstreamBroken}) })}}, 502, gate.UpstreamBroken, gate.Failed},
		{"a-panic-denies", 0, []gate.Step{{Name: "a", Head: head(func(*gate.Exchange) gate.Verdict { panic("planted") })}}, 500, gate.Internal, gate.Refused},
		{"a-panic-in-observe-denies", gate.Observe, []gate.Step{{Name: "a", Mode: gate.Observe, Head: head(func(*gate.Exchange) gate.Verdict { panic("planted") })}}, 500, gate.Internal, gate.Refused},
		{"only-a-guard-of-load-denies", 0, []gate.Step{{Name: "a", Head: allow, Aside: true}}, 500, gate.Undecided, gate.Refused},
		{"last-allows", 0, []gate.Step{{Name: "a", Head: allow, Forward: last(func(*gate.Exchange) gate.Verdict { return gate.Allow })}}, 200, 0, gate.Passed},
		{"last-denies", 0, []gate.Step{{Name: "a", Head: allow, Forward: last(func(x *gate.Exchange) gate.Verdict { return x.Deny(gate.Refusal{Code: gate.Overloaded}) })}}, 503, gate.Overloaded, gate.Refused},
		{"last-zero-denies", 0, []gate.Step{{Name: "a", Head: allow, Forward: last(func(*gate.Exchange) gate.Verdict { return 0 })}}, 500, gate.Undecided, gate.Refused},
		{"last-panic-denies", 0, []gate.Step{{Name: "a", Head: allow, Forward: last(func(*gate.Exchange) gate.Verdict { panic("planted") })}}, 500, gate.Internal, gate.Refused},
		{"last-is-observed", gate.Observe, []gate.Step{{Name: "a", Head: allow}, {Name: "b", Mode: gate.Observe, Forward: last(func(x *gate.Exchange) gate.Verdict { return x.Deny(gate.Refusal{Code: gate.Overloaded}) })}}, 200, 0, gate.Passed},
		{"last-replies", 0, []gate.Step{{Name: "a", Head: allow, Forward: last(func(x *gate.Exchange) gate.Verdict { x.Reply.Status = 204; return gate.Respond })}}, 204, 0, gate.Replied},
		{"a-guard-replies", 0, []gate.Step{{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict { x.Reply.Status = 204; return gate.Respond })}}, 204, 0, gate.Replied},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			ended := 0
			steps := append([]gate.Step(nil), r.steps...)
			if len(steps) > 0 {
				steps[0].Done = done(func(*gate.Exchange) { ended++ })
			}
			h := build(t, r.mode, steps...)
			w := h.call("POST", "/pets/1", jsonBody)
			e := h.last()
			if w.status != r.status || w.calls != 1 || e.Code != r.code || e.Outcome != r.out || e.Status != r.status {
				t.Errorf("status %d in %d writes, event %v %v %d; want %d in 1, %v %v", w.status, w.calls, e.Outcome, e.Code, e.Status, r.status, r.out, r.code)
			}
			if len(h.sink.events) != 1 || len(steps) > 0 && ended != 1 {
				t.Errorf("%d events, Done called %d times; want one each", len(h.sink.events), ended)
			}
			if passed := r.out == gate.Passed || r.name == "answer-denies"; (h.api.calls == 1) != passed {
				t.Errorf("the API was called %d times", h.api.calls)
			}
		})
	}
}

func TestRouting(t *testing.T) {
	rows := []struct {
		name, method, target string
		status               int
		code                 gate.Code
		allow                string
	}{
		{"found", "POST", "/pets/1", 200, 0, ""},
		{"unknown-path", "GET", "/cats", 404, gate.PathUnknown, ""},
		{"unknown-method", "PUT", "/pets/1", 405, gate.MethodUnknown, "POST"},
		{"options", "OPTIONS", "/pets/1", 204, 0, "POST"},
		{"dots", "POST", "/x/../pets/1", 400, gate.PathForm, ""},
		{"empty-target", "POST", "", 400, gate.PathForm, ""},
		{"query-is-no-path", "POST", "/pets/1?/../x", 200, 0, ""},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(100)})
			w := h.call(r.method, r.target, "")
			allow := strings.ReplaceAll(w.fields["Allow"], " ", "")
			if w.status != r.status || h.last().Code != r.code || allow != strings.ReplaceAll(r.allow, " ", "") {
				t.Errorf("got %d %v allow %q", w.status, h.last().Code, w.fields["Allow"])
			}
		})
	}
}

func TestObserve(t *testing.T) {
	deny := gate.Step{Name: "a", Mode: gate.Observe, Head: head(func(x *gate.Exchange) gate.Verdict {
		x.Intake = gate.Intake{Mode: gate.Buffer, MaxBytes: 8}
		return x.Deny(gate.Refusal{Code: gate.ParameterUnknown})
	})}
	rows := []struct {
		name, method, target, body string
		steps                      []gate.Step
		status                     int
		would                      []gate.Code
	}{
		{"denied-goes-on", "POST", "/pets/1", "", []gate.Step{deny}, 200, []gate.Code{gate.ParameterUnknown}},
		{"unknown-path-goes-on", "GET", "/cats?x=1", "", []gate.Step{deny}, 200, []gate.Code{gate.PathUnknown}},
		{"unknown-method-goes-on", "PUT", "/pets/1", jsonBody, []gate.Step{deny}, 200, []gate.Code{gate.MethodUnknown}},
		{"form-of-the-path-is-always-enforced", "POST", "/pets//1", "", []gate.Step{deny}, 400, nil},
		{"bounds-are-always-enforced", "POST", "/pets/1", "123456789", []gate.Step{deny}, 413, []gate.Code{gate.ParameterUnknown}},
		{"an-enforcing-guard-among-observed-ones", "POST", "/pets/1", "", []gate.Step{deny, {Name: "b", Head: verdict(gate.Deny)}}, 400, []gate.Code{gate.ParameterUnknown}},
		{"a-guard-that-needs-a-failed-one-is-skipped", "POST", "/pets/1", "", []gate.Step{deny, {Name: "b", Needs: []string{"a"}, Head: verdict(gate.Deny)}}, 200, []gate.Code{gate.ParameterUnknown}},
		{"a-failed-guard-is-skipped-later", "POST", "/pets/1", "1", []gate.Step{func() gate.Step {
			s := deny
			s.Body = body(func(*gate.Exchange) gate.Verdict { panic("must not run") })
			return s
		}()}, 200, []gate.Code{gate.ParameterUnknown}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Observe, r.steps...)
			w := h.call(r.method, r.target, r.body)
			e := h.last()
			if w.status != r.status || len(e.Would) != len(r.would) || e.Mode != gate.Observe && r.status != 400 {
				t.Fatalf("status %d, would %v, mode %v", w.status, e.Would, e.Mode)
			}
			for i := range r.would {
				if e.Would[i] != r.would[i] {
					t.Errorf("would refuse %v, want %v", e.Would, r.would)
				}
			}
			if r.status == 200 && (h.api.target != r.target || h.api.body != r.body) {
				t.Errorf("forwarded %q with %q", h.api.target, h.api.body)
			}
		})
	}
}

// TestUnroutedCallsMeetTheirGuards holds a call that no operation describes
// against the guards that observing never covers.
func TestUnroutedCallsMeetTheirGuards(t *testing.T) {
	h := build(t, gate.Observe, gate.Step{Name: "a", Head: buffered(10)})
	if w := h.call("GET", "/cats", "", gate.Field{Name: []byte("Bad")}); w.status != 401 || h.api.calls != 0 {
		t.Errorf("status %d, %d calls arrived", w.status, h.api.calls)
	}
	bare := plan(t, h.api, gate.Observe, gate.Step{Name: "a", Head: buffered(10)})
	bare.APIs[0].Unrouted.Steps = nil
	h.gate.Swap(bare)
	if w := h.call("GET", "/cats", ""); w.status != 500 {
		t.Errorf("without guards: status %d", w.status)
	}
	bare.APIs[0].Unrouted = nil
	if w := h.call("GET", "/cats", ""); w.status != 404 {
		t.Errorf("without an operation for it: status %d", w.status)
	}
}

// TestObservedEventsSayWhere: the first would-be refusal has its place on the
// event, and no code, since nothing was refused.
func TestObservedEventsSayWhere(t *testing.T) {
	h := build(t, gate.Observe,
		gate.Step{Name: "a", Mode: gate.Observe, Head: head(func(x *gate.Exchange) gate.Verdict {
			return x.Deny(gate.Refusal{Code: gate.ParameterSchema, In: "query", Name: "limit", Keyword: "maximum"})
		})},
		gate.Step{Name: "b", Mode: gate.Observe, Head: verdict(gate.Deny)})
	h.call("POST", "/pets/1", "")
	e := h.last()
	if e.Denied || e.Guard != "a" || e.In != "query" || e.Name != "limit" || e.Keyword != "maximum" || len(e.Would) != 2 {
		t.Errorf("%+v", e)
	}
}

// TestEveryGuardHearsOfTheEnd plants a panic in the first of two.
func TestEveryGuardHearsOfTheEnd(t *testing.T) {
	heard := false
	h := build(t, gate.Enforce,
		gate.Step{Name: "a", Head: buffered(10), Done: done(func(*gate.Exchange) { panic("planted") })},
		gate.Step{Name: "b", Done: done(func(*gate.Exchange) { heard = true })})
	if w := h.call("POST", "/pets/1", ""); w.status != 200 || !heard || len(h.sink.events) != 1 {
		t.Errorf("status %d, the second guard heard: %v, %d events", w.status, heard, len(h.sink.events))
	}
}

func TestWouldIsBounded(t *testing.T) {
	var steps []gate.Step
	for i := range 20 {
		steps = append(steps, gate.Step{Name: string(rune('a' + i)), Mode: gate.Observe, Head: verdict(gate.Deny)})
	}
	h := build(t, gate.Observe, steps...)
	if w := h.call("POST", "/pets/1", ""); w.status != 200 || len(h.last().Would) != 8 {
		t.Errorf("status %d with %d would-be refusals", w.status, len(h.last().Would))
	}
}

func TestUpstreamFailures(t *testing.T) {
	rows := []struct {
		name string
		err  error
		want gate.Code
		out  gate.Outcome
	}{
		{"unreachable", &gate.Unavailable{Code: gate.UpstreamUnreachable}, gate.UpstreamUnreachable, gate.Failed},
		{"timeout", &gate.Unavailable{Code: gate.UpstreamTimeout}, gate.UpstreamTimeout, gate.Failed},
		{"anything-else", errors.New("boom"), gate.UpstreamBroken, gate.Failed},
		{"client-gone", &gate.Unavailable{Code: gate.ClientGone}, gate.ClientGone, gate.Aborted},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)})
			h.api.err = r.err
			w := h.call("POST", "/pets/1", "")
			if e := h.last(); w.status != r.want.Status() || e.Code != r.want || e.Outcome != r.out || e.Guard != "upstream" {
				t.Errorf("got %d, event %+v", w.status, e)
			}
		})
	}
}

func TestBrokenAndNotReady(t *testing.T) {
	h := build(t, gate.Observe, gate.Step{Name: "a", Head: buffered(10)})
	x, w := h.gate.Acquire(), &wire{}
	x.Broken = gate.LengthConflict
	h.gate.Serve(x, w)
	if !x.Reply.Close || w.status != 400 || h.last().Code != gate.LengthConflict || h.last().Guard != "wire" {
		t.Errorf("a broken request: %d, close %v", w.status, x.Reply.Close)
	}
	empty := gate.New(gate.Options{})
	x, w = empty.Acquire(), &wire{}
	x.Broken = gate.LengthConflict
	empty.Serve(x, w)
	if w.status != 400 {
		t.Errorf("a gate without a plan answered a broken request with %d", w.status)
	}
	x, w = empty.Acquire(), &wire{}
	empty.Serve(x, w)
	if w.status != 503 {
		t.Errorf("a gate without a plan answered %d", w.status)
	}
}

// TestNothingOfTheRequestIsSaid plants a secret in every part of a request
// and looks for it in the reply, in the event and in the log.
func TestNothingOfTheRequestIsSaid(t *testing.T) {
	const secret = "s3cr3t"
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Deny)})
	for _, target := range []string{"/pets/" + secret + "?" + secret + "=" + secret, "/" + secret, "//" + secret} {
		for _, method := range []string{"POST", secret} {
			w := h.call(method, target, secret, gate.Field{Name: []byte(secret), Value: []byte(secret)})
			e := h.last()
			said := w.body + e.Method + e.Operation + e.Path + e.Name + e.Pointer + e.Keyword + e.Client.String()
			if strings.Contains(said, secret) || w.status < 400 {
				t.Errorf("%s %s: %d %s", method, target, w.status, said)
			}
			if e.Client.String() != "203.0.113.0/24" {
				t.Errorf("the client is written as %s", e.Client)
			}
		}
	}
}

// TestPanicsSayNothingOfTheRequest has guards panic with what they had in hand.
func TestPanicsSayNothingOfTheRequest(t *testing.T) {
	const secret = "s3cr3t"
	for _, p := range []any{secret, errors.New(secret), []byte(secret), struct{ at string }{secret}} {
		var log bytes.Buffer
		h := build(t, gate.Enforce, gate.Step{Name: "a", Head: head(func(*gate.Exchange) gate.Verdict { panic(p) })})
		live := plan(t, h.api, gate.Enforce, gate.Step{Name: "a", Head: head(func(*gate.Exchange) gate.Verdict { panic(p) })},
			gate.Step{Name: "b", Done: done(func(*gate.Exchange) { panic(p) })})
		h.gate = gate.New(gate.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		h.gate.Swap(live)
		if w := h.call("POST", "/pets/1", ""); w.status != 500 || strings.Contains(w.body, secret) {
			t.Errorf("%T: %d %s", p, w.status, w.body)
		}
		if text := log.String(); strings.Contains(text, secret) || !strings.Contains(text, fmt.Sprintf("a value of the type %T", p)) || !strings.Contains(text, "walk_test.go") {
			t.Errorf("%T: %s", p, text)
		}
	}
}

func TestAbortedAnswer(t *testing.T) {
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(10)})
	x := h.gate.Acquire()
	x.Method, x.Target = []byte("POST"), []byte("/pets/1")
	h.gate.Serve(x, &wire{err: errors.New("gone")})
	if h.last().Outcome != gate.Aborted {
		t.Errorf("outcome %v", h.last().Outcome)
	}
}

func TestPoisonedBuffers(t *testing.T) {
	var kept []byte
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: buffered(100), Body: body(func(x *gate.Exchange) gate.Verdict {
		kept = x.Body
		return gate.Allow
	})})
	h.call("POST", "/pets/1", jsonBody)
	if h.api.body != jsonBody || !bytes.Equal(kept, bytes.Repeat([]byte{0xDB}, len(jsonBody))) {
		t.Errorf("forwarded %q; a view kept beyond the end holds %q", h.api.body, kept)
	}
}
