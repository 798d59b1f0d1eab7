package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestBlockedTunnelIsRechecked: a client that sends more than the API reads
// keeps one way of the tunnel waiting. What the API says to it is judged all
// the same.
func TestBlockedTunnelIsRechecked(t *testing.T) {
	speak := make(chan bool)
	h, c, in := open(t, session.Limits{Recheck: time.Nanosecond}, upgrade, func(c *net.TCPConn) {
		<-speak
		io.WriteString(c, "secret")
		<-speak
	})
	defer close(speak)
	for full := bytes.Repeat([]byte("x"), 1<<20); ; {
		c.SetWriteDeadline(time.Now().Add(brief))
		if _, err := c.Write(full); err != nil {
			break // the gate takes no more: it waits for the API
		}
	}
	h.Gate.Swap(bare(t))
	speak <- true
	if b, _ := io.ReadAll(in); len(b) > 0 {
		t.Errorf("the client got %q", b)
	}
	if e := h.Event(0); e.Outcome != gate.Aborted {
		t.Errorf("outcome %v", e.Outcome)
	}
}

// long is an API whose answer has a stated length and takes long: half is called
// in the middle.
type long struct{ half func() }

const longBytes = 1 << 20

func (l *long) Send(_ context.Context, x *gate.Exchange) error {
	part := bytes.Repeat([]byte("x"), longBytes/2)
	x.Answer = gate.Answer{Status: 200, Length: longBytes, Body: io.NopCloser(io.MultiReader(bytes.NewReader(part), (*middle)(l), bytes.NewReader(part)))}
	return nil
}

// middle is between the halves.
type middle long

func (m *middle) Read([]byte) (int, error) {
	m.half()
	return 0, io.EOF
}

// TestLongAnswerIsRechecked: that the length of an answer is known changes
// nothing.
func TestLongAnswerIsRechecked(t *testing.T) {
	api := &long{}
	h := stage.New(t, api)
	api.half = func() { h.Gate.Swap(bare(t)) }
	c := engineOn(t, h.Gate, session.Limits{Recheck: time.Nanosecond})
	io.WriteString(c, "GET /get HTTP/1.1\r\nHost: a\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(res.Body); err == nil || len(b) > longBytes*3/4 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if e := h.Event(0); e.Outcome != gate.Aborted {
		t.Errorf("outcome %v", e.Outcome)
	}
}
