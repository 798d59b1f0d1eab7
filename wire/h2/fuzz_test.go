package h2

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// FuzzConnection serves any bytes as a connection: it ends, and whatever is
// sent back are frames.
func FuzzConnection(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed, uint8(0))
		f.Add(seed, uint8(7))
	}
	g := gate.New(gate.Options{Poison: true})
	g.Swap(stage.New(f, echo).Gate.Plan())
	shared := &session.Shared{Gate: g, Base: context.Background(), Log: slog.New(slog.DiscardHandler), Poison: true,
		Limits: session.Limits{Linger: time.Millisecond, HeadBytes: 4 << 10}.WithDefaults()}
	f.Fuzz(func(t *testing.T, data []byte, step uint8) {
		here, there := net.Pipe()
		over := make(chan struct{})
		go func() {
			defer close(over)
			New(shared, &session.Conn{Conn: there, Raw: there, Peer: netip.MustParseAddrPort("203.0.113.7:1")}).Serve()
		}()
		go func() {
			defer here.Close()
			here.Write([]byte(http2.ClientPreface))
			for len(data) > 0 {
				n := len(data)
				if step > 0 {
					n = min(n, int(step))
				}
				if _, err := here.Write(data[:n]); err != nil {
					return
				}
				data = data[n:]
			}
		}()
		out, _ := io.ReadAll(here)
		<-over
		fr := http2.NewFramer(nil, bytes.NewReader(out))
		fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
		for {
			if _, err := fr.ReadFrame(); err == io.EOF || err == io.ErrUnexpectedEOF { // the client was gone within a write
				return
			} else if err != nil {
				t.Fatalf("%v in %x", err, out)
			}
		}
	})
}

// seeds are connections behind the client's preface.
func seeds() (list [][]byte) {
	add := func(send func(f *http2.Framer, block func(...string) []byte)) {
		var b bytes.Buffer
		f := http2.NewFramer(&b, nil)
		f.AllowIllegalWrites = true
		f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})
		r := &raw{}
		r.encoder = hpack.NewEncoder(&r.fields)
		send(f, r.block)
		list = append(list, b.Bytes())
	}
	add(func(f *http2.Framer, block func(...string) []byte) {
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block(usual("GET", "/get", "cookie", "a", "cookie", "b")...), EndStream: true, EndHeaders: true})
		f.WriteWindowUpdate(0, 100)
		f.WritePing(false, [8]byte{})
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: block(usual("POST", "/buffer", "content-length", "4")...), EndHeaders: true, PadLength: 3})
		f.WriteDataPadded(3, true, []byte("body"), make([]byte, 5))
		f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1000}, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0})
	})
	add(func(f *http2.Framer, block func(...string) []byte) {
		b := block(usual("POST", "/stream", "te", "trailers")...)
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:9], Priority: http2.PriorityParam{Weight: 3}})
		f.WriteContinuation(1, true, b[9:])
		f.WriteData(1, false, []byte("body"))
		f.WritePriority(1, http2.PriorityParam{StreamDep: 3})
		f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block("sum", "1"), EndStream: true, EndHeaders: true})
		f.WriteRSTStream(1, http2.ErrCodeCancel)
		f.WriteGoAway(0, http2.ErrCodeNo, nil)
	})
	return list
}

// seen is what a server made of a head.
type seen struct {
	method, target, host string
	fields               http.Header
}

// reference is Go's own server for one connection after the other.
type reference struct {
	last chan seen
	dial func() net.Conn
}

// FuzzHead gives heads to ours and to Go's server: what both accept they read
// alike.
func FuzzHead(f *testing.F) {
	for _, fields := range [][]string{
		usual("GET", "/get?a=b", "accept", "*/*", "cookie", "a=1", "cookie", "b=2"),
		usual("OPTIONS", "*", "host", "API.test"),
		usual("GET", "//a/../b%2f", "te", "trailers", "x", "", "x", "y"),
		{":method", "GET", ":scheme", "http", ":path", "/", "host", "h:80"},
		usual("PURGE", "/", "content-length", "0", "expect", "100-Continue"),
	} {
		f.Add(strings.Join(fields, "\n"))
	}
	ref := newReference(f)
	limits := session.Limits{}.WithDefaults()
	f.Fuzz(func(t *testing.T, text string) {
		fields := strings.Split(text, "\n")
		if len(fields)%2 > 0 || len(text) > 4<<10 {
			return
		}
		var h head
		for i := 0; i < len(fields); i += 2 {
			if !h.add(&hpack.HeaderField{Name: fields[i], Value: fields[i+1]}, &limits) {
				return
			}
		}
		h.judge(&limits, false)
		if h.broken != gate.Undecided || h.lengths > 0 && h.length > 0 {
			return
		}
		if h.malformed {
			t.Fatal("malformed without a reason")
		}
		theirs, ok := ref.read(fields)
		if !ok {
			return // it knows reasons that are the router's here
		}
		if string(h.method) != theirs.method || string(h.target) != theirs.target || string(h.host) != theirs.host {
			t.Errorf("%s %s %s, Go: %s %s %s", h.method, h.target, h.host, theirs.method, theirs.target, theirs.host)
		}
		ours := http.Header{}
		for _, f := range h.fields[1:] {
			ours.Add(string(f.Name), string(f.Value))
		}
		for _, hidden := range []string{"Te", "Trailer", "Expect", "Host"} { // Go's server takes these for itself
			ours.Del(hidden)
			theirs.fields.Del(hidden)
		}
		for name, values := range ours {
			if !slices.Equal(values, theirs.fields[name]) {
				t.Errorf("%s: %q, Go: %q", name, values, theirs.fields[name])
			}
		}
		if len(ours) != len(theirs.fields) {
			t.Errorf("%v, Go: %v", ours, theirs.fields)
		}
	})
}

// pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	over  chan struct{}
	close func()
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.close()
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func newReference(f *testing.F) *reference {
	l := &pipes{conns: make(chan net.Conn), over: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.over) })
	last := make(chan seen, 1)
	s := &http.Server{Protocols: new(http.Protocols), Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		last <- seen{r.Method, r.RequestURI, r.Host, r.Header.Clone()}
	}), DisableGeneralOptionsHandler: true}
	s.Protocols.SetUnencryptedHTTP2(true)
	go s.Serve(l)
	f.Cleanup(func() { s.Close() })
	return &reference{last: last, dial: func() net.Conn {
		here, there := net.Pipe()
		l.conns <- there
		return here
	}}
}

// read gives one request to the server and returns what it saw; false when it
// refused.
func (r *reference) read(fields []string) (seen, bool) {
	c := r.dial()
	defer c.Close()
	var b bytes.Buffer
	b.WriteString(http2.ClientPreface)
	f := http2.NewFramer(&b, c)
	f.WriteSettings()
	one := &raw{}
	one.encoder = hpack.NewEncoder(&one.fields)
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: one.block(fields...), EndStream: true, EndHeaders: true})
	go c.Write(b.Bytes())
	for {
		fr, err := f.ReadFrame()
		if err != nil {
			return seen{}, false
		}
		switch fr.(type) {
		case *http2.HeadersFrame:
			select {
			case s := <-r.last:
				return s, true
			default:
				return seen{}, false // 400 of its own
			}
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return seen{}, false
		}
	}
}
