package h2

import (
	"encoding/binary"
	"runtime"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

// What is to be written is appended to one buffer under the mutex. Whoever
// then finds that nobody writes does it, for all: while it writes, others fill
// the next buffer.

// buffer holds frames.
type buffer struct{ b []byte }

// maxKept bounds what is kept of a stream for the next one, in bytes, and
// maxBuffer the buffers to write, which hold maxPending and a frame: those that
// large answers fill are worth keeping most, as each of them would grow anew.
const (
	maxKept   = 64 << 10
	maxBuffer = 2 * maxPending
)

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 4<<10)} }}

func (o *buffer) len() int {
	if o == nil {
		return 0
	}
	return len(o.b)
}

// frameTo appends the head of a frame (RFC 9113 section 4.1) to what is to be
// written and returns that, for the payload to be appended. It needs mu.
func (c *conn) frameTo(t http2.FrameType, flags http2.Flags, id uint32, payload int) *buffer {
	if c.out == nil {
		c.out = buffers.Get().(*buffer)
	}
	o := c.out
	o.b = append(o.b, byte(payload>>16), byte(payload>>8), byte(payload), byte(t), byte(flags))
	o.number(id)
	return o
}

func (o *buffer) number(n uint32) { o.b = binary.BigEndian.AppendUint32(o.b, n) }

// windowUpdate needs mu.
func (c *conn) windowUpdate(id uint32, n int64) {
	c.frameTo(http2.FrameWindowUpdate, 0, id, 4).number(uint32(n))
}

// rst needs mu.
func (c *conn) rst(id uint32, code http2.ErrCode) {
	c.frameTo(http2.FrameRSTStream, 0, id, 4).number(uint32(code))
	c.gone.add(id)
}

// bye says that streams beyond last are not looked at (RFC 9113 section 6.8).
// It needs mu.
func (c *conn) bye(last uint32, code http2.ErrCode) {
	o := c.frameTo(http2.FrameGoAway, 0, 0, 8)
	o.number(last)
	o.number(uint32(code))
}

// fields appends a field block as HEADERS and, where it is large,
// CONTINUATION, between which nothing may stand. It needs mu.
func (c *conn) fields(id uint32, block []byte, end bool) {
	t, flags := http2.FrameHeaders, http2.Flags(0)
	if end {
		flags = http2.FlagHeadersEndStream
	}
	shrink := 0
	if c.shrunk {
		// Our encoder has no dynamic table. A client that makes its own smaller
		// waits for a word on that (RFC 7541 section 4.2); it may be repeated.
		shrink = 1
	}
	for {
		part := block[:min(len(block), maxFrame-shrink)]
		if block = block[len(part):]; len(block) == 0 {
			flags |= http2.FlagHeadersEndHeaders
		}
		o := c.frameTo(t, flags, id, len(part)+shrink)
		if shrink > 0 {
			o.b, shrink = append(o.b, 0x20), 0
		}
		o.b = append(o.b, part...)
		if len(block) == 0 {
			return
		}
		t, flags = http2.FrameContinuation, 0
	}
}

// flush writes what is to be written, unless somebody does. It needs mu and
// gives it up meanwhile.
func (c *conn) flush() {
	if c.writing || c.out.len() == 0 {
		return
	}
	c.writing = true
	if c.running > 1 { // others that are about to answer go along: a write costs more than they wait
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
	}
	for c.out.len() > 0 {
		o := c.out
		c.out = nil
		c.batch++
		c.mu.Unlock()
		err := c.write(o.b)
		if cap(o.b) <= maxBuffer {
			o.b = o.b[:0]
			buffers.Put(o)
		}
		c.mu.Lock()
		if err != nil {
			c.out = nil
			if c.over == nil {
				c.fail(err)
			}
			break
		}
		c.wakeAll()
	}
	c.writing = false
	wake(c.room) // for whoever waits to have the last word
}

// write bounds how long a client may not take what it is sent. The deadline is
// moved only when a good part of it has passed. One goroutine at a time calls
// it.
func (c *conn) write(b []byte) error {
	stall := c.shared.Limits.WriteStall
	if now := time.Now(); c.until.Sub(now) < stall-stall/8 {
		c.until = now.Add(stall)
		if err := c.conn.SetWriteDeadline(c.until); err != nil {
			return err
		}
	}
	_, err := c.conn.Write(b)
	return err
}

// wait makes s wait until something changes for it. It needs mu and gives it
// up meanwhile.
func (c *conn) wait(s *stream) {
	if !s.waits {
		s.waits = true
		c.waiters = append(c.waiters, s)
	}
	c.mu.Unlock()
	<-s.room
	c.mu.Lock()
}

// wakeAll wakes those who wait for room or for the window of the connection.
// It needs mu.
func (c *conn) wakeAll() {
	for i, s := range c.waiters {
		s.waits = false
		wake(s.room)
		c.waiters[i] = nil
	}
	c.waiters = c.waiters[:0]
	wake(c.room)
}
