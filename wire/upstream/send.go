package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
)

// call is one exchange on its way. The transport may still read the request's
// body when the answer is over; detach keeps it from the exchange's buffers
// after that, since they are pooled.
type call struct {
	request *http.Request
	url     url.URL

	gone   atomic.Bool // nothing of the exchange may be read any more
	mu     sync.Mutex
	from   io.Reader // guarded by mu; nil once detached
	whole  []byte    // guarded by mu; a buffered body
	at     int       // guarded by mu; bytes that were read of either
	broken error     // guarded by mu; why the client's body failed
	abort  interface{ Abort() }
	owner  *Upstream
	vigil  vigil
	client context.Context // ends when the client leaves
	link   *link           // that it took last, when the transport must not send it twice

	answer io.ReadCloser
	fields []byte // backs the answer's fields
}

// Send implements gate.Upstream.
func (u *Upstream) Send(ctx context.Context, x *gate.Exchange) error {
	if loops(x, u.pseudonym) {
		return &gate.Unavailable{Code: gate.Loop, Cause: errLoop}
	}
	if u.busy.Add(1) > int64(u.most) {
		u.busy.Add(-1)
		return &gate.Unavailable{Code: gate.Overloaded, Cause: errBusy}
	}
	c := &call{owner: u}
	ctx = c.vigil.begin(ctx, x)
	c.client = ctx
	if err := c.prepare(ctx, u, x); err != nil {
		c.detach()
		c.vigil.over()
		return err
	}
	answer, err := u.transport.RoundTrip(c.request)
	for err != nil && c.renew(ctx) {
		answer, err = u.transport.RoundTrip(c.request)
	}
	if err != nil {
		c.detach()
		err = c.explain(ctx, err)
		c.vigil.over()
		return err
	}
	c.answer = answer.Body
	if err := c.take(x, answer); err != nil {
		c.Close()
		return err
	}
	return nil
}

// renew makes the request ready to be sent again after it failed and reports
// whether that is safe: nothing of it was written on a kept connection, and
// nothing of the client's body is lost. The transport itself does so only
// where it knows as much. It ends with the first connection that is new.
func (c *call) renew(client context.Context) bool {
	if c.link == nil || !c.link.kept || c.link.sent.Load() || client.Err() != nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil || c.from != nil && c.at > 0 {
		return false
	}
	c.at, c.link = 0, nil
	return true
}

var (
	errBusy = errors.New("as many requests as the limit allows are with the API")
	errLoop = errors.New("the way to the API leads back to the gate")
)

// prepare makes the request. The target goes into Opaque, which net/http
// writes as it is; only "//..." would get a scheme before it.
func (c *call) prepare(ctx context.Context, u *Upstream, x *gate.Exchange) error {
	target := string(x.OutTarget)
	c.url = url.URL{Scheme: u.scheme, Host: u.host, Opaque: target}
	if len(target) > 1 && target[0] == '/' && target[1] == '/' {
		c.url = rooted(u, target)
	}
	if c.url.RequestURI() != target {
		return &gate.Unavailable{Code: gate.PathForm, Cause: errors.New("the target cannot be forwarded unchanged")}
	}
	c.request = (&http.Request{
		Method: string(x.Method), URL: &c.url, Host: string(x.Host),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: make(http.Header, len(x.Fields)+len(u.fixed)+6),
	}).WithContext(c.watched(ctx, x))
	u.setFields(c.request.Header, x)
	c.setBody(x)
	return nil
}

// rooted makes a URL of a target that begins with two slashes.
func rooted(u *Upstream, target string) url.URL {
	path, query, asked := cut(target)
	out := url.URL{Scheme: u.scheme, Host: u.host, RawPath: path, RawQuery: query, ForceQuery: asked && query == ""}
	out.Path, _ = url.PathUnescape(path)
	return out
}

func cut(target string) (path, query string, asked bool) {
	for i := range len(target) {
		if target[i] == '?' {
			return target[:i], target[i+1:], true
		}
	}
	return target, "", false
}

// setBody gives the request the buffered body or the incoming stream, with a
// Content-Length where the length is known and chunked otherwise.
func (c *call) setBody(x *gate.Exchange) {
	r := c.request
	switch {
	case x.Intake.Mode == gate.Stream:
		if x.Incoming == nil || x.BodyLength == 0 {
			return
		}
		c.from, r.ContentLength = x.Incoming, x.BodyLength
		c.abort, _ = x.Incoming.(interface{ Abort() })
		r.Body = body{c}
	case len(x.OutBody) > 0:
		c.whole, r.ContentLength = x.OutBody, int64(len(x.OutBody))
		r.Body = body{c}
		// Asked for when a kept connection turned out to be closed before
		// anything was written on it; only then is a request sent twice.
		r.GetBody = func() (io.ReadCloser, error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.at = 0
			return body{c}, nil
		}
	case x.BodyLength != 0:
		r.Body = http.NoBody // it was empty, though announced
	}
}

// body is the request's body for the transport.
type body struct{ c *call }

// Read implements io.Reader.
func (b body) Read(p []byte) (int, error) {
	c := b.c
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.gone.Load():
		return 0, errDetached
	case c.whole != nil:
		n := copy(p, c.whole[c.at:])
		if c.at += n; c.at == len(c.whole) {
			return n, io.EOF
		}
		return n, nil
	}
	n, err := c.from.Read(p)
	c.at += n
	if err != nil && err != io.EOF {
		c.broken = err
	}
	return n, err
}

var errDetached = errors.New("the exchange is over")

// Close implements io.Closer. The engine closes its own body.
func (body) Close() error { return nil }

// detach waits until nobody reads from the exchange and keeps it so. It
// breaks off a read that waits for the client.
func (c *call) detach() {
	if c.gone.Swap(true) {
		return
	}
	if !c.mu.TryLock() {
		if c.abort != nil {
			c.abort.Abort()
		}
		c.mu.Lock()
	}
	c.from, c.whole = nil, nil
	c.mu.Unlock()
	c.owner.busy.Add(-1)
}

// Read implements io.Reader: the answer's body.
func (c *call) Read(p []byte) (int, error) {
	n, err := c.answer.Read(p)
	if u := (*gate.Unavailable)(nil); err != nil && err != io.EOF && errors.As(context.Cause(c.client), &u) {
		return n, u
	}
	return n, err
}

// Close implements io.Closer. The connection is used again only when both
// bodies came to their end.
func (c *call) Close() error {
	err := c.answer.Close()
	c.detach()
	c.vigil.over()
	return err
}

// explain says which refusal an error of the transport is.
func (c *call) explain(client context.Context, err error) error {
	c.mu.Lock()
	broken := c.broken
	c.mu.Unlock()
	var dial *net.OpError
	var refusal *gate.Unavailable
	code := gate.UpstreamBroken
	switch {
	case errors.As(broken, &refusal):
		return refusal
	case errors.Is(broken, os.ErrDeadlineExceeded):
		code = gate.BodyTimeout
	case broken != nil:
		code = gate.BodyIncomplete
	case errors.As(context.Cause(client), &refusal): // the engine knows better
		return refusal
	case client.Err() != nil:
		code = gate.ClientGone
	case errors.As(err, &dial) && dial.Op == "dial", isHandshake(err):
		code = gate.UpstreamUnreachable
	case isTimeout(err):
		code = gate.UpstreamTimeout
	}
	return &gate.Unavailable{Code: code, Cause: err}
}

// isHandshake reports whether TLS did not come about.
func isHandshake(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &untrusted) || errors.As(err, &noTLS) || errors.As(err, &alert)
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
