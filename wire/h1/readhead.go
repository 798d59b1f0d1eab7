package h1

import (
	"errors"
	"os"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// readHead reads until the head of t is judged. It reports false when the
// client ended before.
func (c *conn) readHead(t *turn) bool {
	h := &t.head
	h.reset(c.peer.TLS != nil)
	began := time.Time{}
	for first := true; ; first = false {
		h.raw = t.buf[t.at:t.end]
		if !(first && c.try == nil && len(h.raw) == 1) && h.scan(c.limits) {
			break
		}
		if began.IsZero() {
			if began = time.Now(); !c.begun && !c.peer.Since.IsZero() {
				began = c.peer.Since
			}
			c.readBy(began.Add(c.limits.HeadTimeout))
		}
		t.makeRoom()
		n, err := c.bytes.Read(t.buf[t.end:])
		t.end += n
		if n > 0 {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return false // it just ends
		}
		if time.Now().Before(began.Add(c.limits.HeadTimeout)) {
			c.until = time.Time{} // it was an earlier deadline
			c.readBy(began.Add(c.limits.HeadTimeout))
			continue
		}
		h.broken, h.at = gate.HeadTimeout, time.Now()
		break
	}
	c.judged(t)
	return true
}

// judged passes over the head of t, which was judged.
func (c *conn) judged(t *turn) {
	c.begun = true
	if t.head.broken != gate.Undecided {
		t.at = t.end // nothing that follows is read
	} else {
		t.at += t.head.end
	}
}
