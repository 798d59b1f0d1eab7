package maintenance

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// start serves on a free port until the test ends.
func start(t *testing.T, ready func() bool) (s *Server, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	counted := Page{"text/plain; version=0.0.4", func(w io.Writer) error { _, err := io.WriteString(w, "counted 1\n"); return err }}
	s = New(ready, counted, slog.New(slog.DiscardHandler))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, l.Addr().String()
}

// exchange sends bytes and reads one answer.
func exchange(t *testing.T, address, method, text string) (answer *http.Response, body string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	answer, err = http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(b)
}

func TestAnswers(t *testing.T) {
	var ready atomic.Bool
	_, address := start(t, ready.Load)
	tests := []struct {
		name, method, target string
		ready                bool
		status               int
		body                 string
	}{
		{"alive", "GET", "/healthz", true, 200, "ok\n"},
		{"alive-head", "HEAD", "/healthz", true, 200, ""},
		{"alive-though-not-ready", "GET", "/healthz", false, 200, "ok\n"},
		{"ready", "GET", "/readyz", true, 200, "ok\n"},
		{"not-ready", "GET", "/readyz", false, 503, "not ready\n"},
		{"not-ready-head", "HEAD", "/readyz", false, 503, ""},
		{"query", "GET", "/healthz?from=probe", true, 200, "ok\n"},
		{"post", "POST", "/healthz", true, 405, "GET or HEAD\n"},
		{"options", "OPTIONS", "/readyz", true, 405, "GET or HEAD\n"},
		{"own-method", "FROB", "/readyz", false, 405, "GET or HEAD\n"},
		{"root", "GET", "/", true, 404, "there are /healthz, /readyz and /metrics\n"},
		{"below", "GET", "/healthz/", true, 404, "there are /healthz, /readyz and /metrics\n"},
		{"other-case", "GET", "/Healthz", true, 404, "there are /healthz, /readyz and /metrics\n"},
		{"dots", "GET", "/x/../healthz", true, 404, "there are /healthz, /readyz and /metrics\n"},
		{"post-elsewhere", "POST", "/other", true, 404, "there are /healthz, /readyz and /metrics\n"},
		{"metrics", "GET", "/metrics", true, 200, "counted 1\n"},
		{"metrics-head", "HEAD", "/metrics", false, 200, ""},
		{"metrics-post", "POST", "/metrics", true, 405, "GET or HEAD\n"},
		{"profiles", "GET", "/debug/pprof/", true, 404, "there are /healthz, /readyz and /metrics\n"},
		{"asterisk", "OPTIONS", "*", true, 404, "there are /healthz, /readyz and /metrics\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ready.Store(test.ready)
			answer, body := exchange(t, address, test.method, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: SEKRIT.example\r\nX-Key: SEKRIT\r\n\r\n", test.method, test.target))
			if answer.StatusCode != test.status || body != test.body {
				t.Errorf("got %d %q", answer.StatusCode, body)
			}
			if allow := answer.Header.Get("Allow"); (allow == "GET, HEAD") != (test.status == 405) {
				t.Errorf("Allow: %q", allow)
			}
			if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Server") != "" {
				t.Errorf("fields %v", answer.Header)
			}
			if strings.Contains(fmt.Sprint(answer.Header), "SEKRIT") {
				t.Error("the answer repeats the request")
			}
		})
	}
}

func TestBodiesEndTheConnection(t *testing.T) {
	_, address := start(t, func() bool { return true })
	answer, _ := exchange(t, address, "GET", "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
	if answer.StatusCode != 200 || !answer.Close {
		t.Errorf("status %d, close %v", answer.StatusCode, answer.Close)
	}
}

func TestBigHeads(t *testing.T) {
	_, address := start(t, func() bool { return true })
	answer, _ := exchange(t, address, "GET", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: "+strings.Repeat("a", 16<<10)+"\r\n\r\n")
	if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", answer.StatusCode)
	}
}

// TestShutdown ends a server on which a silent client and one that waits for
// its answer are connected: the call gets its answer.
func TestShutdown(t *testing.T) {
	asked, free := make(chan struct{}), make(chan struct{})
	s, address := start(t, func() bool { close(asked); <-free; return true })
	silent, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	got := make(chan int, 1)
	go func() {
		answer, err := http.Get("http://" + address + Ready)
		if err != nil {
			got <- 0
			return
		}
		answer.Body.Close()
		got <- answer.StatusCode
	}()
	<-asked
	ended := make(chan struct{})
	go func() { s.Shutdown(); close(ended) }()
	close(free)
	if status := <-got; status != 200 {
		t.Errorf("status %d", status)
	}
	<-ended
	silent.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := silent.Read(make([]byte, 1)); err == nil {
		t.Error("the silent client is still connected")
	}
}

// TestScrapesAreBounded asks while as many others are answered as may be, and
// when what is counted cannot be had.
func TestScrapesAreBounded(t *testing.T) {
	asked, free := make(chan struct{}), make(chan struct{})
	h := handler(func() bool { return true }, Page{"text/x", func(w io.Writer) error {
		asked <- struct{}{}
		<-free
		return errors.New("cannot")
	}})
	scrape := func() *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", Metrics, nil))
		return w
	}
	ended := make(chan int, scrapes)
	for range scrapes {
		go func() { ended <- scrape().Code }()
		<-asked
	}
	if w := scrape(); w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("one more: %d %v", w.Code, w.Header())
	}
	close(free)
	for range scrapes {
		if code := <-ended; code != 500 {
			t.Errorf("status %d", code)
		}
	}
}
