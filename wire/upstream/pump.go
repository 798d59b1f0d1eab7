package upstream

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// pump sends a body that is long or does not say how long it is. Unless it has
// come whole, that takes a goroutine, since the API may answer before it has
// read everything. Stop waits for it: nothing of the exchange is read
// afterwards.
type pump struct {
	pumping  bool          // the goroutine runs, or has ended and was not waited for
	done     chan struct{} // it ended
	mu       sync.Mutex    // held during a read of the client's body
	gone     atomic.Bool   // which is not to be read any more
	last     atomic.Bool   // its end is written, or nearly so
	whole    atomic.Bool   // the request went out whole
	consumed bool          // something of the body was taken and is lost; for the pump until it ended
	broken   error         // why the client's body failed; likewise
	failed   error         // why the pump ended early; likewise
}

// together is the size up to which a body is sent before the answer is looked
// for; what the system takes in at once.
const together = 32 << 10

// relayBytes is the most that one write of a streamed body holds.
const relayBytes = 32 << 10

var bodies spare.Pool[relayed, *relayed]

// relayed is room for a piece of a body.
type relayed struct {
	spare.Mark
	bytes [relayBytes]byte
}

// stream begins to send the body, or sends it when that takes no waiting.
func (c *call) stream() error {
	if hasCome(c.from) {
		err := c.relay()
		c.finish(err)
		return err
	}
	c.pumping = true
	go c.run()
	return nil
}

func (c *call) run() {
	err := c.relayed()
	c.failed = err
	c.finish(err)
	if err != nil && (c.broken != nil || isOver(err)) {
		c.conn.drop() // whoever reads the answer learns of it
	}
	c.done <- struct{}{}
}

// relayed is relay on a goroutine above which nobody recovers: a body that fails
// costs its own exchange and not the program.
func (c *call) relayed() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = defect(p)
			c.broken = err
		}
	}()
	return c.relay()
}

// defect is a panic of what reads the client's body.
func defect(p any) error {
	return &gate.Unavailable{Code: gate.Internal, Cause: fmt.Errorf("the body failed: %s\n%s", gate.Fault(p), debug.Stack())}
}

// finish notes that nothing more is sent.
func (c *call) finish(err error) {
	c.whole.Store(err == nil)
	c.sent.Store(max(c.wrote.Load(), 1)) // when the last write began, which costs no look at the clock
}

// stop ends the pump and waits for it. It breaks off a read that waits for the
// client.
func (c *call) stop() {
	if !c.pumping {
		return
	}
	defer func() { c.pumping = false }()
	if c.over == io.EOF && c.last.Load() && c.ends() {
		return
	}
	c.gone.Store(true)
	if !c.mu.TryLock() {
		if a, ok := c.from.(interface{ Abort() }); ok {
			a.Abort()
		}
		c.mu.Lock()
	}
	c.mu.Unlock()
	if !c.whole.Load() {
		c.surplus = true // of no use any more
		c.conn.drop()
	}
	<-c.done
}

// moment is how long the pump has for its last step when the answer is whole.
const moment = 20 * time.Millisecond

// ends waits a moment for the pump: an API that has read everything may be
// faster with its answer than the pump with noticing that it is done.
func (c *call) ends() bool {
	select {
	case <-c.done:
		return true
	default:
	}
	wait := time.NewTimer(moment)
	defer wait.Stop()
	select {
	case <-c.done:
		return true
	case <-wait.C:
		return false
	}
}

// relay sends the body as it comes, with its length or in the chunked coding
// (RFC 9112 section 7.1).
func (c *call) relay() error {
	if c.from == nil {
		c.last.Store(true)
		_, err := c.conn.plain.Write(c.rest)
		return err
	}
	room := bodies.Get()
	defer bodies.Put(room)
	buf := &room.bytes
	const before, behind = sizeRoom, 2 + len(lastChunk) // a chunk
	for left := c.length; ; {
		n, err := c.read(buf[before : relayBytes-behind])
		b := buf[before : before+n]
		switch {
		case err == errDetached:
			return err
		case err != nil && err != io.EOF:
			c.broken = err
			return err
		case c.length < 0:
			b = c.chunk(buf[:before+n], before, err == io.EOF)
		default:
			if left -= int64(n); left < 0 || err == io.EOF && left > 0 {
				c.broken = io.ErrUnexpectedEOF
				return c.broken
			}
		}
		c.last.Store(left == 0 || err == io.EOF)
		if len(b) > 0 {
			if _, err := c.conn.plain.Write(b); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

const lastChunk = "0\r\n\r\n"

// sizeRoom is what the size of a chunk needs at most, with the end of its line.
const sizeRoom = 8

// chunk frames what stands in b behind the room for its size.
func (c *call) chunk(b []byte, room int, last bool) []byte {
	n, at := len(b)-room, room
	if n > 0 {
		var size [sizeRoom]byte
		s := append(strconv.AppendUint(size[:0], uint64(n), 16), '\r', '\n')
		at -= len(s)
		copy(b[at:], s)
		b = append(b, '\r', '\n')
	}
	if !last {
		return b[at:]
	}
	if c.trailers == nil || len(*c.trailers) == 0 {
		return append(b, lastChunk...)[at:]
	}
	c.x.CleanTrailers()
	h := head{b: append(b, "0\r\n"...)}
	for i := range *c.trailers {
		if f := &(*c.trailers)[i]; !f.Gone && !c.owner.replaces(f.Name) {
			h.field(f.Name, f.Value)
		}
	}
	return append(h.b, '\r', '\n')[at:]
}

// read reads from the client, unless the exchange is over.
func (c *call) read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone.Load() {
		return 0, errDetached
	}
	n, err := c.from.Read(p)
	c.consumed = c.consumed || n > 0 || err != nil
	if err != nil && err != io.EOF && c.gone.Load() {
		err = errDetached // it was broken off
	}
	return n, err
}

var errDetached = errors.New("the exchange is over")
