package wire_test

import (
	"bufio"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// TestGatesInARow wants a gate in front of a gate taken for no loop.
func TestGatesInARow(t *testing.T) {
	leak.Check(t)
	back := record(t, "")
	inner := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, false)
	outer := serve(t, to(t, inner.url, upstream.Options{}), server.Options{}, false)
	c := outer.dial(t)
	send(t, c, "GET /get HTTP/1.1\r\nHost: a\r\nVia: 1.1 gatehouse\r\nVia: 1.1 other, 1.1 gatehouse-\r\n\r\n")
	if res, _ := receive(t, bufio.NewReader(c), "GET"); res.StatusCode != 204 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// TestLoop has a gate in front of itself: it refuses the second time.
func TestLoop(t *testing.T) {
	leak.Check(t)
	l, err := edge.Listen(edge.Options{Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	h := stage.New(t, to(t, "http://"+l.Addr().String(), upstream.Options{}))
	s := server.NewServer(h.Gate, server.Options{})
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l, nil) }()
	c := (&path{addr: l.Addr().String()}).dial(t)
	send(t, c, good)
	if res, _ := receive(t, bufio.NewReader(c), "GET"); res.StatusCode != 508 {
		t.Errorf("status %d", res.StatusCode)
	}
	// Either may be recorded first: the answer is on its way before.
	if first, second := h.Event(0), h.Event(1); first.Code != gate.Loop && second.Code != gate.Loop {
		t.Errorf("events %v and %v", first.Code, second.Code)
	}
	s.Shutdown(over())
	if err := <-ended; err != nil || h.Events() != 2 {
		t.Errorf("%v, %d events", err, h.Events())
	}
}
