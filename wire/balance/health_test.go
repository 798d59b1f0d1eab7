package balance_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// checked is a target with a health that can change.
type checked struct {
	target
	health switched
	asked  []string
}

func newChecked() *checked {
	c := &checked{}
	c.health.to(answers(200))
	c.do = func(ctx context.Context, x *gate.Exchange) error {
		if string(x.OutTarget) != "/health" {
			return answers(200)(ctx, x)
		}
		c.asked = append(c.asked, string(x.Method)+" "+string(x.Host)+" "+x.Version)
		return c.health.send(ctx, x)
	}
	return c
}

// TestHealth: a target that does not answer well is left out, whatever calls
// say of it, and comes back when it does.
func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		c := newChecked()
		o := balance.NodeOptions{Log: log.log(), Health: &balance.Health{Path: "/health", Host: "pets.test"}}
		b, nodes := over(t, balance.Options{}, o, &c.target)
		nodes[0].Start()
		nodes[0].Start()
		defer nodes[0].Close()
		look := func(after time.Duration, want string) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if got := conditions(b); got != want {
				t.Fatalf("it is %s, want %s; the log says\n%s", got, want, log.String())
			}
		}
		look(time.Minute, "serving")
		c.health.to(answers(500))
		look(9*time.Second, "serving") // two answers at most
		look(11*time.Second, "unhealthy")
		if _, code := call(b, "GET"); code != gate.UpstreamUnavailable {
			t.Errorf("a call to nobody: %v", code)
		}
		c.health.to(answers(204))
		look(4*time.Second, "unhealthy") // one answer at most
		look(9*time.Second, "serving")
		if status, code := call(b, "GET"); status != 200 {
			t.Errorf("%v", code)
		}
		if n := len(c.asked); n < 15 || n > 22 || c.asked[0] != "GET pets.test HTTP/1.1" {
			t.Errorf("asked %d times in 93 s: %s", n, c.asked[0])
		}
		if text := log.String(); strings.Count(text, "is not well, and left out") != 1 || !strings.Contains(text, "because=\"it answered with 500\"") ||
			strings.Count(text, "is well") != 1 {
			t.Errorf("the log says\n%s", text)
		}
	})
}

// TestFirstGoodCheck: an API that is started behind the gate serves with its
// first good answer; one that was well before needs as many as it was told.
func TestFirstGoodCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecked()
		c.health.to(fails(gate.UpstreamUnreachable))
		b, nodes := over(t, balance.Options{}, balance.NodeOptions{Health: &balance.Health{Path: "/health"}}, &c.target)
		nodes[0].Start()
		defer nodes[0].Close()
		look := func(after time.Duration, want string) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			if got := conditions(b); got != want {
				t.Fatalf("it is %s, want %s", got, want)
			}
		}
		look(12*time.Second, "unhealthy") // several failures
		c.health.to(answers(200))
		look(6*time.Second, "serving") // one answer, two at most
		c.health.to(answers(500))
		look(9*time.Second, "serving")
		look(11*time.Second, "unhealthy")
		c.health.to(answers(200))
		look(4*time.Second, "unhealthy") // one answer at most
		look(9*time.Second, "serving")
	})
}

// TestFirstCheck: the first answer decides alone, so that a target that is down when
// the gate starts gets no calls.
func TestFirstCheck(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(context.Context, *gate.Exchange) error
		why  string
	}{
		{"unreachable", fails(gate.UpstreamUnreachable), "upstream-unreachable: so it was told"},
		{"redirect", answers(302), "it answered with 302"},
		{"error", func(context.Context, *gate.Exchange) error { return errors.New("with secrets") }, "upstream-broken"},
		{"slow", func(ctx context.Context, _ *gate.Exchange) error {
			<-ctx.Done()
			return ctx.Err()
		}, "it did not answer in time"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log lines
				c := newChecked()
				c.health.to(row.do)
				o := balance.NodeOptions{Log: log.log(), Health: &balance.Health{Path: "/health"}}
				b, nodes := over(t, balance.Options{}, o, &c.target, &target{})
				nodes[0].Start()
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if got := conditions(b); got != "unhealthy serving" || !strings.Contains(log.String(), row.why) || strings.Contains(log.String(), "secrets") {
					t.Errorf("they are %s; the log says\n%s", got, log.String())
				}
				nodes[0].Close()
				nodes[0].Start() // too late
			})
		})
	}
}

// TestHealthFrees: a target that its calls had left out for long is tried as
// soon as its health check says that it is well again.
func TestHealthFrees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		turn.to(fails(gate.UpstreamUnreachable))
		o := balance.NodeOptions{Breaker: balance.Breaker{OpenFor: time.Hour}, Health: &balance.Health{Path: "/health", Interval: time.Second}}
		b, nodes := over(t, balance.Options{}, o, &target{do: turn.send})
		for range 20 {
			call(b, "GET")
		}
		nodes[0].Start()
		defer nodes[0].Close()
		synctest.Wait()
		if got := conditions(b); got != "unhealthy" {
			t.Fatal(got)
		}
		turn.to(answers(200))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		for i, want := range []string{"open", "serving"} {
			if status, code := call(b, "GET"); status != 200 || conditions(b) != want {
				t.Fatalf("call %d: %d %v, it is %s", i, status, code, conditions(b))
			}
		}
	})
}

// TestHealthBody: answers are read within a bound and closed.
func TestHealthBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body, lease := &endless{}, lease{}
		c := newChecked()
		c.health.to(func(_ context.Context, x *gate.Exchange) error {
			x.Answer.Status, x.Answer.Body, x.Answer.Lease = 200, body, &lease
			return nil
		})
		_, nodes := over(t, balance.Options{}, balance.NodeOptions{Health: &balance.Health{Path: "/health"}}, &c.target)
		nodes[0].Start()
		synctest.Wait()
		nodes[0].Close()
		if body.read > 128<<10 || body.read == 0 || !body.closed || lease.ended != 1 {
			t.Errorf("%d bytes were read, closed: %v; the lease ended %d times", body.read, body.closed, lease.ended)
		}
	})
}

// endless is a body that never ends.
type endless struct {
	read   int
	closed bool
}

var _ io.ReadCloser = (*endless)(nil)

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }

func (e *endless) Close() error { e.closed = true; return nil }

// lease counts how often it ends.
type lease struct{ ended int }

func (l *lease) End() { l.ended++ }
