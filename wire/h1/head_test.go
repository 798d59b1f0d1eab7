package h1

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

const usual = "POST /v1/orders?limit=3 HTTP/1.1\r\nHost: api.example.test\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n" +
	"Authorization: Bearer abcdefghijklmnopqrstuvwxyz\r\nContent-Type: application/json\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n\r\n"

// judged reads text as one head.
func judged(h *head, l *session.Limits, text []byte) {
	h.reset(false)
	h.raw = text
	h.scan(l)
}

func TestHeadAllocatesNothing(t *testing.T) {
	text := []byte(usual)
	l, h := session.Limits{}.WithDefaults(), &head{}
	judged(h, &l, text)
	if h.broken != gate.Undecided || h.end != len(usual) || len(h.fields) != 7 || h.length != 1024 || !h.keeps {
		t.Fatalf("read as %+v", h)
	}
	if n := testing.AllocsPerRun(100, func() { judged(h, &l, text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkHead(b *testing.B) {
	text := []byte(usual)
	l, h := session.Limits{}.WithDefaults(), &head{}
	b.ReportAllocs()
	b.SetBytes(int64(len(usual)))
	for b.Loop() {
		judged(h, &l, text)
	}
}
