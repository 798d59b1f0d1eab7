package upstream

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/wire/internal/direct"
)

// pieces is a connection on which data comes in pieces, and then its end.
type pieces struct {
	net.Conn
	data  []byte
	piece int
}

func (p *pieces) Read(b []byte) (int, error) {
	n := copy(b, p.data[:min(len(p.data), p.piece)])
	if p.data = p.data[n:]; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (p *pieces) Write(b []byte) (int, error)      { return len(b), nil }
func (p *pieces) Close() error                     { return nil }
func (p *pieces) SetReadDeadline(time.Time) error  { return nil }
func (p *pieces) SetWriteDeadline(time.Time) error { return nil }

// run reads data, which comes in pieces, as the answer to a request. What it
// returns has all that the gate learns.
func run(u *Upstream, data []byte, piece int, method string) (said string, body []byte, err error) {
	k := &conn{socket: socket{Conn: direct.New(&pieces{data: data, piece: piece})}}
	k.plain = &k.socket
	x := request(method, "")
	c := calls.New()
	c.owner, c.ctx, c.x, c.until = u, context.Background(), x, never
	u.busy.Add(1)
	if err := c.write(x); err != nil {
		return "", nil, err
	}
	k.take(c)
	if err := c.try(); err != nil {
		return "", nil, err
	}
	c.take()
	var all bytes.Buffer
	_, err = io.CopyBuffer(onlyWriter{&all}, onlyReader{c}, make([]byte, max(piece, 1)))
	a := &x.Answer
	said = fmt.Sprintf("%d %d ", a.Status, a.Length)
	for _, f := range append(a.Fields, a.Trailers...) {
		said += fmt.Sprintf("[%q %q]", f.Name, f.Value)
	}
	c.Close()
	kept := u.pool.get() != nil
	return fmt.Sprint(said, kept), all.Bytes(), err
}

func answerOnly(said string) string { return strings.TrimRight(said, "truefals") }

type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }

var seeds = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
	"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nuntil the end", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\n1",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200\r\nX:\t a \r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
	"HTTP/1.1 200 OK\r\nConnection: x-drop, close\r\nX-Drop: 1\r\nKeep-Alive: 1\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", "HTTP/1.1 200 OK\r\nX : a\r\n\r\n", "HTTP/1.1 304 N\r\nContent-Length: 7\r\n\r\n",
}

// FuzzAnswer checks that pieces make no difference, and that net/http reads
// the same answer wherever one is accepted.
func FuzzAnswer(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), uint8(1), false)
		f.Add([]byte(s), uint8(9), true)
	}
	for _, row := range testdata.Corpus(f, "upstream") {
		if len(row.Sent) < 1000 { // long ones are slow
			f.Add([]byte(row.Sent), uint8(3), row.Ask == "HEAD")
		}
	}
	u := to(f, listen(f, func(net.Conn) {}), Options{MaxIdle: 1})
	f.Fuzz(func(t *testing.T, data []byte, piece uint8, head bool) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		said, body, err := run(u, data, len(data)+1, method)
		split, parts, err2 := run(u, data, int(piece)+1, method)
		// What comes behind an answer, and later, is found when the connection
		// is taken again: whether it was kept may differ.
		if (err == nil) != (err2 == nil) || !bytes.Equal(body, parts) || err == nil && answerOnly(said) != answerOnly(split) {
			t.Fatalf("whole %s %q %v, split %s %q %v", said, body, err, split, parts, err2)
		}
		if err == nil {
			sameAnswer(t, data, method, said, body)
		}
	})
}

// sameAnswer compares with what net/http reads.
func sameAnswer(t *testing.T, data []byte, method, said string, body []byte) {
	in := bufio.NewReader(bytes.NewReader(data))
	for {
		r, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("of %q we read %s, and net/http: %v", data, said, err)
		}
		if r.StatusCode < 200 {
			continue
		}
		theirs, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(theirs, body) {
			if err != nil && strings.Contains(err.Error(), "too much overhead") {
				return // they bound it
			}
			t.Fatalf("of %q we read %q, and net/http %q %v", data, body, theirs, err)
		}
		if want := fmt.Sprintf("%d %d ", r.StatusCode, r.ContentLength); !strings.HasPrefix(said, want) {
			t.Fatalf("of %q we read %s, and net/http %s", data, said, want)
		}
		return
	}
}

// TestAnswersThatBreakHTTP are refused, and their connections not used again.
func TestAnswersThatBreakHTTP(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, row := range []struct{ name, answer string }{
		{"nothing", ""}, {"garbage", "\x16\x03\x01\x02\x00garbage\r\n\r\n"}, {"no-status", "HTTP/1.1 OK\r\n\r\n"}, {"version", "HTTP/1.2 200 OK\r\n\r\n"},
		{"bare-line-feed", ok + "X: a\n\r\n"}, {"folded", ok + "X: a\r\n b\r\n\r\n"}, {"space-before-colon", ok + "X : a\r\n\r\n"}, {"no-colon", ok + "X\r\n\r\n"},
		{"no-name", ok + ": a\r\n\r\n"}, {"control", ok + "X: \x01\r\n\r\n"}, {"bare-return", ok + "X: a\rb\r\n\r\n"}, {"nul", ok + "X: \x00\r\n\r\n"},
		{"two-lengths", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok"}, {"length-and-coding", ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"negative-length", ok + "Content-Length: -2\r\n\r\nok"}, {"long-length", ok + "Content-Length: 9999999999999999999\r\n\r\nok"}, {"other-coding", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n"},
		{"old-version-with-coding", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}, {"cut-in-the-head", ok + "X: a"}, {"unasked-switch", "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n"},
		{"too-many-interim", strings.Repeat("HTTP/1.1 102 P\r\n\r\n", maxInterim) + fine}, {"too-many-fields", ok + strings.Repeat("a:\r\n", maxFields+1) + "\r\n"},
		{"long-head", ok + "X: " + strings.Repeat("a", 64<<10) + "\r\n\r\n"}, {"long-interim", "HTTP/1.1 103 E\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n" + fine},
		{"cut-in-the-body", ok + "Content-Length: 3\r\n\r\nok"}, {"cut-in-a-chunk", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nok"}, {"bad-chunk", ok + "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := to(t, listen(t, func(c net.Conn) {
				if _, err := skipHead(bufio.NewReader(c)); err == nil {
					io.WriteString(c, row.answer)
				}
			}), Options{})
			status, body, err := outcome(u, request("POST", ""))
			if code(err) != gate.UpstreamBroken {
				t.Errorf("%d %q %v", status, body, err)
			}
			if s := u.Stats(); s.Idle != 0 || s.InFlight != 0 || s.Opened != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestUnaskedBytes wants the answer, and nothing made of what comes behind it.
func TestUnaskedBytes(t *testing.T) {
	for _, row := range []struct {
		name, text string
		kept       bool
	}{
		{"nothing", fine, true},
		{"a-byte", fine + "x", false},
		{"a-line-end", fine + "\r\n", false},
		{"another-answer", fine + fine, false},
		{"behind-chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP", false},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true},
		{"said-to-end", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok", false},
		{"old-version", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
		{"old-version-that-keeps", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			hold := make(chan bool)
			defer close(hold)
			u := to(t, listen(t, func(c net.Conn) {
				if _, err := skipHead(bufio.NewReader(c)); err == nil {
					io.WriteString(c, row.text)
				}
				<-hold
			}), Options{})
			mustGet(t, u)
			if kept := u.Stats().Idle == 1; kept != row.kept {
				t.Errorf("kept %v", kept)
			}
		})
	}
}
