package wire_test

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/upstream"
)

// liar is an API that answers /row with what a row says, and anything else with
// the word next.
type liar struct {
	url string

	mu      sync.Mutex
	row     testdata.Hostile // guarded by mu, like the others
	tainted bool             // next was asked for where a row had been sent
}

func newLiar(t testing.TB) *liar {
	l := &liar{}
	l.url = listen(t, l.serve)
	return l
}

func (l *liar) play(row testdata.Hostile) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.row, l.tainted = row, false
}

func (l *liar) serve(c net.Conn) {
	in, sent := bufio.NewReader(c), false
	for {
		q, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		l.mu.Lock()
		row := l.row
		text := "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"
		if q.URL.Path == "/row" {
			text, sent = row.Sent, true
		} else {
			l.tainted = l.tainted || sent
		}
		l.mu.Unlock()
		if _, err := io.WriteString(c, text); err != nil || sent && row.Ends {
			return
		}
	}
}

// TestHostileAnswers has the API answer with every row of a corpus. A client
// gets the answer that the row says, a problem document, or an answer that
// visibly breaks off; and what was wrong or too much is no part of the next
// answer, which comes on a connection that was not lied on.
func TestHostileAnswers(t *testing.T) {
	rows := testdata.Corpus(t, "upstream")
	if len(rows) < 200 {
		t.Fatalf("only %d rows", len(rows))
	}
	back := newLiar(t)
	p := serve(t, to(t, back.url, upstream.Options{}), server.Options{}, false)
	for _, row := range rows {
		t.Run(row.Name, func(t *testing.T) {
			back.play(row)
			want := row.Want[0]
			got, err := ask(t, p, cmp.Or(row.Ask, "GET"), "/row")
			switch {
			case want.Code != "":
				if err != nil || got.Status != 502 || !strings.Contains(got.Body, `"code":"`+want.Code+`"`) {
					t.Errorf("got %v (%v), want %s", got, err, want.Code)
				}
			case want.Broken:
				if err == nil && !strings.Contains(got.Body, `"code":"upstream-broken"`) {
					t.Errorf("got %v as a whole", got)
				}
			case err != nil || got.Status != want.Status || got.Body != want.Body || !slices.Equal(got.Fields, lowered(want.Fields)):
				t.Errorf("got %d %.60q %q (%v), want %d %.60q %q", got.Status, got.Body, got.Fields, err, want.Status, want.Body, want.Fields)
			}
			if next, err := ask(t, p, "GET", "/next"); err != nil || next.Status != 200 || next.Body != "next" {
				t.Errorf("the next answer is %v (%v)", next, err)
			}
			back.mu.Lock()
			defer back.mu.Unlock()
			if back.tainted && (want.Code != "" || want.Broken) {
				t.Error("the connection was used again")
			}
		})
	}
}

// ask makes a call on a connection of its own. err says that the answer broke
// off or was none.
func ask(t *testing.T, p *path, method, target string) (o testdata.Outcome, err error) {
	t.Helper()
	c := p.dial(t)
	defer c.Close()
	send(t, c, method+" "+target+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return o, err
	}
	body, err := io.ReadAll(res.Body)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Fatal("the answer never ends")
	}
	o.Status, o.Body = res.StatusCode, string(body)
	for name, values := range res.Header {
		for _, v := range values {
			if name != "Date" && name != "Content-Length" && name != "Connection" && name != "Via" {
				o.Fields = append(o.Fields, strings.ToLower(name)+": "+v)
			}
		}
	}
	return o, err
}

func lowered(fields []string) (list []string) {
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		list = append(list, strings.ToLower(name)+":"+value)
	}
	return list
}
