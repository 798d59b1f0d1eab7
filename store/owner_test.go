package store_test

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
)

func hashOf(n int) (h store.OwnerHash) {
	binary.BigEndian.PutUint64(h[:], uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(h[8:], uint64(n)+1)
	return h
}

func owned(object, owner int) store.Owned {
	return store.Owned{Object: hashOf(object), Owner: hashOf(owner), Version: 1}
}

// followed reads what changed above since as owners by object.
func followed(t *testing.T, s *store.Store, since int64) (map[store.OwnerHash]store.OwnerHash, int64) {
	t.Helper()
	found := map[store.OwnerHash]store.OwnerHash{}
	until, err := s.Owners(t.Context(), since, func(o store.Owned) error {
		found[o.Object] = o.Owner
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, until
}

// TestOwners: the first owner of an object wins, until it is gone.
func TestOwners(t *testing.T) {
	everyBackend(t, func(t *testing.T, b backend) {
		s := open(t, b.fresh(t))
		ctx := t.Context()
		keep := func(list ...store.Owned) []store.Owned {
			now, err := s.KeepOwners(ctx, list)
			if err != nil {
				t.Fatal(err)
			}
			return now
		}
		if now := keep(owned(1, 100), owned(2, 100), owned(1, 200)); now[0].Owner != hashOf(100) || now[2].Owner != hashOf(100) {
			t.Errorf("one list: %v", now)
		}
		if now := keep(owned(1, 200), owned(3, 200)); now[0].Owner != hashOf(100) || now[1].Owner != hashOf(200) {
			t.Errorf("another owner: %v", now)
		}
		all, first := followed(t, s, 0)
		if len(all) != 3 || first == 0 {
			t.Errorf("%v until %d", all, first)
		}
		if n, err := s.OwnersOf(ctx, 1); err != nil || n != 3 {
			t.Error(n, err)
		}
		if err := s.ForgetOwners(ctx, []store.Owned{{Object: hashOf(1)}, {Object: hashOf(99)}}); err != nil {
			t.Fatal(err)
		}
		changed, second := followed(t, s, first)
		if len(changed) != 1 || changed[hashOf(1)] != (store.OwnerHash{}) || second <= first {
			t.Errorf("%v until %d", changed, second)
		}
		if o, err := s.Owner(ctx, hashOf(1)); err != nil || o != (store.OwnerHash{}) {
			t.Error(o, err)
		}
		if o, err := s.Owner(ctx, hashOf(2)); err != nil || o != hashOf(100) {
			t.Error(o, err)
		}
		if now := keep(owned(1, 300)); now[0].Owner != hashOf(300) {
			t.Errorf("one that was gone: %v", now)
		}
		if err := s.ForgetOwners(ctx, []store.Owned{owned(1, 100), owned(2, 100)}); err != nil {
			t.Fatal(err)
		}
		if o, err := s.Owner(ctx, hashOf(1)); err != nil || o != hashOf(300) {
			t.Errorf("of its former owner: %v, %v", o, err)
		}
		_, last := followed(t, s, 0)
		if err := s.PurgeOwners(ctx, last); err != nil {
			t.Fatal(err)
		}
		if all, _ := followed(t, s, 0); len(all) != 2 || all[hashOf(1)] != hashOf(300) {
			t.Errorf("after a purge: %v", all)
		}
		if _, until := followed(t, s, last+7); until != last+7 {
			t.Errorf("nothing new: until %d", until)
		}
	})
}

// TestManyOwners are read in pieces, none twice and none left out.
func TestManyOwners(t *testing.T) {
	const many = 45_000
	everyBackend(t, func(t *testing.T, b backend) {
		s := open(t, b.fresh(t))
		const some = 500 // SQLite under the race detector is slow
		for at := 0; at < many; at += some {
			list := make([]store.Owned, some)
			for i := range list {
				list[i] = owned(at+i, 7)
			}
			if _, err := s.KeepOwners(t.Context(), list); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		if _, err := s.Owners(t.Context(), 0, func(store.Owned) error { n++; return nil }); err != nil || n != many {
			t.Errorf("%d of %d: %v", n, many, err)
		}
	})
}

// BenchmarkKeepOwners keeps as many rows at once as an import does, and says how
// many a second that is: where a million are kept already it is slower, since
// each stands somewhere else.
func BenchmarkKeepOwners(b *testing.B) {
	backends := map[string]func() store.Settings{
		"sqlite": func() store.Settings { return store.Settings{SQLite: filepath.Join(b.TempDir(), "gatehouse.db")} },
		"postgres": func() store.Settings {
			return store.Settings{Postgres: trust.NewSecret(testdata.SharedPostgres(b).Database())}
		},
	}
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			const rows = 20_000
			s := open(b, backends[name]())
			list, next := make([]store.Owned, rows), 0
			for b.Loop() {
				for i := range list {
					list[i] = owned(next, 7)
					next++
				}
				if now, err := s.KeepOwners(b.Context(), list); err != nil || now[rows-1].Owner != hashOf(7) {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
