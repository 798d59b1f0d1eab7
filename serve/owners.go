package serve

import (
	"context"
	"time"

	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// ownerStore is the table of owners in a store, for the guard.
type ownerStore struct{ *store.Store }

// Keep implements owner.Store.
func (s ownerStore) Keep(ctx context.Context, list []owner.Owned) ([]owner.Owned, error) {
	rows := make([]store.Owned, len(list))
	for i, o := range list {
		rows[i] = store.Owned{Object: store.OwnerHash(o.Object), Owner: store.OwnerHash(o.Owner), Version: o.Version}
	}
	rows, err := s.KeepOwners(ctx, rows)
	if err != nil {
		return nil, err
	}
	now := make([]owner.Owned, len(rows))
	for i := range rows {
		now[i] = owned(&rows[i])
	}
	return now, nil
}

func owned(o *store.Owned) owner.Owned {
	return owner.Owned{Object: owner.Sum(o.Object), Owner: owner.Sum(o.Owner), Version: o.Version}
}

// Forget implements owner.Store.
func (s ownerStore) Forget(ctx context.Context, list []owner.Gone) error {
	rows := make([]store.Owned, len(list))
	for i, o := range list {
		rows[i] = store.Owned{Object: store.OwnerHash(o.Object), Owner: store.OwnerHash(o.Owner)}
	}
	return s.ForgetOwners(ctx, rows)
}

// Owner implements owner.Store.
func (s ownerStore) Owner(ctx context.Context, object owner.Sum) (owner.Sum, error) {
	who, err := s.Store.Owner(ctx, store.OwnerHash(object))
	return owner.Sum(who), err
}

// Read implements owner.Store.
func (s ownerStore) Read(ctx context.Context, since int64, each func(owner.Owned) error) (int64, error) {
	return s.Owners(ctx, since, func(o store.Owned) error { return each(owned(&o)) })
}

// Rows of objects that are gone stay for a while, so that every gate which
// follows the table sees them. One that has not looked for longer reads all.
const (
	goneKept  = 2 * time.Hour
	unlooked  = time.Hour
	goneEvery = time.Hour
)

// Follow implements owner.Store.
func (s ownerStore) Follow(ctx context.Context, read func(context.Context, int64) (int64, error)) {
	fresh := time.Now()
	s.Store.Follow(ctx, store.Follower{
		Read: func(ctx context.Context, since int64) (int64, error) {
			if time.Since(fresh) > unlooked {
				since = 0
			}
			return read(ctx, since)
		},
		Fresh: func(at time.Time) { fresh = at },
	})
}

// purge removes rows of objects that went long ago.
func (s ownerStore) purge(ctx context.Context) {
	type mark struct {
		at     time.Time
		number int64
	}
	var marks []mark
	every := time.NewTicker(goneEvery)
	defer every.Stop()
	for {
		if number, err := s.Change(ctx); err == nil {
			marks = append(marks, mark{time.Now(), number})
		}
		for len(marks) > 0 && time.Since(marks[0].at) > goneKept {
			if s.PurgeOwners(ctx, marks[0].number) != nil {
				break // or in an hour
			}
			marks = marks[1:]
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// own has the owners of objects remembered in the store, under the gate's own
// key. Keys that end with the program would make the table worthless.
func (r *reader) own(d *draft) {
	k := r.keeper
	if k == nil || k.owners != nil || r.custody == nil || !r.custody.keys.Durable() {
		return
	}
	rows := ownerStore{k.Store}
	k.owners = owner.NewKeeper(owner.KeeperOptions{Store: rows, Hash: r.custody.keys.MAC(keys.Owners), Max: d.config.Store.MaxObjects,
		Shared: k.file == "", Log: r.credentials.deps.log})
	ctx, end := context.WithCancel(context.Background())
	first, enough := context.WithTimeout(ctx, firstRead)
	k.owners.Begin(first)
	enough()
	before := k.end
	k.end = func() { end(); before() }
	k.work.Go(func() { k.owners.Follow(ctx) })
	k.work.Go(func() { rows.purge(ctx) })
}

// remembered is who remembers owners in a draft: for one that only looks it is
// somebody who knows nothing.
func (r *reader) remembered(d *draft) *owner.Keeper {
	switch {
	case r.looks && (d.config.Store != nil && d.config.Trust.KeysFile != "" || d.faults.err() != nil): // where they are to be mended, they will be there
		return owner.NewKeeper(owner.KeeperOptions{Suppose: r.suppose})
	case r.keeper != nil:
		return r.keeper.owners
	}
	return nil
}
