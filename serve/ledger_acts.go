package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/journal"
)

// noteTime bounds how long what happens to the gate waits to be on record.
const noteTime = 10 * time.Second

// room is held for what a reload says, before anything changes: what cannot be on
// record is not done. It is nil where there is no ledger, or another gate, which
// hands its listeners over, still has it.
func (b *book) room(events int) (*journal.Notes, error) {
	if b == nil || !b.Open() {
		return nil, nil
	}
	return b.Notes(b.ctx, events)
}

// reserve holds room for changes in the store, which chronicle writes, while they
// are made.
func (b *book) reserve(ctx context.Context, changes int) (release func(), err error) {
	n, err := b.Notes(ctx, changes)
	if err != nil {
		return nil, err
	}
	return n.Release, nil
}

// notes writes what happened to the gate. It returns when it is on disk, or once
// the ledger is to be waited for.
func (b *book) notes(in *journal.Notes, events []*gate.Event) {
	write := func() {
		ctx, cancel := context.WithTimeout(b.ctx, noteTime)
		defer cancel()
		err := error(nil)
		if in == nil {
			in, err = b.Notes(ctx, len(events))
		}
		for _, e := range events {
			if err == nil {
				err = in.Write(ctx, e)
			}
		}
		if in != nil {
			in.Release()
		}
		if err != nil {
			b.options.Say(fmt.Sprintf("what happened to the gate is not on record (%s): %v", events[0].Act, err))
		}
	}
	switch {
	case b == nil:
	case in != nil || b.Open():
		write()
	default:
		b.work.Go(write)
	}
}
