package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
	"github.com/gatehouse-api/gatehouse/wire/internal/fields"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// many sends exchanges over connections that they share, by HTTP/2 (RFC 9113).
// Frames and streams are those of net/http, which has golang.org/x/net/http2
// inside; what is sent, what is taken, and how long it may take is ours.
type many struct {
	owner     *Upstream
	scheme    string
	transport atomic.Pointer[http.Transport] // a new one when addresses vanish

	mu     sync.Mutex
	open   int         // guarded by mu; connections
	timer  *time.Timer // guarded by mu; runs while there are any
	closed bool        // guarded by mu
}

// Windows bound what an API may send ahead of a client that reads slowly, in
// bytes of a stream and of a connection.
const (
	streamWindow = 256 << 10
	sharedWindow = 16 << 20
)

func newMany(u *Upstream) *many {
	m := &many{owner: u, scheme: "http"}
	if u.tls != nil {
		m.scheme = "https"
		u.tls.NextProtos = []string{"h2"}
	}
	m.transport.Store(m.renewed())
	return m
}

func (m *many) renewed() *http.Transport {
	l := &m.owner.limits
	t := &http.Transport{
		DialContext: m.plain, DialTLSContext: m.secure, DisableCompression: true, IdleConnTimeout: l.IdleTimeout,
		MaxResponseHeaderBytes: l.AnswerHeadBytes, Protocols: new(http.Protocols),
		HTTP2: &http.HTTP2Config{MaxReceiveBufferPerStream: streamWindow, MaxReceiveBufferPerConnection: sharedWindow,
			SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: l.StallTimeout},
	}
	if m.owner.tls != nil {
		t.Protocols.SetHTTP2(true)
	} else {
		t.Protocols.SetUnencryptedHTTP2(true)
	}
	return t
}

// shared is a connection of which many knows whether it is open.
type shared struct {
	net.Conn
	many   *many
	closed sync.Once
}

// Close implements net.Conn.
func (s *shared) Close() error {
	s.closed.Do(func() { s.many.count(-1) })
	return s.Conn.Close()
}

// unreached is an error of dialling.
type unreached struct{ error }

func (e unreached) Unwrap() error { return e.error }

var errNoHTTP2 = errors.New("the API does not speak HTTP/2")

func (m *many) plain(ctx context.Context, _, _ string) (net.Conn, error) {
	u := m.owner
	c, err := u.dialer.DialContext(ctx, u.place.network, u.place.address)
	if err != nil {
		return nil, unreached{err}
	}
	u.place.found(addressOf(c))
	u.counts.opened.Add(1)
	m.count(1)
	return &shared{Conn: direct.New(c), many: m}, nil
}

func (m *many) secure(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := m.plain(ctx, network, address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, m.owner.limits.ConnectTimeout)
	defer cancel()
	t := tls.Client(c, m.owner.tls)
	err = t.HandshakeContext(ctx)
	if err == nil && t.ConnectionState().NegotiatedProtocol != "h2" {
		err = errNoHTTP2
	}
	if err != nil {
		c.Close()
		return nil, unreached{err}
	}
	return t, nil
}

// count notes that a connection was opened or closed.
func (m *many) count(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open += n; m.open == 1 && n > 0 && !m.closed && m.owner.place.name != "" {
		m.timer = time.AfterFunc(askEvery, m.follow)
	}
}

// follow asks for the addresses of the API's name. When one has vanished, new
// exchanges get new connections; those in flight keep theirs.
func (m *many) follow() {
	p := &m.owner.place
	before := p.known.Load()
	p.refresh(m.owner.pool.ctx, m.owner.limits.ConnectTimeout)
	if before != nil && p.known.Load() != before {
		for _, a := range *before {
			if !p.has(a) {
				m.transport.Swap(m.renewed()).CloseIdleConnections()
				break
			}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open > 0 && !m.closed {
		m.timer = time.AfterFunc(askEvery, m.follow)
	}
}

func (m *many) close() {
	m.mu.Lock()
	m.closed = true
	if m.timer != nil {
		m.timer.Stop()
	}
	m.mu.Unlock()
	m.transport.Load().CloseIdleConnections()
}

// request makes a request of x. Its target goes into Opaque, which net/http
// writes as it is; only "//..." would get a scheme before it.
func (m *many) request(ctx context.Context, x *gate.Exchange) (*http.Request, error) {
	u := m.owner
	target := string(x.OutTarget)
	at := url.URL{Scheme: m.scheme, Host: u.host, Opaque: target}
	if len(target) > 1 && target[:2] == "//" {
		path, query, asked := bytes.Cut(x.OutTarget, []byte("?"))
		at = url.URL{Scheme: m.scheme, Host: u.host, RawPath: string(path), RawQuery: string(query), ForceQuery: asked && len(query) == 0}
		at.Path, _ = url.PathUnescape(at.RawPath)
	}
	if !octet.IsToken(x.Method) || target == "" || !octet.All(x.OutTarget, octet.Target) || at.RequestURI() != target {
		return nil, &gate.Unavailable{Code: gate.PathForm, Cause: errTarget}
	}
	var h head
	if !u.addFields(&h, x) {
		return nil, &gate.Unavailable{Code: gate.Loop, Cause: errLoop}
	}
	if !h.sound() {
		return nil, &gate.Unavailable{Code: gate.Internal, Cause: errLines}
	}
	r := &http.Request{Method: string(x.Method), URL: &at, Host: string(x.Host), ProtoMajor: 2, Header: headerOf(h.b)}
	if x.TrailersOpen() { // RFC 9110 section 10.1.4
		r.Header["Te"] = []string{"trailers"}
		r.Trailer = u.announced(x)
	}
	return r.WithContext(ctx), nil
}

// headerOf turns lines into the header of net/http.
func headerOf(lines []byte) http.Header {
	h := http.Header{"User-Agent": nil} // else one is added
	for len(lines) > 0 {
		line, rest, _ := bytes.Cut(lines, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(": "))
		key := fields.Name(name)
		h[key] = append(h[key], string(value))
		lines = rest
	}
	return h
}

// announced are the trailer fields that the client has announced: no others
// can follow (RFC 9110 section 6.6.2 lets them, net/http does not). Those that
// do not pass are not announced either: net/http fails over some, for which
// the API would be blamed.
func (u *Upstream) announced(x *gate.Exchange) http.Header {
	h := http.Header{}
	for i := range x.Fields {
		if f := &x.Fields[i]; gate.EqualFold(f.Name, "Trailer") {
			eachOption(f.Value, func(name []byte) {
				one := [1]gate.Field{{Name: name}}
				gate.CleanTrailers(one[:])
				if octet.IsToken(name) && !one[0].Gone && !u.replaces(name) && len(h) < maxTrailers {
					h[fields.Name(name)] = nil
				}
			})
		}
	}
	return h
}

const maxTrailers = 64
