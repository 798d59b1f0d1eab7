package apikey

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

// Store is where keys are kept.
type Store interface {
	// Keys calls each with the keys of an environment that changed after since.
	Keys(ctx context.Context, environment string, since int64, each func(*store.Key) error) error
	UseKeys(ctx context.Context, uses []store.Use) error
	Follow(ctx context.Context, f store.Follower)
}

// Run keeps v like the store until ctx ends.
func (v *Verifier) Run(ctx context.Context, s Store) {
	noted := make(chan struct{})
	go func() {
		defer close(noted)
		v.note(ctx, s)
	}()
	s.Follow(ctx, store.Follower{
		Read:  func(ctx context.Context, since int64) (int64, error) { return v.read(ctx, s, since) },
		Fresh: func(at time.Time) { v.fresh.Store(at.UnixNano()) }, Awaited: true,
	})
	<-noted
}

// Begin reads what the store holds, so that the first call finds its key. Where
// the store gives no answer before ctx ends, Run reads it when it does.
func (v *Verifier) Begin(ctx context.Context, s Store) {
	at := time.Now()
	if _, err := v.read(ctx, s, 0); err == nil {
		v.fresh.Store(at.UnixNano())
	}
}

// read takes over what changed. A row that cannot be read keeps all others from
// being taken over: it may be the one that revokes.
func (v *Verifier) read(ctx context.Context, s Store, since int64) (until int64, err error) {
	whole := since == 0
	var list []*entry
	w := words{}
	strangers := 0
	err = s.Keys(ctx, v.options.Environment, since, func(k *store.Key) error {
		since = k.Changed
		if e := v.entry(k, w); e != nil {
			list = append(list, e)
			if e.pepper == nil {
				strangers++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if strangers > 0 {
		v.options.Log.Warn("keys were hashed with a pepper that is neither pepper nor one of former_peppers: they are refused", "credential", v.options.Name, "keys", strangers)
	}
	v.index.put(list, whole)
	return since, nil
}

// A key's use is written down at most once a minute, and what was used is
// written every few seconds.
const (
	useEvery  = 60 // seconds
	noteEvery = 5 * time.Second
)

// use has it written down that a key was used.
func (v *Verifier) use(e *entry, now int64) {
	before := e.used.Load()
	if now-before < useEvery || !e.used.CompareAndSwap(before, now) {
		return
	}
	select {
	case v.uses <- e:
	default:
		v.lost.Add(1)
	}
}

// note writes down which keys were used, until ctx ends and once more then.
func (v *Verifier) note(ctx context.Context, s Store) {
	every := time.NewTicker(noteEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			v.writeUses(last, s)
			return
		case <-every.C:
			v.writeUses(ctx, s)
		}
	}
}

// writeUses writes what waits. What cannot be written is lost: it comes again
// with the next use.
func (v *Verifier) writeUses(ctx context.Context, s Store) {
	for left := len(v.uses); left > 0; {
		list := make([]store.Use, 0, min(left, batch))
		for range cap(list) {
			e := <-v.uses
			list = append(list, store.Use{ID: e.id(), At: time.Unix(e.used.Load(), 0)})
		}
		left -= len(list)
		// Nodes that write the same keys take their rows in one order.
		slices.SortFunc(list, func(a, b store.Use) int { return strings.Compare(a.ID, b.ID) })
		if err := s.UseKeys(ctx, list); err != nil {
			v.options.Log.Debug("when keys were used could not be written down", "keys", len(list), "cause", err)
			return
		}
	}
}

// batch is how many uses one transaction writes: others wait for it.
const batch = 500
