package h2

import (
	"errors"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
)

// The reader's deadline is the clock of the connection: while something is in
// flight it wakes every pulse and looks at whatever has a time, so that no
// request costs a timer or a system call for its times. At rest it wakes when
// the connection has been idle for too long.

// times are what the reader saw when it looked last.
type times struct {
	quiet  time.Time // since when nothing is in flight; zero before the first look
	served int64     // exchanges at that time
	part   time.Time // since when a part of a frame is there; zero when none is
	frames uint64    // the number of that frame
}

var longAgo = time.Unix(1, 0)

// nudge makes the reader look up. It needs mu.
func (c *conn) nudge() {
	c.nudged = true
	c.conn.SetReadDeadline(longAgo)
}

// arm sets the reader's deadline. It needs mu.
func (c *conn) arm(now time.Time) error {
	if c.nudged {
		return nil // it is longAgo
	}
	next := now.Add(c.pulse)
	if c.atRest && c.leaving == staying {
		next = c.times.quiet.Add(c.shared.Limits.IdleTimeout)
	}
	return c.conn.SetReadDeadline(next)
}

// look looks at everything that has a time. errRest says that there is
// nothing to do.
func (c *conn) look() error {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nudged = false
	if c.over != nil {
		return c.over
	}
	for i := len(c.open) - 1; i >= 0; i-- {
		c.open[i].look(now)
	}
	if c.leaving == announced && now.After(c.farewell) {
		c.leave()
	}
	c.flush()
	if err := c.late(now); err != nil {
		return err
	}
	t := &c.times
	switch busy := c.running > 0 || len(c.open) > 0; {
	case c.leaving == left && !busy:
		return errClosed
	case busy || c.served != t.served || t.quiet.IsZero():
		t.quiet, t.served = now, c.served
	case now.Sub(t.quiet) >= c.shared.Limits.IdleTimeout:
		return fault(http2.ErrCodeNo, "nothing was asked for a while")
	case c.restful():
		if err := c.arm(now); err != nil {
			return err
		}
		return errRest
	}
	return c.arm(now)
}

// restful reports whether nothing is under way in either direction. It needs
// mu.
func (c *conn) restful() bool {
	return c.acks == 0 && c.leaving == staying && !c.writing && c.out.len() == 0 && len(c.ready) == 0 && c.in.whole && !c.block.more
}

// late finds what the client owes to the connection itself: the
// acknowledgement of our SETTINGS, the rest of a field block or of a frame. It
// needs mu.
func (c *conn) late(now time.Time) error {
	l := &c.shared.Limits
	t := &c.times
	switch {
	case (c.acks > 0 || !c.settled) && now.Sub(c.began) > l.HeadTimeout:
		return fault(http2.ErrCodeSettingsTimeout, "the client did not take the settings")
	case c.block.more && now.Sub(c.block.began) > l.HeadTimeout:
		return &gate.Unavailable{Code: gate.HeadTimeout, Cause: errors.New("a field block did not arrive in time")}
	case c.in.whole:
		t.part = time.Time{}
		return nil
	case t.part.IsZero() || t.frames != c.frames:
		t.part, t.frames = now, c.frames
		return nil
	}
	limit := l.HeadTimeout
	if c.frame.Type == http2.FrameData { // as long as the least rate of a body allows
		limit = l.BodyGrace + time.Duration(c.frame.Length)*time.Second/time.Duration(l.BodyRate)
	}
	if now.Sub(t.part) > limit {
		return fault(http2.ErrCodeEnhanceYourCalm, "a frame did not arrive in time")
	}
	return nil
}
