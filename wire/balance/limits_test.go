package balance_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// TestMaxEjected: of four that might be left out, no more than half are.
func TestMaxEjected(t *testing.T) {
	for _, row := range []struct {
		percent int
		want    string
	}{{0, "ejected ejected serving serving"}, {1, "ejected serving serving serving"}, {100, "ejected ejected ejected serving"}} {
		var turns [3]switched
		var list []*target
		for i := range turns {
			turns[i].to(answers(200))
			list = append(list, &target{do: turns[i].send})
		}
		b, _ := over(t, balance.Options{}, balance.NodeOptions{Outliers: balance.Outliers{MaxEjectedPercent: row.percent}}, append(list, &target{})...)
		for i := range turns { // one after the other
			turns[i].to(answers(503))
			for range 100 {
				call(b, "POST")
			}
		}
		if got := conditions(b); got != row.want {
			t.Errorf("%d%%: they are %s, want %s", row.percent, got, row.want)
		}
	}
}

// TestPeaceForgives: after a long time of peace, an address that fails again
// is left out as briefly as the first time.
func TestPeaceForgives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		bad := &target{do: turn.send}
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, bad, &target{})
		out := func(seconds int) {
			t.Helper()
			turn.to(fails(gate.UpstreamUnreachable))
			for conditions(b) == "serving serving" {
				call(b, "GET")
			}
			turn.to(answers(200))
			time.Sleep(time.Duration(seconds)*time.Second - time.Millisecond)
			if call(b, "GET"); conditions(b) != "ejected serving" {
				t.Fatalf("it is back before %d s", seconds)
			}
			time.Sleep(time.Millisecond)
			if call(b, "GET"); conditions(b) != "serving serving" {
				t.Fatalf("it is not back after %d s", seconds)
			}
		}
		out(10)
		out(20)
		out(30)
		time.Sleep(6 * time.Minute)
		out(10)
		for n := 2; n < 30; n++ {
			out(10 * n)
		}
		out(300)
		out(300)
	})
}

// TestTrialsInARow: a failure among the trials begins the count anew.
func TestTrialsInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		turn.to(fails(gate.UpstreamUnreachable))
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, &target{do: turn.send})
		for range 10 {
			call(b, "GET")
		}
		for i, row := range []struct {
			well bool
			want string
		}{{true, "open"}, {false, "open"}, {true, "open"}, {true, "serving"}} {
			time.Sleep(5 * time.Second)
			if turn.to(fails(gate.UpstreamBroken)); row.well {
				turn.to(answers(200))
			}
			if call(b, "GET"); conditions(b) != row.want {
				t.Fatalf("after trial %d it is %s, want %s", i, conditions(b), row.want)
			}
		}
	})
}

// TestStatusIsAnAnswer: a target that answers at all keeps the breaker closed,
// whatever it answers.
func TestStatusIsAnAnswer(t *testing.T) {
	var turn switched
	b, _ := over(t, balance.Options{}, balance.NodeOptions{}, &target{do: turn.send})
	for i := range 100 {
		if turn.to(fails(gate.UpstreamBroken)); i%9 == 8 {
			turn.to(answers(503))
		}
		call(b, "GET")
	}
	if got := conditions(b); got != "serving" {
		t.Errorf("it is %s", got)
	}
}

// TestBusyTrial: a trial that says nothing of the target is not made twice by
// one call, and gives its place back.
func TestBusyTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		turn.to(fails(gate.UpstreamUnreachable))
		api := &target{do: turn.send}
		b, _ := over(t, balance.Options{}, balance.NodeOptions{}, api)
		for range 10 {
			call(b, "GET")
		}
		time.Sleep(5 * time.Second)
		turn.to(fails(gate.Overloaded))
		for i := range int64(10) {
			if _, code := call(b, "GET"); code != gate.Overloaded || api.calls.Load() != 11+i {
				t.Fatalf("call %d: %v, %d calls", i, code, api.calls.Load())
			}
		}
	})
}

// TestTrialThatIsNotPaidFor: where there is no budget for a try, its place
// among the trials is given back.
func TestTrialThatIsNotPaidFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turn switched
		turn.to(fails(gate.UpstreamBroken))
		n := balance.NodeOptions{Outliers: balance.Outliers{Off: true}, Breaker: balance.Breaker{Failures: 300}}
		b, _ := over(t, balance.Options{Retries: balance.Retries{BudgetPercent: 1}}, n, &target{do: turn.send}, &target{do: turn.send})
		for conditions(b) != "open open" {
			call(b, "GET")
		}
		for range 10 {
			time.Sleep(5 * time.Second)
			for range 4 {
				call(b, "GET")
			}
		}
		if b.Stats().Exhausted == 0 {
			t.Fatal("there is still a budget")
		}
		turn.to(answers(200))
		time.Sleep(5 * time.Second)
		for range 8 {
			call(b, "GET")
		}
		if got := conditions(b); got != "serving serving" {
			t.Errorf("they are %s", got)
		}
	})
}
