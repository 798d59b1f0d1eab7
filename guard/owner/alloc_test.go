//go:build !race

package owner_test

import (
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// asked is a gate with an owned order, and the guard of getOrder with an
// exchange that asks for it.
func asked(t testing.TB, who string) (judge func() gate.Verdict) {
	t.Helper()
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	s := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{Hash: k.MAC(keys.Owners)}), m)
	shop(s)
	if got := s.call("alice", "POST", "/orders", `{}`); got != "201" {
		t.Fatal(got)
	}
	plan := s.Gate.Plan()
	x := &gate.Exchange{Plan: plan, Context: t.Context(), Method: []byte("GET"), Received: time.Now(), Principal: as(who)}
	plan.Routes.Match(&x.Match, []byte("api.test"), []byte("GET"), []byte("/orders/7"))
	for _, step := range plan.Operations[x.Match.Number].Steps {
		if step.Name == "owner" {
			return func() gate.Verdict { return step.Head.Head(x) }
		}
	}
	t.Fatal("the guard is not there")
	return nil
}

// The race detector makes pools forget at random, so that this file is not
// built with it.

// TestLookUpAllocatesNothing: neither for the owner nor for somebody else.
func TestLookUpAllocatesNothing(t *testing.T) {
	for who, want := range map[string]gate.Verdict{"alice": gate.Allow, "bob": gate.Deny} {
		judge := asked(t, who)
		if got := judge(); got != want {
			t.Fatalf("%s: %v", who, got)
		}
		if n := testing.AllocsPerRun(200, func() { judge() }); n > 0 {
			t.Errorf("%s: %v allocations", who, n)
		}
	}
}

// BenchmarkHead judges the id of a path: two hashes under the gate's key and
// one look-up.
func BenchmarkHead(b *testing.B) {
	for _, who := range []string{"alice", "bob"} {
		b.Run(who, func(b *testing.B) {
			judge := asked(b, who)
			b.ReportAllocs()
			for b.Loop() {
				judge()
			}
		})
	}
}
