package store_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
)

func endless() (context.Context, context.CancelFunc) {
	return context.WithCancel(context.Background())
}

// TestNewer shows a program a store that a newer one has written.
func TestNewer(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		settings := b.fresh(t)
		s := open(t, settings)
		has, knows, err := s.Version(t.Context())
		if err != nil || has != knows || has == 0 {
			t.Fatal(has, knows, err)
		}
		db := raw(t, settings)
		if _, err := db.Exec(`INSERT INTO schema_versions (version_id, is_applied) VALUES ($1, true)`, knows+1); err != nil {
			t.Fatal(err)
		}
		old, err := store.Open(settings)
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		err = old.Prepare(t.Context())
		if !errors.Is(err, store.ErrNewer) || errors.Is(err, store.ErrUnavailable) {
			t.Error(err)
		}
		if err := old.AddKey(t.Context(), key("a")); !errors.Is(err, store.ErrUnavailable) {
			t.Error("a schema that is not known is written to: ", err)
		}
	})
}

func TestNotAStore(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(store.Settings{SQLite: text})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Prepare(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := store.Open(store.Settings{SQLite: filepath.Join(text, "below", "a.db")}); err == nil {
		t.Error("a path that cannot be made is opened")
	}
	for _, url := range []string{"planted-password", "postgres://u:planted-password@h:port/d", "mysql://u:planted-password@h/d", "host=h password=planted-password", "postgres://u:planted-password@h/d?sslmode=planted-password"} {
		_, err := store.Open(store.Settings{Postgres: trust.NewSecret(url)})
		if err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// TestFilesAreClosed holds the files of SQLite to their owner.
func TestFilesAreClosed(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state")
	s := open(t, store.Settings{SQLite: filepath.Join(folder, "gatehouse.db")})
	if err := s.AddKey(t.Context(), key("a")); err != nil {
		t.Fatal(err)
	}
	names := 0
	for _, name := range []string{"", "gatehouse.db", "gatehouse.db-wal", "gatehouse.db-shm"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
			continue
		}
		names++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may do something with %q: %v", name, info.Mode())
		}
	}
	if names != 4 {
		t.Error(names)
	}
}

// TestPasswordStaysIn has a server refuse the connection.
func TestPasswordStaysIn(t *testing.T) {
	s, err := store.Open(store.Settings{Postgres: trust.NewSecret("postgres://u:planted-password@127.0.0.1:1/d?sslmode=disable")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Prepare(t.Context())
	if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "planted") {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := store.TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.TryLock(path); !errors.Is(err, store.ErrHeld) {
		t.Error(err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	second, err := store.TryLock(path)
	if err != nil {
		t.Fatal(err)
	}
	second.Release()
}

func backendSQLite(t *testing.T) store.Settings {
	return store.Settings{SQLite: filepath.Join(t.TempDir(), "gatehouse.db")}
}

// raw opens the database of a store.
func raw(t *testing.T, settings store.Settings) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+(&url.URL{Path: settings.SQLite}).EscapedPath()
	if settings.SQLite == "" {
		driver, source = "pgx", settings.Postgres.Reveal()
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
