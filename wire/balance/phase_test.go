package balance_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// TestEjected: a target that fails five times in a row is left out, is tried
// with one call that can be repeated when its time is over, stays out longer
// when that fails, and is back when it goes well. No client sees any of it.
func TestEjected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lines
		var turn switched
		bad, good := &target{do: turn.send}, &target{}
		turn.to(fails(gate.UpstreamUnreachable))
		b, _ := over(t, balance.Options{}, balance.NodeOptions{Log: log.log()}, bad, good)
		calls := func(n int) {
			t.Helper()
			for range n {
				if status, code := call(b, "GET"); status != 200 {
					t.Fatalf("a client saw %v", code)
				}
			}
		}
		calls(100)
		if n := bad.calls.Load(); n != 5 || conditions(b) != "ejected serving" {
			t.Fatalf("it was called %d times, they are %s", n, conditions(b))
		}
		time.Sleep(9 * time.Second)
		calls(100)
		if n := bad.calls.Load(); n != 5 {
			t.Fatalf("it was called %d times before its time", n)
		}
		time.Sleep(2 * time.Second)
		calls(100)
		if n := bad.calls.Load(); n != 6 {
			t.Fatalf("it was tried %d times, want once", n-5)
		}
		time.Sleep(19 * time.Second) // twice as long, less a second
		calls(100)
		if n := bad.calls.Load(); n != 6 {
			t.Fatalf("it was tried again too early")
		}
		turn.to(answers(200))
		time.Sleep(2 * time.Second)
		calls(100)
		if n := bad.calls.Load(); n < 30 || conditions(b) != "serving serving" {
			t.Fatalf("it was called %d times, they are %s", n, conditions(b))
		}
		for _, want := range []string{
			`level=WARN msg="an address of an API is left out" upstream=a because="5 calls in a row failed" for=10s "the last because"="upstream-unreachable: so it was told"`,
			`because="it failed when it was tried again" for=20s`,
			`level=INFO msg="an address of an API is used again" upstream=a`,
		} {
			if strings.Count(log.String(), want) != 1 {
				t.Errorf("the log does not say once %s:\n%s", want, log.String())
			}
		}
	})
}

// TestEjectedByShare: half of the calls of a window are enough, too.
func TestEjectedByShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		flaky := &target{do: func(ctx context.Context, x *gate.Exchange) error {
			if n++; n%2 == 1 {
				return fails(gate.UpstreamBroken)(ctx, x)
			}
			return answers(200)(ctx, x)
		}}
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, flaky, &target{})
		for range 1000 {
			if status, code := call(b, "GET"); status != 200 {
				t.Fatalf("a client saw %v", code)
			}
		}
		if n < 20 || n > 22 || conditions(b) != "ejected serving" {
			t.Errorf("it was called %d times, they are %s", n, conditions(b))
		}
	})
}

// TestEjectedByStatus: a target that says by its status that it cannot serve
// is left out as well, but the breaker leaves it alone.
func TestEjectedByStatus(t *testing.T) {
	for _, row := range []struct {
		status int
		want   string
	}{{502, "ejected serving"}, {503, "ejected serving"}, {504, "ejected serving"}, {500, "serving serving"}, {404, "serving serving"}} {
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, &target{do: answers(row.status)}, &target{})
		for range 100 {
			call(b, "GET")
		}
		if got := conditions(b); got != row.want {
			t.Errorf("%d: %s, want %s", row.status, got, row.want)
		}
	}
	one, _ := over(t, balance.Options{}, balance.NodeOptions{}, &target{do: answers(503)})
	for range 100 {
		if status, _ := call(one, "GET"); status != 503 || conditions(one) != "serving" {
			t.Fatalf("status %d, it is %s", status, conditions(one))
		}
	}
}

// TestBlameless: what is the client's doing or the gate's own is held against
// no target.
func TestBlameless(t *testing.T) {
	for _, c := range []gate.Code{gate.ClientGone, gate.BodyTimeout, gate.BodyIncomplete, gate.BodyTooLarge, gate.Overloaded, gate.Loop, gate.NotReady, gate.PathForm} {
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, &target{do: fails(c)}, &target{do: fails(c)})
		for range 100 {
			if _, got := call(b, "GET"); got != c {
				t.Fatalf("%v became %v", c, got)
			}
		}
		if got := conditions(b); got != "serving serving" {
			t.Errorf("%v: they are %s", c, got)
		}
	}
}

// TestAllEjected: not more than half are left out, and when the rest is down
// as well the breaker ends the calls; see TestBreaker. What is ejected serves
// when there is nothing else.
func TestAllEjected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		turn.to(fails(gate.UpstreamUnreachable))
		first, second := &target{do: turn.send}, &target{}
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, first, second)
		for conditions(b) != "ejected serving" {
			call(b, "GET")
		}
		second.do = fails(gate.UpstreamUnreachable)
		turn.to(answers(200))
		for range 20 {
			if status, code := call(b, "GET"); status != 200 && code != gate.UpstreamUnreachable {
				t.Fatalf("%d %v", status, code)
			}
		}
		if got := conditions(b); got != "serving ejected" && got != "serving open" {
			t.Errorf("they are %s", got)
		}
		if status, _ := call(b, "POST"); status != 200 {
			t.Error("nobody answers, though one could")
		}
	})
}

// TestBreaker: when nobody answers, calls are refused at once, with the time
// after which it makes sense to come again; then a few try.
func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		turn.to(fails(gate.UpstreamUnreachable))
		api := &target{do: turn.send}
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, api)
		for i := range 10 {
			if _, code := call(b, "POST"); code != gate.UpstreamUnreachable {
				t.Fatalf("call %d: %v", i, code)
			}
		}
		for range 10 {
			var u *gate.Unavailable
			err := b.Send(t.Context(), &gate.Exchange{Method: []byte("GET")})
			if !errors.As(err, &u) || u.Code != gate.UpstreamUnavailable || u.Retry < 5 || u.Retry > 6 {
				t.Fatalf("%+v", err)
			}
		}
		if n := api.calls.Load(); n != 10 || conditions(b) != "open" || b.Stats().Unavailable != 10 {
			t.Fatalf("it was called %d times, it is %s, %+v", n, conditions(b), b.Stats())
		}
		time.Sleep(5 * time.Second)
		if _, code := call(b, "POST"); code != gate.UpstreamUnreachable {
			t.Fatalf("the trial: %v", code)
		}
		if _, code := call(b, "POST"); code != gate.UpstreamUnavailable {
			t.Fatalf("after a trial that failed: %v", code)
		}
		turn.to(answers(200))
		time.Sleep(5 * time.Second)
		for i, want := range []string{"open", "serving"} {
			if status, code := call(b, "POST"); status != 200 || conditions(b) != want {
				t.Fatalf("trial %d: %d %v, it is %s", i, status, code, conditions(b))
			}
		}
	})
}

// TestTrialsAreFew: while a target is tried, not more calls than two wait for
// it.
func TestTrialsAreFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		turn.to(fails(gate.UpstreamUnreachable))
		api := &target{do: turn.send}
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, api)
		for range 10 {
			call(b, "GET")
		}
		time.Sleep(5 * time.Second)
		release := make(chan bool)
		turn.to(func(ctx context.Context, x *gate.Exchange) error {
			<-release
			return answers(200)(ctx, x)
		})
		results := make(chan gate.Code, 10)
		for range 10 {
			go func() {
				_, code := call(b, "GET")
				results <- code
			}()
		}
		synctest.Wait()
		for range 8 {
			if code := <-results; code != gate.UpstreamUnavailable {
				t.Errorf("%v", code)
			}
		}
		close(release)
		for range 2 {
			if code := <-results; code != gate.Undecided {
				t.Errorf("%v", code)
			}
		}
		if api.calls.Load() != 12 || conditions(b) != "serving" {
			t.Errorf("%d calls, it is %s", api.calls.Load(), conditions(b))
		}
	})
}

// TestRiskyTrials: where every call changes something, or none is sent again, a
// target that was left out is tried all the same, later.
func TestRiskyTrials(t *testing.T) {
	for _, row := range []struct {
		method string
		tries  int
	}{{"POST", 3}, {"GET", 1}} {
		t.Run(row.method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var turn switched
				turn.to(fails(gate.UpstreamUnreachable))
				bad := &target{do: turn.send}
				b, _ := over(t, balance.Options{Retries: balance.Retries{Tries: row.tries}}, balance.NodeOptions{}, bad, &target{})
				for range 100 {
					if status, _ := call(b, row.method); status != 200 && row.tries > 1 {
						t.Fatal("what reached nobody was not sent to another")
					}
				}
				turn.to(answers(200))
				time.Sleep(11 * time.Second)
				for range 100 {
					call(b, row.method)
				}
				if bad.calls.Load() != 5 {
					t.Error("it was tried with a call that is not repeated")
				}
				time.Sleep(10 * time.Second)
				for range 100 {
					call(b, row.method)
				}
				if conditions(b) != "serving serving" {
					t.Errorf("they are %s", conditions(b))
				}
			})
		})
	}
}

// TestOff: what is turned off leaves nobody out.
func TestOff(t *testing.T) {
	o := balance.NodeOptions{Outliers: balance.Outliers{Off: true}, Breaker: balance.Breaker{Off: true}}
	b, _ := over(t, balance.Options{Retries: balance.Retries{Tries: 1}}, o, &target{do: fails(gate.UpstreamUnreachable)}, &target{do: fails(gate.UpstreamTimeout)})
	for range 100 {
		if _, code := call(b, "GET"); code != gate.UpstreamUnreachable && code != gate.UpstreamTimeout {
			t.Fatal(code)
		}
	}
	if s := b.Stats(); s.Retries != 0 || conditions(b) != "serving serving" {
		t.Errorf("they are %s; %+v", conditions(b), s)
	}
}
