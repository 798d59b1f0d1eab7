package serve

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/store"
)

// teller has what is changed in a store among events: each change, whoever makes
// it, also while the gate did not run. A mark says how far that is. It moves once
// events are on the disk: what is lost between is told again, with the same id.
type teller struct {
	store *store.Store
	turn  func(context.Context) error // returns when no other gate tells the same
	to    *events
	log   *slog.Logger
	marks marks
	began time.Time

	at      storeMark
	known   bool  // at is what is so
	before  int64 // changes up to it were there when at was looked up
	late    int   // of these, those that were told
	trouble tries
}

// storeMark says how far events tell of what is changed in a store.
type storeMark struct {
	Store  string `json:"store"`  // its epoch
	Number int64  `json:"number"` // changes up to it were told
	ID     string `json:"id"`     // of the last one; by it a store that was put back is known
}

// tell begins with the first configuration that has a store.
func (r *reader) tell(c *config.Config) {
	k := r.keeper
	if k == nil || r.events == nil || k.told {
		return
	}
	k.told = true
	t := &teller{store: k.Store, turn: r.turn(), to: r.events, log: r.events.log, marks: marksOf(c, "store"), began: r.custody.began}
	k.work.Go(func() { k.Follow(k.ctx, store.Follower{Read: t.read}) })
}

// turn returns what waits until a gate has ended that hands over.
func (r *reader) turn() func(context.Context) error {
	k, b := r.keeper, r.book
	return func(ctx context.Context) error {
		if k != nil {
			select {
			case <-k.alone:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if b == nil {
			return nil
		}
		n, err := b.Notes(ctx, 0)
		if err == nil {
			n.Release()
		}
		return err
	}
}

// read tells what was not told yet.
func (t *teller) read(ctx context.Context, _ int64) (int64, error) {
	if !t.trouble.now(time.Now()) {
		return 0, store.ErrUnavailable // the next look asks again
	}
	err := t.take(ctx)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if text := t.trouble.had(err, time.Now()); text != "" {
		t.log.Warn("what was changed in the store is not among events, which is tried again", "cause", text)
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	if t.late > 0 {
		t.log.Info("what was changed in the store before the start is among events", "changes", t.late)
		t.late = 0
	}
	return t.at.Number, nil
}

// take tells what was not told yet, a part at a time; one change where the last
// try failed, since it may be told once more for each.
func (t *teller) take(ctx context.Context) error {
	epoch, err := t.store.Epoch(ctx)
	if err == nil {
		err = t.recall(ctx, epoch)
	}
	for err == nil {
		most := changesAtOnce
		if t.trouble.text != "" {
			most = 1
		}
		var list []*gate.Event
		last := t.at
		err = t.store.ChangesSince(ctx, last.Number, most, func(c store.Change) error {
			e := changeEvent(&c)
			if c.Number <= t.before {
				belated(e, t.began)
			}
			list, last.Number, last.ID = append(list, e), c.Number, e.ID.String()
			return nil
		})
		if err != nil || len(list) == 0 {
			return err
		}
		if err = t.to.tell(ctx, list); err == nil {
			t.told(list, last)
		}
	}
	return err
}

// told says that events up to a mark are on the disk.
func (t *teller) told(list []*gate.Event, at storeMark) {
	for _, e := range list {
		if !e.TakenUp.IsZero() {
			t.late++
		}
	}
	t.at, t.trouble.text = at, ""
	t.marks.keep(&t.at, t.log)
}

// recall learns how far events are, unless that is known. A gate that keeps nothing
// tells of what is changed from now on.
func (t *teller) recall(ctx context.Context, epoch string) error {
	if t.known && t.at.Store == epoch {
		return nil
	}
	if err := t.turn(ctx); err != nil {
		return err
	}
	last, err := t.store.Change(ctx)
	if err != nil {
		return err
	}
	at := storeMark{Store: epoch, Number: last}
	if len(t.marks.folders) > 0 {
		if at, err = t.recalled(ctx, epoch); err != nil {
			return err
		}
	}
	t.at, t.known, t.before = at, true, last
	return nil
}

// recalled is where the mark stands in this store. One that was restored goes on
// where the one was that it is a copy of; in one of which nothing is known, all is
// told.
func (t *teller) recalled(ctx context.Context, epoch string) (at storeMark, err error) {
	t.marks.find(&at)
	if at.Store == epoch {
		found := at.Number == 0
		err = t.store.ChangesSince(ctx, at.Number-1, 1, func(c store.Change) error {
			found = found || c.Number == at.Number && changeEvent(&c).ID.String() == at.ID
			return nil
		})
		if found || err != nil {
			return at, err
		}
	}
	of, number, err := t.store.Origin(ctx)
	if err == nil && of != "" && of == at.Store {
		return storeMark{Store: epoch, Number: min(at.Number, number)}, nil
	}
	return storeMark{Store: epoch}, err
}

// marksOf are the marks of a gate by its configuration: where it keeps anything of
// its own.
func marksOf(c *config.Config, of string) marks {
	m := marks{name: "told-" + of}
	if l := c.Record.Ledger; l != nil {
		m.folders = append(m.folders, string(l.Path))
	}
	if c.Store != nil && c.Store.SQLite != nil {
		m.folders = append(m.folders, filepath.Dir(string(c.Store.SQLite.Path)))
	}
	if a := c.Record.Archive; a != nil {
		m.folders = append(m.folders, string(a.Path))
	}
	return m
}
