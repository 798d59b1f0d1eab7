package record

import (
	"context"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Insist is Record for events that must not be lost. It waits for room and for
// the writer, and returns nil when all of the list were written, in its order
// among themselves; otherwise why not: then some may have been written, and none
// counts as lost. It gives up when ctx ends. Many goroutines may call it at once,
// and none once Close has begun.
func (l *Lines) Insist(ctx context.Context, list []*gate.Event) error {
	told := make(chan error, len(list)) // so that the writer never waits
	for _, e := range list {
		s, at, err := l.room(ctx)
		if err != nil {
			return err
		}
		s.line, s.told = AppendEvent(s.line[:0], e), told
		l.put(s, at)
	}
	var failed error
	for range list {
		select {
		case err := <-told:
			if err != nil {
				failed = err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return failed
}

// room claims a slot, and waits for one while there is none.
func (l *Lines) room(ctx context.Context) (*slot, uint64, error) {
	for {
		if s, at := l.ring.claim(); s != nil {
			return s, at, nil
		}
		select {
		case <-ctx.Done():
			return nil, 0, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}
