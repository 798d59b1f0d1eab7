// Package journal writes calls of which nothing may be lost into a ledger: that
// one is about to be forwarded, how it ended, and all that is known at its end.
// Package serve makes its Journal; it imports gate, record and ledger, and knows
// nothing of configuration or of guards.
package journal

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record"
)

// The words of entries, as field event of docs/events.md: a call that is about
// to be forwarded, how it ended before the client heard of it, and its end.
const (
	Intent  = "intent"
	Outcome = "outcome"

	exchange = "exchange"
)

// Journal writes calls to a ledger. Many goroutines use it at once.
type Journal struct {
	log    atomic.Pointer[ledger.Log]
	opened chan struct{} // closed when log is there
	places sync.Pool
	calls  atomic.Uint64
	none   atomic.Uint64
	failed atomic.Uint64
}

// New returns a journal without a ledger: calls wait for one.
func New() *Journal {
	j := &Journal{opened: make(chan struct{})}
	j.places.New = func() any { return &place{journal: j} }
	return j
}

// Use gives the journal its ledger, once.
func (j *Journal) Use(l *ledger.Log) {
	j.log.Store(l)
	close(j.opened)
}

// Stats are numbers since the start.
type Stats struct {
	Recorded uint64 // calls that had room
	Refused  uint64 // calls that were refused, since there was none
	Failed   uint64 // calls whose end could not be written
}

// Stats may be called at any time.
func (j *Journal) Stats() Stats {
	return Stats{j.calls.Load(), j.none.Load(), j.failed.Load()}
}

// Room of one call, in bytes.
const (
	maxLine     = 4 << 10 // of a line: events hold words of the contract and the gate alone
	room        = maxLine + ledger.Overhead
	durableRoom = 3 * room // that it is forwarded, how it ended, and its end
)

// opening is how long a call waits for a ledger that another gate still has,
// which has handed its listeners over.
const opening = 10 * time.Second

var errOpening = errors.New("another gate still has the ledger open")

// Begin makes room for a call that is about to be forwarded. Where durable, it
// returns when e is on disk.
func (j *Journal) Begin(ctx context.Context, e *gate.Event, durable bool) (gate.Audit, error) {
	p, err := j.begin(ctx, e, durable)
	if err != nil {
		j.none.Add(1)
		return nil, err
	}
	j.calls.Add(1)
	return p, nil
}

func (j *Journal) begin(ctx context.Context, e *gate.Event, durable bool) (*place, error) {
	l := j.log.Load()
	if l == nil {
		var err error
		if l, err = j.await(ctx); err != nil {
			return nil, err
		}
	}
	n := room
	if durable {
		n = durableRoom
	}
	ticket, err := l.Reserve(n)
	if err != nil {
		return nil, err
	}
	p := j.places.Get().(*place)
	p.ticket, p.durable = ticket, durable
	if durable {
		p.write(Intent, e)
		if err := p.ticket.Durable(ctx, p.line); err != nil {
			p.release()
			return nil, err
		}
	}
	return p, nil
}

// await waits for the ledger.
func (j *Journal) await(ctx context.Context) (*ledger.Log, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, opening, errOpening)
	defer cancel()
	select {
	case <-j.opened:
		return j.log.Load(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// place is one call's room.
type place struct {
	journal *Journal
	ticket  ledger.Ticket
	durable bool
	line    []byte
}

var _ gate.Audit = (*place)(nil)

// Answered keeps how the call ended. A client that is gone does not end it.
func (p *place) Answered(_ *gate.Exchange, e *gate.Event) error {
	if !p.durable {
		return nil
	}
	p.write(Outcome, e)
	return p.ticket.Durable(context.Background(), p.line)
}

// End keeps the event.
func (p *place) End(e *gate.Event) {
	p.write(exchange, e)
	if p.ticket.Commit(p.line) != nil {
		p.journal.failed.Add(1)
	}
	p.release()
}

// write makes the line of an event. A place deep in a body of a recursive schema
// has no end that the contract knows: before the call had no record, that place is
// left out.
func (p *place) write(kind string, e *gate.Event) {
	p.line = record.AppendAs(p.line[:0], kind, e)
	if len(p.line) <= maxLine {
		return
	}
	short := *e
	short.Name, short.Pointer, short.Rules = "", "", nil
	p.line = record.AppendAs(p.line[:0], kind, &short)
}

func (p *place) release() {
	p.ticket.Release()
	p.ticket = ledger.Ticket{}
	p.journal.places.Put(p)
}
