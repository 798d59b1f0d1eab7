package origin_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/origin"
)

var measured = []struct {
	name   string
	method string
	fields []string
}{
	{"call-without-origin", "GET", nil},
	{"call-permitted", "GET", []string{"Origin: " + app}},
	{"call-not-permitted", "GET", []string{"Origin: https://evil.example"}},
	{"preflight-permitted", "OPTIONS", []string{"Origin: " + app, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type"}},
	{"preflight-not-permitted", "OPTIONS", []string{"Origin: " + app, "Access-Control-Request-Method: PUT"}},
	{"hostile-headers", "OPTIONS", []string{"Origin: " + app, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: " + strings.Repeat("x-key,", 5000)}},
	{"hostile-commas", "OPTIONS", []string{"Origin: " + app, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: " + strings.Repeat(",", 30000)}},
}

// round returns a function that judges one request and its answer.
func round(t testing.TB, method string, fields []string) func() {
	g := origin.New(pets(), named)
	x := exchange(plan(t), method, "/pets", fields...)
	x.Answer.Fields = exchange(nil, "", "", "Content-Type: application/json", "Access-Control-Allow-Origin: *", "Vary: Accept").Fields
	return func() {
		x.AddFields, x.Reply.Fields = x.AddFields[:0], x.Reply.Fields[:0]
		if g.Head(x) == gate.Deny || g.AnswerHead(x) != gate.Allow {
			t.Fatal("denied")
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for _, row := range measured {
		t.Run(row.name, func(t *testing.T) {
			run := round(t, row.method, row.fields)
			run()
			if n := testing.AllocsPerRun(100, run); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func BenchmarkGuard(b *testing.B) {
	for _, row := range measured {
		b.Run(row.name, func(b *testing.B) {
			run := round(b, row.method, row.fields)
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
		})
	}
}
