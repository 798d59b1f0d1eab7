package h1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// mirror is an API that answers with the body that it was sent, and states its
// length where the query begins with k.
type mirror struct{}

func (mirror) Send(_ context.Context, x *gate.Exchange) error {
	body := x.OutBody
	if x.Intake.Mode == gate.Stream && x.Incoming != nil {
		var err error
		if body, err = io.ReadAll(x.Incoming); err != nil {
			return err
		}
	}
	length := int64(-1)
	if bytes.HasPrefix(x.Query, []byte("k")) {
		length = int64(len(body))
	}
	x.Answer = gate.Answer{Status: 200, Fields: x.Answer.Fields[:0], Length: length, Body: io.NopCloser(bytes.NewReader(bytes.Clone(body)))}
	return nil
}

// FuzzServe has the whole engine serve any bytes, and wants for each message
// that the reader finds one answer that net/http reads to its end, and nothing
// beside them.
func FuzzServe(f *testing.F) {
	for _, s := range []string{
		"GET /get?k HTTP/1.1\r\nHost: a\r\n\r\nHEAD /get HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /buffer?k HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhelloGET / HTTP/1.0\r\nHost: a\r\n\r\n",
		"POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\nGET /private HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "POST /private HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
	} {
		f.Add([]byte(s), uint8(7))
	}
	g := stage.New(f, mirror{}).Gate
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		asked := read(t, bytes.Clone(data), 0, 4096)
		w := &wires{data: bytes.Clone(data), piece: int(piece)}
		s := New(&session.Shared{Gate: g, Limits: session.Limits{}.WithDefaults(), Base: context.Background(), Poison: true}, &session.Conn{Conn: w, Raw: w})
		s.Serve()
		in := bufio.NewReader(&w.out)
		for _, m := range asked {
			res, err := answerTo(in, m.method)
			if err != nil {
				t.Fatalf("no answer to %+v of %q: %v", m, data, err)
			}
			if m.broken != gate.Undecided && res.StatusCode != m.broken.Status() {
				t.Fatalf("%d to %+v", res.StatusCode, m)
			}
			if res.Close || m.broken != gate.Undecided || m.incomplete {
				if !res.Close {
					t.Fatalf("the connection stays behind %+v", m)
				}
				break
			}
		}
		if rest, _ := io.ReadAll(in); len(rest) > 0 {
			t.Fatalf("nobody asked for %q, of %q", rest, data)
		}
	})
}

// answerTo reads one answer to its end, and what informs before it.
func answerTo(in *bufio.Reader, method string) (*http.Response, error) {
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != 100 {
			return res, err
		}
	}
}
