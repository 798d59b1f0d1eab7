package request

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestCodings: gzip is taken where it is allowed and somebody reads the body.
func TestCodings(t *testing.T) {
	for _, row := range []struct {
		name, text string
		gzip       bool
		coding     gate.Coding
		code       gate.Code
	}{
		{"not-allowed", "POST /pets\nContent-Type: application/json\nContent-Encoding: gzip\n\nxx", false, 0, gate.BodyCoding},
		{"allowed", "POST /pets\nContent-Type: application/json\nContent-Encoding: gzip\n\nxx", true, gate.Gzip, 0},
		{"in-capitals", "POST /pets\nContent-Type: application/json\nContent-Encoding: GZIP\n\nxx", true, gate.Gzip, 0},
		{"another", "POST /pets\nContent-Type: application/json\nContent-Encoding: br\n\nxx", true, 0, gate.BodyCoding},
		{"twice", "POST /pets\nContent-Type: application/json\nContent-Encoding: gzip\nContent-Encoding: gzip\n\nxx", true, 0, gate.BodyCoding},
		{"a-list", "POST /pets\nContent-Type: application/json\nContent-Encoding: gzip, gzip\n\nxx", true, 0, gate.BodyCoding},
		{"of-what-nobody-reads", "POST /pets\nContent-Type: application/octet-stream\nContent-Encoding: gzip\n\nxx", true, 0, gate.BodyCoding},
		{"identity", "POST /pets\nContent-Type: application/json\nContent-Encoding: identity\n\nxx", true, gate.Identity, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			h, _ := build(t, Options{Gzip: row.gzip})
			x, g := h.request(t, row.text)
			g.Head(x)
			if x.Refusal.Code != row.code || row.code == 0 && x.Intake.Coding != row.coding {
				t.Errorf("got %v, coding %v", x.Refusal.Code, x.Intake.Coding)
			}
			if _, n := x.Field("Content-Encoding"); (n == 0) != (row.coding == gate.Gzip) {
				t.Errorf("%d fields say the coding", n)
			}
		})
	}
}
