package gate_test

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// question asks the gate about a call that the asker would forward.
func (h *house) question(q *gate.Question, method, target string, change func(x *gate.Exchange)) (w *wire, granted bool) {
	w = &wire{}
	x := h.gate.Acquire()
	x.Method, x.Target, x.Host, x.Version = []byte(method), []byte(target), []byte("api.test"), "HTTP/1.1"
	x.Peer = netip.MustParseAddrPort("203.0.113.77:5000")
	x.Question, x.BodyLength = q, -1
	if change != nil {
		change(x)
	}
	h.gate.Serve(x, w)
	granted = x.Granted
	h.gate.Release(x)
	return w, granted
}

var about = &gate.Question{Protocol: "nginx", APIs: []string{"pets"}}

// TestQuestion asks what may be forwarded: nothing is sent to the API, whatever
// the answer, and only a walk to its end grants.
func TestQuestion(t *testing.T) {
	cut := head(func(x *gate.Exchange) gate.Verdict {
		x.Edits = append(x.Edits, gate.Edit{Part: gate.OnTarget, Start: 1, End: 2})
		return gate.Allow
	})
	removing := head(func(x *gate.Exchange) gate.Verdict {
		x.Unremoved = true
		return gate.Allow
	})
	wholeBody := head(func(x *gate.Exchange) gate.Verdict {
		x.WholeBody = true
		return gate.Allow
	})
	coded := head(func(x *gate.Exchange) gate.Verdict {
		x.Intake = gate.Intake{Mode: gate.Buffer, MaxBytes: 10, Coding: gate.Gzip}
		return gate.Allow
	})
	answers := func(status int) head {
		return func(x *gate.Exchange) gate.Verdict {
			x.Reply.Status = status
			return gate.Respond
		}
	}
	withBody := &gate.Question{Protocol: "envoy", APIs: []string{"pets"}, Body: true, Removes: true}
	bodyOf := func(text string) func(*gate.Exchange) {
		return func(x *gate.Exchange) { x.Incoming, x.BodyLength = bytes.NewReader([]byte(text)), int64(len(text)) }
	}
	judge := body(func(x *gate.Exchange) gate.Verdict {
		if string(x.Body) == jsonBody {
			return gate.Allow
		}
		return x.Deny(gate.Refusal{Code: gate.BodySchema})
	})
	for _, row := range []struct {
		name   string
		ask    *gate.Question
		method string
		guards []gate.Step
		change func(x *gate.Exchange)
		mode   gate.Mode
		status int
		code   gate.Code
	}{
		{"granted", about, "POST", []gate.Step{{Name: "a", Head: verdict(gate.Allow)}}, nil, gate.Enforce, 200, 0},
		{"nothing-of-the-body-is-judged", about, "POST", []gate.Step{{Name: "a", Head: buffered(1), Body: judge}}, nil, gate.Enforce, 200, 0},
		{"a-body-that-comes-along", withBody, "POST", []gate.Step{{Name: "a", Head: buffered(10), Body: judge}}, bodyOf(jsonBody), gate.Enforce, 200, 0},
		{"a-body-that-is-refused", withBody, "POST", []gate.Step{{Name: "a", Head: buffered(10), Body: judge}}, bodyOf("{}"), gate.Enforce, 400, gate.BodySchema},
		{"a-body-that-is-too-large", withBody, "POST", []gate.Step{{Name: "a", Head: buffered(3), Body: judge}}, bodyOf(jsonBody), gate.Enforce, 413, gate.BodyTooLarge},
		{"a-body-that-a-credential-signs", about, "POST", []gate.Step{{Name: "a", Head: wholeBody}}, nil, gate.Enforce, 400, gate.BodyMissing},
		{"a-body-that-a-credential-signs-is-never-observed", about, "POST", []gate.Step{{Name: "a", Mode: gate.Observe, Head: wholeBody}}, nil, gate.Observe, 400, gate.BodyMissing},
		{"no-body-to-sign", about, "POST", []gate.Step{{Name: "a", Head: wholeBody}}, func(x *gate.Exchange) { x.BodyLength = 0 }, gate.Enforce, 200, 0},
		{"refused", about, "POST", []gate.Step{{Name: "a", Head: verdict(gate.Deny)}}, nil, gate.Enforce, 400, gate.ParameterUnknown},
		{"observed", about, "POST", []gate.Step{{Name: "a", Mode: gate.Observe, Head: verdict(gate.Deny)}}, nil, gate.Observe, 200, 0},
		{"no-guard-says-anything", about, "POST", nil, nil, gate.Enforce, 500, gate.Undecided},
		{"unknown-method", about, "BREW", []gate.Step{{Name: "a", Head: verdict(gate.Allow)}}, nil, gate.Enforce, 405, gate.MethodUnknown},
		{"options-are-not-answered", about, "OPTIONS", []gate.Step{{Name: "a", Head: verdict(gate.Allow)}}, nil, gate.Enforce, 405, gate.MethodUnknown},
		{"an-answer-of-a-guard-is-no-leave", about, "POST", []gate.Step{{Name: "a", Head: answers(204)}}, nil, gate.Enforce, 405, gate.MethodUnknown},
		{"an-answer-that-sends-elsewhere", about, "POST", []gate.Step{{Name: "a", Head: answers(303)}}, nil, gate.Enforce, 303, 0},
		{"another-api", &gate.Question{Protocol: "nginx", APIs: []string{"shop"}}, "POST", []gate.Step{{Name: "a", Head: verdict(gate.Allow)}}, nil, gate.Enforce, 404, gate.PathUnknown},
		{"no-api", &gate.Question{Protocol: "nginx"}, "POST", []gate.Step{{Name: "a", Head: verdict(gate.Allow)}}, nil, gate.Enforce, 404, gate.PathUnknown},
		{"an-edit", about, "POST", []gate.Step{{Name: "a", Head: cut}}, nil, gate.Enforce, 400, gate.QueryForm},
		{"a-field-that-stays", about, "POST", []gate.Step{{Name: "a", Head: removing}}, nil, gate.Enforce, 400, gate.ParameterUnknown},
		{"a-field-that-stays-is-never-observed", about, "POST", []gate.Step{{Name: "a", Mode: gate.Observe, Head: removing}}, nil, gate.Observe, 400, gate.ParameterUnknown},
		{"a-field-that-can-go", withBody, "POST", []gate.Step{{Name: "a", Head: removing}}, bodyOf(""), gate.Enforce, 200, 0},
		{"a-coded-body", withBody, "POST", []gate.Step{{Name: "a", Head: coded}}, func(x *gate.Exchange) { x.BodyLength = 0 }, gate.Enforce, 415, gate.BodyCoding},
		{"another-protocol", about, "POST", []gate.Step{{Name: "a", Head: verdict(gate.Allow)}}, func(x *gate.Exchange) {
			x.Fields = append(x.Fields, gate.Field{Name: []byte("Connection"), Value: []byte("upgrade")}, gate.Field{Name: []byte("Upgrade"), Value: []byte("websocket")})
		}, gate.Enforce, 400, gate.ParameterUnknown},
		{"broken", about, "POST", []gate.Step{{Name: "a", Head: verdict(gate.Allow)}}, func(x *gate.Exchange) { x.Broken = gate.Malformed }, gate.Enforce, 400, gate.Malformed},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := build(t, row.mode, row.guards...)
			w, granted := h.question(row.ask, row.method, "/pets/7", row.change)
			e := h.last()
			if w.status != row.status || granted != (row.status == 200) || w.calls != 1 {
				t.Errorf("status %d, granted %v, %d replies: %s", w.status, granted, w.calls, w.body)
			}
			if e.Asked != row.ask.Protocol || e.Code != row.code || e.Denied != (row.code != 0 || row.status == 500) || e.Status != row.status {
				t.Errorf("event %+v", e)
			}
			if h.api.calls != 0 {
				t.Error("the API was called")
			}
		})
	}
}

// TestQuestionTellsTheGuards has the guards hear of the end of a question, as
// of any exchange, and the next exchange know nothing of it.
func TestQuestionTellsTheGuards(t *testing.T) {
	told := 0
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow), Done: done(func(x *gate.Exchange) {
		if x.Question != nil {
			told++
		}
	})})
	h.question(about, "POST", "/pets/7", nil)
	if w := h.call("POST", "/pets/7", ""); told != 1 || w.status != 200 || h.api.calls != 1 || h.last().Asked != "" {
		t.Errorf("told %d, then %d after %d calls, event %+v", told, w.status, h.api.calls, h.last())
	}
}

// TestQuestionHasPagesAskForSwitches judges the origin of whoever may switch to
// another protocol, since it is not known whether that is asked.
func TestQuestionHasPagesAskForSwitches(t *testing.T) {
	h := build(t, gate.Enforce, gate.Step{Name: "a", Head: verdict(gate.Allow)})
	h.gate.Plan().Operations[0].Upgrades = []string{"websocket"}
	for origin, want := range map[string]int{"": 200, "http://api.test": 200, "https://evil.test": 403} {
		w, _ := h.question(about, "POST", "/pets/7", func(x *gate.Exchange) {
			if origin != "" {
				x.Fields = append(x.Fields, gate.Field{Name: []byte("Origin"), Value: []byte(origin)})
			}
		})
		if w.status != want {
			t.Errorf("%q: %d, want %d", origin, w.status, want)
		}
	}
}
