package lab_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/lab"
)

// TestTheContractIsGood holds the shop's document to what `gatehouse check`
// finds: no problem, not even a warning, nothing open and nothing loose.
func TestTheContractIsGood(t *testing.T) {
	c := read(t)
	o := gatehouse.Options{Authentication: config.ByUpstream, Operations: map[string]config.Operation{"login": {}}}
	login := o.Operations["login"]
	login.Login = &config.Login{Account: "/email", Password: "/password"}
	o.Operations["login"] = login
	if _, problems := gatehouse.Compile(gatehouse.API{Contract: c, Options: o}); len(problems) > 0 {
		t.Error(problems)
	}
	public := 0
	for _, e := range gatehouse.Survey(c, nil) {
		if len(e.Open)+len(e.Loose) > 0 {
			t.Errorf("%s: %v", e.Operation, e.Remarks())
		}
		if e.Public {
			public++
		}
	}
	if n := len(c.Operations); n < 25 || public != 7 {
		t.Errorf("%d operations, %d public", n, public)
	}
}

// TestFlawsNameOperations demands that each row of FLAWS.md that names an
// operation names one of the contract, but for those that nobody documented.
func TestFlawsNameOperations(t *testing.T) {
	declared := map[string]bool{}
	for _, op := range read(t).Operations {
		declared[op.Method+" "+op.Path] = true
	}
	flaws, err := lab.Flaws()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flaws {
		hidden := f.Code == "path-unknown" || f.Code == "method-unknown"
		if !strings.HasPrefix(f.Where, "every operation") && declared[f.Where] == hidden {
			t.Errorf("%s: %s", f.ID, f.Where)
		}
	}
}
