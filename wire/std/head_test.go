package std

import (
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

const usual = "POST /v1/orders?limit=3 HTTP/1.1\r\nHost: api.example.test\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n" +
	"Authorization: Bearer abcdefghijklmnopqrstuvwxyz\r\nContent-Type: application/json\r\nContent-Length: 1024\r\nConnection: keep-alive\r\n\r\n"

// judged reads text as one head.
func judged(h *head, l *Limits, text string) {
	h.reset(false)
	h.raw = append(h.raw, text...)
	h.scan(l)
}

func TestHeadAllocatesNothing(t *testing.T) {
	l, h := Limits{}.WithDefaults(), &head{}
	judged(h, &l, usual)
	if h.broken != gate.Undecided || h.end != len(usual) || len(h.fields) != 7 || h.length != 1024 || !h.keeps {
		t.Fatalf("read as %+v", h)
	}
	if n := testing.AllocsPerRun(100, func() { judged(h, &l, usual) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestAuthority(t *testing.T) {
	for _, row := range []struct {
		text string
		want bool
	}{
		{"a", true}, {"a.b-c_d.E", true}, {"a:0", true}, {"a:65535", true}, {"127.0.0.1:8080", true}, {"[::1]", true}, {"[2001:db8::1]:443", true},
		{"", false}, {":80", false}, {"a:", false}, {"a:65536", false}, {"a:080808", false}, {"a:8o", false}, {"a:-1", false}, {"[]", false}, {"[::1", false},
		{"[127.0.0.1]", false}, {"[::1]80", false}, {"[::1]:", false}, {"[fe80::1%eth0]", false}, {"a b", false}, {"a/b", false}, {"a?b", false},
		{"a@b", false}, {"a%41", false}, {"\xc3\xa4", false}, {"a\x00", false}, {"::1", false},
	} {
		if got := octet.IsAuthority([]byte(row.text)); got != row.want {
			t.Errorf("%q: %v, want %v", row.text, got, row.want)
		}
	}
}

func BenchmarkHead(b *testing.B) {
	l, h := Limits{}.WithDefaults(), &head{}
	b.ReportAllocs()
	b.SetBytes(int64(len(usual)))
	for b.Loop() {
		judged(h, &l, usual)
	}
}
