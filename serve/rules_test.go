package serve

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestRulesAreWatched takes over rules that change, and new files of a folder;
// while they are wrong, those before serve on.
func TestRulesAreWatched(t *testing.T) {
	api, _ := upstreamOf(t)
	h := openHouse(t, one("b.yaml", api), func(c *Config) { c.Poll = time.Millisecond })
	if err := os.Mkdir(filepath.Join(h.dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Wait(ctx) }()
	called := func(want int) {
		t.Helper()
		if got := status(t, h.URL()+"/a"); got != want {
			t.Errorf("status %d, want %d", got, want)
		}
	}
	h.write("rules/one.cedar", `forbid (principal, action == Action::"GET /both", resource);`)
	h.write("gatehouse.yaml", one("a.yaml", api)[:strings.Index(one("a.yaml", api), "record:")]+"    policies: [rules]\nrecord: {events: none}\n")
	h.said("plan=2 because=\"files changed: gatehouse.yaml\"")
	called(200)
	h.write("rules/one.cedar", `forbid (principal, action == Action::"GET /a", resource);`)
	h.said("plan=3 because=\"files changed: ") // its folder, too, where that was looked at in between
	called(403)
	h.write("rules/one.cedar", `forbid (principal, action == Action::"GET /b", resource);`)
	h.said("the contract has no operation")
	h.said("one.cedar:1:38")
	called(403)
	h.write("rules/one.cedar", `forbid (principal, action == Action::"GET /both", resource);`)
	h.said("plan=4")
	called(200)
	h.write("rules/two.cedar", `forbid (principal, action == Action::"GET /a", resource);`)
	h.said("plan=5 because=\"files changed: rules")
	called(403)
	os.Remove(filepath.Join(h.dir, "rules", "two.cedar"))
	h.said("plan=6 because=\"files changed: rules")
	called(200)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
