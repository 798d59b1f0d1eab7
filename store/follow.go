package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// hub tells followers of each look at the change number.
type hub struct {
	last  atomic.Pointer[sight]
	wakes chan struct{} // holds one: look now

	mu      sync.Mutex
	awaited map[*int64]struct{} // what Settle waits for has been read until; guarded by mu, and so is each
	moved   chan struct{}       // closed when one of awaited has moved; guarded by mu
}

// sight is one look at the change number.
type sight struct {
	number int64
	epoch  string
	at     time.Time // before it was asked for
	err    error
	next   chan struct{} // closed when there is a newer one
}

func (h *hub) init() {
	h.wakes = make(chan struct{}, 1)
	h.awaited, h.moved = map[*int64]struct{}{}, make(chan struct{})
	h.last.Store(&sight{err: errUnprepared, next: make(chan struct{})})
}

// poke has the change number looked at now.
func (h *hub) poke() {
	select {
	case h.wakes <- struct{}{}:
	default: // it is about to be
	}
}

// watch looks at the change number now and then, and when it is poked.
func (s *Store) watch(ctx context.Context) {
	every := time.NewTicker(s.dialect.every())
	defer every.Stop()
	for failing := false; ; {
		seen := s.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if (seen.err != nil) != failing {
			if failing = seen.err != nil; failing {
				s.settings.Log.Warn("the store cannot be used", "cause", seen.err)
			} else {
				s.settings.Log.Info("the store can be used")
			}
		}
		seen.next = make(chan struct{})
		close(s.hub.last.Swap(seen).next)
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-s.hub.wakes:
		}
	}
}

func (s *Store) look(ctx context.Context) *sight {
	seen := &sight{at: time.Now()}
	if !s.ready.Load() {
		if seen.err = s.Prepare(ctx); seen.err != nil {
			return seen
		}
	}
	if seen.err = s.usable("changes"); seen.err != nil {
		return seen
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	err := s.reader.QueryRowContext(ctx, `SELECT number, epoch FROM changes`).Scan(&seen.number, &seen.epoch)
	seen.err = s.fault("changes", err)
	return seen
}

// Change returns the change number of the store.
func (s *Store) Change(ctx context.Context) (number int64, err error) {
	err = s.read(ctx, "changes", func(row *sql.Rows) error { return row.Scan(&number) }, `SELECT number FROM changes`)
	return number, err
}

// Epoch names what the store holds: one that was restored has another.
func (s *Store) Epoch(ctx context.Context) (epoch string, err error) {
	err = s.read(ctx, "changes", func(row *sql.Rows) error { return row.Scan(&epoch) }, `SELECT epoch FROM changes`)
	return epoch, err
}

// Follower keeps what it holds in memory like a table of the store.
type Follower struct {
	// Read takes over the rows whose change number is above since and returns
	// the highest of them, or since. since is 0 for the first time and whenever
	// all may have changed: rows that it does not see then are gone.
	Read func(ctx context.Context, since int64) (until int64, err error)
	// Fresh is told a time at which what was read was all there was. Nil is told
	// nothing.
	Fresh func(at time.Time)
	// Awaited has Settle wait for it.
	Awaited bool
}

// Follow calls f, on this goroutine, until ctx ends: within a second of each
// change, whoever made it. What fails is tried again with the next look at the
// store.
func (s *Store) Follow(ctx context.Context, f Follower) {
	var since, done int64 = 0, -1
	epoch := ""
	moved, end := s.hub.await(f.Awaited)
	defer end()
	for {
		seen := s.hub.last.Load()
		if seen.err == nil {
			if seen.epoch != epoch || seen.number < since {
				since, done = 0, -1
			}
			if err := f.catchUp(ctx, seen, &since, &done); err == nil {
				epoch = seen.epoch
				moved(done)
			} else if ctx.Err() == nil && !errors.Is(err, ErrUnavailable) {
				s.settings.Log.Error("what changed in the store cannot be taken over", "cause", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-seen.next:
		}
	}
}

// await returns what a follower calls when it has read until a number, and when
// it ends.
func (h *hub) await(awaited bool) (moved func(done int64), end func()) {
	if !awaited {
		return func(int64) {}, func() {}
	}
	until := new(int64)
	tell := func(change func()) {
		h.mu.Lock()
		defer h.mu.Unlock()
		change()
		close(h.moved)
		h.moved = make(chan struct{})
	}
	tell(func() { *until = -1; h.awaited[until] = struct{}{} })
	return func(done int64) { tell(func() { *until = done }) }, func() { tell(func() { delete(h.awaited, until) }) }
}

// settleTime is how long Settle waits: all followers know within a second.
const settleTime = time.Second

// Settle waits until all followers in this process that are awaited have taken
// over what the store holds now, so that the next request meets it. Where that
// takes too long, or the store goes away meanwhile, it does not wait any longer:
// what was written is written, and followers come to it by themselves.
func (s *Store) Settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	number, err := s.Change(ctx)
	if err != nil {
		return
	}
	for {
		moved := s.hub.behind(number)
		if moved == nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-moved:
		}
	}
}

// behind returns what is closed at the next move while somebody who is awaited
// has not read until a number; nil when nobody is left.
func (h *hub) behind(number int64) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	for until := range h.awaited {
		if *until < number {
			return h.moved
		}
	}
	return nil
}

// catchUp reads what is new since a sight before this one.
func (f *Follower) catchUp(ctx context.Context, seen *sight, since, done *int64) error {
	if seen.number != *done {
		until, err := f.Read(ctx, *since)
		if err != nil {
			return err
		}
		*since, *done = until, seen.number
	}
	if f.Fresh != nil {
		f.Fresh(seen.at)
	}
	return nil
}

// wait pauses, unless ctx ends first.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
