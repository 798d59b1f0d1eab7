package h1_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/h1"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// counting counts how often a deadline is moved.
type counting struct {
	*net.TCPConn
	reads, writes atomic.Int64
}

func (c *counting) SetReadDeadline(t time.Time) error {
	c.reads.Add(1)
	return c.TCPConn.SetReadDeadline(t)
}

func (c *counting) SetWriteDeadline(t time.Time) error {
	c.writes.Add(1)
	return c.TCPConn.SetWriteDeadline(t)
}

// TestDeadlinesStay wants a busy connection to leave its deadlines alone.
func TestDeadlinesStay(t *testing.T) {
	leak.Check(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{TCPConn: raw.(*net.TCPConn)}
	g := stage.New(t, &fixed{body: []byte("ok"), known: true}).Gate
	s := h1.New(&session.Shared{Gate: g, Limits: session.Limits{}.WithDefaults(), Base: context.Background()}, &session.Conn{Conn: c, Raw: c})
	ended := make(chan bool)
	go func() { s.Serve(); close(ended) }()
	request, buf := []byte("POST /buffer HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"), make([]byte, 4<<10)
	for range 1000 {
		exchange(t, client, request, buf)
	}
	// Two for the head of the first request and for idleness, one for writes; one
	// more of each when the machine is very slow.
	if r, w := c.reads.Load(), c.writes.Load(); r > 3 || w > 2 {
		t.Errorf("1000 requests moved the read deadline %d times and the write deadline %d times", r, w)
	}
	client.Close()
	<-ended
}
