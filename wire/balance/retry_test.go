package balance_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// TestRetry says which failure of a first try is followed by a second one.
func TestRetry(t *testing.T) {
	stream := func(x *gate.Exchange) {
		x.Intake.Mode, x.BodyLength, x.Incoming = gate.Stream, 3, strings.NewReader("abc")
	}
	for _, row := range []struct {
		name   string
		method string
		with   func(*gate.Exchange)
		fails  gate.Code
		again  bool
	}{
		{"get-unreachable", "GET", nil, gate.UpstreamUnreachable, true},
		{"get-broken", "GET", nil, gate.UpstreamBroken, true},
		{"get-timeout", "GET", nil, gate.UpstreamTimeout, true},
		{"get-overloaded", "GET", nil, gate.Overloaded, true},
		{"get-client-gone", "GET", nil, gate.ClientGone, false},
		{"get-loop", "GET", nil, gate.Loop, false},
		{"head-broken", "HEAD", nil, gate.UpstreamBroken, true},
		{"options-broken", "OPTIONS", nil, gate.UpstreamBroken, true},
		{"put-broken", "PUT", nil, gate.UpstreamBroken, true},
		{"delete-broken", "DELETE", nil, gate.UpstreamBroken, true},
		{"post-unreachable", "POST", nil, gate.UpstreamUnreachable, true},
		{"post-overloaded", "POST", nil, gate.Overloaded, true},
		{"post-broken", "POST", nil, gate.UpstreamBroken, false},
		{"post-timeout", "POST", nil, gate.UpstreamTimeout, false},
		{"patch-broken", "PATCH", nil, gate.UpstreamBroken, false},
		{"lower-case-get-broken", "get", nil, gate.UpstreamBroken, false},
		{"unknown-method-broken", "QUERY", nil, gate.UpstreamBroken, false},
		{"put-stream-unreachable", "PUT", stream, gate.UpstreamUnreachable, true},
		{"put-stream-broken", "PUT", stream, gate.UpstreamBroken, false},
		{"put-buffered-broken", "PUT", func(x *gate.Exchange) { x.Intake.Mode, x.OutBody, x.BodyLength = gate.Buffer, []byte("abc"), 3 }, gate.UpstreamBroken, true},
		{"get-empty-stream-broken", "GET", func(x *gate.Exchange) { x.Intake.Mode = gate.Stream }, gate.UpstreamBroken, true},
		{"upgrade-broken", "GET", func(x *gate.Exchange) { x.Upgrade = []byte("websocket") }, gate.UpstreamBroken, false},
		{"upgrade-unreachable", "GET", func(x *gate.Exchange) { x.Upgrade = []byte("websocket") }, gate.UpstreamUnreachable, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			// The second target is busier, so that the first one is tried first.
			first, second := &target{do: fails(row.fails)}, &target{}
			second.flying.Store(5)
			b, _ := over(t, balance.Options{}, balance.NodeOptions{}, first, second)
			x := &gate.Exchange{Method: []byte(row.method)}
			if row.with != nil {
				row.with(x)
			}
			status, code := send(b, x)
			if got := status == 200; got != row.again || !got && code != row.fails {
				t.Errorf("%d %v after %v", status, code, row.fails)
			}
			if want := map[bool]string{true: "b", false: "a"}[row.again]; x.SentTo != want || x.Tries != 1+int(second.calls.Load()) {
				t.Errorf("it says that %s took it, the try %d", x.SentTo, x.Tries)
			}
			if n := second.calls.Load(); (n == 1) != row.again || first.calls.Load() != 1 {
				t.Errorf("the targets were called %d and %d times", first.calls.Load(), n)
			}
		})
	}
}

// TestTries: no target is tried twice, and not more than so many are.
func TestTries(t *testing.T) {
	for _, row := range []struct{ tries, targets, want int }{{0, 5, 3}, {1, 5, 1}, {2, 5, 2}, {5, 5, 5}, {99, 7, 5}, {5, 2, 2}} {
		var list []*target
		for range row.targets {
			list = append(list, &target{do: fails(gate.UpstreamUnreachable)})
		}
		b, _ := over(t, balance.Options{Retries: balance.Retries{Tries: row.tries}}, balance.NodeOptions{}, list...)
		if _, code := call(b, "GET"); code != gate.UpstreamUnreachable {
			t.Errorf("%+v: %v", row, code)
		}
		n := 0
		for _, to := range list {
			if c := int(to.calls.Load()); c > 1 {
				t.Errorf("%+v: one was tried %d times", row, c)
			} else {
				n += c
			}
		}
		if n != row.want || int(b.Stats().Retries) != n-1 {
			t.Errorf("%+v: %d were tried, %d retries", row, n, b.Stats().Retries)
		}
	}
}

// TestNoRetry: nothing is sent again for a client that has left, or when the
// first try took long.
func TestNoRetry(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	first := &target{do: func(ctx context.Context, x *gate.Exchange) error {
		cancel()
		return fails(gate.UpstreamUnreachable)(ctx, x)
	}}
	second := &target{}
	second.flying.Store(5)
	b, _ := over(t, balance.Options{}, balance.NodeOptions{}, first, second)
	if err := b.Send(ctx, &gate.Exchange{Method: []byte("GET")}); err == nil || second.calls.Load() != 0 {
		t.Errorf("%v, the second was called %d times", err, second.calls.Load())
	}
	x := &gate.Exchange{Method: []byte("GET"), Sent: time.Now().Add(-11 * time.Second)}
	if err := b.Send(t.Context(), x); err == nil || second.calls.Load() != 0 {
		t.Errorf("%v, the second was called %d times after 11 s", err, second.calls.Load())
	}
	x = &gate.Exchange{Method: []byte("GET"), Watch: left{}}
	if err := b.Send(t.Context(), x); err == nil || second.calls.Load() != 0 {
		t.Errorf("%v, the second was called %d times for nobody", err, second.calls.Load())
	}
}

type left struct{}

func (left) Gone() bool                     { return true }
func (left) Valid(*gate.Exchange) gate.Code { return gate.Undecided }

// TestBudget: what may have been performed is repeated for a fifth of the
// calls only, beyond a hundred that are saved up.
func TestBudget(t *testing.T) {
	off := balance.NodeOptions{Outliers: balance.Outliers{Off: true}, Breaker: balance.Breaker{Off: true}}
	const calls = 2000
	for _, row := range []struct {
		name    string
		code    gate.Code
		percent int
		retries uint64
	}{
		{"default", gate.UpstreamBroken, 0, 100 + calls/5},
		{"less", gate.UpstreamBroken, 5, 100 + calls/20},
		{"unreachable-costs-nothing", gate.UpstreamUnreachable, 0, calls},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := balance.Options{Retries: balance.Retries{Tries: 2, BudgetPercent: row.percent}}
			b, _ := over(t, o, off, &target{do: fails(row.code)}, &target{do: fails(row.code)})
			for range calls {
				call(b, "GET")
			}
			s := b.Stats()
			if s.Retries > row.retries || s.Retries < row.retries-1 || s.Retries+s.Exhausted != calls {
				t.Errorf("%d retries, %d were not made; want %d", s.Retries, s.Exhausted, row.retries)
			}
		})
	}
}

// TestAlone: one target is not tried twice, and costs no budget.
func TestAlone(t *testing.T) {
	off := balance.NodeOptions{Breaker: balance.Breaker{Off: true}}
	api := &target{do: fails(gate.UpstreamBroken)}
	b, _ := over(t, balance.Options{}, off, api)
	for range 200 {
		call(b, "GET")
	}
	x := &gate.Exchange{Method: []byte("GET")}
	if send(b, x); x.SentTo != "" || x.Tries != 1 {
		t.Errorf("it says that %q took it, the try %d", x.SentTo, x.Tries)
	}
	if s := b.Stats(); api.calls.Load() != 201 || s.Retries+s.Exhausted != 0 {
		t.Errorf("%d calls, %+v", api.calls.Load(), s)
	}
}

// TestAnswerOfAFailure: what a target that failed has left in the answer is
// not seen by the next one.
func TestAnswerOfAFailure(t *testing.T) {
	first := &target{do: func(_ context.Context, x *gate.Exchange) error {
		x.Answer.Status, x.Answer.Length = 999, 7
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte("X-Old")})
		return errors.New("it broke off")
	}}
	second := &target{do: func(_ context.Context, x *gate.Exchange) error {
		if a := x.Answer; a.Status != 0 || a.Length != 0 || len(a.Fields) != 0 || a.Body != nil {
			t.Errorf("it sees %+v", a)
		}
		x.Answer.Status, x.Answer.Body = 204, io.NopCloser(strings.NewReader(""))
		return nil
	}}
	second.flying.Store(5)
	b, _ := over(t, balance.Options{}, balance.NodeOptions{}, first, second)
	x := &gate.Exchange{Method: []byte("GET")}
	if err := b.Send(t.Context(), x); err != nil || x.Answer.Status != 204 {
		t.Errorf("%v %d", err, x.Answer.Status)
	}
}
