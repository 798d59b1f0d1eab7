package introspection_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/guard/authn/introspection"
)

// TestCache follows one token through the life of what is remembered.
func TestCache(t *testing.T) {
	s := newServer(t)
	s.says(fmt.Sprintf(`{"active":true,"sub":"a","exp":%d}`, now.Add(100*time.Second).Unix()))
	v := verifier(t, s.URL, func(o *introspection.Options) {
		o.Cache, o.Stale, o.Negative = 30*time.Second, 20*time.Second, 5*time.Second
	})
	down := func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }
	step := func(what string, after time.Duration, want gate.Code, asked int64) {
		t.Helper()
		if _, got := verify(v, now.Add(after)); got != want || s.asked.Load() != asked {
			t.Errorf("%s: %s, asked %d times", what, got, s.asked.Load())
		}
	}
	step("first", 0, gate.Undecided, 1)
	step("remembered", 29*time.Second, gate.Undecided, 1)
	step("asked again", 30*time.Second, gate.Undecided, 2)
	s.does(down)
	step("fresh while the server is down", 59*time.Second, gate.Undecided, 2)
	step("stale while the server is down", 60*time.Second, gate.Undecided, 3)
	step("as stale as allowed", 79*time.Second, gate.Undecided, 4)
	step("too stale", 80*time.Second, gate.CredentialUnverified, 5)
	s.says(`{"active":false}`)
	step("taken back", 81*time.Second, gate.CredentialInvalid, 6)
	step("taken back, and remembered", 85*time.Second, gate.CredentialInvalid, 6)
	s.does(down)
	step("what was taken back does not come back", 87*time.Second, gate.CredentialUnverified, 7)
	s.says(fmt.Sprintf(`{"active":true,"sub":"a","exp":%d}`, now.Add(100*time.Second).Unix()))
	step("again", 90*time.Second, gate.Undecided, 8)
	s.does(down)
	step("not beyond its end", 100*time.Second, gate.CredentialUnverified, 9)
}

func TestNoCache(t *testing.T) {
	s := newServer(t)
	s.says(`{"active":true,"sub":"a"}`)
	v := verifier(t, s.URL, nil)
	for range 3 {
		verify(v, now)
	}
	if s.asked.Load() != 3 {
		t.Errorf("asked %d times", s.asked.Load())
	}
}

// TestOneQuestion has many calls with one token wait for one answer.
func TestOneQuestion(t *testing.T) {
	s := newServer(t)
	begun, go_ := make(chan struct{}), make(chan struct{})
	s.does(func(w http.ResponseWriter, r *http.Request) {
		close(begun) // a second question would panic
		<-go_
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"active":true,"sub":"a"}`)
	})
	v := verifier(t, s.URL, func(o *introspection.Options) { o.Cache, o.Timeout = time.Minute, time.Minute })
	var wait sync.WaitGroup
	ask := func() {
		if _, got := verify(v, now); got != gate.Undecided {
			t.Error(got)
		}
	}
	wait.Go(ask)
	<-begun
	for range 20 {
		wait.Go(ask)
	}
	gone, leave := context.WithCancel(context.Background())
	leave()
	x := exchange(now)
	x.Context = gone
	if _, r := v.Verify(x, &gate.Use{}, []byte("token")); r == nil || r.Code != gate.CredentialUnverified {
		t.Error("a client that went away still waits")
	}
	close(go_)
	wait.Wait()
	if s.asked.Load() != 1 {
		t.Errorf("asked %d times", s.asked.Load())
	}
}

// TestRoom bounds the questions that are open.
func TestRoom(t *testing.T) {
	s := newServer(t)
	begun := make(chan struct{}, 8)
	s.does(func(w http.ResponseWriter, r *http.Request) { begun <- struct{}{}; <-r.Context().Done() })
	ctx, end := context.WithCancel(t.Context())
	b, _ := binding.New(binding.Options{})
	v, err := introspection.New(ctx, introspection.Options{Name: "opaque", URL: s.URL, Issuer: issuer, Binder: b, Parallel: 2, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var wait sync.WaitGroup
	ask := func(token string) {
		wait.Go(func() {
			if _, r := v.Verify(exchange(now), &gate.Use{}, []byte(token)); code(r) != gate.CredentialUnverified {
				t.Error(code(r))
			}
		})
	}
	ask("1")
	ask("2")
	<-begun
	<-begun
	for i := range 8 {
		ask(fmt.Sprint("more ", i))
	}
	end() // of all that is open, and of those that wait
	wait.Wait()
	if len(begun) > 0 {
		t.Errorf("%d questions more at once", len(begun))
	}
}
