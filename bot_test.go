package gatehouse_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
)

// TestHoneypots walks from a honeypot to what becomes of later calls.
func TestHoneypots(t *testing.T) {
	at := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	rows := []struct {
		name string
		on   config.BotAction
		mode config.Mode
		hit  string
		want gate.Code
		last int
	}{
		{"default", "", "", "/.env", 0, 201},
		{"observed", config.ObserveBots, "", "/.env", 0, 201},
		{"refused", config.RefuseBots, "", "/.env", gate.BotSuspected, 403},
		{"outside-the-prefix", config.RefuseBots, "", "/.git/config", gate.BotSuspected, 403},
		{"challenged", config.ChallengeBots, "", "/%2eenv", gate.ChallengeRequired, 403},
		{"api-is-observed", config.RefuseBots, gatehouse.Observe, "/.env", 0, 201},
		{"not-there", config.RefuseBots, "", "/nothing", 0, 201},
		{"described", config.RefuseBots, "", "/shop/v1/health", 0, 201},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := &still{}
			o := gatehouse.Options{Authentication: gatehouse.Upstream, Prefix: "/shop", Bots: &config.Bots{Honeypots: []string{"/.env", "/.git/", "/shop/v1/health"}, On: row.on}}
			o.Mode = row.mode
			plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, strings.ReplaceAll(vault, `"200"`, `"201"`)), Upstream: s, Options: o})
			if plan == nil {
				t.Fatal(problems)
			}
			g := gate.New(gate.Options{})
			g.Swap(plan)
			call := func(path, from string) gate.Code {
				x := &gate.Exchange{Method: []byte("GET"), Target: []byte(path), Host: []byte("vault.example"), Client: netip.MustParseAddr(from), Received: at, Context: t.Context()}
				g.Serve(x, s)
				if !x.Refused {
					return 0
				}
				return x.Refusal.Code
			}
			call(row.hit, "192.0.2.1")
			if code := call("/shop/v1/health", "192.0.2.1"); code != row.want || s.status != row.last {
				t.Errorf("%v %d, want %v %d", code, s.status, row.want, row.last)
			}
			if code := call("/shop/v1/health", "192.0.2.2"); code != 0 {
				t.Errorf("somebody else: %v", code)
			}
		})
	}
}
