package serve

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/revocation"
)

// keeper is the open store of a program. It outlives plans.
type keeper struct {
	*store.Store
	key    sum
	file   string        // of SQLite; "" for others
	owners *owner.Keeper // nil where the gate's own keys end with the program
	used   bool          // by a plan that served: then it stays
	held   bool          // the lock is had or waited for
	lock   chan *store.Lock
	work   sync.WaitGroup
	ctx    context.Context // of work
	end    context.CancelFunc

	alone      chan struct{} // closed once no other gate keeps its state there
	chronicled bool          // changes are on record in the ledger
	told       bool          // and among events
}

// StoreSettings are those of the store that a configuration describes.
func StoreSettings(s *config.Store) store.Settings {
	settings := store.Settings{Timeout: s.Timeout, Connections: s.MaxConnections}
	if s.Postgres != nil {
		settings.Postgres = s.Postgres.URL
	} else {
		settings.SQLite = string(s.SQLite.Path)
	}
	return settings
}

// keep opens the store that a draft describes. A server that does not answer
// for now is no mistake.
func (r *reader) keep(d *draft) {
	s := d.config.Store
	if s == nil || r.looks {
		return
	}
	r.credentials.revocations.Limit(s.MaxStale)
	settings := StoreSettings(s)
	k := newKey()
	k.text(settings.SQLite)
	k.text(settings.Postgres.Reveal())
	k.value(settings.Timeout, settings.Connections)
	if r.keeper != nil && r.keeper.key == k.sum() {
		return
	}
	if r.keeper != nil && r.keeper.used {
		d.faults.add(&fault{at: s.Place, text: "the store is not the one that the gate was started with", remedy: "start the gate anew; with handover no call is refused meanwhile"})
		return
	}
	r.keeper.close()
	r.keeper = nil
	settings.Log = r.credentials.deps.log
	opened, err := store.Open(settings)
	if err == nil {
		err = opened.Prepare(context.Background())
		if errors.Is(err, store.ErrUnavailable) && settings.SQLite == "" {
			settings.Log.Warn("the store does not answer; calls that need it are refused until it does", "cause", err)
			err = nil
		}
	}
	if err != nil {
		if opened != nil {
			opened.Close()
		}
		d.faults.add(&fault{at: s.Place, text: err.Error(), remedy: storeRemedy(err)})
		return
	}
	opened.Start()
	r.keeper = &keeper{Store: opened, key: k.sum(), file: settings.SQLite, lock: make(chan *store.Lock, 1), alone: make(chan struct{})}
	if settings.SQLite == "" {
		close(r.keeper.alone) // there are several, each with its own events
	}
	r.keeper.begin(r.credentials.revocations, settings.Log)
	r.credentials.deps.store = opened
}

func storeRemedy(err error) string {
	if errors.Is(err, store.ErrNewer) {
		return "update this gate, or give it a store of its own"
	}
	return ""
}

// begin starts what follows revocations and what tidies the store.
func (k *keeper) begin(table *revocation.Table, log *slog.Logger) {
	ctx, end := context.WithCancel(context.Background())
	k.ctx, k.end = ctx, end
	// What was taken back must be known before the first call; where the store
	// does not answer, calls wait for it to do so, with 503.
	table.Await()
	table.Fresh(time.Now())
	first, enough := context.WithTimeout(ctx, firstRead)
	k.revocations(first, 0, table, log)
	enough()
	k.work.Go(func() {
		k.Follow(ctx, store.Follower{Fresh: table.Fresh, Awaited: true, Read: func(ctx context.Context, since int64) (int64, error) { return k.revocations(ctx, since, table, log) }})
	})
	k.work.Go(func() { k.tidy(ctx, table, log) })
}

// tidy removes from the store what has lapsed, and looks again for what found no
// room before.
func (k *keeper) tidy(ctx context.Context, table *revocation.Table, log *slog.Logger) {
	hourly, often := time.NewTicker(time.Hour), time.NewTicker(time.Minute)
	defer hourly.Stop()
	defer often.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hourly.C:
			k.ForgetRevocations(ctx, time.Now()) // or in an hour
		case <-often.C:
			if table.Missing() > 0 {
				k.revocations(ctx, 0, table, log)
			}
		}
	}
}

// room returns what says whether a table has room for a revocation.
func room(table *revocation.Table) func(store.Revocation) bool {
	return func(v store.Revocation) bool {
		return table.Room(revocationKinds[v.Kind], v.Issuer, v.Value, time.Now())
	}
}

var revocationKinds = map[store.RevocationKind]revocation.Kind{
	store.RevokedToken: revocation.Serial, store.RevokedSession: revocation.Session, store.RevokedSubject: revocation.Subject,
	store.RevokedClient: revocation.Client, store.RevokedIssuer: revocation.Credential,
}

// revocations takes over those that were made since. What does not fit must not
// keep the others out, and is looked for again.
func (k *keeper) revocations(ctx context.Context, since int64, table *revocation.Table, log *slog.Logger) (int64, error) {
	missed, all := 0, since == 0
	var why error
	err := k.Revocations(ctx, since, func(r store.Revocation) error {
		since = r.Changed
		now := time.Now()
		if !r.Expires.IsZero() && !now.Before(r.Expires) {
			return nil
		}
		if err := table.Revoke(revocation.Revocation{Kind: revocationKinds[r.Kind], Issuer: r.Issuer, Name: r.Value, Before: r.At, SameClock: r.SameClock, Until: r.Expires}, now); err != nil {
			missed, why = missed+1, err
		}
		return nil
	})
	if missed > 0 {
		log.Error("credentials were taken back and are good all the same", "revocations", missed, "cause", why)
	}
	switch {
	case err == nil && all:
		table.Missed(missed)
	default: // those of before are still missing
		table.Missed(table.Missing() + missed)
	}
	if err == nil {
		table.Loaded()
	}
	return since, err
}

// firstRead is how long a start or a reload waits for the revocations,
// the API keys and the owners of objects.
const firstRead = 5 * time.Second

// hold takes the lock of the state directory. A gate that hands its listeners
// over still has it: then it is waited for beside serving.
func (k *keeper) hold(handed bool) error {
	if k == nil || k.file == "" || k.held {
		return nil
	}
	path := filepath.Join(filepath.Dir(k.file), "gate.lock")
	lock, err := store.TryLock(path)
	switch {
	case err == nil:
		k.lock <- lock
		close(k.alone)
	case handed && errors.Is(err, store.ErrHeld):
		ctx, end := context.WithCancel(context.Background())
		before := k.end
		k.end = func() { end(); before() }
		k.work.Go(func() {
			if lock, err := store.WaitLock(ctx, path); err == nil {
				k.lock <- lock
				close(k.alone)
			}
		})
	case errors.Is(err, store.ErrHeld):
		return errors.New("another gate that runs keeps its state in " + filepath.Dir(k.file))
	default:
		return err
	}
	k.held = true
	return nil
}

// use says that a plan serves which has this store.
func (k *keeper) use() {
	if k != nil {
		k.used = true
	}
}

// close ends everything, in the end the lock. It may be called on nil.
func (k *keeper) close() {
	if k == nil {
		return
	}
	k.end()
	k.work.Wait()
	k.Store.Close()
	select {
	case lock := <-k.lock:
		lock.Release()
	default: // it was never had
	}
}
