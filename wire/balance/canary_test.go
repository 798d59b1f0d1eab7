package balance_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// split is a live target and a canary.
func split(t *testing.T, c balance.Canary) (b *balance.Balancer, live, canary *target) {
	t.Helper()
	live, canary = &target{}, &target{}
	return balancer(t, balance.Options{Canary: c, Members: []balance.Member{
		{Node: balance.NewNode(live, balance.NodeOptions{})},
		{Node: balance.NewNode(canary, balance.NodeOptions{}), Role: balance.CanaryRole},
	}}), live, canary
}

// from is the nth client of many.
func from(n int) *gate.Exchange {
	return &gate.Exchange{Method: []byte("GET"), Client: netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})}
}

// TestCanaryShare: so many of the clients go to the canary, each of them
// always.
func TestCanaryShare(t *testing.T) {
	for _, percent := range []int{0, 1, 5, 50, 100} {
		b, _, canary := split(t, balance.Canary{Percent: percent})
		const clients = 20000
		took := make([]bool, clients)
		for n := range clients {
			before := canary.calls.Load()
			send(b, from(n))
			took[n] = canary.calls.Load() > before
		}
		got := int(canary.calls.Load())
		if want := clients * percent / 100; got < want*9/10 || got > want*11/10 {
			t.Errorf("%d%%: %d of %d clients, want about %d", percent, got, clients, want)
		}
		for n := range clients {
			before := canary.calls.Load()
			if send(b, from(n)); took[n] != (canary.calls.Load() > before) {
				t.Fatalf("%d%%: client %d changed sides", percent, n)
			}
		}
	}
}

// TestCanaryNetwork: a /64 is one client.
func TestCanaryNetwork(t *testing.T) {
	b, live, canary := split(t, balance.Canary{Percent: 50})
	a := netip.MustParseAddr("2001:db8:1:2::1")
	for range 100 {
		send(b, &gate.Exchange{Method: []byte("GET"), Client: a})
		a = a.Next()
	}
	if live.calls.Load() != 0 && canary.calls.Load() != 0 {
		t.Errorf("%d and %d calls", live.calls.Load(), canary.calls.Load())
	}
}

func TestCanaryEachCall(t *testing.T) {
	b, _, canary := split(t, balance.Canary{Percent: 20, EachNew: true})
	for range 10000 {
		send(b, from(1))
	}
	if n := canary.calls.Load(); n < 1800 || n > 2200 {
		t.Errorf("%d of 10000 calls", n)
	}
}

// TestCanaryHeader: a client can choose where the operator lets it, and only
// by the two words.
func TestCanaryHeader(t *testing.T) {
	for _, row := range []struct {
		header  string // that the operator named
		percent int
		values  []string
		canary  bool
	}{
		{"X-Canary", 0, []string{"always"}, true},
		{"X-Canary", 100, []string{"never"}, false},
		{"X-Canary", 0, []string{"Always"}, false},
		{"X-Canary", 0, []string{"1"}, false},
		{"X-Canary", 100, []string{"1"}, true},
		{"X-Canary", 0, []string{"always", "always"}, false},
		{"X-Canary", 100, []string{"never", "always"}, true},
		{"", 0, []string{"always"}, false},
		{"X-Other", 0, []string{"always"}, false},
	} {
		b, _, canary := split(t, balance.Canary{Percent: row.percent, Header: row.header})
		x := from(1)
		for _, v := range row.values {
			x.Fields = append(x.Fields, gate.Field{Name: []byte("x-canary"), Value: []byte(v)})
		}
		send(b, x)
		if got := canary.calls.Load() == 1; got != row.canary {
			t.Errorf("%+v: canary %v", row, got)
		}
	}
}

// TestCanaryFails: what the canary cannot take goes to the live targets.
func TestCanaryFails(t *testing.T) {
	b, _, canary := split(t, balance.Canary{Percent: 100})
	canary.do = fails(gate.UpstreamBroken)
	for n := range 100 {
		if status, code := send(b, from(n)); status != 200 {
			t.Fatalf("a client saw %v", code)
		}
	}
	if canary.calls.Load() != 5 || conditions(b) != "serving ejected" {
		t.Errorf("the canary was called %d times, they are %s", canary.calls.Load(), conditions(b))
	}
}

// TestCanaryIsNoSpare: it is made for some of the calls, and does not get all
// of them when the live targets are gone.
func TestCanaryIsNoSpare(t *testing.T) {
	b, live, canary := split(t, balance.Canary{})
	live.do = fails(gate.UpstreamUnreachable)
	for n := range 100 {
		send(b, from(n))
	}
	if n := canary.calls.Load(); n != 0 {
		t.Errorf("the canary got %d calls of others", n)
	}
}

// TestCanaryComesBack: a canary that was left out is tried like any other, by
// calls that are its own.
func TestCanaryComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, live, canary := split(t, balance.Canary{Percent: 50})
		var turn switched
		turn.to(answers(503))
		canary.do = turn.send
		for n := range 100 {
			send(b, from(n))
		}
		if canary.calls.Load() != 5 || live.calls.Load() != 95 || conditions(b) != "serving ejected" {
			t.Fatalf("%d and %d calls, they are %s", live.calls.Load(), canary.calls.Load(), conditions(b))
		}
		turn.to(answers(200))
		time.Sleep(10 * time.Second)
		for n := range 100 {
			send(b, from(n))
		}
		if n := canary.calls.Load(); n < 30 || n > 80 || conditions(b) != "serving serving" {
			t.Errorf("%d calls, they are %s", n, conditions(b))
		}
	})
}
