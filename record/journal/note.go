package journal

import (
	"context"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record"
)

// Open reports whether the journal has its ledger.
func (j *Journal) Open() bool { return j.log.Load() != nil }

// Notes are room for what happens to the gate itself, which is held before it
// happens. They are used by one goroutine, and released.
type Notes struct {
	ticket ledger.Ticket
	line   []byte
}

// Notes makes room for so many. It waits for the ledger where another gate still
// has it, until ctx ends.
func (j *Journal) Notes(ctx context.Context, most int) (*Notes, error) {
	l := j.log.Load()
	if l == nil {
		var err error
		if l, err = j.await(ctx); err != nil {
			return nil, err
		}
	}
	ticket, err := l.Reserve(most * room)
	if err != nil {
		return nil, err
	}
	return &Notes{ticket: ticket}, nil
}

// Write has what happened on disk when it returns.
func (n *Notes) Write(ctx context.Context, e *gate.Event) error {
	n.line = record.AppendEvent(n.line[:0], e)
	return n.ticket.Durable(ctx, n.line)
}

// WriteAll writes several, in their order, and returns when they are on disk.
func (n *Notes) WriteAll(ctx context.Context, list []*gate.Event) error {
	for i, e := range list {
		if i == len(list)-1 {
			return n.Write(ctx, e)
		}
		n.line = record.AppendEvent(n.line[:0], e)
		if err := n.ticket.Commit(n.line); err != nil {
			return err
		}
	}
	return nil
}

// Release gives back what was not needed.
func (n *Notes) Release() { n.ticket.Release() }
