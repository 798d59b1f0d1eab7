package store_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
)

// backend is a way to have empty stores.
type backend struct {
	name  string
	fresh func(t *testing.T) store.Settings
}

// everyBackend runs a test over SQLite and PostgreSQL.
func everyBackend(t *testing.T, test func(t *testing.T, b backend)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, backend{"sqlite", func(t *testing.T) store.Settings {
			return store.Settings{SQLite: filepath.Join(t.TempDir(), "a b?c%", "gatehouse.db")}
		}})
	})
	t.Run("postgres", func(t *testing.T) {
		server := testdata.SharedPostgres(t)
		test(t, backend{"postgres", func(*testing.T) store.Settings { return store.Settings{Postgres: trust.NewSecret(server.Database())} }})
	})
}

// open opens a store and prepares it.
func open(t testing.TB, settings store.Settings) *store.Store {
	t.Helper()
	s, err := store.Open(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStore is what every store does, whatever it stands on.
func TestStore(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		for _, test := range suite {
			t.Run(test.name, func(t *testing.T) { test.run(t, open(t, b.fresh(t))) })
		}
	})
}

var suite = []struct {
	name string
	run  func(t *testing.T, s *store.Store)
}{
	{"key-as-it-was-added", addKey},
	{"key-twice", keyTwice},
	{"key-with-a-line-break", keyWithLineBreak},
	{"key-replaced", replaceKey},
	{"key-revoked", revokeKey},
	{"keys-since", keysSince},
	{"key-used", useKey},
	{"revocations", revocations},
	{"settings", settings},
	{"sealed-settings", sealedSettings},
	{"sealed-settings-sealed-anew", sealedAnew},
	{"keys-under-a-pepper", keysUnder},
	{"audit", audit},
	{"deadline", deadline},
	{"concurrent-changes-in-order", changesInOrder},
}

var now = time.Date(2026, 11, 27, 12, 0, 0, 123e6, time.UTC)

func key(id string) *store.Key {
	return &store.Key{ID: id, Environment: "live", Name: "nightly export", Hash: []byte{0, 1, 0xff}, Pepper: "p1", Issuer: "gatehouse", Subject: "o'brien ünï",
		Tenant: "acme", Client: "export", Scopes: []string{"orders:read", "orders:write"}, Roles: []string{"auditor"}, Operations: []string{"GET /orders", "listOrders"},
		Addresses: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}, Created: now, Expires: now.Add(time.Hour)}
}

func addKey(t *testing.T, s *store.Store) {
	want := key("a")
	if err := s.AddKey(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	got, err := s.Key(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	want.Changed = got.Changed
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if _, err := s.Key(t.Context(), "b"); !errors.Is(err, store.ErrNotFound) {
		t.Error("a key that is not there: ", err)
	}
	bare := &store.Key{ID: "bare", Hash: []byte{1}, Created: now}
	if err := s.AddKey(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	got, err = s.Key(t.Context(), "bare")
	if err != nil {
		t.Fatal(err)
	}
	bare.Changed = got.Changed
	if !reflect.DeepEqual(got, bare) {
		t.Errorf("got %+v\nwant %+v", got, bare)
	}
}

func keyTwice(t *testing.T, s *store.Store) {
	if err := s.AddKey(t.Context(), key("a")); err != nil {
		t.Fatal(err)
	}
	other := key("a")
	other.Name = "another"
	err := s.AddKey(t.Context(), other)
	if !errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	if k, err := s.Key(t.Context(), "a"); err != nil || k.Name != "nightly export" {
		t.Error(k, err)
	}
}

func keyWithLineBreak(t *testing.T, s *store.Store) {
	for _, role := range []string{"a\nadmin", ""} {
		k := key("a")
		k.Roles = []string{role}
		if err := s.AddKey(t.Context(), k); err == nil || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("the role %q: %v", role, err)
		}
	}
	if _, err := s.Key(t.Context(), "a"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func replaceKey(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if err := s.AddKey(ctx, key("old")); err != nil {
		t.Fatal(err)
	}
	if err := s.AddKey(ctx, key("taken")); err != nil {
		t.Fatal(err)
	}
	end := now.Add(time.Minute)
	if err := s.ReplaceKey(ctx, "old", end, key("taken")); !errors.Is(err, store.ErrConflict) {
		t.Error("an id that is taken: ", err)
	}
	if k, err := s.Key(ctx, "old"); err != nil || k.Successor != "" || !k.Expires.Equal(now.Add(time.Hour)) {
		t.Error("what failed has changed the key: ", k, err)
	}
	if err := s.ReplaceKey(ctx, "old", end, key("new")); err != nil {
		t.Fatal(err)
	}
	old, err := s.Key(ctx, "old")
	if err != nil || old.Successor != "new" || !old.Expires.Equal(end) {
		t.Error(old, err)
	}
	if k, err := s.Key(ctx, "new"); err != nil || k.Changed != old.Changed {
		t.Error("the two changed at different times: ", k, err)
	}
	if err := s.ReplaceKey(ctx, "old", end, key("newer")); !errors.Is(err, store.ErrConflict) {
		t.Error("a second successor: ", err)
	}
	// An overlap makes no key live longer.
	if err := s.ReplaceKey(ctx, "new", now.Add(2*time.Hour), key("newer")); err != nil {
		t.Fatal(err)
	}
	if k, err := s.Key(ctx, "new"); err != nil || !k.Expires.Equal(now.Add(time.Hour)) {
		t.Error(k, err)
	}
	if err := s.ReplaceKey(ctx, "none", end, key("x")); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if err := s.RevokeKey(ctx, "newer", now); err != nil {
		t.Fatal(err)
	}
	if err := s.ReplaceKey(ctx, "newer", end, key("x")); !errors.Is(err, store.ErrNotFound) {
		t.Error("a key that is revoked has a successor: ", err)
	}
}

func revokeKey(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if err := s.RevokeKey(ctx, "a", now); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	if err := s.AddKey(ctx, key("a")); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{now, now.Add(time.Hour)} {
		if err := s.RevokeKey(ctx, "a", at); err != nil {
			t.Fatal(err)
		}
		if k, err := s.Key(ctx, "a"); err != nil || !k.Revoked.Equal(now) {
			t.Error("a later revocation revives: ", k, err)
		}
	}
}

func keysSince(t *testing.T, s *store.Store) {
	ctx := t.Context()
	test := key("test")
	test.Environment = "test"
	for _, k := range []*store.Key{key("a"), key("b"), test} {
		if err := s.AddKey(ctx, k); err != nil {
			t.Fatal(err)
		}
	}
	list := func(environment string, since int64) (ids []string, last int64) {
		t.Helper()
		err := s.Keys(ctx, environment, since, func(k *store.Key) error {
			ids, last = append(ids, k.ID), k.Changed
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids, last
	}
	ids, last := list("live", 0)
	if !reflect.DeepEqual(ids, []string{"a", "b"}) {
		t.Error(ids)
	}
	if ids, _ := list("", 0); !reflect.DeepEqual(ids, []string{"a", "b", "test"}) {
		t.Error(ids)
	}
	if ids, _ := list("live", last); ids != nil {
		t.Error(ids)
	}
	if err := s.RevokeKey(ctx, "a", now); err != nil {
		t.Fatal(err)
	}
	if ids, _ := list("live", last); !reflect.DeepEqual(ids, []string{"a"}) {
		t.Error(ids)
	}
	broken := errors.New("broken")
	if err := s.Keys(ctx, "", 0, func(*store.Key) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func useKey(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if err := s.AddKey(ctx, key("a")); err != nil {
		t.Fatal(err)
	}
	before, err := s.Key(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.UseKeys(ctx, []store.Use{{ID: "a", At: now}, {ID: "gone", At: now}, {ID: "a", At: now.Add(-time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	if k, err := s.Key(ctx, "a"); err != nil || !k.Used.Equal(now) || k.Changed != before.Changed {
		t.Error(k, err)
	}
}

func deadline(t *testing.T, s *store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.AddKey(ctx, key("a")); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := s.Key(ctx, "a"); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
}
