package serve

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestSharedLimits: three gates on one Redis let no more through than the limit
// and what RateLimit-Policy says, and little less.
func TestSharedLimits(t *testing.T) {
	g := openTogether(t, testdata.StartRedis(t).Address)
	over := func(amount int) int { return sharedGates * amount * 20 / 1000 }
	t.Run("quota", func(t *testing.T) {
		refused := 0
		statuses, _ := g.load("/quota", 4, func(status int) bool {
			if status == http.StatusTooManyRequests {
				refused++
			}
			return refused > 200
		})
		n := len(g.passed("/quota"))
		t.Logf("%d passed of %d, %v", n, sharedQuota, statuses)
		if statuses[http.StatusOK] != n || n > sharedQuota+over(sharedQuota) || n < sharedQuota-over(sharedQuota) {
			t.Errorf("%d passed, and %d were answered", n, statuses[http.StatusOK])
		}
		// What one gate has of a slice and others lack comes back.
		eventually(t, func() bool {
			for gate := range g.urls {
				g.ask(gate, "/quota")
			}
			return len(g.passed("/quota")) == sharedQuota
		})
	})
	t.Run("policy", func(t *testing.T) {
		_, fields, _ := g.ask(0, "/window")
		if policy := fields.Get("RateLimit-Policy"); !strings.Contains(policy, fmt.Sprintf(";gatehouse-over=%d", over(sharedWindow))) {
			t.Errorf("%q", policy)
		}
	})
	t.Run("rate", func(t *testing.T) {
		begun := time.Now()
		statuses, _ := g.load("/rate", 3, during(2*time.Second))
		took := time.Since(begun).Seconds()
		n := len(g.passed("/rate"))
		due := float64(sharedRate) * (1 + took)
		t.Logf("%d passed of %.0f, %v", n, due, statuses)
		if float64(n) > due+float64(over(sharedRate)) {
			t.Error("too many")
		}
		if offered := statuses[200] + statuses[429]; float64(n) < 0.9*min(due, float64(offered)) {
			t.Errorf("too few of %d", offered)
		}
	})
	t.Run("window", func(t *testing.T) {
		statuses, _ := g.load("/window", 3, during(3*time.Second))
		times := g.passed("/window")
		worst := 0
		// Calls come to the API a little after they were counted.
		for i := range times {
			n, _ := slices.BinarySearchFunc(times, times[i].Add(time.Second-50*time.Millisecond), time.Time.Compare)
			worst = max(worst, n-i)
		}
		t.Logf("%d passed, at most %d of %d in a second, %v", len(times), worst, sharedWindow, statuses)
		if worst > sharedWindow+over(sharedWindow) {
			t.Error("too many")
		}
	})
	t.Run("places", func(t *testing.T) {
		statuses, _ := g.load("/places", 5, during(time.Second))
		g.mu.Lock()
		most := g.most["/places"]
		g.mu.Unlock()
		t.Logf("at most %d of %d at once, %v", most, sharedPlaces, statuses)
		if most > sharedPlaces || most < sharedPlaces/2 || statuses[http.StatusTooManyRequests] == 0 {
			t.Error("places")
		}
	})
}

// TestSharedLimitsFail: Redis is flushed, dies and comes back under load. Limits
// do what they say, and nobody waits.
func TestSharedLimitsFail(t *testing.T) {
	server := testdata.StartRedis(t)
	relay := testdata.NewRelay(t, server.Address)
	g := openTogether(t, relay.Address)
	t.Run("flushed", func(t *testing.T) {
		n := 0
		g.load("/flushed", 2, func(status int) bool { n++; return n > sharedQuota/2 })
		time.Sleep(2 * tendsWithin) // slices that nobody spends are given back
		server.Do("FLUSHALL")
		server.Do("SCRIPT", "FLUSH")
		refused := 0
		g.load("/flushed", 2, func(status int) bool {
			if status == http.StatusTooManyRequests {
				refused++
			}
			return refused > 200
		})
		passed := len(g.passed("/flushed"))
		t.Logf("%d passed of %d", passed, sharedQuota)
		if over := sharedGates * sharedQuota * 20 / 1000; passed > sharedQuota+over || passed < sharedQuota-2*over {
			t.Error("a counter that was flushed")
		}
	})
	// within calls until every gate answers with a status.
	within := func(t *testing.T, path string, want int) {
		t.Helper()
		eventually(t, func() bool {
			for gate := range g.urls {
				if status, _, _ := g.ask(gate, path); status != want {
					return false
				}
			}
			return true
		})
	}
	t.Run("dead", func(t *testing.T) {
		within(t, "/closed", http.StatusOK)
		before := relay.Accepted.Load()
		var work sync.WaitGroup
		work.Go(func() {
			time.Sleep(100 * time.Millisecond)
			server.Kill()
			relay.Cut()
		})
		statuses, longest := g.load("/closed", 2, during(time.Second))
		work.Wait()
		t.Logf("%v, a call took %v at most", statuses, longest)
		if statuses[200] == 0 || statuses[503] == 0 || len(statuses) != 2 || longest > sharedWait+time.Second {
			t.Error("a limit that is closed")
		}
		within(t, "/closed", http.StatusServiceUnavailable)
		if _, fields, _ := g.ask(0, "/closed"); fields.Get("Retry-After") == "" {
			t.Error("there is no Retry-After")
		}
		count := func(path string) (n int) {
			for gate := range g.urls {
				for range 40 {
					if status, _, _ := g.ask(gate, path); status == http.StatusOK {
						n++
					}
				}
			}
			return n
		}
		if n := count("/open"); n != 40*sharedGates {
			t.Errorf("a limit that is open: %d passed", n)
		}
		if n := count("/degraded"); n != 30 {
			t.Errorf("a limit that is degraded: %d passed, want 10 at each gate", n)
		}
		for _, url := range g.watch {
			if text := page(t, url+"/metrics"); !strings.Contains(text, "gatehouse_counters_up 0") {
				t.Error("metrics do not say that the server is down")
			}
		}
		if n := relay.Accepted.Load() - before; n > 20*sharedGates {
			t.Errorf("%d attempts to connect", n)
		}
	})
	t.Run("back", func(t *testing.T) {
		server.Start()
		within(t, "/closed", http.StatusOK)
		if text := page(t, g.watch[0]+"/metrics"); !strings.Contains(text, "gatehouse_counters_up 1") || !strings.Contains(text, fmt.Sprintf("gatehouse_counters_gates %d", sharedGates)) {
			eventually(t, func() bool {
				return strings.Contains(page(t, g.watch[0]+"/metrics"), fmt.Sprintf("gatehouse_counters_gates %d", sharedGates))
			})
		}
	})
}

// tendsWithin is more than a gate takes to give back what nobody spends.
const tendsWithin = 2 * time.Second

func page(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
