package serve

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// keysEntries have what is done to the gate's own keys on record in a ledger, each
// act once. As for what is changed in a store, what is on record is read in the
// ledger itself where the mark does not say enough.
type keysEntries struct {
	book *book

	at    keysEntry
	known bool                 // at is what is so
	seen  map[gate.ID]struct{} // on record already, behind at
	past  time.Time            // what was done before may have been deleted from the ledger since
}

// keysEntry says how far the ledger has acts on keys.
type keysEntry struct {
	keysMark
	From int64 `json:"from"` // settled, or the entry from which on acts behind ID may be on record
}

const keysFile = "keys-acts" // in the ledger's folder

// add writes what is not on record yet.
func (k *keysEntries) add(ctx context.Context, list []*gate.Event) error {
	err := k.recall(ctx, list)
	if err == nil {
		err = k.write(ctx, behind(list, k.at.ID))
	}
	if err != nil {
		k.known = false
	}
	return err
}

func (k *keysEntries) write(ctx context.Context, fresh []*gate.Event) error {
	if len(fresh) == 0 {
		return nil
	}
	last := fresh[len(fresh)-1].ID.String()
	fresh = slices.DeleteFunc(slices.Clone(fresh), func(e *gate.Event) bool {
		_, ok := k.seen[e.ID]
		return ok || e.Time.Before(k.past)
	})
	for part := range slices.Chunk(fresh, changesAtOnce) {
		if err := k.writePart(ctx, part); err != nil {
			return err
		}
	}
	k.at, k.seen = keysEntry{keysMark{last}, settled}, nil
	return k.book.keepMark(keysFile, &k.at)
}

func (k *keysEntries) writePart(ctx context.Context, part []*gate.Event) error {
	n, err := k.book.Notes(ctx, len(part))
	if err != nil {
		return err
	}
	defer n.Release()
	if k.at.From == settled {
		k.at.From = k.book.opened().Stats().Synced // what is written now stands at or behind it
		if err := k.book.keepMark(keysFile, &k.at); err != nil {
			return err
		}
	}
	return n.WriteAll(ctx, part)
}

// recall learns how far the ledger is, unless that is known.
func (k *keysEntries) recall(ctx context.Context, list []*gate.Event) (err error) {
	if k.known {
		return nil
	}
	at := keysEntry{}
	found := k.book.findMark(keysFile, &at)
	if !found {
		at = keysEntry{}
	}
	k.at, k.seen, k.past = at, nil, time.Time{}
	switch {
	case found && at.From == settled:
	case len(list) == 0: // nothing can be on record
		k.at.From = settled
		err = k.book.keepMark(keysFile, &k.at)
	default:
		k.seen, k.past, err = k.book.recorded(ctx, at.From)
	}
	k.known = err == nil
	return err
}
