package h2

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// conn is one connection. Fields above mu belong to the goroutine that reads.
type conn struct {
	shared *session.Shared
	conn   *session.Conn
	pulse  time.Duration // how often a connection that is in use looks at its times

	in      source
	framer  *http2.Framer
	decoder *hpack.Decoder
	frame   http2.FrameHeader // that is read
	frames  uint64            // how many began
	block   block             // the field block that is read
	tail    head              // the trailer section that is read
	times   times
	last    uint32    // highest stream of the client
	ready   []*stream // whose goroutines are told when nothing more has come
	settled bool      // the client's first SETTINGS came
	began   time.Time // when the connection did
	now     time.Time // when bytes came last
	recv    int64     // window of the connection for what comes
	chatter credit    // for frames that bring nothing
	resets  credit    // for streams that were ended before their answer

	workers sync.WaitGroup // goroutines of streams

	mu      sync.Mutex
	open    []*stream // by id, ascending; guarded by mu, like all that follows
	orphans int       // exchanges that still run for a stream that was reset
	running int       // exchanges that run
	objects int       // streams, open or kept
	idle    []*stream // kept with their goroutines
	served  int64     // exchanges that ended
	over    error     // why the connection has ended; nil while it has not
	atRest  bool      // nothing is in flight, and the reader waits without a buffer
	nudged  bool      // the reader is to look up

	out      *buffer     // what waits to be written; nil for nothing
	batch    uint64      // counts what was written
	writing  bool        // somebody writes
	until    time.Time   // the write deadline that is set
	waiters  []*stream   // wait for room or for the connection's window
	room     chan signal // of the reader
	send     int64       // window of the connection for what is sent
	owed     int64       // bytes to give back to the client's window of the connection
	initial  int64       // the client's window for a new stream
	shrunk   bool        // the client wants no dynamic table as large as usual
	acks     int         // SETTINGS of ours that the client has not acknowledged
	greeted  bool        // our own preface is on its way
	leaving  leaving     // how far the end by GOAWAY has come
	farewell time.Time   // when it goes on without the client
	gone     recent      // streams that we reset lately: what is under way for them is ignored
}

// signal wakes somebody who then looks for himself.
type signal struct{}

func wake(c chan<- signal) {
	select {
	case c <- signal{}:
	default: // it is awake
	}
}

func newConn(shared *session.Shared, sc *session.Conn) *conn {
	l := &shared.Limits
	c := &conn{
		shared: shared, conn: sc, recv: connWindow, send: defaultWindow, initial: defaultWindow,
		pulse: min(time.Second, l.HeadTimeout/4, l.IdleTimeout/4, l.BodyGrace/4, l.WriteStall/4),
		room:  make(chan signal, 1),
	}
	c.in.conn = c
	c.chatter.start(chatterBurst, chatterRate)
	c.resets.start(resetBurst, resetRate)
	c.decoder = hpack.NewDecoder(tableBytes, c.block.emit)
	c.decoder.SetMaxStringLength(2 * l.HeadBytes)
	c.block.conn = c
	return c
}

// tableBytes is the size of the client's dynamic table (RFC 9113 section
// 6.5.2: the initial value).
const tableBytes = 4096

var (
	errGone   = &gate.Unavailable{Code: gate.ClientGone, Cause: errors.New("the client is gone")}
	errCut    = &gate.Unavailable{Code: gate.NotReady, Cause: errors.New("the gate ended before the exchange did")}
	errClosed = errors.New("the connection has come to its end") // as both sides wished
)

// ended is an error that ends the connection by GOAWAY with a code.
type ended struct {
	code http2.ErrCode
	why  string
}

func (e *ended) Error() string { return e.code.String() + ": " + e.why }

// fault returns the error of a client that breaks the protocol.
func fault(code http2.ErrCode, why string) error { return &ended{code, why} }

// Serve implements session.Session.
func (c *conn) Serve() {
	c.now = time.Now()
	if c.began = c.conn.Since; c.began.IsZero() {
		c.began = c.now
	}
	err := c.greet()
	for err == nil {
		if err = c.next(); err == errRest {
			err = c.rest() // from here, so that little stack is held meanwhile
		}
	}
	c.end(err)
	c.workers.Wait()
}

// next reads and handles one frame.
func (c *conn) next() (err error) {
	c.frames++
	if c.frame, err = c.framer.ReadFrameHeader(); err != nil {
		return c.unread(err)
	}
	f, err := c.framer.ReadFrameForHeader(c.frame)
	if err != nil {
		return c.unread(err)
	}
	c.in.whole, c.frame = true, http2.FrameHeader{}
	return c.take(f)
}

// unread says what becomes of a frame that could not be read: the connection
// goes on behind an error of one stream, and behind a rest.
func (c *conn) unread(err error) error {
	var (
		stream http2.StreamError
		whole  http2.ConnectionError
	)
	switch {
	case err == errRest:
		return err
	case c.in.err != nil: // the connection itself
		return c.in.err
	case errors.Is(err, http2.ErrFrameTooLarge):
		return fault(http2.ErrCodeFrameSize, "a frame is larger than the settings allow")
	case errors.As(err, &whole):
		return fault(http2.ErrCode(whole), "a frame is malformed")
	case errors.As(err, &stream):
		fields := c.frame.Type == http2.FrameHeaders || c.frame.Type == http2.FrameContinuation
		c.in.whole, c.frame = true, http2.FrameHeader{}
		if fields || stream.StreamID > c.last { // both sides' tables of fields may differ now
			return fault(stream.Code, "a frame is malformed")
		}
		return c.misuse(stream.StreamID, stream.Code)
	}
	return fault(http2.ErrCodeFrameSize, "a frame is shorter than its fields")
}

// take handles one frame.
func (c *conn) take(f http2.Frame) error {
	if _, ok := f.(*http2.SettingsFrame); !ok && !c.settled {
		return fault(http2.ErrCodeProtocol, "the preface has no SETTINGS")
	}
	switch f := f.(type) {
	case *http2.DataFrame:
		return c.takeData(f)
	case *http2.HeadersFrame:
		return c.takeHeaders(f)
	case *http2.ContinuationFrame:
		return c.takeContinuation(f)
	case *http2.WindowUpdateFrame:
		return c.takeWindow(f)
	case *http2.SettingsFrame:
		return c.takeSettings(f)
	case *http2.PingFrame:
		return c.takePing(f)
	case *http2.RSTStreamFrame:
		return c.takeReset(f)
	case *http2.PriorityFrame:
		return c.takePriority(f)
	case *http2.GoAwayFrame:
		return c.takeGoAway()
	case *http2.PushPromiseFrame:
		return fault(http2.ErrCodeProtocol, "a client pushes nothing")
	}
	return c.chat() // RFC 9113 section 5.5: unknown frames are ignored
}

// end ends the connection, tells everybody who waits on it, and closes it.
func (c *conn) end(err error) {
	if c.block.stream != nil {
		c.abandon(err)
	}
	c.mu.Lock()
	if c.over == nil {
		c.fail(err)
	}
	for _, s := range c.idle {
		close(s.start)
	}
	c.idle = nil
	if code, ok := parting(err); ok {
		c.bye(c.last, code)
	}
	c.nudged = false
	c.mu.Unlock()
	c.tell()
	c.hangUp(err)
}

// parting is the code of the GOAWAY that the end of a connection is told
// with, where anybody hears it.
func parting(err error) (http2.ErrCode, bool) {
	var (
		e *ended
		u *gate.Unavailable
	)
	switch {
	case errors.As(err, &e):
		return e.code, true
	case errors.As(err, &u) && u != errCut:
		return http2.ErrCodeEnhanceYourCalm, true
	}
	return 0, false
}

// fail makes err the end of the connection for all its streams. It needs mu.
func (c *conn) fail(err error) {
	c.over = err
	why := error(errGone)
	if c.shared.Cutting.Load() {
		why = errCut
	}
	for len(c.open) > 0 {
		c.kill(c.open[len(c.open)-1], why)
	}
	c.wakeAll()
	c.nudge()
}
