package owner_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

// held is how many objects the store has owners of.
func (m *memory) held() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.Owner != (owner.Sum{}) {
			n++
		}
	}
	return n
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = err
}

// TestGoneIsToldAgain: the store hears of an object that is gone when it can be
// reached again, before its id is used again, and what it says meanwhile makes
// nobody the owner.
func TestGoneIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ready(t, gatehouse.Options{})
		held := shop(s)
		s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}, {"alice", "POST", "/orders", `{}`, "201"}})
		s.store.fail(errDown)
		s.walk([]step{{"alice", "DELETE", "/orders/7", "", "204 would owner-unavailable"}})
		if c := s.keeper.Stats(); c.Waiting != 1 || c.Unforgotten != 1 || c.Objects != 1 {
			t.Fatalf("%+v", c)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if c := s.keeper.Stats(); c.Waiting != 1 || s.store.held() != 2 {
			t.Fatalf("%+v, %d in the store", c, s.store.held())
		}
		s.store.fail(nil)
		s.store.wake() // and the store says that she owns it
		synctest.Wait()
		held["7"] = `{"id":7}`
		s.walk([]step{{"alice", "GET", "/orders/7", "", "403 owner-unknown"}})
		time.Sleep(time.Minute)
		synctest.Wait()
		if c := s.keeper.Stats(); c.Waiting != 0 || s.store.held() != 1 {
			t.Fatalf("%+v, %d in the store", c, s.store.held())
		}
	})
}

// TestGoneBeforeMadeAgain: an object that is made anew under the id of one of
// which the store was not told belongs to its maker.
func TestGoneBeforeMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ready(t, gatehouse.Options{})
		api := func(method, path, body string) (int, string, string) {
			switch method {
			case "POST":
				return 201, "/orders/7", `{"id":7}`
			case "DELETE":
				return 204, "", ""
			}
			return 200, "", `{"id":7}`
		}
		s.api = api
		s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
		s.store.fail(errDown)
		s.walk([]step{{"alice", "DELETE", "/orders/7", "", "204 would owner-unavailable"}, {"bob", "POST", "/orders", `{}`, "503 owner-unavailable"}})
		s.store.fail(nil)
		s.walk([]step{{"bob", "POST", "/orders", `{}`, "201"}, {"bob", "GET", "/orders/7", "", "200"}, {"alice", "GET", "/orders/7", "", "403 owner-denied"}})
		time.Sleep(time.Minute)
		synctest.Wait()
		s.walk([]step{{"bob", "GET", "/orders/7", "", "200"}})
		if c := s.keeper.Stats(); c.Waiting != 0 || c.Unlearned != 1 {
			t.Errorf("%+v", c)
		}
	})
}

// TestGoneIsToldAtTheEnd: a gate that ends tells the store before.
func TestGoneIsToldAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		k := owner.NewKeeper(owner.KeeperOptions{Store: m, Hash: &hasher{versions: []uint32{1}}, Max: 1000})
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); k.Follow(ctx) }()
		k.Await(t.Context())
		s := newPlay(t, orders, gatehouse.Options{}, k, m)
		shop(s)
		s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
		m.fail(errDown)
		s.walk([]step{{"alice", "DELETE", "/orders/7", "", "204 would owner-unavailable"}})
		m.fail(nil)
		end()
		<-done
		if m.held() != 0 {
			t.Errorf("%d in the store", m.held())
		}
	})
}

// TestAlarm is raised once at four fifths of the room and once when there is
// none, and again only after there was room.
func TestAlarm(t *testing.T) {
	var log bytes.Buffer
	m := newMemory()
	s := newPlay(t, orders, gatehouse.Options{}, newKeeper(t, m, owner.KeeperOptions{Max: 10, Log: slog.New(slog.NewTextHandler(&log, nil))}), m)
	shop(s)
	said := func(name string, warned, filled int) {
		t.Helper()
		text := log.String()
		if w, f := strings.Count(text, "four fifths"), strings.Count(text, "is full"); w != warned || f != filled {
			t.Errorf("%s: warned %d times, full %d times, want %d and %d\n%s", name, w, f, warned, filled, text)
		}
	}
	create := func(n int) {
		for range n {
			s.walk([]step{{"alice", "POST", "/orders", `{}`, "201"}})
		}
	}
	create(7)
	said("below", 0, 0)
	create(2)
	said("four-fifths", 1, 0)
	create(3)
	said("full", 1, 1)
	if c := s.keeper.Stats(); c.Objects != 10 || c.Max != 10 || c.Refused != 2 {
		t.Errorf("%+v", c)
	}
	for _, id := range []string{"7", "8", "9", "10"} {
		s.walk([]step{{"alice", "DELETE", "/orders/" + id, "", "204"}})
	}
	said("room-again", 1, 1)
	create(4)
	said("full-again", 2, 2)
}
