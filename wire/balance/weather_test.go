package balance_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// TestWeather lets targets fail and come back at random for an hour, ten calls
// a second. Whatever the weather: no call tries a target twice; what can be
// repeated is answered while anybody serves who does not fail; one that fails is
// hardly ever called while another serves; and all are back soon after the sky
// has cleared.
func TestWeather(t *testing.T) {
	kinds := []gate.Code{gate.UpstreamUnreachable, gate.UpstreamBroken, gate.UpstreamTimeout}
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed-%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				const n = 4
				var targets [n]*target
				var fails [n]gate.Code
				var seen [n]int // by this call
				wasted := 0     // calls to those that fail
				for i := range targets {
					targets[i] = &target{do: func(_ context.Context, x *gate.Exchange) error {
						if seen[i]++; fails[i] != 0 {
							wasted++
							return &gate.Unavailable{Code: fails[i]}
						}
						x.Answer.Status = 200
						return nil
					}}
				}
				o := balance.Options{Retries: balance.Retries{Tries: n, BudgetPercent: 100}}
				b, _ := over(t, o, balance.NodeOptions{}, targets[:]...)
				turns := 0
				for range 36_000 {
					if random.IntN(300) == 0 { // twice a minute
						i := random.IntN(n)
						if turns++; fails[i] != 0 {
							fails[i] = 0
						} else {
							fails[i] = kinds[random.IntN(len(kinds))]
						}
					}
					before := b.Stats().Members
					seen = [n]int{}
					status, code := call(b, "GET")
					well := false
					for i, m := range before {
						if seen[i] > 1 {
							t.Fatalf("a call tried %d twice", i)
						}
						well = well || m.Health == balance.Serving && fails[i] == 0
					}
					if well && status != 200 {
						t.Fatalf("a call failed with %v though one would have answered: %+v", code, before)
					}
					time.Sleep(100 * time.Millisecond)
				}
				// Five failures for each turn to the bad, ten where it was the last
				// one, and one now and then to look whether it is back.
				if most := turns*10 + 600; wasted > most {
					t.Errorf("%d calls to targets that fail, want at most %d", wasted, most)
				}
				fails = [n]gate.Code{}
				time.Sleep(6 * time.Minute)
				for range 20 {
					call(b, "GET")
				}
				if got := conditions(b); got != "serving serving serving serving" {
					t.Errorf("in the end they are %s", got)
				}
				t.Log(turns, "turns,", wasted, "calls in vain,", b.Stats().Retries, "retries,", b.Stats().Unavailable, "that found nobody")
			})
		})
	}
}
