package std_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/leak"
	"github.com/gatehouse-api/gatehouse/wire/internal/stage"
	"github.com/gatehouse-api/gatehouse/wire/std"
)

// journal is a log that goroutines share.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// protect serves next behind a gate in a server that is not ours.
func protect(t *testing.T, next http.HandlerFunc) (*stage.House, *httptest.Server, *journal) {
	t.Helper()
	leak.Check(t)
	h := stage.New(t, nil)
	log := new(journal)
	s := httptest.NewServer(std.Protect(h.Gate, std.Limits{}, slog.New(slog.NewTextHandler(log, nil)), next))
	t.Cleanup(s.Close)
	return h, s, log
}

func TestProtect(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000)
	rows := []struct {
		name, method, target, body string
		next                       http.HandlerFunc
		status                     int
		want                       string // body
		field, value               string // of the answer
	}{
		{"plain", "GET", "/get?a=1", "", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, r.Method, " ", r.URL.Path, " ", r.URL.RawQuery, " ", r.RequestURI, " ", r.Header.Get("X-A"))
		}, 200, "GET /get a=1 /get?a=1 b", "Content-Type", "text/plain; charset=utf-8"},
		{"length-of-what-fits", "GET", "/get", "", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "four") }, 200, "four", "Content-Length", "4"},
		{"nothing", "GET", "/get", "", func(http.ResponseWriter, *http.Request) {}, 200, "", "Content-Length", "0"},
		{"no-content", "GET", "/get", "", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
				panic(err)
			}
		}, 204, "", "", ""},
		{"body", "POST", "/buffer", "hello", func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			fmt.Fprint(w, r.ContentLength, string(b))
		}, 200, "5hello", "", ""},
		{"streamed-body", "POST", "/stream", "hello", func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			fmt.Fprint(w, r.ContentLength, string(b))
		}, 200, "5hello", "", ""},
		{"echo-of-much", "POST", "/stream", long, func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }, 200, long, "", ""},
		{"status-and-fields", "GET", "/get", "", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Add("X-B", "1")
			w.WriteHeader(103)
			w.WriteHeader(418)
			w.Header().Set("X-Late", "1")
			w.WriteHeader(200)
			io.WriteString(w, "{}")
		}, 418, "{}", "X-B", "1"},
		{"hop-by-hop", "GET", "/get", "", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Keep-Alive", "9") }, 200, "", "Keep-Alive", ""},
		{"panic", "GET", "/get", "", func(http.ResponseWriter, *http.Request) { panic("planted") }, 502, "upstream-broken", "", ""},
		{"silent-panic", "GET", "/get", "", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 502, "upstream-broken", "", ""},
		{"bad-status", "GET", "/get", "", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(1000) }, 502, "upstream-broken", "", ""},
		{"bad-length", "GET", "/get", "", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "-1") }, 502, "upstream-broken", "", ""},
		{"split-field", "GET", "/get", "", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-A", "a\r\nb: c") }, 502, "upstream-broken", "X-A", ""},
		{"refused", "GET", "/private", "", func(http.ResponseWriter, *http.Request) { panic("reached") }, 401, "credential-missing", "", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, s, log := protect(t, row.next)
			r, err := http.NewRequest(row.method, s.URL+row.target, strings.NewReader(row.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-A", "b")
			res, err := s.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != row.status || !strings.Contains(string(body), row.want) || row.want == "" && len(body) > 0 {
				t.Errorf("got %d %.200q %v", res.StatusCode, body, err)
			}
			if row.field != "" && res.Header.Get(row.field) != row.value || res.Header.Get("X-Late") != "" {
				t.Errorf("got %v", res.Header)
			}
			if wants := row.name == "panic"; wants != strings.Contains(log.String(), "planted") {
				t.Errorf("log: %s", log)
			}
		})
	}
}

// TestProtectStreams: what is flushed arrives before the handler goes on, also
// when another goroutine writes, as httputil.ReverseProxy does.
func TestProtectStreams(t *testing.T) {
	seen := make(chan bool)
	_, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-seen
		io.WriteString(w, "second")
	})
	back, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(back)
	proxy.FlushInterval = time.Millisecond
	_, front, _ := protect(t, proxy.ServeHTTP)
	res, err := http.Get(front.URL + "/get")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, b); err != nil || string(b) != "first" {
		t.Fatal(string(b), err)
	}
	close(seen)
	if rest, err := io.ReadAll(res.Body); err != nil || string(rest) != "second" {
		t.Error(string(rest), err)
	}
}

// TestProtectCut: an answer that breaks off must not look like one that ended.
func TestProtectCut(t *testing.T) {
	seen := make(chan bool)
	_, s, log := protect(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-seen
		panic("planted")
	})
	res, err := http.Get(s.URL + "/get")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	close(seen)
	if b, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("ended with %q", b)
	}
	if !strings.Contains(log.String(), "planted") {
		t.Error(log)
	}
}

// TestProtectEndsWithItsClient: a client that leaves ends the handler's
// context, and after the exchange nothing of the body can be read.
func TestProtectEndsWithItsClient(t *testing.T) {
	var late sync.WaitGroup
	var body io.Reader
	arrived := make(chan bool)
	h, s, _ := protect(t, func(w http.ResponseWriter, r *http.Request) {
		body = r.Body
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, "POST", s.URL+"/buffer", strings.NewReader("secret"))
	if err != nil {
		t.Fatal(err)
	}
	late.Go(func() { http.DefaultClient.Do(r) })
	<-arrived
	cancel()
	if e := h.Event(0); e.Outcome != gate.Aborted || e.Code != gate.ClientGone {
		t.Error(e.Outcome, e.Code)
	}
	late.Wait()
	if n, err := body.Read(make([]byte, 9)); n > 0 || err == nil {
		t.Error("the body can still be read")
	}
}

// TestProtectKeepsTheOuterRequest: context and path values of routers in front.
func TestProtectKeepsTheOuterRequest(t *testing.T) {
	type key struct{}
	h := stage.New(t, nil)
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Context().Value(key{}), " ", r.PathValue("what"))
	})
	mux := http.NewServeMux()
	mux.Handle("/{what}", std.Protect(h.Gate, std.Limits{}, nil, next))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/get", nil)
	mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, "kept")))
	if w.Body.String() != "kept get" {
		t.Error(w.Body)
	}
}
