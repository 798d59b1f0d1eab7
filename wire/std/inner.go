package std

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/fields"
	"github.com/gatehouse-api/gatehouse/wire/internal/forwarded"
)

// Protect returns a handler that walks requests through the gate and hands
// those that pass to next, in a server that is not ours: see Handler. next gets
// the request as it was judged: target, fields and body with the gate's edits,
// and the context and the path values of the outer one. It writes as to a
// net/http server; what it writes is judged before the client sees it. It
// cannot take the connection over. Forwarded and X-Forwarded-* do not reach it;
// where a trusted proxy named another client, scheme or host than those of the
// connection, they stand in RemoteAddr (with port 0), X-Forwarded-Proto and
// X-Forwarded-Host. Log takes its panics; nil drops them. Proxies are those of
// Handler.
func Protect(g *gate.Gate, l Limits, log *slog.Logger, next http.Handler, proxies ...netip.Prefix) http.Handler {
	l = l.WithDefaults()
	fill := fromRequest(&l, proxies)
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := turns.Get().(*turn)
		t.w, t.r = w, r
		t.serve(g, func(t *turn, x *gate.Exchange) {
			fill(t, x)
			x.Upstream = &inner{next: next, outer: r, log: log}
		})
	})
}

// inner is the upstream of one exchange: a handler of the same program.
type inner struct {
	next  http.Handler
	outer *http.Request
	log   *slog.Logger

	spool
	body   innerBody
	cancel context.CancelFunc
	over   sync.WaitGroup // the handler
}

var _ gate.Upstream = (*inner)(nil)

// Send implements gate.Upstream. The handler runs in a goroutine that Close
// waits for.
func (in *inner) Send(ctx context.Context, x *gate.Exchange) error {
	ctx, in.cancel = context.WithCancel(ctx)
	r, err := in.request(ctx, x)
	if err != nil {
		in.cancel()
		return &gate.Unavailable{Code: gate.PathForm, Cause: err}
	}
	in.start(string(x.Method) == http.MethodHead)
	in.over.Go(func() { in.run(r, x.ID) })
	select {
	case <-in.ready:
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		in.Close()
		return unavailable(ctx)
	}
	if err := in.body.failure(); err != nil { // the handler may have answered with its own words for it
		in.Close()
		return err
	}
	if p := in.failure(); p != nil {
		in.Close()
		return &gate.Unavailable{Code: gate.UpstreamBroken, Cause: p}
	}
	if err := in.head(x); err != nil {
		in.Close()
		return &gate.Unavailable{Code: gate.UpstreamBroken, Cause: err}
	}
	x.Answer.Body = in
	return nil
}

// unavailable says why a context ended.
func unavailable(ctx context.Context) error {
	if u := (*gate.Unavailable)(nil); errors.As(context.Cause(ctx), &u) {
		return u
	}
	return &gate.Unavailable{Code: gate.ClientGone, Cause: ctx.Err()}
}

// run calls the handler.
func (in *inner) run(r *http.Request, id gate.ID) {
	returned := false
	defer func() {
		p := recover()
		if p == nil && !returned { // runtime.Goexit: what was written is no whole answer
			p = errGoexit
		}
		if p != nil && p != http.ErrAbortHandler {
			in.log.Error("the protected handler failed", "id", id.String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
		in.end(p)
	}()
	in.next.ServeHTTP(&in.spool, r)
	returned = true
}

var errGoexit = errors.New("the handler ended its goroutine")

// request makes the handler's request.
func (in *inner) request(ctx context.Context, x *gate.Exchange) (*http.Request, error) {
	if x.Principal != nil {
		ctx = gate.WithCaller(ctx, x.Principal)
	}
	r := in.outer.WithContext(ctx) // a copy; path values stay
	if !bytes.Equal(x.OutTarget, x.Target) {
		u, err := url.ParseRequestURI(string(x.OutTarget))
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(path(x.OutTarget), path(x.Target)) {
			r.URL = u
		} else { // an outer handler may have taken a part of the path off
			kept := *r.URL
			kept.RawQuery, kept.ForceQuery = u.RawQuery, u.ForceQuery
			r.URL = &kept
		}
	}
	r.RequestURI = string(x.OutTarget)
	if x.Client.IsValid() && x.Client != x.Peer.Addr().Unmap().WithZone("") {
		r.RemoteAddr = netip.AddrPortFrom(x.Client, 0).String()
	}
	r.Header = make(http.Header, len(x.Fields)+len(x.OutFields))
	var l fields.List
	l.AddAll(x.Fields, ends)
	l.AddAll(x.OutFields, ends)
	addClient(&l, x)
	l.Into(r.Header)
	r.TransferEncoding, r.Trailer, r.Form, r.PostForm, r.MultipartForm = nil, nil, nil, nil, nil
	in.setBody(r, x)
	return r, nil
}

func path(target []byte) []byte {
	before, _, _ := bytes.Cut(target, []byte{'?'})
	return before
}

// ends reports whether a field called name does not reach the handler.
func ends(name []byte) bool { return gate.EqualFold(name, "Host") || forwarded.Claims(name) }

// addClient says what the request itself does not: what a client spoke with the
// trusted proxies before this program, where that differs.
func addClient(l *fields.List, x *gate.Exchange) {
	if x.ClientSecure != x.Secure && x.Client.IsValid() {
		proto := "http"
		if x.ClientSecure {
			proto = "https"
		}
		l.Begin("X-Forwarded-Proto")
		l.Text(proto)
	}
	if x.ClientHost != nil {
		l.Add("X-Forwarded-Host", x.ClientHost)
	}
}

func (in *inner) setBody(r *http.Request, x *gate.Exchange) {
	r.Body, r.ContentLength = http.NoBody, 0
	switch {
	case x.Intake.Mode == gate.Stream && x.Incoming != nil && x.BodyLength != 0:
		in.body.from, r.ContentLength = x.Incoming, x.BodyLength
		r.Body = &in.body
	case len(x.OutBody) > 0:
		in.body.from, r.ContentLength = bytes.NewReader(x.OutBody), int64(len(x.OutBody))
		r.Body = &in.body
	}
	if r.ContentLength >= 0 && r.Header["Content-Length"] != nil {
		r.Header["Content-Length"] = []string{fmt.Sprint(r.ContentLength)}
	}
}

// Read implements io.Reader: the answer's body.
func (in *inner) Read(p []byte) (int, error) { return in.spool.read(p) }

// Close ends the handler's exchange and waits for the handler.
func (in *inner) Close() error {
	in.cancel()
	in.spool.close()
	in.body.detach()
	in.over.Wait()
	in.body.forget()
	return nil
}

// innerBody is the request's body for the handler. After the exchange nothing
// can be read of it, since its buffer is another's then.
type innerBody struct {
	mu   sync.Mutex
	from io.Reader                        // guarded by mu, but for Abort
	bad  atomic.Pointer[gate.Unavailable] // why the client's body is refused; asked for while a Read waits
	gone atomic.Bool
}

// Read implements io.Reader.
func (b *innerBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone.Load() || b.from == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.from.Read(p)
	if u := (*gate.Unavailable)(nil); errors.As(err, &u) {
		b.bad.Store(u)
	}
	return n, err
}

// failure returns the refusal that the client's body met.
func (b *innerBody) failure() error {
	if bad := b.bad.Load(); bad != nil {
		return bad
	}
	return nil
}

// Close implements io.Closer. The engine closes its own body.
func (*innerBody) Close() error { return nil }

// detach makes a Read that waits for the client fail, when the handler has not
// ended, and all later ones.
func (b *innerBody) detach() {
	b.gone.Store(true)
	if !b.mu.TryLock() {
		if a, ok := b.from.(interface{ Abort() }); ok {
			a.Abort()
		}
		return
	}
	b.mu.Unlock()
}

func (b *innerBody) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from = nil
}
