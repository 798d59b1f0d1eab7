package jwks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// server is who gives keys in a test without a network.
type server struct {
	set     atomic.Pointer[jose.Set] // nil for down
	slow    atomic.Int64             // time.Duration
	fetches atomic.Int32
}

func (s *server) fetch(ctx context.Context) (fetched, error) {
	s.fetches.Add(1)
	select {
	case <-time.After(time.Duration(s.slow.Load())):
	case <-ctx.Done():
		return fetched{}, ctx.Err()
	}
	if set := s.set.Load(); set != nil {
		return fetched{set: set, fresh: defaultRefresh}, nil
	}
	return fetched{}, errors.New("down")
}

func read(t *testing.T, id string) *jose.Set {
	t.Helper()
	set, _, err := jose.ReadSet([]byte(setOf(t, id)))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestDownAtTheStart is a server that comes up later: nobody waits long, and
// nobody asks for more.
func TestDownAtTheStart(t *testing.T) {
	set := read(t, "a")
	synctest.Test(t, func(t *testing.T) {
		var from server
		var events []Event
		s := start(from.fetch, askedRefresh, Options{Report: func(e Event) { events = append(events, e) }})
		defer s.Close()
		if newer(t, s, nil, "a") != nil || s.Keys() != nil || !s.Failing() {
			t.Fatal("keys from nowhere")
		}
		begin := time.Now()
		for range 1000 {
			newer(t, s, nil, "a")
		}
		if wait := time.Since(begin); wait != 0 {
			t.Errorf("callers wait %v for a server that is known to be down", wait)
		}
		if n := from.fetches.Load(); n != 1 {
			t.Errorf("%d fetches", n)
		}
		if retry := s.Retry(time.Now()); retry != 1 {
			t.Errorf("retry in %d s", retry)
		}
		time.Sleep(2 * time.Minute)
		if n := from.fetches.Load(); n < 6 || n > 10 {
			t.Errorf("%d fetches in two minutes", n)
		}
		from.set.Store(set)
		time.Sleep(maxRetry)
		synctest.Wait()
		if s.Keys() != set || s.Failing() {
			t.Error("the set is not there")
		}
		if len(events) != 2 || events[0].Err == nil || events[1].Err != nil || events[1].Keys != 1 {
			t.Errorf("%+v", events)
		}
	})
}

// TestSlow is a server that needs longer than callers wait.
func TestSlow(t *testing.T) {
	set := read(t, "a")
	synctest.Test(t, func(t *testing.T) {
		var from server
		from.slow.Store(int64(3 * time.Second))
		from.set.Store(set)
		s := start(from.fetch, askedRefresh, Options{})
		defer s.Close()
		begin := time.Now()
		if set, wait := s.Newer(t.Context(), nil, "a"); set != nil || wait <= 0 || time.Since(begin) != waitTime {
			t.Errorf("waited %v, and %v more", time.Since(begin), wait)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s.Keys() != set {
			t.Error("the set is not there")
		}
		from.slow.Store(int64(time.Hour))
		time.Sleep(2 * defaultRefresh)
		synctest.Wait()
		if s.Keys() != set || !s.Failing() {
			t.Error("a server that does not end its answer takes the keys away")
		}
	})
}

// TestSlowLater is a server that is slow when a token asks for its new key:
// whoever does not wait for the end, or finds no room to wait, is not told that
// there is no such key.
func TestSlowLater(t *testing.T) {
	set := read(t, "a")
	synctest.Test(t, func(t *testing.T) {
		var from server
		from.set.Store(set)
		s := start(from.fetch, askedRefresh, Options{})
		defer s.Close()
		time.Sleep(askedRefresh + time.Second)
		from.slow.Store(int64(3 * time.Second))
		var all sync.WaitGroup
		for range maxWaiting + 100 {
			all.Go(func() {
				if got, wait := s.Newer(t.Context(), set, "b"); got != set || wait <= 0 || wait > time.Second {
					t.Errorf("a key that is asked for is said not to be there: wait %v", wait)
				}
			})
		}
		all.Wait()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if _, wait := s.Newer(t.Context(), set, "b"); wait != 0 {
			t.Errorf("it is to be waited for when the server has answered: %v", wait)
		}
	})
}

// newer is Newer without how long to wait.
func newer(t *testing.T, s *Source, than *jose.Set, id string) *jose.Set {
	t.Helper()
	set, _ := s.Newer(t.Context(), than, id)
	return set
}

// TestRotation is a new key that tokens show first: one fetch for all of them,
// also when the last one was just now.
func TestRotation(t *testing.T) {
	old, fresh := read(t, "a"), read(t, "b")
	for _, after := range []time.Duration{0, time.Millisecond, time.Second, 5 * time.Second, askedRefresh, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			var from server
			from.slow.Store(int64(100 * time.Millisecond))
			from.set.Store(old)
			s := start(from.fetch, askedRefresh, Options{})
			defer s.Close()
			newer(t, s, nil, "a")
			from.set.Store(fresh)
			time.Sleep(after)
			var all sync.WaitGroup
			for range 500 {
				all.Go(func() {
					got, wait := s.Newer(t.Context(), old, "b")
					if got == old && wait > 0 { // as a client does that is told to try again
						time.Sleep(wait.Truncate(time.Second) + time.Second)
						got, wait = s.Newer(t.Context(), old, "b")
					}
					if got != fresh {
						t.Errorf("%v after a fetch, a caller goes without the new key, and shall wait for %v", after, wait)
					}
				})
			}
			all.Wait()
			if n := from.fetches.Load(); n != 2 {
				t.Errorf("%d fetches", n)
			}
		})
	}
}

// remembered counts the names that were asked for, and those that wait.
func remembered(s *Source) (names, pending int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked.names), s.asked.pending
}

// TestMadeUp is an attacker who makes up ids of keys.
func TestMadeUp(t *testing.T) {
	set, fresh := read(t, "a"), read(t, "b")
	synctest.Test(t, func(t *testing.T) {
		var from server
		from.set.Store(set)
		s := start(from.fetch, askedRefresh, Options{})
		defer s.Close()
		newer(t, s, nil, "a")
		before, begin := from.fetches.Load(), time.Now()
		for i := range 6000 { // at least ten minutes of them
			if _, wait := s.Newer(t.Context(), set, fmt.Sprint("made up ", i)); wait > askedRefresh {
				t.Fatalf("told to wait for %v", wait)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if n, took := from.fetches.Load()-before, time.Since(begin); n > int32(took/askedRefresh)+burst {
			t.Errorf("%d fetches in %v", n, took)
		}
		if names, pending := remembered(s); names > maxAsked || pending > maxAsked {
			t.Errorf("%d names are remembered, %d wait", names, pending)
		}
		// One that no fetch has brought is told so, while others are owed.
		time.Sleep(time.Minute)
		if _, wait := s.Newer(t.Context(), set, "known to be bad"); wait != 0 {
			t.Errorf("a fetch has not brought it, and it is to wait for %v", wait)
		}
		n := from.fetches.Load()
		for range 80 { // for eight seconds
			if _, wait := s.Newer(t.Context(), set, "known to be bad"); wait != 0 {
				t.Fatalf("it is to wait for %v", wait)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if from.fetches.Load() != n {
			t.Error("it was fetched for again")
		}
		// More than are remembered, all at once: the others are told at once that
		// there is none, and the new key comes with the fetch that is owed.
		var full, owed int
		for range burst {
			time.Sleep(minApart)
			newer(t, s, set, rand.Text())
		}
		for range 2 * maxAsked {
			if _, wait := s.Newer(t.Context(), set, rand.Text()); wait > 0 {
				owed++
			} else {
				full++
			}
		}
		if owed == 0 || owed > maxAsked || full < maxAsked {
			t.Errorf("%d are to wait, %d are not", owed, full)
		}
		from.set.Store(fresh)
		time.Sleep(askedRefresh)
		synctest.Wait()
		if s.Keys() != fresh {
			t.Error("the new key is kept away by an attacker")
		}
		if _, pending := remembered(s); pending != 0 {
			t.Errorf("%d names still wait", pending)
		}
	})
}

// TestSameSet keeps the address of a set that did not change.
func TestSameSet(t *testing.T) {
	text := []byte(setOf(t, "a"))
	synctest.Test(t, func(t *testing.T) {
		s := start(func(context.Context) (fetched, error) {
			set, _, err := jose.ReadSet(text)
			return fetched{set: set, fresh: minRefresh}, err
		}, askedRefresh, Options{})
		defer s.Close()
		first := newer(t, s, nil, "a")
		time.Sleep(time.Hour)
		if first == nil || s.Keys() != first {
			t.Error("the same set is another one")
		}
	})
}

// TestStale takes keys away that nobody vouched for in a long time.
func TestStale(t *testing.T) {
	set := read(t, "a")
	synctest.Test(t, func(t *testing.T) {
		var from server
		from.set.Store(set)
		s := start(from.fetch, askedRefresh, Options{Stale: time.Hour})
		defer s.Close()
		time.Sleep(time.Second)
		from.set.Store(nil)
		time.Sleep(50 * time.Minute)
		if s.Keys() != set || !s.Failing() {
			t.Error("the last good set is gone")
		}
		time.Sleep(30 * time.Minute)
		if s.Keys() != nil {
			t.Error("keys live for ever")
		}
	})
}

func TestCloseWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var from server
		from.slow.Store(int64(time.Hour))
		s := start(from.fetch, askedRefresh, Options{})
		var all sync.WaitGroup
		all.Go(func() { s.Newer(t.Context(), nil, "a") })
		synctest.Wait()
		s.Close()
		all.Wait()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		s.Newer(ended, nil, "a")
	})
}

func TestFixed(t *testing.T) {
	set := read(t, "a")
	s := Fixed(set)
	if s.Keys() != set || newer(t, s, set, "b") != set || s.Failing() {
		t.Error("it changes")
	}
	s.Close()
}

// TestDownLater runs a real server that goes away.
func TestDownLater(t *testing.T) {
	text := setOf(t, "a")
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text)) }))
	events := make(chan Event, 8)
	s, err := New(Options{URL: web.URL, Report: func(e Event) { events <- e }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if e := <-events; e.Err != nil || e.Keys != 1 {
		t.Fatalf("%+v", e)
	}
	set := s.Keys()
	web.Close()
	s.mu.Lock()
	first := s.round
	s.mu.Unlock()
	if first != nil {
		<-first // which ends behind the event
	}
	s.mu.Lock()
	s.last = time.Time{} // as if it were long ago
	s.mu.Unlock()
	newer(t, s, set, "b")
	if e := <-events; e.Err == nil || e.Keys != 1 || s.Keys() != set {
		t.Errorf("%+v", e)
	}
}
