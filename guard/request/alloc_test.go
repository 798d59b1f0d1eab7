//go:build !race

package request

import (
	"fmt"
	"testing"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// The race detector makes pools forget at random, so that this file is not
// for it.

// TestNoAllocation holds the promise of the hot path.
func TestNoAllocation(t *testing.T) {
	h := benchHouse(t)
	rows := map[string]string{"order": orderHead + string(testdata.Order(1024))}
	for _, s := range benchStyles {
		rows[s.name] = "GET " + fmt.Sprintf(s.good, s.name)
	}
	for name, text := range rows {
		t.Run(name, func(t *testing.T) {
			x, g := h.request(t, text)
			if again(x, g) != gate.Allow {
				t.Fatalf("refused: %+v", x.Refusal)
			}
			if n := testing.AllocsPerRun(200, func() { again(x, g) }); n > 0 {
				t.Errorf("%.0f allocations", n)
			}
		})
	}
}

// TestNoAllocationOfDropping holds it for requests that lose something.
func TestNoAllocationOfDropping(t *testing.T) {
	h, _ := build(t, Options{Undeclared: schema.Drop, Misplaced: schema.Drop})
	for name, text := range map[string]string{
		"query": pet + "?x=1&limit=2\nX-Tenant: acme",
		"json":  "POST /pets\nContent-Type: application/json\n\n{\"x\":1,\"name\":\"Rex\",\"id\":7}",
		"form":  "POST /pets\nContent-Type: application/x-www-form-urlencoded\n\nx=1&name=Rex&y=2",
	} {
		t.Run(name, func(t *testing.T) {
			x, g := h.request(t, text)
			if again(x, g) != gate.Allow || len(x.Edits) == 0 {
				t.Fatalf("refused, or nothing is dropped: %+v", x.Refusal)
			}
			if n := testing.AllocsPerRun(200, func() { again(x, g) }); n > 0 {
				t.Errorf("%.0f allocations", n)
			}
		})
	}
}

// TestNoAllocationOfXML holds it for XML bodies.
func TestNoAllocationOfXML(t *testing.T) {
	strict, drop := xmlHouse(t, Options{}), xmlHouse(t, Options{Undeclared: schema.Drop, Misplaced: schema.Drop})
	for _, row := range []struct {
		name, body string
		house      *house
		edits      int
	}{
		{"small", xmlOrder, strict, 0},
		{"large", xmlLines(32 << 10), strict, 0},
		{"dropping", `<order id="7"><x><y a="1"/></x><customer lang="en">Ada</customer></order>`, drop, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			x, g := row.house.request(t, xmlHead+row.body)
			if again(x, g) != gate.Allow || len(x.Edits) != row.edits {
				t.Fatalf("%d edits, refusal %+v", len(x.Edits), x.Refusal)
			}
			if n := testing.AllocsPerRun(200, func() { again(x, g) }); n > 0 {
				t.Errorf("%.0f allocations", n)
			}
		})
	}
}
