package crs_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/crs"
	"github.com/gatehouse-api/gatehouse/guard/internal/stage"
)

const searched = `openapi: 3.1.0
info: {title: Notes, version: 1.0.0}
paths: {/notes: {get: {operationId: listNotes, security: [], parameters: [{name: q, in: query, schema: {type: string}}], responses: {"200": {description: OK}}}}}
`

// TestCoreRules refuses what only the Core Rule Set finds, and observes it where
// that is asked for.
func TestCoreRules(t *testing.T) {
	rules, err := crs.New(crs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const target = "/notes?q=%27%20UNION%20SELECT%20password%20FROM%20users%20--%20"
	off := gatehouse.Settings{Inspect: config.Inspect{Mode: config.InspectOff}}
	looking := off
	looking.Modes = map[string]gatehouse.Mode{"crs": gatehouse.Observe}
	for _, r := range []struct {
		name     string
		settings gatehouse.Settings
		rules    gatehouse.CoreRules
		status   int
	}{{"absent", off, nil, 200}, {"asked", off, rules, 400}, {"observed", looking, rules, 200}} {
		t.Run(r.name, func(t *testing.T) {
			s := stage.New(t, searched, gatehouse.API{Options: gatehouse.Options{Settings: r.settings}, CoreRules: r.rules})
			s.API = func(x *gate.Exchange) { x.Answer.Status = 200 }
			s.With = []gate.Field{{Name: []byte("User-Agent"), Value: []byte("notes/1.0")}, {Name: []byte("Accept"), Value: []byte("application/json")}}
			s.Call("GET", target, "", "")
			e := &s.Event
			if s.Status != r.status {
				t.Fatalf("%d %s", s.Status, s.Body)
			}
			if found := strings.Contains(strings.Join(e.Finding.Reasons[:], " "), "942100") && e.Guard == "crs" && e.Finding.Class == "crs"; found != (r.rules != nil) {
				t.Errorf("by %s: %+v", e.Guard, e.Finding)
			}
			if s.Call("GET", "/notes?q=kettle", "", ""); s.Status != 200 {
				t.Errorf("a good call: %d %+v", s.Status, e.Finding)
			}
		})
	}
}
