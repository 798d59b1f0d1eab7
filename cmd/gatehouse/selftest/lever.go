package selftest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// way is how a dependency fails.
type way uint8

// The ways. The zero way is none: it does not fail.
const (
	well       way = iota
	refused        // nobody listens at its address
	silent         // it takes connections, and never answers
	garbage        // it answers with what is no protocol, or holds what is no list
	failing        // it answers 500
	half           // it ends in the middle of an answer
	late           // it answers, and nobody waits for so long
	absent         // there is no such file
	gone           // it was well, and is not there from then on
	stale          // it is gone for longer than what was read last holds
	emptied        // it was well, and everything that it held is lost
	foreign        // it is sealed by another key
	spoiled        // it was well, and is overwritten
	unreadable     // nobody may read it
	locked         // another program holds it when the gate starts
	busy           // it was well, and another program holds it from then on
	denying        // it refuses what it is asked
	dying          // it ends before it answers
	fallen         // it was well, and ends before it answers from then on
	blocked        // a file stands where its folder has to be
	full           // its disk has less room than is to stay free
	jammed         // it was well, and nothing that is written to grows from then on
)

var wayWords = [...]string{"is well", "refuses connections", "never answers", "answers nonsense", "answers 500", "breaks off in its answer",
	"answers late", "is not there", "is well and then gone", "is gone for long", "is emptied",
	"is sealed by another key", "is well and then overwritten", "cannot be read", "is held by another program", "is well and then held by another program",
	"refuses", "ends without an answer", "is well and then ends without an answer",
	"has a file in the place of its folder", "has less room than keep_free", "is well, and then no file may grow"}

func (w way) String() string { return wayWords[w] }

// lever stands in for a dependency, on loopback.
type lever struct {
	at     net.Listener
	server *http.Server // nil where its way is not to speak HTTP
	open   sync.WaitGroup
	mu     sync.Mutex
	conns  map[net.Conn]struct{} // guarded by mu; nil once it is closed
}

// newLever opens a stand-in that fails by w, and answers by h when it is well.
func newLever(w way, h http.Handler) (*lever, error) {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &lever{at: at, conns: map[net.Conn]struct{}{}}
	switch w {
	case refused:
		at.Close()
	case silent, garbage, half:
		l.open.Go(func() { l.accept(func(c net.Conn) { misbehave(c, w) }) })
	default:
		switch w {
		case failing:
			h = answering(http.StatusInternalServerError)
		case denying:
			h = answering(http.StatusForbidden)
		}
		l.server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		l.open.Go(func() { l.server.Serve(at) })
	}
	return l, nil
}

// answering answers with nothing but a status.
func answering(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// address is host and port.
func (l *lever) address() string { return l.at.Addr().String() }

func (l *lever) url(path string) string { return "http://" + l.address() + path }

// newTalker opens a stand-in that speaks something else than HTTP: talk has a
// connection to itself, until it returns.
func newTalker(talk func(net.Conn)) (*lever, error) {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &lever{at: at, conns: map[net.Conn]struct{}{}}
	l.open.Go(func() { l.accept(talk) })
	return l, nil
}

// accept serves connections until the lever is closed.
func (l *lever) accept(talk func(net.Conn)) {
	for {
		c, err := l.at.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		if l.conns == nil {
			c.Close()
		} else {
			l.conns[c] = struct{}{}
			l.open.Go(func() { defer c.Close(); talk(c) })
		}
		l.mu.Unlock()
	}
}

// misbehave waits for what somebody says, and fails by w.
func misbehave(c net.Conn, w way) {
	b := make([]byte, 4<<10)
	if _, err := c.Read(b); err != nil {
		return
	}
	switch w {
	case garbage:
		fmt.Fprint(c, "\x00\x01 this is no protocol\n\n")
	case half:
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: applic")
	default:
		for { // until the other side, or close, has enough
			if _, err := c.Read(b); err != nil {
				return
			}
		}
	}
}

// close ends it, and what it began.
func (l *lever) close() {
	if l == nil {
		return
	}
	err := l.at.Close()
	if l.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if l.server.Shutdown(ctx) != nil {
			l.server.Close()
		}
	}
	l.mu.Lock()
	for c := range l.conns {
		c.Close()
	}
	l.conns = nil
	l.mu.Unlock()
	if err == nil || errors.Is(err, net.ErrClosed) {
		l.open.Wait()
	}
}
