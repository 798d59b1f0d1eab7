package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// mark says how far a ledger has what was changed in a store. The zero mark says
// that nothing is known.
type mark struct {
	Store  string `json:"store"`  // the epoch of the store
	Number int64  `json:"number"` // changes up to it are on record
	// From is settled, or the entry from which on changes above Number may be on
	// record.
	From int64 `json:"from"`
}

const (
	settled  = -1
	markFile = "changes" // in the ledger's folder
	maxMark  = 4 << 10   // bytes
)

// markAt binds a mark to its ledger and its name. Who can write to the folder can take the mark
// away, or put an earlier one back: then the ledger is read, or says something
// twice with the same id. It cannot be made to leave something out.
func (b *book) markAt(name string) seal.At {
	return seal.At{Table: "ledger", Column: name, Row: b.options.Origin}
}

// mark keeps a mark.
func (b *book) mark(m *mark) error { return b.keepMark(markFile, m) }

// keepMark keeps a mark under a name, sealed.
func (b *book) keepMark(name string, m any) error {
	text, err := json.Marshal(m)
	if err == nil {
		text, err = b.options.Keys.Seal(text, b.markAt(name))
	}
	if err != nil {
		return err
	}
	f, err := ledger.ReadFolder(b.options.Dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return ledger.ReplaceIn(f, name, text)
}

// marked is the mark that was kept; the zero one where there is none that opens.
func (b *book) marked() (m mark) {
	if !b.findMark(markFile, &m) {
		return mark{}
	}
	return m
}

// findMark reads the mark of a name, and reports whether there is one that opens.
func (b *book) findMark(name string, m any) bool {
	f, err := ledger.ReadFolder(b.options.Dir)
	if err != nil {
		return false
	}
	defer f.Close()
	text, err := f.Read(name, maxMark)
	if err == nil {
		text, err = b.options.Keys.Open(text, b.markAt(name))
	}
	return err == nil && json.Unmarshal(text, m) == nil
}

// treeTime bounds how long recorded waits for entries to be in the tree.
const treeTime = 10 * time.Second

var errTree = errors.New("what was recorded last is not in the ledger's tree yet")

// recorded reads in the ledger which changes it has from an entry on, and before
// which time it has some no more, since its oldest entries were deleted. It holds
// 26 bytes for each change.
func (b *book) recorded(ctx context.Context, from int64) (seen map[gate.ID]struct{}, past time.Time, err error) {
	if err := b.integrated(ctx); err != nil {
		return nil, past, err
	}
	f, err := ledger.ReadFolder(b.options.Dir)
	if err != nil {
		return nil, past, err
	}
	defer f.Close()
	open, err := ledger.Opener(f, b.options.Keys)
	if err != nil {
		return nil, past, err
	}
	seen = map[gate.ID]struct{}{}
	var e gate.Event
	next, gone := from, false
	err = ledger.Entries(f, from, math.MaxInt64, func(index int64, sealed []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		entry, err := open(sealed)
		if err != nil {
			return err
		}
		gone = gone || next != index
		next = index + 1
		if !gone && !bytes.Contains(entry, []byte(`"event":"change"`)) || record.ParseEvent(entry, &e) != nil {
			return nil // a call, or what the ledger says of itself
		}
		if gone {
			past, gone = e.Time, false
		}
		if e.Act != gate.Exchanged {
			seen[e.ID] = struct{}{}
		}
		return nil
	})
	return seen, past, err
}

// integrated waits until what was recorded is in the tree, where it can be read.
func (b *book) integrated(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, treeTime, errTree)
	defer cancel()
	l := b.opened()
	if err := l.Sync(ctx); err != nil {
		return err
	}
	until := l.Stats().Synced
	every := time.NewTicker(ledgerEvery)
	defer every.Stop()
	for l.Stats().Size < until {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-every.C:
		}
	}
	return nil
}
