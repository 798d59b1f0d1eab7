package challenge_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
	"github.com/gatehouse-api/gatehouse/trust"
)

// TestSeveralGates: gates with one key take each other's puzzles, each of them
// once. Others do not.
func TestSeveralGates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gateOf := func(secret string) *play {
			o := gatehouse.Options{Settings: config.Settings{Challenge: &config.Challenge{When: []string{"always"}, Bits: 8}}}
			if secret != "" {
				o.ChallengeKey = trust.NewSecret(secret)
			}
			p := &play{Stage: stage.New(t, contract, gatehouse.API{Options: o})}
			p.From = home
			p.API = func(x *gate.Exchange) { x.Answer.Status = 200 }
			return p
		}
		one, two := strings.Repeat("1", 32), strings.Repeat("2", 32)
		asked := gateOf(one)
		asked.get("/a")
		proof := "Gatehouse-Proof:" + solve(asked.Reply["Gatehouse-Puzzle"])
		for name, row := range map[string]struct {
			gate *play
			why  string
		}{
			"the-same": {asked, ""}, "another": {gateOf(one), ""}, "of-another-key": {gateOf(two), "foreign"}, "of-no-key": {gateOf(""), "foreign"},
		} {
			if got := row.gate.get("/a", proof); (got == 200) != (row.why == "") || row.gate.Event.Keyword != row.why {
				t.Errorf("%s: %d %q", name, got, row.gate.Event.Keyword)
			}
			if row.why == "" {
				if got := row.gate.get("/a", proof); got != 403 || row.gate.Event.Keyword != "used" {
					t.Errorf("%s, again: %d %q", name, got, row.gate.Event.Keyword)
				}
			}
		}
		if one, two := gateOf(""), gateOf(""); one.get("/a") == 403 {
			if two.get("/a", "Gatehouse-Proof:"+solve(one.Reply["Gatehouse-Puzzle"])) != 403 || two.Event.Keyword != "foreign" {
				t.Error("gates without a key have the same")
			}
		}
	})
}
