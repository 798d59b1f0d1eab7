package testdata

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Relay passes connections on to a server, slower than they come, or not at all.
type Relay struct {
	Address  string
	Accepted atomic.Int64 // connections

	listener net.Listener
	delay    atomic.Int64
	held     atomic.Bool
	mu       sync.Mutex
	to       string                // guarded by mu
	open     map[net.Conn]struct{} // guarded by mu
	work     sync.WaitGroup
}

// NewRelay makes a relay to an address that ends with the test.
func NewRelay(t testing.TB, to string) *Relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{Address: l.Addr().String(), listener: l, to: to, open: map[net.Conn]struct{}{}}
	r.work.Go(r.accept)
	t.Cleanup(func() {
		l.Close()
		r.Cut()
		r.work.Wait()
	})
	return r
}

// Delay has every answer come later by a time.
func (r *Relay) Delay(by time.Duration) { r.delay.Store(int64(by)) }

// Hold has nothing pass, in connections that stay open, until it is called with
// false: what comes meanwhile is lost.
func (r *Relay) Hold(hold bool) { r.held.Store(hold) }

// Turn has further connections go to another address.
func (r *Relay) Turn(to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = to
}

// Cut ends all connections.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		c.Close()
	}
}

func (r *Relay) accept() {
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.Accepted.Add(1)
		r.mu.Lock()
		to := r.to
		r.mu.Unlock()
		s, err := net.Dial("tcp", to)
		if err != nil {
			c.Close()
			continue
		}
		r.mu.Lock()
		r.open[c], r.open[s] = struct{}{}, struct{}{}
		r.mu.Unlock()
		r.work.Go(func() { r.pass(s, c, false) })
		r.work.Go(func() { r.pass(c, s, true) })
	}
}

// pass copies from one connection to the other.
func (r *Relay) pass(to, from net.Conn, answers bool) {
	defer func() {
		to.Close()
		from.Close()
		r.mu.Lock()
		delete(r.open, to)
		delete(r.open, from)
		r.mu.Unlock()
	}()
	buffer := make([]byte, 1<<14)
	for {
		n, err := from.Read(buffer)
		if answers {
			time.Sleep(time.Duration(r.delay.Load()))
		}
		if n > 0 && !r.held.Load() {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
