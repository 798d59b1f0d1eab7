package serve

import (
	"context"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/store"
)

// note writes down what happened to the gate.
func (p *Program) note(act gate.Act, why string) {
	now := time.Now()
	p.events.Record(&gate.Event{Act: act, ID: gate.NewID(now), Time: now, Why: why, Number: int64(p.count)})
}

// changeActs are what operations of the store's journal are to those who read
// events.
var changeActs = map[string]gate.Act{
	"add key": gate.KeyMade, "replace key": gate.KeyReplaced, "revoke key": gate.KeyRevoked, "revoke": gate.Revoked,
	"seal anew": gate.Resealed, "keep owners": gate.OwnersKept, "forget owners": gate.OwnersForgotten, "purge owners": gate.OwnersForgotten,
}

// changeEvent is a change that somebody made in the store. Every gate on the
// store writes it down, with the same id.
func changeEvent(c *store.Change) *gate.Event {
	e := &gate.Event{Act: changeActs[c.Operation], ID: gate.NumberedID(c.At, c.Number), Time: c.At, By: c.By, On: c.On, Number: c.Number}
	if e.Act == gate.Exchanged {
		e.Act, e.Why = gate.Changed, c.Operation
	}
	return e
}

// journal follows what is changed in the store from now on, whoever does it.
func (k *keeper) journal(ctx context.Context, sink gate.Sink) {
	bounded, enough := context.WithTimeout(ctx, firstRead)
	at, err := k.Change(bounded) // what was written down until there is known
	enough()
	if err != nil {
		at = -1
	}
	first := true
	k.work.Go(func() {
		k.Follow(ctx, store.Follower{Read: func(ctx context.Context, since int64) (int64, error) {
			if at < 0 || since == 0 && at > 0 && !first { // nobody knows from where, or the store holds something else than before
				at, err = k.Change(ctx)
				if err != nil {
					at = -1
				}
				return max(at, 0), err
			}
			first = false
			err := k.ChangesSince(ctx, at, func(c store.Change) error {
				sink.Record(changeEvent(&c))
				at = c.Number
				return nil
			})
			return at, err
		}})
	})
}
