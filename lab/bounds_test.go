package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// local makes a call in this process.
func local(s *Shop, who int64, line, body string) *httptest.ResponseRecorder {
	method, target, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if who != 0 {
		r.Header.Set("Authorization", "Bearer "+s.Token(who))
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// TestCollectionsAreBounded creates more of everything than a shop keeps.
func TestCollectionsAreBounded(t *testing.T) {
	long := strings.Repeat("a", maxBody/8)
	lines := strings.Repeat(`{"product_id":3,"quantity":1},`, 2*maxElements)
	for _, test := range []struct {
		line, body string
		count      func(*Shop) int
	}{
		{"POST /users", `{"email":"%d@mail.example","password":"p","name":"` + long + `"}`, func(s *Shop) int { return len(s.users.things) }},
		{"POST /products", `{"name":"%d","description":"` + long + `"}`, func(s *Shop) int { return len(s.products.things) }},
		{"POST /orders", `{"note":"%d","lines":[` + lines + `{"product_id":3}]}`, func(s *Shop) int { return len(s.orders.things) }},
		{"POST /payments", `{"order_id":1001,"card":{"holder":"%d","number":"` + long + `"}}`, func(s *Shop) int { return len(s.payments.things) }},
		{"POST /webhooks", `{"url":"%d","events":["` + long + `"]}`, func(s *Shop) int { return len(s.webhooks.things) }},
	} {
		t.Run(strings.ReplaceAll(test.line, " /", "-"), func(t *testing.T) {
			s := New(Options{})
			short := strings.NewReplacer(long, "a", lines, "").Replace(test.body)
			for i := range maxThings + 5 {
				body := short
				if i >= maxThings { // a few long ones are enough
					body = test.body
				}
				if w := local(s, Mallory, test.line, fmt.Sprintf(body, i)); w.Code != http.StatusCreated {
					t.Fatalf("status %d: %.300s", w.Code, w.Body)
				}
			}
			if n := test.count(s); n != maxThings {
				t.Errorf("%d are kept, not %d", n, maxThings)
			}
			kept, err := json.Marshal([]any{s.users.things, s.products.things, s.orders.things, s.payments.things, s.webhooks.things})
			if err != nil || len(kept) > 1<<20 {
				t.Errorf("%d bytes are kept, %v", len(kept), err)
			}
		})
	}
}

func TestFilesAreBounded(t *testing.T) {
	s := New(Options{})
	form := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + strings.Repeat("a", 2*maxFile) + "\r\n--b--\r\n"
	for range maxThings + 5 {
		r := httptest.NewRequest("POST", "/files", strings.NewReader(form))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		r.Header.Set("Authorization", "Bearer "+s.Token(Mallory))
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != http.StatusCreated {
			t.Fatalf("status %d: %.300s", w.Code, w.Body)
		}
	}
	if n := len(s.files.things); n != maxThings {
		t.Errorf("%d files are kept", n)
	}
	for _, f := range s.files.things {
		if len(f.content) > maxFile {
			t.Fatalf("a file of %d bytes is kept", len(f.content))
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	s := New(Options{})
	if w := local(s, Mallory, "POST /orders", `{"note":"`+strings.Repeat("a", maxBody)+`"}`); w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}

// TestTheSeedIsTheSame opens two shops and looks at all they show.
func TestTheSeedIsTheSame(t *testing.T) {
	now := func() time.Time { return time.Unix(1_750_000_000, 0) }
	a, b := New(Options{Now: now}), New(Options{Now: now})
	for _, line := range []string{"GET /v0/users", "GET /products", "GET /orders/1001", "GET /files/1", "GET /webhooks", "GET /admin/sales"} {
		if x, y := local(a, Bob, line, "").Body.String(), local(b, Bob, line, "").Body.String(); x != y || len(x) < 20 {
			t.Errorf("%s: %s and %s", line, x, y)
		}
	}
	if a.Token(Alice) != b.Token(Alice) {
		t.Error("tokens differ")
	}
}

// TestNothingButItselfIsReached tries every way out that the code could
// have forgotten.
func TestNothingButItselfIsReached(t *testing.T) {
	touched := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { touched = true }))
	defer other.Close()
	s := New(Options{})
	mux := http.NewServeMux()
	mux.Handle("/", s)
	mux.Handle("/away", http.RedirectHandler(other.URL, http.StatusFound))
	own := httptest.NewServer(mux)
	defer own.Close()
	t.Setenv("http_proxy", other.URL)
	port := own.URL[strings.LastIndex(own.URL, ":")+1:]
	for _, test := range []struct {
		name, url string
		reached   bool
	}{
		{"itself", own.URL + "/health", true},
		{"itself-by-name", "http://localhost:" + port + "/health", true},
		{"another-program-of-this-machine", other.URL, false},
		{"another-program-by-redirect", own.URL + "/away", false},
		{"all-addresses", "http://0.0.0.0:" + port + "/health", false},
		{"mapped-address", "http://[::ffff:127.0.0.1]:" + port + "/health", false},
		{"number", "http://2130706433:" + port + "/health", false},
		{"a-name", "http://shop.example:" + port + "/health", false},
		{"metadata-of-clouds", "http://169.254.169.254/latest/meta-data/", false},
		{"a-user-before-it", "http://" + own.URL[len("http://"):] + "@10.0.0.1/", false},
		{"a-file", "file:///etc/passwd", false},
		{"nothing", "", false},
		{"no-url", "http://[", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			body, err := json.Marshal(map[string]string{"url": test.url})
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequest("PUT", own.URL+"/users/4/avatar", strings.NewReader(string(body)))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+s.Token(Mallory))
			got, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(got.Body)
			got.Body.Close()
			if reached := got.StatusCode == http.StatusOK; reached != test.reached || touched {
				t.Errorf("status %d: %s, touched %v", got.StatusCode, text, touched)
			}
		})
	}
	if a := s.fetched(context.Background(), own.URL); a.status != http.StatusUnprocessableEntity {
		t.Error("without a listener of its own it reaches something")
	}
}

// TestManyAtOnce makes calls from many goroutines: no more than maxCalls are
// under way, and none is left at the end.
func TestManyAtOnce(t *testing.T) {
	before := runtime.NumGoroutine()
	s := New(Options{})
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() {
			for _, line := range []string{"GET /products", "GET /orders/1001", "POST /orders/1003/coupon", "PATCH /users/4", "GET /v0/users", "POST /orders"} {
				local(s, int64(1+i%4), line, `{"name":"N","lines":[{"product_id":1,"quantity":1}]}`)
				if n := len(s.seats); n > maxCalls {
					t.Errorf("%d calls are under way", n)
				}
			}
		})
	}
	group.Wait()
	for begun := time.Now(); runtime.NumGoroutine() > before; runtime.Gosched() { // those that end
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range maxCalls {
		s.seats <- struct{}{}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", "/health", nil).WithContext(ctx))
	if w.Body.Len() > 0 {
		t.Error("a call without a seat is answered")
	}
}
