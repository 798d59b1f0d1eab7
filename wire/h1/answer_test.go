package h1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// made is an API that answers as it says.
type made struct {
	status   int
	fields   string // lines of name: value
	length   int64
	body     io.Reader
	trailers string
}

func list(lines string) (fields []gate.Field) {
	for line := range strings.Lines(lines) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		fields = append(fields, gate.Field{Name: []byte(name), Value: []byte(value)})
	}
	return fields
}

func (m *made) Send(_ context.Context, x *gate.Exchange) error {
	if x.Incoming != nil {
		io.Copy(io.Discard, x.Incoming)
	}
	x.Answer = gate.Answer{Status: m.status, Fields: list(m.fields), Length: m.length, Body: io.NopCloser(m.body), Trailers: list(m.trailers)}
	return nil
}

// TestHeadsOfAnswers says what the engine writes itself and what of an answer
// it does not take.
func TestHeadsOfAnswers(t *testing.T) {
	for _, row := range []struct {
		name, request string
		api           made
		want          string // whole, but for the Date
	}{
		{"known-length", "GET /get HTTP/1.1", made{status: 200, length: 2, body: strings.NewReader("ok")},
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
		{"unknown-length", "GET /get HTTP/1.1", made{status: 200, length: -1, body: strings.NewReader("ok")},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
		{"unknown-length-that-is-ready", "GET /get HTTP/1.1", made{status: 200, length: -1, body: always{strings.NewReader("ok")}},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
		{"two-chunks", "GET /get HTTP/1.1", made{status: 200, length: -1, body: iotest.OneByteReader(strings.NewReader("ok"))},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"},
		{"end-with-the-last-bytes", "GET /get HTTP/1.1", made{status: 200, length: -1, body: iotest.DataErrReader(strings.NewReader("ok"))},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
		{"nothing", "GET /get HTTP/1.1", made{status: 200, length: -1, body: strings.NewReader("")},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"trailers-where-they-pass", "POST /trailers HTTP/1.1\r\nTE: deflate, Trailers", made{status: 200, length: -1, body: strings.NewReader("ok"), trailers: "Grpc-Status: 0\nConnection: x\nSet-Cookie: a=b"},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nGrpc-Status: 0\r\n\r\n"},
		{"trailers-that-nobody-wants", "POST /trailers HTTP/1.1\r\nTE: deflate", made{status: 200, length: -1, body: strings.NewReader("ok"), trailers: "Grpc-Status: 0"},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
		{"trailers-elsewhere", "GET /get HTTP/1.1", made{status: 200, length: -1, body: strings.NewReader("ok"), trailers: "X: y"},
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
		{"http-1-0", "GET /get HTTP/1.0", made{status: 200, length: 2, body: strings.NewReader("ok")},
			"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"},
		{"http-1-0-unknown-length", "GET /get HTTP/1.0\r\nConnection: keep-alive", made{status: 200, length: -1, body: strings.NewReader("ok")},
			"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nok"},
		{"http-1-0-that-stays", "GET /get HTTP/1.0\r\nConnection: keep-alive", made{status: 200, length: 2, body: strings.NewReader("ok")},
			"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok"},
		{"head", "HEAD /get HTTP/1.1", made{status: 200, length: 7, body: strings.NewReader("")},
			"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"},
		{"head-unknown-length", "HEAD /get HTTP/1.1", made{status: 200, length: -1, body: strings.NewReader("")},
			"HTTP/1.1 200 OK\r\n\r\n"},
		{"no-content", "GET /get HTTP/1.1", made{status: 204, length: 0, body: strings.NewReader("")},
			"HTTP/1.1 204 No Content\r\n\r\n"},
		{"not-modified", "GET /get HTTP/1.1", made{status: 304, length: 9, body: strings.NewReader("")},
			"HTTP/1.1 304 Not Modified\r\n\r\n"},
		{"status-without-a-phrase", "GET /get HTTP/1.1", made{status: 799, length: 0, body: strings.NewReader("")},
			"HTTP/1.1 799 \r\nContent-Length: 0\r\n\r\n"},
		{"fields-of-the-engine", "GET /get HTTP/1.1", made{status: 200, length: 0, body: strings.NewReader(""),
			fields: "content-length: 9\nTRANSFER-ENCODING: chunked\nConnection: x\nKeep-Alive: a\nUpgrade: b\nTrailer: c\nTE: d\nProxy-Connection: e\nX-Kept: f"},
			"HTTP/1.1 200 OK\r\nX-Kept: f\r\nContent-Length: 0\r\n\r\n"},
		{"informational", "GET /get HTTP/1.1", made{status: 103, length: 0, body: strings.NewReader("")}, ""},
		{"shorter-than-it-says", "GET /get HTTP/1.1", made{status: 200, length: 3, body: strings.NewReader("ok")}, ""},
		{"longer-than-it-says", "GET /get HTTP/1.1", made{status: 200, length: 1, body: strings.NewReader("ok")}, ""},
		{"event-stream-longer-than-it-says", "GET /get HTTP/1.1", made{status: 200, length: 1, body: strings.NewReader("ok"), fields: "Content-Type: text/event-stream"}, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1\r\n\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := engine(t, &row.api, session.Limits{})
			c.SetDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(c, row.request+"\r\nHost: a\r\n\r\n")
			c.(*net.TCPConn).CloseWrite()
			b, _ := io.ReadAll(c)
			if got := withoutDate(string(b)); got != row.want {
				t.Errorf("%q, want %q", got, row.want)
			}
		})
	}
}

// always is a body that never waits.
type always struct{ io.Reader }

func (always) Ready() bool { return true }

func withoutDate(s string) string {
	before, rest, ok := strings.Cut(s, "Date: ")
	if !ok {
		return s
	}
	line, after, _ := strings.Cut(rest, "\r\n")
	if at, err := time.Parse(http.TimeFormat, line); err != nil || time.Since(at) > time.Minute || time.Since(at) < -time.Minute {
		return s
	}
	return before + after
}

// TestDateOfTheAPI stays.
func TestDateOfTheAPI(t *testing.T) {
	const date = "date: Mon, 01 Jan 2024 00:00:00 GMT"
	c := engine(t, &made{status: 204, fields: date, body: strings.NewReader("")}, session.Limits{})
	io.WriteString(c, "GET /get HTTP/1.1\r\nHost: a\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || len(res.Header["Date"]) != 1 || res.Header.Get("Date") != date[len("date: "):] {
		t.Errorf("%v, %v", res, err)
	}
}

// TestLongHeadOfAnAnswer is written whole, with its body.
func TestLongHeadOfAnAnswer(t *testing.T) {
	long := strings.Repeat("y", 60<<10)
	for _, length := range []int64{4, -1} {
		c := engine(t, &made{status: 200, length: length, fields: "X: " + long, body: strings.NewReader("body")}, session.Limits{})
		io.WriteString(c, "GET /get HTTP/1.1\r\nHost: a\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil || string(b) != "body" || res.Header.Get("X") != long {
			t.Errorf("length %d: %q, %v, a field of %d bytes", length, b, err, len(res.Header.Get("X")))
		}
	}
}

// TestAnswerBytesAreThoseOfTheBody counts what was written of the body alone.
func TestAnswerBytesAreThoseOfTheBody(t *testing.T) {
	for _, size := range []int{0, 1, 40_000, 300_000} {
		for _, length := range []int64{int64(size), -1} {
			h := stage.New(t, &made{status: 200, length: length, body: strings.NewReader(strings.Repeat("x", size))})
			c := engineOn(t, h.Gate, session.Limits{})
			io.WriteString(c, "GET /get HTTP/1.1\r\nHost: a\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, res.Body)
			if e := h.Event(0); e.BodyOut != int64(size) || e.Outcome != gate.Passed {
				t.Errorf("size %d, length %d: %d bytes, %v", size, length, e.BodyOut, e.Outcome)
			}
		}
	}
}

// pausing is an API whose answer begins and then waits longer than a client may
// take for a write.
type pausing struct{ pause time.Duration }

func (p pausing) Send(_ context.Context, x *gate.Exchange) error {
	x.Answer = gate.Answer{Status: 200, Length: 4, Body: io.NopCloser(io.MultiReader(strings.NewReader("bo"), late(p), strings.NewReader("dy")))}
	return nil
}

// late is a reader that ends after a while.
type late struct{ pause time.Duration }

func (l late) Read([]byte) (int, error) {
	<-time.After(l.pause)
	return 0, io.EOF
}

// TestSlowAPIIsNoSlowClient: the time in which nothing is written does not count
// against the client.
func TestSlowAPIIsNoSlowClient(t *testing.T) {
	c := engine(t, pausing{2 * brief}, session.Limits{WriteStall: brief})
	in := bufio.NewReader(c)
	for range 2 {
		io.WriteString(c, "GET /get HTTP/1.1\r\nHost: a\r\n\r\n")
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); string(b) != "body" || err != nil {
			t.Fatalf("%q, %v", b, err)
		}
	}
}
