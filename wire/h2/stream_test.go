package h2

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// TestFieldsForTheGate looks at what the gate gets of a head.
func TestFieldsForTheGate(t *testing.T) {
	var got string
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		got = fmt.Sprintf("%s %s %s %s %d", x.Method, x.Target, x.Host, x.Version, x.BodyLength)
		for _, f := range x.Fields {
			if !f.Gone {
				got += fmt.Sprintf(" %s=%s", f.Name, f.Value)
			}
		}
		answer(x, 200, "")
		return nil
	}), false, nil)
	for _, row := range []struct {
		name   string
		fields []string
		body   string
		want   string
	}{
		{"plain", usual("GET", "/a?b=c", "accept", "*/*"), "", "GET /a?b=c api.test HTTP/2 0 host=api.test accept=*/*"},
		{"host-alone", []string{":method", "GET", ":scheme", "http", ":path", "/a", "accept", "*/*", "host", "h.test:80"}, "", "GET /a h.test:80 HTTP/2 0 host=h.test:80 accept=*/*"},
		{"host-too", usual("GET", "/a", "a", "b", "host", "API.test", "c", "d"), "", "GET /a api.test HTTP/2 0 host=api.test a=b c=d"},
		{"cookies", usual("GET", "/a", "cookie", "a=1", "x", "y", "cookie", "b=2", "cookie", "c=3"), "", "GET /a api.test HTTP/2 0 host=api.test x=y cookie=a=1; b=2; c=3"},
		{"te", usual("GET", "/a", "te", "trailers"), "", "GET /a api.test HTTP/2 0 host=api.test"},
		{"options", usual("OPTIONS", "/a"), "", "OPTIONS /a api.test HTTP/2 0 host=api.test"},
		{"length-of-nothing", usual("POST", "/a", "content-length", "0"), "", "POST /a api.test HTTP/2 0 host=api.test content-length=0"},
		{"length-found", usual("POST", "/a"), "body", "POST /a api.test HTTP/2 4 host=api.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := s.raw(t)
			// In one write, so that the body is there when the head is judged.
			var frames bytes.Buffer
			f := http2.NewFramer(&frames, nil)
			f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.block(row.fields...), EndStream: row.body == "", EndHeaders: true})
			if row.body != "" {
				f.WriteData(1, true, []byte(row.body))
			}
			r.write(frames.Bytes())
			if status, body := r.response(1); status != "200" || got != row.want {
				t.Errorf("%s %s:\n got %s\nwant %s", status, body, got, row.want)
			}
		})
	}
}

// TestContinue wants 100 once the head guards agreed and the body is asked
// for, and never else.
func TestContinue(t *testing.T) {
	s := serve(t, echo, false, nil)
	r := s.raw(t)
	r.head(1, false, usual("POST", "/buffer", "expect", "100-continue")...)
	interim := r.expect("HEADERS").(*http2.HeadersFrame)
	if fields, err := r.decoder.DecodeFull(interim.HeaderBlockFragment()); err != nil || len(fields) != 1 || fields[0].Value != "100" || interim.StreamEnded() {
		t.Errorf("%v %v", fields, err)
	}
	r.check(r.framer.WriteData(1, true, []byte("asked for")))
	if status, body := r.response(1); status != "200" || body != "asked for" {
		t.Errorf("%s %q", status, body)
	}
	r.head(3, false, usual("GET", "/private", "expect", "100-continue")...)
	if status, _ := r.response(3); status != "401" {
		t.Errorf("refused: %s", status)
	}
	if code := r.reset(3); code != http2.ErrCodeNo {
		t.Errorf("reset with %v", code)
	}
}

// parts is an answer that comes in parts, as a channel gives them.
type parts struct {
	from <-chan string
	rest string
}

// Read implements io.Reader.
func (p *parts) Read(b []byte) (int, error) {
	if p.rest == "" {
		next, ok := <-p.from
		if !ok {
			return 0, io.EOF
		}
		p.rest = next
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (p *parts) Close() error { return nil }

// TestBothWays lets request and answer go on at once, each part when the other
// side has seen the one before, and passes trailer fields in both directions.
func TestBothWays(t *testing.T) {
	out := make(chan string)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, -1, &parts{from: out}
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte("application/grpc")})
		go func() {
			defer close(out)
			var b [100]byte
			for {
				n, err := x.Incoming.Read(b[:])
				if err != nil {
					v, _ := gate.FindField(x.Trailers, "sum")
					x.Answer.Trailers = append(x.Answer.Trailers, gate.Field{Name: []byte("Grpc-Status"), Value: []byte("0")},
						gate.Field{Name: []byte("seen"), Value: bytes.Clone(v)}, gate.Field{Name: []byte("Content-Length"), Value: []byte("1")})
					return
				}
				out <- "got " + string(b[:n])
			}
		}()
		return nil
	}), false, nil)
	r := s.raw(t)
	r.head(1, false, usual("POST", "/stream", "content-type", "application/grpc+proto", "te", "trailers")...)
	r.expect("HEADERS")
	for i := range 5 {
		r.check(r.framer.WriteData(1, false, fmt.Append(nil, i)))
		if f := r.expect("DATA").(*http2.DataFrame); string(f.Data()) != fmt.Sprint("got ", i) {
			t.Errorf("%d: %q", i, f.Data())
		}
	}
	r.head(1, true, "sum", "10", "host", "x")
	if code := r.reset(1); code != http2.ErrCodeProtocol {
		t.Errorf("Host among the trailer fields: %v", code)
	}
	for range out { // the reader's end
	}
	s.Event(0)
}

// TestTrailers passes trailer fields on at the end of a body.
func TestTrailers(t *testing.T) {
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		b, err := io.ReadAll(x.Incoming)
		if err != nil {
			return err
		}
		answer(x, 200, string(b))
		x.Answer.Length = -1
		for _, f := range x.Trailers {
			if !f.Gone {
				x.Answer.Trailers = append(x.Answer.Trailers, gate.Field{Name: bytes.ToUpper(f.Name), Value: bytes.Clone(f.Value)})
			}
		}
		return nil
	}), true, nil)
	for media, want := range map[string]string{"application/grpc": "10", "text/plain": ""} {
		req, err := http.NewRequest("POST", s.url("/stream"), io.NopCloser(strings.NewReader("body")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", media)
		req.Trailer = http.Header{"Sum": {"10"}, "Via": {"me"}}
		res, err := s.client(t).Do(req)
		if status, body := read(t, res, err); status != 200 || body != "body" {
			t.Errorf("%s: %d %q", media, status, body)
		}
		if got := res.Trailer.Get("Sum"); got != want || res.Trailer.Get("Via") != "" {
			t.Errorf("%s: trailer %v", media, res.Trailer)
		}
	}
}

// TestEvents wants each part of an answer of unknown length as soon as it is
// there.
func TestEvents(t *testing.T) {
	out := make(chan string)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		x.Answer.Status, x.Answer.Length, x.Answer.Body = 200, -1, &parts{from: out}
		return nil
	}), true, nil)
	res, err := s.client(t).Get(s.url("/get"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for i := range 3 {
		out <- fmt.Sprintf("data: %d\n\n", i)
		b := make([]byte, 9)
		if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != fmt.Sprintf("data: %d\n\n", i) {
			t.Errorf("%q %v", b, err)
		}
	}
	close(out)
	if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 {
		t.Errorf("%q %v", rest, err)
	}
}

// TestBrokenAnswers breaks answers off: no client may take one for whole.
func TestBrokenAnswers(t *testing.T) {
	for name, length := range map[string]int64{"unknown-length": -1, "shorter": 100, "longer": 2} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
				answer(x, 200, "part")
				x.Answer.Length = length
				if length < 0 {
					x.Answer.Body = io.NopCloser(io.MultiReader(strings.NewReader("part"), broken{}))
				}
				return nil
			}), true, nil)
			res, err := s.client(t).Get(s.url("/get"))
			if err == nil {
				_, err = io.ReadAll(res.Body)
				res.Body.Close()
			}
			if err == nil {
				t.Error("the answer looks whole")
			}
			if e := s.Event(0); e.Outcome == gate.Passed {
				t.Errorf("outcome %v", e.Outcome)
			}
		})
	}
}

type broken struct{}

// Read implements io.Reader.
func (broken) Read([]byte) (int, error) { return 0, errors.New("the API broke off") }

// TestClientLeaves resets a stream and closes a connection under exchanges
// that wait for the API.
func TestClientLeaves(t *testing.T) {
	gone := make(chan bool)
	s := serve(t, api(func(ctx context.Context, x *gate.Exchange) error {
		child, cancel := context.WithCancel(ctx)
		defer cancel()
		gone <- x.Watch.Gone()
		<-child.Done()
		gone <- x.Watch.Gone()
		return ctx.Err()
	}), false, nil)
	r := s.raw(t)
	r.head(1, true, usual("GET", "/get")...)
	if <-gone {
		t.Error("gone from the beginning")
	}
	r.check(r.framer.WriteRSTStream(1, http2.ErrCodeCancel))
	if !<-gone {
		t.Error("not gone after a reset")
	}
	r.head(3, true, usual("GET", "/get")...)
	<-gone
	r.conn.Close()
	if !<-gone {
		t.Error("not gone with the connection")
	}
	s.Event(1)
}

// TestUnreadBody answers before the body has come and asks for no more of it.
func TestUnreadBody(t *testing.T) {
	s := serve(t, echo, false, nil)
	r := s.raw(t)
	r.head(1, false, usual("GET", "/private")...)
	if status, _ := r.response(1); status != "401" {
		t.Errorf("status %s", status)
	}
	if code := r.reset(1); code != http2.ErrCodeNo {
		t.Errorf("reset with %v", code)
	}
	// What was on its way is taken without a word, but for the windows.
	for range connWindow / 4 / maxFrame {
		r.check(r.framer.WriteData(1, false, make([]byte, maxFrame)))
	}
	if f := r.expect("WINDOW_UPDATE").(*http2.WindowUpdateFrame); f.StreamID != 0 || f.Increment != connWindow/4 {
		t.Errorf("%v", f)
	}
	r.head(3, true, usual("GET", "/get")...)
	if status, _ := r.response(3); status != "200" {
		t.Errorf("after it: %s", status)
	}
}

// TestWindows lets one stream's body wait: it takes no more than its window,
// and others go on.
func TestWindows(t *testing.T) {
	let := make(chan struct{})
	s := serve(t, api(func(ctx context.Context, x *gate.Exchange) error {
		if string(x.Path) == "/stream" {
			<-let
		}
		return echo(ctx, x)
	}), false, nil)
	r := s.raw(t)
	r.head(1, false, usual("POST", "/stream")...)
	for range streamWindow / maxFrame {
		r.check(r.framer.WriteData(1, false, make([]byte, maxFrame)))
	}
	for id := uint32(3); id < 9; id += 2 {
		r.head(id, false, usual("POST", "/buffer")...)
		r.check(r.framer.WriteData(id, true, []byte("small")))
		if status, body := r.response(id); status != "200" || body != "small" {
			t.Errorf("%s %q", status, body)
		}
	}
	r.check(r.framer.WriteData(1, false, []byte("x")))
	if code := r.reset(1); code != http2.ErrCodeFlowControl {
		t.Errorf("beyond the window: %v", code)
	}
	close(let)
	s.Event(3)
}

// TestLargeFields sends an answer whose fields take several frames, to a
// client that makes its table of fields smaller.
func TestLargeFields(t *testing.T) {
	large := strings.Repeat("v", 20<<10)
	s := serve(t, api(func(_ context.Context, x *gate.Exchange) error {
		answer(x, 200, "body")
		x.Answer.Fields = append(x.Answer.Fields, gate.Field{Name: []byte("X-Large"), Value: []byte(large)}, gate.Field{Name: []byte("Set-Cookie"), Value: []byte("a=b")},
			gate.Field{Name: []byte(strings.Repeat("N", 100)), Value: []byte("long")}, gate.Field{Name: []byte("Connection"), Value: []byte("x-large")})
		return nil
	}), false, nil)
	r := s.raw(t, http2.Setting{ID: http2.SettingHeaderTableSize, Val: 0})
	r.decoder.SetAllowedMaxDynamicTableSize(0)
	r.framer.ReadMetaHeaders = r.decoder
	r.head(1, true, usual("GET", "/get")...)
	f := r.next().(*http2.MetaHeadersFrame)
	got := map[string]string{}
	for _, h := range f.Fields {
		got[h.Name] = h.Value
		if h.Name == "set-cookie" && !h.Sensitive {
			t.Error("a cookie may be kept in tables")
		}
	}
	if got[":status"] != "200" || got["x-large"] != large || got["set-cookie"] != "a=b" || got[strings.Repeat("n", 100)] != "long" ||
		got["content-length"] != "4" || got["content-type"] != "text/plain" || got["date"] == "" || len(got) != 7 {
		t.Errorf("%d fields: %v", len(got), got)
	}
}

// TestVerify asks for every request whether the connection may still be used.
func TestVerify(t *testing.T) {
	code := gate.Undecided
	s := serve(t, echo, true, func(s *session.Shared) {
		s.Verify = func(_ *tls.ConnectionState, host []byte) gate.Code {
			if len(host) == 0 {
				t.Error("no host")
			}
			return code
		}
	})
	c := s.client(t)
	for want, verdict := range map[int]gate.Code{200: gate.Undecided, 503: gate.NotReady} {
		code = verdict
		res, err := c.Get(s.url("/get"))
		if status, _ := read(t, res, err); status != want {
			t.Errorf("%v: %d, want %d", verdict, status, want)
		}
	}
}
