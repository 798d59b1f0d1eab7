package upstream

import (
	"crypto/tls"
	"io"
	"net/netip"
	"sync/atomic"
	"time"
)

// conn is a connection to the API.
type conn struct {
	socket
	plain   io.ReadWriter // HTTP is spoken on it: TLS where there is one, or the socket
	tls     *tls.Conn     // nil without TLS
	look    look
	address netip.Addr // of the other end; not valid for a Unix socket
	since   instant    // kept since
	used    bool       // it served an exchange before
	unsure  bool       // bytes may be waiting that nobody asked for
	calm    uint8      // looks in a row that found nothing, as far as trusting
}

// take makes the connection c's.
func (k *conn) take(c *call) {
	k.user, k.written = c, 0
	c.conn = k
}

// glance is how long a kept connection is trusted without a look at it.
const glance = instant(time.Millisecond)

// trusting is after how many looks that found nothing a connection is trusted
// within a glance for requests, too, that may go out once only: an API that ends
// connections behind an answer without saying so has shown it by then.
const trusting = 8

// stale reports whether a kept connection is of no use any more, for a request
// that may go out once only, or for others. at is when it was asked for.
func (k *conn) stale(at instant, once bool, h *habit) bool {
	idle := at - k.since
	if idle < glance && !k.unsure && (!once || k.calm >= trusting) {
		return false
	}
	k.unsure = false
	saw := k.look.see()
	if saw == silence && k.tls != nil && k.hides() {
		saw = unasked
	}
	switch {
	case saw == ending:
		h.note(idle)
	case saw == unasked && idle < soon:
		h.overheard()
	case saw == silence && k.calm < trusting:
		k.calm++
	}
	return saw != silence
}

// hides reports whether TLS has taken in bytes from the system that no request
// asked for.
func (k *conn) hides() bool {
	k.dry = true
	var b [1]byte
	n, err := k.tls.Read(b[:])
	k.dry = false
	return n > 0 || !waited(err)
}

// drop ends the connection at once: whatever is on its way is void.
func (k *conn) drop() { k.socket.Conn.Close() }

// part ends a connection in peace.
func (k *conn) part() {
	if k.tls != nil {
		k.tls.Close()
		return
	}
	k.drop()
}

// send writes a request's head with what follows it in the same buffer, and
// then the rest of its body.
func (k *conn) send(head, body []byte) error {
	if len(body) == 0 {
		_, err := k.plain.Write(head)
		return err
	}
	if k.tls != nil {
		if _, err := k.plain.Write(head); err != nil {
			return err
		}
		_, err := k.plain.Write(body)
		return err
	}
	c := k.user
	c.pair = [2][]byte{head, body}
	c.parts = c.pair[:]
	return k.writeAll(&c.parts)
}

// habit remembers that the API was seen to end connections soon after an
// answer without saying so. For a while then no request that must go out once
// takes a kept connection: the end may be on its way.
type habit struct {
	until atomic.Int64 // an instant
	// wordy is until when no connection is kept, since the API was seen to send
	// more than its answer, as a body behind the answer to HEAD. It may come
	// when the connection is in use again, and would answer somebody else.
	wordy atomic.Int64 // an instant
}

const (
	soon = instant(time.Second)
	wary = instant(10 * time.Second)

	deaf = instant(10 * time.Minute)
)

// overheard is told of bytes that nobody asked for.
func (h *habit) overheard() { h.wordy.Store(int64(now() + deaf)) }

func (h *habit) talks() bool {
	until := h.wordy.Load()
	return until != 0 && now() < instant(until)
}

// note is told of an end that came after so much silence.
func (h *habit) note(idle instant) {
	if idle < soon {
		h.until.Store(int64(now() + wary))
	}
}

func (h *habit) shows() bool {
	until := h.until.Load()
	return until != 0 && now() < instant(until)
}
