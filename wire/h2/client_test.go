package h2

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/wire/session"

	"github.com/gatehouse-api/gatehouse/gate"
)

// TestCalls sends what a well-behaved client sends, with TLS and by prior
// knowledge.
func TestCalls(t *testing.T) {
	for name, secure := range map[string]bool{"tls": true, "prior-knowledge": false} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, echo, secure, nil)
			c := s.client(t)
			res, err := c.Get(s.url("/get"))
			if status, body := read(t, res, err); status != 200 || body != "" {
				t.Errorf("GET: %d %q", status, body)
			}
			for _, size := range []int{0, 1, 1 << 10, 16 << 10, 1 << 20, 5 << 20} {
				for _, path := range []string{"/buffer", "/stream", "/unrouted"} {
					sent := strings.Repeat("0123456789abcdef", size/16+1)[:size]
					res, err := c.Post(s.url(path), "text/plain", strings.NewReader(sent))
					if status, body := read(t, res, err); status != 200 || body != sent {
						t.Errorf("POST %s of %d: %d and %d bytes", path, size, status, len(body))
					}
				}
			}
			res, err = c.Head(s.url("/get"))
			if status, body := read(t, res, err); status != 200 || body != "" {
				t.Errorf("HEAD: %d %q", status, body)
			}
			res, err = c.Get(s.url("/private"))
			if status, body := read(t, res, err); status != 401 || !strings.Contains(body, "credential-missing") {
				t.Errorf("refused: %d %q", status, body)
			}
		})
	}
}

// TestManyAtOnce keeps as many streams busy as there may be.
func TestManyAtOnce(t *testing.T) {
	// On a machine that is busy with other tests, a body may wait.
	s := serve(t, echo, true, func(s *session.Shared) { s.Limits.BodyGrace = time.Minute })
	c := s.client(t)
	var calls sync.WaitGroup
	sent := bytes.Repeat([]byte("x"), 40<<10)
	for range maxStreams {
		calls.Go(func() {
			for range 8 {
				res, err := c.Post(s.url("/buffer"), "text/plain", bytes.NewReader(sent))
				if err != nil {
					t.Error(err)
					return
				}
				if status, body := read(t, res, nil); status != 200 || len(body) != len(sent) {
					t.Errorf("%d and %d bytes", status, len(body))
				}
			}
		})
	}
	calls.Wait()
}

// TestFailureEndsOneConnection: a defect in what passes bytes on costs the
// connection on which it shows, and the client does not take what it got for
// whole.
func TestFailureEndsOneConnection(t *testing.T) {
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		x.Answer = gate.Answer{Status: 200, Length: 100 << 10, Body: failing{}}
		return nil
	}), true, nil)
	for n := range 2 {
		res, err := s.client(t).Get(s.url("/get"))
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Error("ended well")
		}
		if e := s.Event(n); e.Outcome != gate.Aborted {
			t.Errorf("the event says %v", e.Outcome)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { panic("planted") }
func (failing) Close() error             { return nil }
