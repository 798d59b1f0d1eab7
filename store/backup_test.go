package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

// filled is a store with something in every table but owners.
func filled(t *testing.T, settings store.Settings) *store.Store {
	t.Helper()
	s := open(t, settings)
	ctx := t.Context()
	for i := range 20 {
		if err := s.AddKey(ctx, key(fmt.Sprint("k", i))); err != nil {
			t.Fatal(err)
		}
	}
	odd := key("odd")
	odd.Name, odd.Hash, odd.Operations = "quotes ' \" \\ <tag> \u2028 \U0001F511", []byte{0}, nil
	for _, err := range []error{
		s.AddKey(ctx, odd),
		s.RevokeKey(ctx, "k3", now),
		s.Revoke(ctx, store.Revocation{Kind: store.RevokedSubject, Issuer: "i", Value: "alice", At: now, Expires: now.Add(time.Hour)}),
		s.SetSetting(ctx, "node", []byte{0, 0xff, '\n'}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// all is everything that a store has.
func all(t *testing.T, s *store.Store) (list []any) {
	t.Helper()
	if err := s.Keys(t.Context(), "", 0, func(k *store.Key) error { list = append(list, *k); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Revocations(t.Context(), 0, func(r store.Revocation) error { list = append(list, r); return nil }); err != nil {
		t.Fatal(err)
	}
	v, err := s.Setting(t.Context(), "node")
	return append(list, v, errors.Is(err, store.ErrNotFound))
}

// TestBackup moves a store from each kind to each kind.
func TestBackup(t *testing.T) {
	everyBackend(t, func(t *testing.T, from backend) {
		s := filled(t, from.fresh(t))
		var text bytes.Buffer
		if err := s.Backup(t.Context(), &text); err != nil {
			t.Fatal(err)
		}
		everyBackend(t, func(t *testing.T, to backend) {
			settings := to.fresh(t)
			next, err := store.Open(settings)
			if err != nil {
				t.Fatal(err)
			}
			defer next.Close()
			if err := next.Restore(store.By(t.Context(), "somebody"), bytes.NewReader(text.Bytes())); err != nil {
				t.Fatal(err)
			}
			wasRestored(t, next, s, text.String())
			if got, want := all(t, next), all(t, s); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v\nwant %v", got, want)
			}
			// It goes on where it was: what changes next is newer than all.
			if err := next.AddKey(t.Context(), key("next")); err != nil {
				t.Fatal(err)
			}
			newest, err := next.Key(t.Context(), "next")
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range all(t, s) {
				if k, ok := row.(store.Key); ok && newest.Changed <= k.Changed {
					t.Error("a change number was given twice")
				}
			}
			if err := next.Restore(t.Context(), bytes.NewReader(text.Bytes())); !errors.Is(err, store.ErrConflict) {
				t.Error("a store that is not empty: ", err)
			}
		})
	})
}

// TestRestoreIsAllOrNothing breaks a backup in many ways; nothing of it may be
// there afterwards, and a whole one must go in.
func TestRestoreIsAllOrNothing(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		var whole bytes.Buffer
		if err := filled(t, b.fresh(t)).Backup(t.Context(), &whole); err != nil {
			t.Fatal(err)
		}
		lines := slices.Collect(strings.Lines(whole.String()))
		settings := b.fresh(t)
		s, err := store.Open(settings)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, row := range []struct {
			name, text string
			want       error
		}{
			{"empty", "", store.ErrBackup},
			{"something-else", "{}\n", store.ErrBackup},
			{"no-end", strings.Join(lines[:len(lines)-1], ""), store.ErrBackup},
			{"cut-in-a-row", whole.String()[:whole.Len()/2], store.ErrBackup},
			{"row-missing", strings.Join(slices.Delete(slices.Clone(lines), 5, 6), ""), store.ErrBackup},
			{"row-twice", strings.Join(slices.Insert(slices.Clone(lines), 5, lines[5]), ""), store.ErrConflict},
			{"row-changed", strings.Replace(whole.String(), "clerk", "admin", 1) + "x", store.ErrBackup},
			{"word-changed", strings.Replace(whole.String(), "auditor", "adminor", 1), store.ErrBackup},
			{"more-behind", whole.String() + lines[5], store.ErrBackup},
			{"unknown-table", strings.Replace(whole.String(), `"table":"settings"`, `"table":"sqlite_master"`, 1), store.ErrBackup},
			{"statement-in-a-column", strings.Replace(whole.String(), `"columns":["id"`, `"columns":["id) VALUES (1); DROP TABLE api_keys; --"`, 1), store.ErrBackup},
			{"column-missing", strings.Replace(whole.String(), `"columns":["id",`, `"columns":[`, 1), store.ErrBackup},
			{"newer", strings.Replace(whole.String(), `"version":`, `"version":9`, 1), store.ErrNewer},
			{"null", strings.Replace(whole.String(), `["k5",`, `[null,`, 1), store.ErrBackup},
			{"long-line", strings.Replace(whole.String(), `["k5",`, `["`+strings.Repeat("k", 5<<20)+`",`, 1), store.ErrBackup},
		} {
			t.Run(row.name, func(t *testing.T) {
				if err := s.Restore(t.Context(), strings.NewReader(row.text)); !errors.Is(err, row.want) {
					t.Errorf("got %v, want %v", err, row.want)
				}
				// What is there is what a new store has.
				other := open(t, settings)
				if got := all(t, other); len(got) != 2 {
					t.Error("something was restored: ", got)
				}
			})
		}
		if err := s.Restore(t.Context(), bytes.NewReader(whole.Bytes())); err != nil {
			t.Error(err)
		}
	})
}

// TestRestoreOfBefore restores what a program has written that knew less.
func TestRestoreOfBefore(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		s := filled(t, b.fresh(t))
		var whole bytes.Buffer
		if err := s.Backup(t.Context(), &whole); err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(whole.String(), "\n")
		rest, _, ok := strings.Cut(rest, `{"table":"owners"`)
		if !ok {
			t.Fatal("the tables of the first version are not the first ones")
		}
		before, after, found := strings.Cut(rest, `,"same_clock"]`) // the first version has no such column
		after = regexp.MustCompile(`(?m)^(\["(?:token|session|subject|client|credential)".*),[01]\]$`).ReplaceAllString(after, "$1]")
		if !found {
			t.Fatal("the column is missing")
		}
		old := regexp.MustCompile(`"version":\d+`).ReplaceAllString(head, `"version":1`) + "\n" + before + "]" + after
		rows := strings.Count(old, "\n[")
		old += fmt.Sprintf("{\"rows\":%d,\"sha256\":\"%x\"}\n", rows, sha256.Sum256([]byte(old)))
		next, err := store.Open(b.fresh(t))
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
		if err := next.Restore(store.By(t.Context(), "somebody"), strings.NewReader(old)); err != nil {
			t.Fatal(err)
		}
		if has, knows, err := next.Version(t.Context()); err != nil || has != knows {
			t.Error(has, knows, err)
		}
		if got, want := all(t, next), all(t, s); !reflect.DeepEqual(got, want) {
			t.Error("rows differ")
		}
		wasRestored(t, next, s, old)
	})
}

// wasRestored holds a store to having on record that somebody restored a text of
// another one's.
func wasRestored(t *testing.T, next, of *store.Store, text string) {
	t.Helper()
	last, err := of.Change(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var c store.Change
	if err := next.Changes(t.Context(), 0, 1, func(found store.Change) error { c = found; return nil }); err != nil {
		t.Fatal(err)
	}
	digest := regexp.MustCompile(`"sha256":"(\w+)"`).FindStringSubmatch(text)[1]
	if c.By != "somebody" || c.Operation != "restore" || !strings.HasSuffix(c.On, "Z sha256:"+digest) || c.Number <= last || time.Since(c.At) > time.Minute {
		t.Errorf("on record is %+v, and the backup has %s and %d changes", c, digest, last)
	}
	was, err := of.Epoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if epoch, number, err := next.Origin(t.Context()); err != nil || epoch != was || number != last {
		t.Errorf("it is a copy of %q up to %d, and was said to be of %q up to %d: %v", was, last, epoch, number, err)
	}
	if epoch, _, err := of.Origin(t.Context()); err != nil || epoch != "" {
		t.Errorf("a store that nobody restored is a copy of %q: %v", epoch, err)
	}
}

// TestBackupHasEveryTable compares with the schema.
func TestBackupHasEveryTable(t *testing.T) {
	settings := backendSQLite(t)
	s := open(t, settings)
	var text bytes.Buffer
	if err := s.Backup(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	db := raw(t, settings)
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_versions'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if n++; !strings.Contains(text.String(), `{"table":"`+name+`"`) {
			t.Errorf("the table %s is in no backup", name)
		}
	}
	if n < 5 {
		t.Errorf("%d tables", n)
	}
}

// FuzzRestore has no digest that fits, so nothing may be there.
func FuzzRestore(f *testing.F) {
	f.Add([]byte(`{"gatehouse":"store","version":2,"made":"2026-11-27T12:00:00Z"}` + "\n" + `{"table":"settings","columns":["name","value","changed"]}` + "\n" + `["a",{"b":"AA=="},1]` + "\n"))
	f.Add([]byte(`{"rows":0,"sha256":""}`))
	s, err := store.Open(store.Settings{SQLite: f.TempDir() + "/gatehouse.db"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := s.Restore(t.Context(), bytes.NewReader(text)); err == nil {
			t.Error("it is taken for a whole backup")
		}
	})
}
