package upstream

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// echo answers each request with its body, in the chunked coding, and with the
// trailer fields that it came with.
func echo(c net.Conn) {
	for in := bufio.NewReader(c); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		res := http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1, TransferEncoding: []string{"chunked"},
			Body: io.NopCloser(strings.NewReader(string(b))), Trailer: http.Header{"X-Length": {r.Header.Get("Content-Length") + r.Header.Get("Transfer-Encoding")}}}
		for name, v := range r.Trailer {
			res.Trailer[name] = v
		}
		if res.Write(c) != nil {
			return
		}
	}
}

// TestStreamedBodies go to the API as they come, and their connections are
// used again.
func TestStreamedBodies(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 20<<10)
	for _, row := range []struct {
		name, body string
		known      bool
		piece      int
		arrived    bool
	}{
		{"long-with-length", long, true, 1 << 20, false},
		{"long-in-chunks", long, false, 1 << 20, false},
		{"pieces-with-length", long[:1000], true, 7, false},
		{"pieces-in-chunks", long[:1000], false, 7, false},
		{"one-byte", "x", false, 1, false},
		{"empty-in-chunks", "", false, 1, false},
		{"has-come", long, true, 1000, true},
		{"has-come-and-is-small", long[:500], true, 7, true},
		{"has-come-in-chunks", long, false, 1 << 20, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := to(t, listen(t, echo), Options{})
			for range 3 {
				var from io.Reader = &pieces{data: []byte(row.body), piece: row.piece}
				if row.arrived {
					from = come{from}
				}
				x := streaming(from, -1)
				if row.known {
					x.BodyLength = int64(len(row.body))
				}
				if status, body, err := outcome(u, x); status != 200 || body != row.body || err != nil {
					t.Fatalf("%d, %d bytes of %d, %v", status, len(body), len(row.body), err)
				}
			}
			if s := u.Stats(); s.Opened != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// broken is a body that ends in an error.
type broken struct {
	text string
	err  error
}

func (b *broken) Read(p []byte) (int, error) {
	if b.text == "" {
		return 0, b.err
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, nil
}

// TestStreamedBodiesThatBreak are the client's doing, and never look whole to
// the API, which sees nothing at all of those that are small and say so.
func TestStreamedBodiesThatBreak(t *testing.T) {
	refused := &gate.Unavailable{Code: gate.BodyTooLarge, Cause: errors.New("too large")}
	for _, row := range []struct {
		name   string
		body   func() io.Reader
		length int64
		want   gate.Code
	}{
		{"lost", func() io.Reader { return &broken{"part", errors.New("lost")} }, 9, gate.BodyIncomplete},
		{"lost-and-long", func() io.Reader { return &broken{"part", errors.New("lost")} }, gatherBytes + 1, gate.BodyIncomplete},
		{"lost-in-chunks", func() io.Reader { return &broken{"part", errors.New("lost")} }, -1, gate.BodyIncomplete},
		{"too-short", func() io.Reader { return strings.NewReader("part") }, 9, gate.BodyIncomplete},
		{"too-short-and-long", func() io.Reader { return strings.NewReader("part") }, gatherBytes + 1, gate.BodyIncomplete},
		{"too-long", func() io.Reader { return strings.NewReader("a bit too long") }, 9, gate.BodyIncomplete},
		{"one-too-long", func() io.Reader { return strings.NewReader("0123456789") }, 9, gate.BodyIncomplete},
		{"too-long-and-long", func() io.Reader { return strings.NewReader(strings.Repeat("x", gatherBytes+2)) }, gatherBytes + 1, gate.BodyIncomplete},
		{"too-slow", func() io.Reader { return &broken{"part", os.ErrDeadlineExceeded} }, 9, gate.BodyTimeout},
		{"too-slow-in-chunks", func() io.Reader { return &broken{"part", os.ErrDeadlineExceeded} }, -1, gate.BodyTimeout},
		{"too-large", func() io.Reader { return &broken{"part", refused} }, -1, gate.BodyTooLarge},
	} {
		for _, arrived := range []bool{false, true} {
			small := row.length >= 0 && row.length <= gatherBytes
			whole := make(chan bool, 1)
			u := to(t, listen(t, func(c net.Conn) {
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err == nil {
					_, err = io.ReadAll(r.Body)
				}
				whole <- err == nil
			}), Options{})
			body := row.body()
			if arrived {
				body = come{body}
			}
			if _, _, err := outcome(u, streaming(body, row.length)); code(err) != row.want {
				t.Errorf("%s, come %v: %v", row.name, arrived, err)
			}
			s := u.Stats()
			if s.Opened == 0 != small {
				t.Errorf("%s, come %v: %d connections", row.name, arrived, s.Opened)
			}
			if s.Opened > 0 && <-whole {
				t.Errorf("%s, come %v: the API takes it for whole", row.name, arrived)
			}
			if s.Broken+s.TimedOut+s.Unreachable != 0 || s.InFlight != 0 {
				t.Errorf("%s: the API is blamed: %+v", row.name, s)
			}
		}
	}
}

// TestTrailers come with the answer once its body is at its end, and go with
// the request where they may.
func TestTrailers(t *testing.T) {
	u := to(t, listen(t, echo), Options{})
	for _, open := range []bool{false, true} {
		x := streaming(strings.NewReader("body"), -1)
		x.Operation = &gate.Operation{Trailers: open}
		x.Trailers = []gate.Field{{Name: []byte("X-Sum"), Value: []byte("1")}, {Name: []byte("X-Gone"), Value: []byte("1"), Gone: true}}
		x.Fields = []gate.Field{{Name: []byte("Trailer"), Value: []byte("X-Sum, X-Gone")}} // for net/http; the gate removes it
		if err := u.Send(x.Context, x); err != nil {
			t.Fatal(err)
		}
		if len(x.Answer.Trailers) != 0 {
			t.Error("there are trailers before the body")
		}
		io.Copy(io.Discard, x.Answer.Body)
		length, _ := gate.FindField(x.Answer.Trailers, "X-Length")
		sum, n := gate.FindField(x.Answer.Trailers, "X-Sum")
		if string(length) != "" || open != (n == 1 && string(sum) == "1") {
			t.Errorf("open %v: %q %q", open, length, sum)
		}
		x.Answer.Body.Close()
		x.Answer.Lease.End()
	}
}

// TestTunnel switches protocols where that was asked for, in both directions
// until both are over.
func TestTunnel(t *testing.T) {
	u := to(t, listen(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err != nil || r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Connection") != "Upgrade" {
			io.WriteString(c, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n")
			return
		}
		io.WriteString(c, "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello ")
		io.Copy(c, in)
		io.WriteString(c, " bye")
	}), Options{})
	x := request("GET", "")
	x.Upgrade = []byte("websocket")
	if err := u.Send(x.Context, x); err != nil {
		t.Fatal(err)
	}
	tunnel, ok := x.Answer.Body.(gate.Tunnel)
	if !ok || x.Answer.Status != 101 {
		t.Fatalf("status %d, tunnel %v", x.Answer.Status, ok)
	}
	io.WriteString(tunnel, "echo")
	b := make([]byte, 10)
	if _, err := io.ReadFull(tunnel, b); err != nil || string(b) != "hello echo" {
		t.Fatalf("%q %v", b, err)
	}
	tunnel.CloseWrite()
	if rest, err := io.ReadAll(tunnel); err != nil || string(rest) != " bye" {
		t.Fatalf("%q %v", rest, err)
	}
	tunnel.Close()
	x.Answer.Lease.End()
	if s := u.Stats(); s.InFlight != 0 || s.Idle != 0 {
		t.Errorf("%+v", s)
	}
}

// defective is a body that fails in the program.
type defective struct{}

func (defective) Read([]byte) (int, error) { panic("planted") }

// TestBodyThatFails: a defect in what reads a client's body costs that exchange
// and not the program; the API does not take what it got for a whole request.
func TestBodyThatFails(t *testing.T) {
	for _, length := range []int64{-1, 10} {
		whole := make(chan error, 1)
		u := to(t, listen(t, func(c net.Conn) {
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err == nil {
				_, err = io.ReadAll(r.Body)
			}
			whole <- err
		}), Options{})
		_, _, err := outcome(u, streaming(defective{}, length))
		if code(err) != gate.Internal {
			t.Errorf("got %v", err)
		}
		s := u.Stats()
		if s.Opened == 0 != (length > 0) || s.InFlight != 0 {
			t.Errorf("%d bytes: %+v", length, s)
		}
		if s.Opened > 0 && <-whole == nil {
			t.Error("the API got a whole request")
		}
	}
}
