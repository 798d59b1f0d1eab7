// Package upstream speaks to the API behind the gate: HTTP/1.1 on the
// goroutine of the exchange, over connections that are kept, with a strict
// reader of answers; or HTTP/2 by net/http. It forwards the target and the body
// byte for byte, follows no redirect, asks no proxy, adds no compression, never
// sends a request twice that the API may have performed and that must not be
// performed twice, and never turns an answer that broke off into one that
// ended.
//
// Package serve imports it. It knows the words of gate and nothing of engines,
// contracts or guards.
package upstream

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
)

// Options bounds what an API can make the gate hold or wait for. A zero field
// takes its default.
type Options struct {
	TLS      *tls.Config    // for https; default: the system's roots and TLS 1.2 or later
	Roots    *x509.CertPool // who may vouch for the API's certificate, instead of those of TLS; see ReadRoots
	Protocol Protocol
	// Pins are the keys that the chain of the API's certificate must have one
	// of, besides being verified.
	Pins []trust.Pin
	// Fields are sent with every request, in place of those of the client and
	// of guards that have their names.
	Fields          []Field
	ConnectTimeout  time.Duration // to connect, and again for the TLS handshake; default 5s
	AnswerTimeout   time.Duration // from the request's last byte to the end of the answer's head; default 60s
	TotalTimeout    time.Duration // from the beginning of an exchange to the end of its answer; default none
	StallTimeout    time.Duration // that the API may neither send nor take anything; at least AnswerTimeout; default 5m
	AnswerHeadBytes int64         // of the answer's head; default 64 KiB
	MaxIdle         int           // connections kept for later; default 256
	MaxInFlight     int           // exchanges at once; one more is refused; default 4096
	IdleTimeout     time.Duration // of a kept connection; default 90s
	// Poison overwrites the head of each answer when its exchange ends, so that
	// whoever kept a view finds nonsense. For tests.
	Poison bool
}

func (o Options) withDefaults() Options {
	fill(&o.ConnectTimeout, 5*time.Second)
	fill(&o.AnswerTimeout, 60*time.Second)
	fill(&o.StallTimeout, 5*time.Minute)
	o.StallTimeout = max(o.StallTimeout, o.AnswerTimeout) // a read also waits for the head
	fill(&o.AnswerHeadBytes, 64<<10)
	fill(&o.MaxIdle, 256)
	fill(&o.MaxInFlight, 4096)
	fill(&o.IdleTimeout, 90*time.Second)
	return o
}

func fill[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// Protocol is what is spoken to an API.
type Protocol uint8

// The protocols. An API over TLS is asked for HTTP/2 by ALPN, one without TLS
// must know that it is spoken (RFC 9113 section 3.3).
const (
	HTTP1 Protocol = iota
	HTTP2
)

// Upstream sends exchanges to one origin. Many goroutines may use it at once.
type Upstream struct {
	host      string
	place     place
	pseudonym []byte // in Via; its own, so that a request which comes again is known
	fixed     []fixed
	reserved  gate.Sieve // names that replaces is asked for
	limits    Options
	tls       *tls.Config // nil for http
	dialer    net.Dialer
	pool      pool
	many      *many // nil for HTTP/1.1
	habit     habit
	busy      atomic.Int64 // exchanges in flight
	counts    counts
}

var _ gate.Upstream = (*Upstream)(nil)

// New returns an upstream for target, which is a scheme, http or https, and a
// host with an optional port, or unix and the path of a socket. Another path
// is refused: targets are forwarded as they are, so it would have no meaning.
func New(target *url.URL, o Options) (*Upstream, error) {
	if err := judge(target); err != nil {
		return nil, err
	}
	fixed, err := fix(o.Fields)
	if err != nil {
		return nil, err
	}
	u := &Upstream{host: cmp.Or(target.Host, "localhost"), fixed: fixed, limits: o.withDefaults()}
	u.pseudonym = fmt.Appendf(nil, "gatehouse-%08x", rand.Uint32())
	u.dialer.Timeout = u.limits.ConnectTimeout
	u.place.init(target)
	u.pool.open(&u.place, &u.limits)
	u.limits.Fields = nil // secrets stay in one place
	if target.Scheme == "https" {
		u.tls = settings(&u.limits, target.Hostname())
	}
	if o.Protocol == HTTP2 {
		u.many = newMany(u)
	}
	for _, f := range fixed {
		u.reserved.Add(f.name)
	}
	for _, name := range own {
		u.reserved.Add(name)
	}
	for _, name := range forwarded.Claimed() {
		u.reserved.Add(name)
	}
	return u, nil
}

// judge says what is wrong with a target.
func judge(target *url.URL) error {
	switch more := target.RawQuery != "" || target.ForceQuery || target.Fragment != ""; {
	case target.Scheme == "":
		return errors.New("upstream: there is no scheme: write http:// or https:// before the host")
	case target.Scheme == "unix" && (more || target.Host != "" || target.User != nil || !strings.HasPrefix(target.Path, "/")):
		return errors.New("upstream: write the path of a socket as in unix:/run/api.sock")
	case target.Scheme == "unix":
		return nil
	case target.Scheme != "http" && target.Scheme != "https":
		return fmt.Errorf("upstream: the scheme is %q: write http:// or https:// before the host", target.Scheme)
	case target.Hostname() == "":
		return errors.New("upstream: there is no host: write it as in http://127.0.0.1:9000")
	case target.User != nil:
		return errors.New("upstream: user and password are not sent: remove them")
	case more || target.Path != "" && target.Path != "/":
		return errors.New("upstream: only scheme, host and port are used, since requests keep their path: remove what follows them")
	}
	return nil
}

// Close closes the connections that wait. Exchanges in flight end by
// themselves.
func (u *Upstream) Close() {
	u.pool.close()
	if u.many != nil {
		u.many.close()
	}
}
