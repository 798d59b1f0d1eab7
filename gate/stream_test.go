package gate_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// taker is an upstream that reads a streamed body and keeps what it got.
type taker struct {
	got  []byte
	mode gate.IntakeMode
	stop bool // break the client's body off instead
}

func (u *taker) Send(_ context.Context, x *gate.Exchange) (err error) {
	u.mode = x.Intake.Mode
	x.Answer = gate.Answer{Status: 200, Body: io.NopCloser(strings.NewReader(""))}
	if u.stop {
		x.Incoming.(interface{ Abort() }).Abort()
		return nil
	}
	if x.Incoming != nil {
		u.got, err = io.ReadAll(x.Incoming)
	}
	return err
}

// client is an engine's body that can be broken off.
type client struct {
	*strings.Reader
	aborted int
}

func (c *client) Abort() { c.aborted++ }

func TestStreams(t *testing.T) {
	stream := gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
		x.Intake = gate.Intake{Mode: gate.Stream, MaxBytes: 5}
		return gate.Allow
	}), Body: body(func(*gate.Exchange) gate.Verdict { panic("a body that nobody has must not be judged") })}
	rows := []struct {
		name, target string
		length       int64
		body         string
		status       int
	}{
		{"at-the-bound", "/pets/1", 5, "12345", 200},
		{"at-the-bound-not-stated", "/pets/1", -1, "12345", 200},
		{"beyond-the-bound", "/pets/1", -1, "123456", 413},
		{"no-operation", "/cats", -1, "12345", 200},
		{"no-operation-at-the-bound", "/cats", 64 << 20, "", 200},
		{"no-operation-beyond-the-bound", "/cats", 64<<20 + 1, "", 413},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			h, up := build(t, 0), new(taker)
			h.gate.Swap(plan(t, up, gate.Observe, stream))
			x, w := h.gate.Acquire(), &wire{}
			x.Method, x.Target, x.BodyLength, x.Incoming = []byte("POST"), []byte(r.target), r.length, strings.NewReader(r.body)
			h.gate.Serve(x, w)
			if w.status != r.status {
				t.Fatalf("status %d: %s", w.status, w.body)
			}
			if len(up.got) > 5 || r.status == 200 && (string(up.got) != r.body || up.mode != gate.Stream) {
				t.Errorf("the API got %q, mode %d", up.got, up.mode)
			}
		})
	}
}

func TestStreamsCanBeBrokenOff(t *testing.T) {
	stream := gate.Step{Name: "a", Head: head(func(x *gate.Exchange) gate.Verdict {
		x.Intake = gate.Intake{Mode: gate.Stream, MaxBytes: 5}
		return gate.Allow
	})}
	able := &client{Reader: strings.NewReader("1")}
	for _, from := range []io.Reader{able, strings.NewReader("1")} { // the second cannot be
		h := build(t, 0)
		h.gate.Swap(plan(t, &taker{stop: true}, gate.Enforce, stream))
		x, w := h.gate.Acquire(), &wire{}
		x.Method, x.Target, x.BodyLength, x.Incoming = []byte("POST"), []byte("/pets/1"), 1, from
		if h.gate.Serve(x, w); w.status != 200 {
			t.Errorf("status %d", w.status)
		}
	}
	if able.aborted != 1 {
		t.Errorf("broken off %d times", able.aborted)
	}
}
