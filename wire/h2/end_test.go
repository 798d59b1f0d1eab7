package h2

import (
	"context"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestDrain ends connections in good order: what is in flight ends, what comes
// before the client knows is taken, and what comes behind is not.
func TestDrain(t *testing.T) {
	let := make(chan struct{})
	begun := make(chan struct{}, 4)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		begun <- struct{}{}
		<-let
		answer(x, 200, "done")
		return nil
	}), false, nil)
	r := s.raw(t)
	r.head(1, true, usual("GET", "/get")...)
	<-begun
	s.each(session.Session.Drain)
	s.each(session.Session.Drain)
	if f := r.expect("GOAWAY").(*http2.GoAwayFrame); f.LastStreamID != mostWindow || f.ErrCode != http2.ErrCodeNo {
		t.Errorf("first %v", f)
	}
	ping := r.expect("PING").(*http2.PingFrame)
	r.head(3, true, usual("GET", "/get")...)
	<-begun
	r.check(r.framer.WritePing(true, ping.Data))
	if f := r.expect("GOAWAY").(*http2.GoAwayFrame); f.LastStreamID != 3 || f.ErrCode != http2.ErrCodeNo {
		t.Errorf("second %v", f)
	}
	r.head(5, false, usual("POST", "/stream")...)
	r.check(r.framer.WriteData(5, false, []byte("not looked at")))
	r.check(r.framer.WriteWindowUpdate(5, 1))
	r.check(r.framer.WriteRSTStream(5, http2.ErrCodeCancel))
	close(let)
	answers := 0
	for f := r.next(); f != nil; f = r.next() {
		switch f := f.(type) {
		case *http2.DataFrame:
			answers++
		case *http2.GoAwayFrame, *http2.RSTStreamFrame:
			t.Errorf("%v", f)
		}
	}
	if answers != 2 || len(begun) != 0 {
		t.Errorf("%d answers, %d more begun", answers, len(begun))
	}
}

// TestDrainOfIdle ends a connection on which nothing is asked: at rest, before
// anything came, and of a client that does not answer.
func TestDrainOfIdle(t *testing.T) {
	rest := make(chan struct{})
	s := serve(t, echo, false, func(s *session.Shared) {
		s.Limits.HeadTimeout = 40 * time.Millisecond
		s.Limits.Linger = time.Millisecond
	})
	r := s.raw(t)
	s.whenAtRest(func() { close(rest) })
	<-rest
	s.each(session.Session.Drain)
	r.expect("GOAWAY")
	ping := r.expect("PING").(*http2.PingFrame)
	r.check(r.framer.WritePing(true, ping.Data))
	r.expect("GOAWAY")
	if f := r.next(); f != nil {
		t.Errorf("%v", f)
	}

	r = s.raw(t)
	s.each(session.Session.Drain)
	if code := r.bye(); code != http2.ErrCodeNo { // after farewellTime
		t.Errorf("deaf: %v", code)
	}
}

// whenAtRest calls f when the only connection rests.
func (s *server) whenAtRest(f func()) {
	for {
		ok := false
		s.each(func(one session.Session) {
			c := one.(*conn)
			c.mu.Lock()
			defer c.mu.Unlock()
			ok = c.atRest
		})
		if ok {
			f()
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestIdle ends a connection on which nothing is asked for a while, whatever
// else is said on it; one on which something is asked goes on, also after a
// rest.
func TestIdle(t *testing.T) {
	s := serve(t, echo, false, func(s *session.Shared) {
		s.Limits.HeadTimeout = 40 * time.Millisecond // a pulse of 10 ms
		s.Limits.IdleTimeout = 400 * time.Millisecond
		s.Limits.Linger = time.Millisecond
	})
	r := s.raw(t)
	for id := uint32(1); id < 7; id += 2 {
		s.whenAtRest(func() { r.head(id, true, usual("GET", "/get")...) })
		if status, _ := r.response(id); status != "200" {
			t.Errorf("after a rest: %s", status)
		}
	}
	began := time.Now()
	r.check(r.framer.WritePing(false, [8]byte{}))
	if code := r.bye(); code != http2.ErrCodeNo || time.Since(began) < 200*time.Millisecond {
		t.Errorf("ended with %v after %v", code, time.Since(began))
	}
}

// TestCut ends connections at once: an answer that breaks off does not look
// whole, and the event says that it was the gate.
func TestCut(t *testing.T) {
	out := make(chan string, 1)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, -1, &parts{from: out}
		return nil
	}), true, nil)
	out <- "part"
	res, err := s.client(t).Get(s.url("/get"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b [4]byte
	if _, err := res.Body.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	s.shared.Cutting.Store(true)
	s.end(errCut)
	s.each(session.Session.Cut)
	if n, err := res.Body.Read(b[:]); err == nil {
		t.Errorf("%q after the cut", b[:n])
	}
	close(out)
	s.Event(0)
}
