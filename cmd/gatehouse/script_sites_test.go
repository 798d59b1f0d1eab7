package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// site is one address of an API. It answers with its name, on /health too, and
// says of a copy that it is one.
type site struct {
	*httptest.Server
	calls, last atomic.Int64 // it dies with its last call; 0 is none
	sick        atomic.Bool
}

func newSite(name string) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" {
			if s.sick.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return
		}
		if s.calls.Add(1) == s.last.Load() {
			s.die()
		}
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, name)
	}))
	return s
}

// die ends the listener and every connection, as the end of a program does.
func (s *site) die() {
	s.Listener.Close()
	s.CloseClientConnections()
}

// startSites starts an API at an address for each name.
func startSites(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	s := on(ts)
	s.sites = map[string]*site{}
	for _, name := range args {
		s.sites[name] = newSite(name)
		ts.Setenv("API_"+name, s.sites[name].URL)
		ts.Defer(s.sites[name].Close)
	}
}

// siteOf returns a site by its name.
func siteOf(ts *testscript.TestScript, name string) *site {
	s := on(ts).sites[name]
	if s == nil {
		ts.Fatalf("there is no site %s", name)
	}
	return s
}

// endSite ends a site, now or with one of its calls from here on.
func endSite(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 1)
	s := siteOf(ts, args[0])
	if len(args) == 1 {
		s.die()
		return
	}
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	s.last.Store(s.calls.Load() + n)
}

// sicken has the health check of a site fail, or, negated, go well.
func sicken(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, false, args, 1)
	siteOf(ts, args[0]).sick.Store(!neg)
}

// siteSaw waits until a site has seen N calls, or at least N where there is a
// +, and no more.
func siteSaw(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 2)
	s := siteOf(ts, args[0])
	want, err := strconv.ParseInt(strings.TrimSuffix(args[1], "+"), 10, 64)
	ts.Check(err)
	for limit := time.Now().Add(10 * time.Second); s.calls.Load() < want && time.Now().Before(limit); time.Sleep(time.Millisecond) {
	}
	if got := s.calls.Load(); got < want || got > want && !strings.HasSuffix(args[1], "+") {
		ts.Fatalf("%s saw %d calls, want %s", args[0], got, args[1])
	}
}

// burst makes calls from eight clients and says how many were answered how.
func burst(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 3)
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var mu sync.Mutex
	counts := map[string]int{}
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for range n/8 + min(1, max(0, n%8-i)) {
				answer := ask(client, args[1], ts.Getenv("GATE")+args[2])
				mu.Lock()
				counts[answer]++
				mu.Unlock()
			}
		})
	}
	work.Wait()
	for _, answer := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(ts.Stdout(), "%s: %d\n", answer, counts[answer])
	}
}

// ask makes a call and says how it was answered: the status and, where it is
// 200, the body.
func ask(client *http.Client, method, url string) string {
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		return err.Error()
	}
	answer, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err.Error()
	case answer.StatusCode != http.StatusOK:
		return answer.Status[:3]
	}
	return "200 " + string(body)
}
