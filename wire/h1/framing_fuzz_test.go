package h1

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// wires is a connection whose bytes come in given pieces.
type wires struct {
	net.Conn
	data  []byte
	piece int // bytes that a read gives; all when 0
	out   bytes.Buffer
}

func (w *wires) Read(p []byte) (int, error) {
	if len(w.data) == 0 {
		return 0, io.EOF
	}
	if w.piece > 0 && len(p) > w.piece {
		p = p[:w.piece]
	}
	n := copy(p, w.data)
	w.data = w.data[n:]
	return n, nil
}

func (w *wires) SetReadDeadline(time.Time) error  { return nil }
func (w *wires) SetWriteDeadline(time.Time) error { return nil }
func (w *wires) Write(p []byte) (int, error)      { return w.out.Write(p) }
func (w *wires) SetDeadline(time.Time) error      { return nil }
func (w *wires) Close() error                     { w.data = nil; return nil }
func (w *wires) RemoteAddr() net.Addr             { return &net.TCPAddr{} }

// message is what the connection made of one request.
type message struct {
	broken               gate.Code
	method, target, host string
	fields, trailers     string
	length               int64
	body                 []byte
	incomplete           bool
}

// read takes data apart: head, body, next head.
func read(t *testing.T, data []byte, piece, room int) (list []message) {
	w := &wires{data: data, piece: piece}
	s := &session.Shared{Limits: session.Limits{}.WithDefaults()}
	c := New(s, &session.Conn{Conn: w, Raw: w}).(*conn)
	for {
		n := c.turn
		if c.turn = nil; n == nil {
			if n = c.wait(); n == nil {
				return list
			}
		}
		if !c.readHead(n) {
			return list
		}
		h := &n.head
		m := message{broken: h.broken, method: string(h.method)}
		if h.broken != gate.Undecided {
			return append(list, m)
		}
		n.x = &gate.Exchange{}
		n.body.start(n)
		body, err := io.ReadAll(iotest{&n.body, room + 1})
		m.target, m.host, m.length = string(h.target), string(h.host), h.length
		for _, f := range h.fields {
			m.fields += string(f.Name) + ": " + string(f.Value) + "\n"
		}
		for _, f := range n.x.Trailers {
			m.trailers += string(f.Name) + ": " + string(f.Value) + "\n"
		}
		switch m.body = body; {
		case err == errFraming:
			m.broken, m.body = gate.Malformed, nil
			return append(list, m)
		case err != nil:
			m.incomplete = true
			return append(list, m)
		}
		list = append(list, m)
		if n.at < n.end {
			n.rewind()
			c.turn = n
		} else {
			n.release()
		}
	}
}

// iotest reads at most room bytes at once.
type iotest struct {
	io.Reader
	room int
}

func (r iotest) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), r.room)]) }

// FuzzFraming checks that reads of any size find the same messages, and that
// net/http's own reader takes every accepted head alike and finds the same body
// and trailer fields.
func FuzzFraming(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"\r\nGET /a?b=%2F HTTP/1.0\r\nHost: a:80\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\nHost: [::1]:8\r\n\r\n",
		"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
		"GET http://a/b HTTP/1.1\r\nHost: A\r\nX:\t y \r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
		"HEAD /%zz HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n\n",
		"T /d%%%%./x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		f.Add([]byte(s), uint8(3), uint8(1))
	}
	for _, row := range testdata.Corpus(f, "h1") {
		if len(row.Sent) < 1000 { // long ones are slow
			f.Add([]byte(row.Sent), uint8(3), uint8(1))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, piece, room uint8) {
		whole := read(t, data, 0, 4096)
		split := read(t, data, int(piece)+1, int(room)+1)
		if len(whole) != len(split) {
			t.Fatalf("%d messages whole, %d split", len(whole), len(split))
		}
		rest := data
		for i, m := range whole {
			s := split[i]
			if m.broken != s.broken || m.method != s.method || m.target != s.target || m.fields != s.fields || m.trailers != s.trailers || m.incomplete != s.incomplete ||
				m.broken == gate.Undecided && !m.incomplete && !bytes.Equal(m.body, s.body) {
				t.Fatalf("message %d: whole %+v, split %+v", i, m, s)
			}
			if m.broken == gate.Undecided && !m.incomplete {
				rest = agree(t, rest, m)
			}
		}
	})
}

// agree reads one message with net/http and returns what is behind it.
func agree(t *testing.T, data []byte, m message) []byte {
	data = bytes.TrimPrefix(data, []byte("\r\n"))
	from := bytes.NewReader(data)
	in := bufio.NewReader(from)
	r, err := http.ReadRequest(in)
	if err != nil {
		// net/http wants targets to be URLs; the gate refuses others later
		data, m.target = aside(data), "/"
		from = bytes.NewReader(data)
		in = bufio.NewReader(from)
		if r, err = http.ReadRequest(in); err != nil {
			t.Fatalf("net/http refuses %q: %v", data, err)
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != m.method || !bytes.Equal(body, m.body) || r.ContentLength != m.length {
		t.Fatalf("net/http reads %q as %s, length %d, body %q (%v); we read %+v", data, r.Method, r.ContentLength, body, err, m)
	}
	if r.RequestURI != m.target && r.RequestURI[0] != 'h' && r.RequestURI[0] != 'H' {
		t.Fatalf("target %q, net/http %q", m.target, r.RequestURI)
	}
	if !strings.EqualFold(r.Host, m.host) { // that of an absolute target wins
		t.Fatalf("host %q, net/http %q", m.host, r.Host)
	}
	for name, values := range r.Header {
		for _, v := range values {
			if !contains(m.fields, name, v) {
				t.Fatalf("net/http reads %q: %q, we do not: %q", name, v, m.fields)
			}
		}
	}
	for name, values := range r.Trailer {
		for _, v := range values {
			if !contains(m.trailers, name, v) {
				t.Fatalf("net/http reads the trailer %q: %q, we do not: %q", name, v, m.trailers)
			}
		}
	}
	return data[len(data)-from.Len()-in.Buffered():]
}

// aside returns the bytes with a plain target in the place of the first one.
func aside(data []byte) []byte {
	line, rest, _ := bytes.Cut(data, []byte("\r\n"))
	method, _, _ := bytes.Cut(line, space)
	version := line[bytes.LastIndexByte(line, ' ')+1:]
	return slices.Concat(method, []byte(" / "), version, []byte("\r\n"), rest)
}

func contains(fields, name, value string) bool {
	for _, line := range bytes.Split([]byte(fields), []byte("\n")) {
		n, v, _ := bytes.Cut(line, []byte(": "))
		if http.CanonicalHeaderKey(string(n)) == name && string(v) == value {
			return true
		}
	}
	return false
}
