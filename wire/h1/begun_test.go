package h1

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// counting counts what is written to it.
type counting struct {
	net.Conn
	wrote int
}

func (c *counting) Write(p []byte) (int, error)    { c.wrote += len(p); return len(p), nil }
func (*counting) SetWriteDeadline(time.Time) error { return nil }

// TestNoContinueBehindAnAnswer: whoever still reads the body when the answer is
// over asks for no more of it.
func TestNoContinueBehindAnAnswer(t *testing.T) {
	l := session.Limits{}.WithDefaults()
	out := &counting{}
	c := &conn{Conn: out, peer: &session.Conn{}, server: &session.Shared{}, limits: &l}
	u := take(c)
	defer u.release()
	u.head.expects = true
	u.begin(nil, 0)
	u.finish()
	if u.goOn(); out.wrote > 0 {
		t.Errorf("%d bytes were written", out.wrote)
	}
}

// TestOptionsAreBounded: each name in Connection is looked for among all fields,
// so a head full of them would cost milliseconds.
func TestOptionsAreBounded(t *testing.T) {
	l := session.Limits{}.WithDefaults()
	for n, want := range map[int]gate.Code{1: gate.Undecided, maxOptions: gate.Undecided, maxOptions + 1: gate.FieldsTooLarge} {
		h := &head{}
		judged(h, &l, []byte("GET / HTTP/1.1\r\nHost: a\r\nConnection: "+strings.Repeat("a,", n-1)+"a\r\n\r\n"))
		if h.broken != want {
			t.Errorf("%d options: %v", n, h.broken)
		}
	}
}
