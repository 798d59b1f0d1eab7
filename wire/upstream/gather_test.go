package upstream

import (
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/gate"
)

// reads tells when a body that stalls is read.
type reads struct {
	*stalled
	began chan bool
}

func (r reads) Read(p []byte) (int, error) {
	close(r.began)
	return r.stalled.Read(p)
}

// TestSlowBodyHoldsNoConnection: while a client is slow with a small body, the
// connection to the API serves others, and none is opened.
func TestSlowBodyHoldsNoConnection(t *testing.T) {
	u := to(t, listen(t, echo), Options{})
	get := func() {
		t.Helper()
		if status, _, err := outcome(u, request("GET", "")); status != 200 || err != nil {
			t.Fatal(status, err)
		}
	}
	get()
	slow := reads{&stalled{over: make(chan struct{})}, make(chan bool)}
	sent := make(chan error, 1)
	go func() {
		x := streaming(slow, 10)
		sent <- u.Send(x.Context, x)
	}()
	<-slow.began
	get()
	if s := u.Stats(); s.Opened != 1 || s.Idle != 1 || s.InFlight != 1 {
		t.Errorf("%+v", s)
	}
	slow.Abort()
	if err := <-sent; code(err) != gate.BodyIncomplete {
		t.Error(err)
	}
	if s := u.Stats(); s.Opened != 1 || s.Idle != 1 || s.InFlight != 0 || s.Broken+s.TimedOut != 0 {
		t.Errorf("%+v", s)
	}
}

// TestExchangeEndsBeforeItsBody: nobody waits for the body of an exchange that
// was cut, that its client left or whose time is up.
func TestExchangeEndsBeforeItsBody(t *testing.T) {
	for _, end := range ends {
		if end.o.AnswerTimeout > 0 || end.name == "client-seen-to-leave" { // are the API's time, and the engine's matter
			continue
		}
		want := end.want
		if want == gate.UpstreamTimeout {
			want = gate.BodyTimeout
		}
		u := to(t, listen(t, echo), end.o)
		x := streaming(&stalled{over: make(chan struct{})}, 10)
		end.do(x)
		if _, _, err := outcome(u, x); code(err) != want {
			t.Errorf("%s: %v", end.name, err)
		}
		if s := u.Stats(); s.Opened != 0 || s.InFlight != 0 || s.TimedOut != 0 {
			t.Errorf("%s: %+v", end.name, s)
		}
	}
}

// TestSmallBodiesAreAllGathered up to the bound, also behind a long head, and
// those that are longer go as they come.
func TestSmallBodiesAreAllGathered(t *testing.T) {
	u := to(t, listen(t, echo), Options{})
	for _, length := range []int{1, 3000, gatherBytes - 1, gatherBytes, gatherBytes + 1} {
		for _, field := range []int{1, 10000} {
			body := strings.Repeat("x", length)
			x := streaming(strings.NewReader(body), int64(length))
			x.Fields = []gate.Field{{Name: []byte("X-Long"), Value: []byte(strings.Repeat("y", field))}}
			if status, got, err := outcome(u, x); status != 200 || got != body || err != nil {
				t.Errorf("%d bytes: %d, %d bytes, %v", length, status, len(got), err)
			}
		}
	}
	if s := u.Stats(); s.Opened != 1 {
		t.Errorf("%+v", s)
	}
}

// TestBodyThatReachedNobody is there for another target.
func TestBodyThatReachedNobody(t *testing.T) {
	nobody := to(t, &url.URL{Scheme: "unix", Path: filepath.Join(t.TempDir(), "none")}, Options{})
	x := streaming(&pieces{data: []byte("body"), piece: 1}, 4)
	for range 2 {
		if _, _, err := outcome(nobody, x); code(err) != gate.UpstreamUnreachable {
			t.Fatal(err)
		}
	}
	if _, body, err := outcome(to(t, listen(t, echo), Options{}), x); body != "body" || err != nil {
		t.Errorf("%q %v", body, err)
	}
	if n, err := x.Incoming.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("%d bytes are left, %v", n, err)
	}
}
