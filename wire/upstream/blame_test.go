package upstream

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatehouse-api/gatehouse/gate"
)

// frames is an API that speaks HTTP/2 frame by frame: head is called for each
// request that comes, with its number.
func frames(t *testing.T, o Options, settings []http2.Setting, head func(f *http2.Framer, n int64, stream uint32)) *Upstream {
	t.Helper()
	var n atomic.Int64
	o.Protocol = HTTP2
	over, end := context.WithCancel(context.Background())
	u := to(t, listen(t, func(c net.Conn) {
		context.AfterFunc(over, func() { c.Close() })
		if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(c, c)
		f.WriteSettings(settings...)
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.HeadersFrame:
				head(f, n.Add(1), frame.StreamID)
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					f.WriteSettingsAck()
				}
			}
		}
	}), o)
	t.Cleanup(end) // net/http keeps connections of which streams were reset for a while
	return u
}

// answerFine answers a stream with 204.
func answerFine(f *http2.Framer, stream uint32) {
	var b bytes.Buffer
	hpack.NewEncoder(&b).WriteField(hpack.HeaderField{Name: ":status", Value: "204"})
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: b.Bytes(), EndHeaders: true, EndStream: true})
}

// TestHTTP2PerformsOnce: an API that resets a stream with PROTOCOL_ERROR may
// have done what was asked. One that refuses it has not (RFC 9113 section 8.7).
func TestHTTP2PerformsOnce(t *testing.T) {
	for _, row := range []struct {
		name, method, body string
		reset              http2.ErrCode
		sent               int64
	}{
		{"post", "POST", "body", http2.ErrCodeProtocol, 1},
		{"post-without-a-body", "POST", "", http2.ErrCodeProtocol, 1},
		{"get", "GET", "", http2.ErrCodeProtocol, 2},
		{"put", "PUT", "body", http2.ErrCodeProtocol, 2},
		{"post-refused", "POST", "body", http2.ErrCodeRefusedStream, 2},
		{"post-without-a-body-refused", "POST", "", http2.ErrCodeRefusedStream, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent atomic.Int64
			u := frames(t, Options{}, nil, func(f *http2.Framer, n int64, stream uint32) {
				if sent.Store(n); n == 1 {
					f.WriteRSTStream(stream, row.reset)
					return
				}
				answerFine(f, stream)
			})
			status, _, err := result(u, request(row.method, row.body))
			if sent.Load() != row.sent || row.sent == 1 && code(err) != gate.UpstreamBroken || row.sent == 2 && status != 204 {
				t.Errorf("sent %d times: %d %v", sent.Load(), status, err)
			}
		})
	}
}

// TestHTTP2BlamesNoClient: what a client alone has done wrong says nothing of
// the API, which is left out otherwise when that happens a few times.
func TestHTTP2BlamesNoClient(t *testing.T) {
	small := []http2.Setting{{ID: http2.SettingMaxHeaderListSize, Val: 1000}}
	u := frames(t, Options{}, small, func(f *http2.Framer, _ int64, stream uint32) { answerFine(f, stream) })
	if _, _, err := result(u, request("GET", "")); err != nil { // the settings are known now
		t.Fatal(err)
	}
	x := request("GET", "")
	x.Fields = []gate.Field{{Name: []byte("X-Large"), Value: bytes.Repeat([]byte("x"), 2000)}}
	if _, _, err := result(u, x); code(err) != gate.FieldsTooLarge {
		t.Errorf("a head that is too large for the API: %v", err)
	}
	x = request("GET", "")
	x.Operation = &gate.Operation{Trailers: true}
	x.Fields = []gate.Field{{Name: []byte("Trailer"), Value: []byte("Content-Length, X-Sum, transfer-encoding, Trailer"), Gone: true}}
	if _, _, err := result(u, x); err != nil {
		t.Errorf("trailer fields that must not be announced: %v", err)
	}
	if s := u.Stats(); s.Broken != 0 {
		t.Errorf("%+v", s)
	}
}

// stalled is the body of a client that sends no more.
type stalled struct {
	once sync.Once
	over chan struct{}
}

func (s *stalled) Read([]byte) (int, error) {
	<-s.over
	return 0, errors.New("aborted")
}

func (s *stalled) Abort() { s.once.Do(func() { close(s.over) }) }

// TestSlowClientAndTotalTimeout: the API waits for the client, too.
func TestSlowClientAndTotalTimeout(t *testing.T) {
	o := Options{TotalTimeout: 50 * time.Millisecond}
	one := to(t, listen(t, func(c net.Conn) { io.Copy(io.Discard, c) }), o)
	two := multiplexed(t, false, func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }, o)
	for _, u := range []*Upstream{one, two} {
		for _, length := range []int64{10, gatherBytes + 1, -1} {
			x := streaming(&stalled{over: make(chan struct{})}, length)
			if err := u.Send(x.Context, x); code(err) != gate.BodyTimeout {
				t.Errorf("HTTP/2 %v, %d bytes: %v", u.many != nil, length, err)
			}
			if s := u.Stats(); s.TimedOut+s.Broken != 0 || s.InFlight != 0 {
				t.Errorf("%+v", s)
			}
		}
	}
}

// TestBodyBehindNone: an API that sends a body where there is none, a little
// later than the head, answers nobody else with it, however soon the next
// request comes.
func TestBodyBehindNone(t *testing.T) {
	for _, head := range []string{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n"} {
		more := make(chan bool)
		u := to(t, listen(t, func(c net.Conn) {
			in := bufio.NewReader(c)
			for {
				first, err := skipHead(in)
				if err != nil {
					return
				}
				if strings.HasPrefix(first, "GET") {
					io.WriteString(c, fine)
					continue
				}
				io.WriteString(c, head)
				<-more
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
			}
		}), Options{})
		if _, _, err := outcome(u, request("HEAD", "")); err != nil {
			t.Fatal(err)
		}
		more <- true
		k := u.pool.kept[0]
		until(t, "it came", func() bool { return k.look.see() == unasked })
		k.since = now()
		mustGet(t, u)
		// From now on it is not waited for.
		if _, _, err := outcome(u, request("HEAD", "")); err != nil || u.pool.size() != 0 {
			t.Errorf("%v, %d connections are kept behind %q", err, u.pool.size(), head)
		}
		more <- true
	}
}

// TestTrailersOverruleNothing: a field that the gate fixes, or that says who
// the client is, comes from no client behind the body either.
func TestTrailersOverruleNothing(t *testing.T) {
	got := make(chan string, 1)
	u := to(t, listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		skipHead(in)
		var all strings.Builder
		for line := ""; line != "\r\n"; {
			line, _ = in.ReadString('\n')
			all.WriteString(line)
		}
		got <- all.String()
		io.WriteString(c, fine)
	}), Options{Fields: []Field{field("X-Key", planted)}})
	x := streaming(strings.NewReader("ok"), -1)
	x.Operation = &gate.Operation{Trailers: true}
	for _, name := range []string{"X-Key", "x_key", "X-Real-IP", "X_Forwarded_For", "X-Sum"} {
		x.Trailers = append(x.Trailers, gate.Field{Name: []byte(name), Value: []byte("1")})
	}
	if _, _, err := outcome(u, x); err != nil {
		t.Fatal(err)
	}
	if s := <-got; !strings.HasSuffix(s, "ok\r\n0\r\nX-Sum: 1\r\n\r\n") {
		t.Errorf("%q", s)
	}
}

// TestNamesInConnectionAreBounded: each is looked for among all fields.
func TestNamesInConnectionAreBounded(t *testing.T) {
	for n, want := range map[int]gate.Code{maxListed: gate.Undecided, maxListed + 1: gate.UpstreamBroken} {
		u := to(t, listen(t, func(c net.Conn) {
			skipHead(bufio.NewReader(c))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close"+strings.Repeat(",a", n)+"\r\n\r\nok")
		}), Options{})
		if _, _, err := outcome(u, request("POST", "")); code(err) != want {
			t.Errorf("%d names: %v", n, err)
		}
	}
}

// TestMoreThanTheAnswer: behind an API that once sent more than its answer every
// request has a connection of its own, since the rest may come later next time.
func TestMoreThanTheAnswer(t *testing.T) {
	for _, more := range []string{"x", strings.Repeat("x", 100<<10)} {
		var answers atomic.Int64
		u := to(t, listen(t, func(c net.Conn) {
			for in := bufio.NewReader(c); ; {
				if _, err := skipHead(in); err != nil {
					return
				}
				if answers.Add(1) == 1 {
					io.WriteString(c, fine+more)
				} else {
					io.WriteString(c, fine)
				}
			}
		}), Options{})
		for range 3 {
			mustGet(t, u)
		}
		if s := u.Stats(); s.Opened != 3 || s.Idle != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// TestTrickle: an exchange that has ended is not held by an API that goes on to
// send a little at a time.
func TestTrickle(t *testing.T) {
	u := to(t, listen(t, func(c net.Conn) {
		skipHead(bufio.NewReader(c))
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
			if _, err := io.WriteString(c, "x"); err != nil {
				return
			}
		}
	}), Options{})
	x := request("GET", "")
	ctx, cancel := context.WithCancel(context.Background())
	x.Context = ctx
	if err := u.Send(ctx, x); err != nil {
		t.Fatal(err)
	}
	cancel()
	read := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, x.Answer.Body); read <- err }()
	select {
	case err := <-read:
		if code(err) != gate.ClientGone {
			t.Error(err)
		}
		x.Answer.Lease.End()
	case <-time.After(10 * time.Second):
		t.Error("it is read on")
	}
}
