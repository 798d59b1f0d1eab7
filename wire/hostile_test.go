package wire_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/wire/h2"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// reader is an API that remembers the requests that it read whole.
type reader struct {
	url string

	mu   sync.Mutex
	read []testdata.Outcome // guarded by mu
}

func newReader(t testing.TB) *reader {
	r := &reader{}
	r.url = listen(t, r.serve)
	return r
}

func (r *reader) serve(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		q, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.read = append(r.read, testdata.ReadingOf(q, body))
		r.mu.Unlock()
		if _, err := io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n"); err != nil || q.Close {
			return
		}
	}
}

func (r *reader) take() []testdata.Outcome {
	r.mu.Lock()
	defer r.mu.Unlock()
	read := r.read
	r.read = nil
	return read
}

// TestHostileCorpus sends every row of the corpus, in one piece and byte by
// byte, and wants each request refused as the row says, or read by the API as
// the row says.
func TestHostileCorpus(t *testing.T) {
	rows := testdata.Corpus(t, "h1")
	if len(rows) < 900 {
		t.Fatalf("only %d rows", len(rows))
	}
	back := newReader(t)
	p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, false)
	for _, row := range rows {
		for _, how := range []string{"whole", "split"} {
			if how == "split" && len(row.Sent) > 400 {
				continue
			}
			t.Run(row.Name+"-"+how, func(t *testing.T) {
				c := p.dial(t)
				got, closed, err := row.Play(c, how == "split")
				if err != nil {
					t.Fatal(err)
				}
				judge(t, row, got, closed)
				compare(t, row, back.take())
			})
		}
	}
}

// judge wants the answers that row says, and the connection closed after a
// refusal of the wire.
func judge(t *testing.T, row testdata.Hostile, got []testdata.Answer, closed bool) {
	t.Helper()
	for i, a := range got {
		if want := row.Want[i]; a.Code != want.Code || want.Code == "" && a.Status != 204 {
			t.Errorf("request %d got %d %q, want %q", i, a.Status, a.Code, want.Code)
		}
	}
	if last := row.Want[len(row.Want)-1].Code; last != "" && last != "path-form" && !closed {
		t.Error("the connection goes on after the refusal")
	}
}

// compare wants read to be what row says that is passed on.
func compare(t *testing.T, row testdata.Hostile, read []testdata.Outcome) {
	t.Helper()
	for _, want := range row.Want {
		switch {
		case want.Code != "":
		case len(read) == 0:
			t.Errorf("the API did not read %v", want)
		default:
			if !want.Same(read[0]) {
				t.Errorf("the API read %v\nwant %v", read[0], want)
			}
			read = read[1:]
		}
	}
	for _, more := range read {
		t.Errorf("the API read as well: %v", more)
	}
}

// TestHostileStreams is the same for HTTP/2, behind which there is HTTP/1.1:
// what could not be written in a line of it must not come to be written. Where a
// stream is reset without an answer, the event says why it was refused.
func TestHostileStreams(t *testing.T) {
	rows := testdata.Corpus(t, "h2")
	if len(rows) < 400 {
		t.Fatalf("only %d rows", len(rows))
	}
	back := newReader(t)
	p := serve(t, to(t, back.url, upstream.Options{}), server.Options{HTTP2: h2.New, PriorKnowledge: true}, false)
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			first := p.Events()
			got, err := row.PlayStream(p.dial(t))
			if err != nil {
				t.Fatal(err)
			}
			e := p.Event(first)
			if got.Code == testdata.Reset && e.Denied {
				got.Code = e.Code.String()
			}
			judge(t, row, []testdata.Answer{got}, true)
			compare(t, row, back.take())
		})
	}
}
