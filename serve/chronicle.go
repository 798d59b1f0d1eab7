package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/store"
)

// chronicle has what is changed in a store on record in a ledger: each change once,
// whoever makes it, and also what was changed while no gate ran. The mark in the
// ledger's folder says how far that is. Where it does not say enough (it is
// missing, or of another store, or of a moment at which the gate was killed), what
// is on record is read in the ledger itself.
type chronicle struct {
	store *store.Store
	book  *book

	at      mark
	known   bool                 // at is what is so
	seen    map[gate.ID]struct{} // on record already, of numbers above at
	past    time.Time            // what was changed before may have been deleted from the ledger since
	began   time.Time
	started bool   // what was changed before the start is on record
	trouble string // that was told
}

// chronicle begins with the first configuration that has a store and a ledger. Who
// changes something through the API of administration is answered when it is on
// record.
func (r *reader) chronicle() {
	k, b := r.keeper, r.book
	if k == nil || b == nil || k.chronicled {
		return
	}
	k.chronicled = true
	c := &chronicle{store: k.Store, book: b, began: r.custody.began}
	k.work.Go(func() { k.Follow(k.ctx, store.Follower{Awaited: true, Read: c.read}) })
}

// read takes up what is not on record yet.
func (c *chronicle) read(ctx context.Context, _ int64) (int64, error) {
	n, err := c.take(ctx)
	text := ""
	if err != nil {
		c.known = false
		text = err.Error()
	}
	if text != c.trouble && ctx.Err() == nil {
		if c.trouble = text; text != "" {
			c.book.options.Say("what was changed in the store is not on record, which is tried again: " + text)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	if !c.started && n > 0 {
		c.book.inform(fmt.Sprintf("what was changed in the store before the start is on record (%d entries)", n))
	}
	c.started = true
	return c.at.Number, nil
}

// take takes up what is not on record yet, a part at a time, and says how much it
// was.
func (c *chronicle) take(ctx context.Context) (all int, err error) {
	epoch, err := c.store.Epoch(ctx)
	if err == nil {
		err = c.recall(ctx, epoch)
	}
	for err == nil {
		var list []*gate.Event
		n, last := 0, c.at.Number
		err = c.store.ChangesSince(ctx, last, changesAtOnce, func(change store.Change) error {
			n, last = n+1, change.Number
			e := changeEvent(&change)
			if _, ok := c.seen[e.ID]; !ok && !e.Time.Before(c.past) {
				if !c.started {
					belated(e, c.began)
				}
				list = append(list, e)
			}
			return nil
		})
		if err == nil {
			err = c.write(ctx, list, last)
		}
		all += len(list)
		if err == nil && n < changesAtOnce {
			c.seen = nil // numbers only grow
			return all, nil
		}
	}
	return all, err
}

// write has events on record, which are all up to a number that were not.
func (c *chronicle) write(ctx context.Context, list []*gate.Event, last int64) error {
	if len(list) > 0 {
		n, err := c.book.Notes(ctx, len(list))
		if err != nil {
			return err
		}
		defer n.Release()
		c.at.From = c.book.opened().Stats().Synced // what is written now stands at or behind it
		if err := c.book.mark(&c.at); err != nil {
			return err
		}
		if err := n.WriteAll(ctx, list); err != nil {
			return err
		}
	}
	if c.at.Number == last && c.at.From == settled {
		return nil
	}
	c.at.Number, c.at.From = last, settled
	return c.book.mark(&c.at)
}

// recall learns how far the ledger is, unless that is known.
func (c *chronicle) recall(ctx context.Context, epoch string) error {
	if c.known && c.at.Store == epoch {
		return nil
	}
	n, err := c.book.Notes(ctx, 0) // waits for a gate that hands the ledger over
	if err != nil {
		return err
	}
	n.Release()
	c.at, c.seen, c.past = c.book.marked(), nil, time.Time{}
	if c.at.Store != epoch {
		c.at = mark{Store: epoch}
	}
	if c.at.From != settled {
		if c.seen, c.past, err = c.book.recorded(ctx, c.at.From); err != nil {
			return err
		}
	}
	c.known = true
	return nil
}

// opened is the ledger; nil until it is open.
func (b *book) opened() *ledger.Log {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.log
}
