package upstream

import (
	"bytes"
	"errors"
	"io"

	"github.com/gatehouse-api/gatehouse/gate"
)

// maxInterim bounds the informational answers before the final one.
const maxInterim = 16

var (
	errEnded    = errors.New("the API ended the connection before its answer")
	errSwitched = errors.New("the API switched to a protocol that it was not asked for")
	errInterim  = errors.New("the API sent too many informational answers")
)

// readHead reads up to the end of the answer's head. Informational answers are
// passed over (RFC 9110 section 15.2).
func (c *call) readHead() error {
	for range maxInterim {
		if err := c.oneHead(); err != nil {
			return err
		}
		switch {
		case c.got.status >= 200:
			return nil
		case c.got.status == 101 && !c.upgrade:
			return errSwitched
		case c.got.status == 101:
			return nil
		}
	}
	return errInterim
}

// oneHead reads the head that begins at c.at, and moves c.at behind it.
func (c *call) oneHead() error {
	c.got.begin(c.x.Answer.Fields)
	most := int(c.owner.limits.AnswerHeadBytes)
	for {
		done, err := c.got.read(c.buf[c.at:c.end])
		switch {
		case err != nil:
			return err
		case c.got.at > most, !done && c.end-c.at >= most:
			return errTooLong
		case done:
			c.at += c.got.at
			return nil
		}
		if c.end == len(c.buf) {
			c.room()
		}
		n, err := c.conn.plain.Read(c.buf[c.end:])
		if c.end += n; n == 0 && err != nil {
			if err == io.EOF {
				err = errEnded
			}
			return err
		}
	}
}

// room makes some for a head that is long, which is read again from its
// beginning: its fields are views.
func (c *call) room() {
	to := c.buf
	if c.at == 0 {
		to = make([]byte, 2*len(c.buf))
	}
	c.end = copy(to, c.buf[c.at:c.end])
	c.buf, c.at = to, 0
	c.got.begin(c.got.fields)
}

// take fills in the exchange's answer.
func (c *call) take() {
	c.heading, c.base = false, c.at
	a := &c.x.Answer
	a.Status, a.Fields = c.got.status, c.got.fields
	c.framing, a.Length = c.got.framing(c.head)
	switch c.framing {
	case noBody:
		c.over = io.EOF
		if c.got.status != 101 {
			c.part()
		}
	case fixedLength:
		c.left = a.Length
	case chunked:
		c.chunks.StartPlain()
		c.inner()
	}
}

// leastRoom is the least that a buffer has for a body in the chunked coding.
const leastRoom = 4 << 10

// inner gives a chunked body the buffer behind the head, or one of its own
// when that is small.
func (c *call) inner() {
	if len(c.buf)-c.base >= max(leastRoom, c.end-c.base) {
		c.in = c.buf
		return
	}
	c.in = make([]byte, max(2*leastRoom, c.end-c.at))
	c.end = copy(c.in, c.buf[c.at:c.end])
	c.at, c.base = 0, 0
}

// Read implements io.Reader: the answer's body.
func (c *call) Read(p []byte) (n int, err error) {
	if c.over != nil || len(p) == 0 {
		return 0, c.over
	}
	switch c.framing {
	case fixedLength:
		n, err = c.readFixed(p)
	case chunked:
		n, err = c.readChunks(p)
	default:
		n, err = c.readRest(p)
	}
	if err != nil {
		if err != io.EOF {
			err = c.brokeOff(err)
		}
		c.over = err
		c.part()
	}
	return n, err
}

// Ready reports whether the next Read is known not to wait: so that an engine
// can send on more at once.
func (c *call) Ready() bool {
	switch {
	case c.over != nil:
		return true
	case c.framing == chunked: // its coding may be all that is there, unless its end is
		return bytes.HasSuffix(c.in[c.at:c.end], []byte(lastChunk))
	}
	return c.at < c.end
}

// readFixed reads from a body whose length is known. It asks for more than
// belongs to it, where p has room: what nobody asked for is found by that.
func (c *call) readFixed(p []byte) (n int, err error) {
	if c.at < c.end {
		n = copy(p[:min(int64(len(p)), c.left)], c.buf[c.at:c.end])
		c.at += n
	} else if n, err = c.conn.plain.Read(p); n == 0 {
		return 0, cutShort(err)
	}
	switch got := int64(n); {
	case got > c.left:
		n, c.surplus = int(c.left), true
		c.owner.habit.overheard()
	case got == c.left && n == len(p):
		c.conn.unsure = true
	}
	if c.left -= int64(n); c.left == 0 {
		return n, io.EOF
	}
	return n, nil
}

// readChunks reads from a body in the chunked coding. Long chunks go straight
// to p.
func (c *call) readChunks(p []byte) (int, error) {
	for {
		if c.at < c.end {
			src := c.in[c.at:min(c.end, c.at+len(p))]
			in, out, ok := c.chunks.Scan(p, src)
			c.at += in
			switch {
			case !ok:
				return out, errChunks
			case c.chunks.Done():
				c.x.Answer.Trailers = c.chunks.Trailers(c.x.Answer.Trailers[:0])
				gate.CleanTrailers(c.x.Answer.Trailers)
				return out, io.EOF
			case out > 0:
				return out, nil
			}
			continue
		}
		if want := c.chunks.Wants(); want >= leastRoom && len(p) >= leastRoom {
			n, err := c.conn.plain.Read(p[:min(want, int64(len(p)))])
			if n == 0 {
				return 0, cutShort(err)
			}
			c.chunks.Took(n)
			return n, nil
		}
		n, err := c.conn.plain.Read(c.in[c.base:])
		if n == 0 {
			return 0, cutShort(err)
		}
		c.at, c.end = c.base, c.base+n
	}
}

// readRest reads from a body that ends with the connection.
func (c *call) readRest(p []byte) (n int, err error) {
	if c.at < c.end {
		n = copy(p, c.buf[c.at:c.end])
		c.at += n
		return n, nil
	}
	if n, err = c.conn.plain.Read(p); n > 0 {
		return n, nil
	}
	c.surplus = true // the connection ended
	return 0, err
}

// cutShort says that a body ended early.
func cutShort(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// brokeOff says why an answer's body broke off.
func (c *call) brokeOff(err error) error {
	if c.pumping { // the request may have broken off before
		c.stop()
	}
	return c.explain(err)
}
