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

// TestSuspicion has calls suspected by how they are made, and asks for proofs
// where an operation says so.
func TestSuspicion(t *testing.T) {
	const pretends, listed = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"
	suspicion := &config.Challenge{When: []string{"suspicion"}}
	rows := []struct {
		name  string
		bots  config.Bots
		asks  *config.Challenge
		agent string
		ja4   string
		want  gate.Code
		would int
	}{
		{"observed", config.Bots{Signals: true}, nil, pretends, "", 0, 1},
		{"refused", config.Bots{Signals: true, On: config.RefuseBots}, nil, pretends, "", gate.BotSuspected, 0},
		{"challenged", config.Bots{Signals: true, On: config.ChallengeBots}, nil, pretends, "", gate.ChallengeRequired, 0},
		{"challenged-by-the-operation", config.Bots{Signals: true}, suspicion, pretends, "", gate.ChallengeRequired, 0},
		{"challenged-in-place-of-refused", config.Bots{Signals: true, On: config.RefuseBots}, suspicion, pretends, "", gate.ChallengeRequired, 0},
		{"not-suspected", config.Bots{Signals: true, On: config.RefuseBots}, suspicion, "curl/8.5.0", "", 0, 0},
		{"no-signals", config.Bots{Honeypots: []string{"/.env"}, On: config.RefuseBots}, nil, pretends, listed, 0, 0},
		{"listed", config.Bots{Fingerprints: []string{listed}, On: config.RefuseBots}, nil, "curl/8.5.0", listed, gate.BotSuspected, 0},
		{"not-listed", config.Bots{Fingerprints: []string{listed}, On: config.RefuseBots}, nil, "curl/8.5.0", "t13d1517h2_8daaf6152771_cb7bf5808d99", 0, 0},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			s := &still{}
			o := gatehouse.Options{Authentication: gatehouse.Upstream, Bots: &row.bots}
			o.Challenge = row.asks
			plan, problems := gatehouse.Compile(gatehouse.API{Contract: load(t, strings.ReplaceAll(vault, `"200"`, `"201"`)), Upstream: s, Options: o})
			if plan == nil {
				t.Fatal(problems)
			}
			if hears := row.bots.Signals || row.bots.Fingerprints != nil; plan.Hellos != hears {
				t.Errorf("the plan wants to know TLS: %v", plan.Hellos)
			}
			g := gate.New(gate.Options{})
			g.Swap(plan)
			x := &gate.Exchange{Method: []byte("GET"), Target: []byte("/v1/health"), Host: []byte("vault.example"), Client: netip.MustParseAddr("192.0.2.1"), Peer: netip.MustParseAddrPort("192.0.2.1:4000"), Received: time.Now(), Context: t.Context()}
			x.Fields = []gate.Field{{Name: []byte("User-Agent"), Value: []byte(row.agent)}}
			if row.ja4 != "" {
				x.Hello = &gate.Hello{JA4: row.ja4}
			}
			g.Serve(x, s)
			if code := x.Refusal.Code; x.Refused != (row.want != 0) || x.Refused && code != row.want || len(x.Would) != row.would {
				t.Errorf("%v %v, would have: %v; want %v", x.Refused, code, x.Would, row.want)
			}
		})
	}
}
