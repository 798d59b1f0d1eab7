package serve

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/ledger"
)

// pruneEvery is how often a gate looks whether the ledger has too much.
const pruneEvery = 10 * time.Minute

// bounded is how much of the ledger stays, by the configuration that serves.
type bounded struct{ settings atomic.Pointer[config.Ledger] }

// settle has the ledger hold what a configuration says, which serves from now on.
func (b *book) settle(c *config.Config) {
	if b != nil {
		b.bounds.settings.Store(c.Record.Ledger)
		signal(b.askNow) // of other witnesses, it may be
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// turnOf is after how long the next key encrypts entries: a small part of the time
// that entries stay, since what is deleted is deleted by as much.
func turnOf(s *config.Ledger) time.Duration {
	if s.Keep == 0 {
		return 0
	}
	return min(max(s.Keep/16, time.Hour), 24*time.Hour)
}

// prune deletes what is too old or too much, now and then until ctx ends.
func (b *book) prune(ctx context.Context, l *ledger.Log) {
	every := time.NewTicker(pruneEvery)
	defer every.Stop()
	last := time.Now()
	below := l.Deleted()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		now := time.Now()
		ran, day := now.Sub(last), now.Round(0).Sub(last.Round(0)) // Round takes the monotonic reading away
		if last = now; !even(ran, day) {
			b.options.Say("nothing is deleted for now, since the clock was set")
			continue
		}
		s := b.bounds.settings.Load()
		if s == nil || s.Keep == 0 && s.MaxBytes == 0 {
			continue
		}
		o := ledger.Bounds{Bytes: int64(s.MaxBytes)}
		if s.Keep > 0 {
			o.Since = now.Add(-s.Keep)
		}
		n, err := l.Prune(ctx, o)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			b.options.Say("entries that are to be deleted stay for now: " + err.Error())
		case n > below:
			b.options.Say(fmt.Sprintf("entries below %d were deleted, as keep and max_bytes say", n))
		}
		below = max(n, below)
	}
}

// even reports whether the time of day went on by about as much as time did. Where
// it was set, entries seem older than they are.
func even(ran, day time.Duration) bool { return (day - ran).Abs() < time.Minute }
