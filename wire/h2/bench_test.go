package h2

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// still is an API that allocates nothing.
type still struct{ body []byte }

// Send implements gate.Upstream.
func (a *still) Send(_ context.Context, x *gate.Exchange) error {
	x.Answer.Status, x.Answer.Length = 200, int64(len(a.body))
	x.Answer.Fields = append(x.Answer.Fields[:0], contentType)
	b := readers.Get()
	b.Reset(a.body)
	x.Answer.Body = b
	return nil
}

var contentType = gate.Field{Name: []byte("Content-Type"), Value: []byte("application/json")}

// reader is a body; a few are kept.
type reader struct{ bytes.Reader }

// Close implements io.Closer.
func (r *reader) Close() error {
	readers.Put(r)
	return nil
}

type shelf chan *reader

func (s shelf) Get() *reader {
	select {
	case r := <-s:
		return r
	default:
		return new(reader)
	}
}

func (s shelf) Put(r *reader) {
	select {
	case s <- r:
	default:
	}
}

var readers = make(shelf, 1024)

// load is a client that keeps streams busy and allocates nothing.
type load struct {
	t    testing.TB
	conn net.Conn
	id   uint32
	head []byte // frames of one request
	ids  []int  // where the number of the stream stands in head
	out  []byte
	in   []byte
	have int
}

func (s *server) load(t testing.TB, body []byte) *load {
	t.Helper()
	r := s.connect(t)
	r.conn.SetDeadline(time.Time{})
	r.write([]byte(http2.ClientPreface))
	r.check(r.framer.WriteSettings())
	r.check(r.framer.WriteSettingsAck()) // that of the server is on its way
	r.check(r.framer.WriteWindowUpdate(0, 1<<30))
	method, path := "GET", "/get"
	if len(body) > 0 {
		method, path = "POST", "/buffer"
	}
	var fields bytes.Buffer
	e := hpack.NewEncoder(&fields)
	e.SetMaxDynamicTableSizeLimit(0)
	list := usual(method, path, "user-agent", "h2load nghttp2/1.52.0", "accept", "*/*")
	for i := 0; i < len(list); i += 2 {
		e.WriteField(hpack.HeaderField{Name: list[i], Value: list[i+1]})
	}
	var frames bytes.Buffer
	f := http2.NewFramer(&frames, nil)
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: fields.Bytes(), EndHeaders: true, EndStream: len(body) == 0})
	l := &load{t: t, conn: r.conn, id: 1, ids: []int{5}, in: make([]byte, 64<<10)}
	if len(body) > 0 {
		l.ids = append(l.ids, frames.Len()+5)
		f.WriteData(1, true, body)
	}
	l.head = frames.Bytes()
	return l
}

// run sends n requests, some at once, and reads their answers.
func (l *load) run(n, atOnce int) {
	sent, ended, told := 0, 0, 0
	for ended < n {
		l.out = l.out[:0]
		for ; sent < n && sent-ended < atOnce; sent++ {
			at := len(l.out)
			l.out = append(l.out, l.head...)
			for _, i := range l.ids {
				binary.BigEndian.PutUint32(l.out[at+i:], l.id)
			}
			l.id += 2
		}
		if len(l.out) > 0 {
			if _, err := l.conn.Write(l.out); err != nil {
				l.t.Fatal(err)
			}
		}
		got, err := l.conn.Read(l.in[l.have:])
		if err != nil {
			l.t.Fatal(err)
		}
		l.have += got
		b := l.in[:l.have]
		for len(b) >= 9 {
			size := int(b[0])<<16 | int(b[1])<<8 | int(b[2])
			if len(b) < 9+size {
				break
			}
			switch http2.FrameType(b[3]) {
			case http2.FrameData, http2.FrameHeaders:
				ended += int(b[4] & byte(http2.FlagDataEndStream))
				if http2.FrameType(b[3]) == http2.FrameData {
					told += size
				}
			case http2.FrameRSTStream, http2.FrameGoAway:
				l.t.Fatalf("%v", http2.FrameType(b[3]))
			}
			b = b[9+size:]
		}
		l.have = copy(l.in, b)
		if told > 1<<20 {
			l.out = binary.BigEndian.AppendUint32(append(l.out[:0], 0, 0, 4, byte(http2.FrameWindowUpdate), 0, 0, 0, 0, 0), uint32(told))
			l.conn.Write(l.out)
			told = 0
		}
	}
}

// quiet serves a gate without events.
func quiet(t testing.TB, up gate.Upstream) *server {
	return serve(t, up, false, func(s *session.Shared) {
		g := gate.New(gate.Options{})
		g.Swap(s.Gate.Plan())
		s.Gate, s.Poison = g, false
	})
}

// TestAllocations holds the memory that a request may take.
func TestAllocations(t *testing.T) {
	for _, row := range []struct {
		name         string
		body, answer int // bytes
		requests     int
		most         float64 // bytes; of a large answer also what a collection takes from pools
	}{{"get", 0, 1 << 10, 20000, 300}, {"post", 1 << 10, 1 << 10, 20000, 300}, {"get-large", 0, 60 << 10, 2000, 8 << 10}} {
		t.Run(row.name, func(t *testing.T) {
			l := quiet(t, &still{bytes.Repeat([]byte("y"), row.answer)}).load(t, bytes.Repeat([]byte("x"), row.body))
			n := row.requests
			l.run(n/10, 8)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l.run(n, 8)
			runtime.ReadMemStats(&after)
			perRequest := float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
			t.Logf("%.0f bytes and %.2f objects a request", perRequest, float64(after.Mallocs-before.Mallocs)/float64(n))
			if perRequest > row.most {
				t.Errorf("%.0f bytes a request, want at most %.0f", perRequest, row.most)
			}
		})
	}
}

// BenchmarkRequests holds the engine, with a gate, beside Go's own server, with
// a handler that does nothing but answer.
func BenchmarkRequests(b *testing.B) {
	answer := bytes.Repeat([]byte("y"), 1024)
	for name, body := range map[string][]byte{"get": nil, "post": bytes.Repeat([]byte("x"), 1024)} {
		b.Run(name, func(b *testing.B) { repeat(b, quiet(b, &still{answer}).load(b, body)) })
		b.Run(name+"-net-http", func(b *testing.B) {
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Length", "1024")
				w.Write(answer)
			}))
			s.Config.Protocols = new(http.Protocols)
			s.Config.Protocols.SetUnencryptedHTTP2(true)
			s.Start()
			b.Cleanup(s.Close)
			repeat(b, (&server{addr: s.Listener.Addr().String()}).load(b, body))
		})
	}
}

func repeat(b *testing.B, l *load) {
	l.run(200, 8)
	b.ReportAllocs()
	b.ResetTimer()
	l.run(b.N, 8)
}

// TestRestAllocatesLittle bounds the memory of a connection that had a request
// and rests. The client's half of it, less its TLS, is counted too.
func TestRestAllocatesLittle(t *testing.T) {
	const connections = 500
	for _, row := range []struct {
		name   string
		secure bool
		most   uint64
	}{
		{"plain", false, 14 << 10}, {"tls", true, 22 << 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := serve(t, hello, row.secure, func(s *session.Shared) { s.Limits.WriteStall = time.Second })
			before := inUse()
			open := make([]net.Conn, connections)
			for i := range open {
				c, err := net.Dial("tcp", s.addr)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if open[i] = c; row.secure {
					c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
				}
				askOnce(t, c, row.secure)
			}
			for resting := 0; resting < connections; {
				time.Sleep(10 * time.Millisecond) // what is waited for is a state and no duration
				resting = 0
				s.each(func(one session.Session) {
					c := one.(*conn)
					c.mu.Lock()
					defer c.mu.Unlock()
					if c.atRest {
						resting++
					}
				})
			}
			each := (inUse() - before) / connections
			t.Logf("%d bytes", each)
			if each > row.most {
				t.Errorf("%d bytes, want at most %d", each, row.most)
			}
		})
	}
}

// askOnce sends a preface and one request, and reads to its answer.
func askOnce(t *testing.T, c net.Conn, secure bool) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(http2.ClientPreface)
	f := http2.NewFramer(&b, c)
	f.WriteSettings()
	f.WriteSettingsAck()
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	scheme := map[bool]string{false: "http", true: "https"}[secure]
	for _, field := range []hpack.HeaderField{{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: scheme}, {Name: ":path", Value: "/get"}, {Name: ":authority", Value: "api.test"}, {Name: "user-agent", Value: "test"}} {
		e.WriteField(field)
	}
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
	if _, err := c.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	for {
		fr, err := f.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := fr.(*http2.DataFrame); ok && d.StreamEnded() {
			return
		}
	}
}

// inUse is what heap and stacks take. Stacks are made smaller by each
// collection.
func inUse() uint64 {
	var m runtime.MemStats
	for range 5 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
