package store_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
)

// mirror keeps the ids of the keys that a store has, as a gate does.
type mirror struct {
	mu    sync.Mutex
	keys  map[string]bool // id to: good; guarded by mu
	fresh time.Time       // guarded by mu
	turn  chan struct{}   // holds one: something happened
}

// follow starts a mirror of s that ends with the test.
func follow(t *testing.T, s *store.Store) *mirror {
	t.Helper()
	m := &mirror{keys: map[string]bool{}, turn: make(chan struct{}, 1)}
	s.Start()
	ctx, end := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		s.Follow(ctx, store.Follower{Read: func(ctx context.Context, since int64) (int64, error) { return m.read(ctx, s, since) }, Fresh: m.sawAll})
	})
	t.Cleanup(func() {
		end()
		ended.Wait()
	})
	return m
}

func (m *mirror) read(ctx context.Context, s *store.Store, since int64) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if since == 0 {
		clear(m.keys)
	}
	err := s.Keys(ctx, "", since, func(k *store.Key) error {
		m.keys[k.ID], since = k.Revoked.IsZero(), k.Changed
		return nil
	})
	return since, err
}

func (m *mirror) sawAll(at time.Time) {
	m.mu.Lock()
	m.fresh = at
	m.mu.Unlock()
	select {
	case m.turn <- struct{}{}:
	default:
	}
}

// until waits for a state of the mirror and says how long that took.
func (m *mirror) until(t *testing.T, what string, ok func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	late := time.After(20 * time.Second)
	for {
		m.mu.Lock()
		good := ok()
		m.mu.Unlock()
		if good {
			return time.Since(begun)
		}
		select {
		case <-m.turn:
		case <-late:
			t.Fatal("never: ", what)
		}
	}
}

// TestFollow has one store follow what another changes. They share nothing but
// the database, as two processes do.
func TestFollow(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		settings := b.fresh(t)
		here, there := open(t, settings), open(t, settings)
		if err := there.AddKey(t.Context(), key("before")); err != nil {
			t.Fatal(err)
		}
		m := follow(t, here)
		m.until(t, "what was there before is seen", func() bool { return m.keys["before"] })
		for _, step := range []struct {
			what   string
			change func() error
			seen   func() bool
		}{
			{"a new key", func() error { return there.AddKey(t.Context(), key("a")) }, func() bool { return m.keys["a"] }},
			{"a revocation", func() error { return there.RevokeKey(t.Context(), "a", now) }, func() bool { return !m.keys["a"] }},
			{"one of its own", func() error { return here.AddKey(t.Context(), key("b")) }, func() bool { return m.keys["b"] }},
		} {
			if err := step.change(); err != nil {
				t.Fatal(err)
			}
			if took := m.until(t, step.what, step.seen); took > time.Second {
				t.Errorf("%s is known after %v", step.what, took)
			}
		}
		// Nothing changes, and yet it is known that nothing did.
		at := time.Now()
		m.until(t, "a fresh look", func() bool { return m.fresh.After(at) })
	})
}

// TestFollowByNotice shows that PostgreSQL's notices are heard: they are there
// long before somebody looks.
func TestFollowByNotice(t *testing.T) {
	server := testdata.SharedPostgres(t)
	settings := store.Settings{Postgres: trust.NewSecret(server.Database())}
	here, there := open(t, settings), open(t, settings)
	m := follow(t, here)
	m.until(t, "the first look", func() bool { return !m.fresh.IsZero() })
	quickest := time.Hour
	for i := range 8 {
		id := string(rune('a' + i))
		if err := there.AddKey(t.Context(), key(id)); err != nil {
			t.Fatal(err)
		}
		quickest = min(quickest, m.until(t, "key "+id, func() bool { return m.keys[id] }))
	}
	if quickest > 50*time.Millisecond {
		t.Errorf("the quickest notice took %v", quickest)
	}
}

// TestServerAway follows a server that is away when the program starts, comes,
// goes and comes back: calls say so, nothing is missed.
func TestServerAway(t *testing.T) {
	server := testdata.StartPostgres(t)
	settings := store.Settings{Postgres: trust.NewSecret(server.Database()), Timeout: 2 * time.Second}
	there := open(t, settings)
	server.Stop()

	log := new(testdata.Buffer)
	settings.Log = slog.New(slog.NewTextHandler(log, nil))
	here, err := store.Open(settings)
	if err != nil {
		t.Fatal("a store that is away cannot be opened: ", err)
	}
	t.Cleanup(func() { here.Close() })
	if err := here.Prepare(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := here.Key(t.Context(), "a"); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	m := follow(t, here)
	server.Start()
	m.until(t, "the server is there", func() bool { return !m.fresh.IsZero() })

	server.Stop()
	for _, call := range []func() error{
		func() error { return here.AddKey(t.Context(), key("lost")) },
		func() error { _, err := here.Key(t.Context(), "a"); return err },
	} {
		if err := call(); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	}
	server.Start()
	if err := there.AddKey(t.Context(), key("a")); err != nil {
		t.Fatal("connections that had broken before are no reason to fail: ", err)
	}
	m.until(t, "a key of another node after the server came back", func() bool { return m.keys["a"] })
	if text := log.String(); text == "" {
		t.Error("nothing was said of the server that is away")
	}
}
