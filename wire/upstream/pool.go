package upstream

import (
	"context"
	"slices"
	"sync"
	"time"
)

// pool keeps connections between exchanges: the one that came back last is
// taken first, so that those that are not needed grow old. No goroutine
// belongs to it; a timer runs while it holds anything.
type pool struct {
	place    *place
	ctx      context.Context // of asking for addresses; ends with the pool
	end      context.CancelFunc
	limit    time.Duration // of that
	most     int           // that are kept
	patience time.Duration // of one that is kept

	mu     sync.Mutex
	kept   []*conn     // guarded by mu; the oldest first
	timer  *time.Timer // guarded by mu; nil before the first one is kept
	ticks  bool        // guarded by mu; timer is set
	closed bool        // guarded by mu
}

func (p *pool) open(where *place, o *Options) {
	p.place, p.most, p.patience, p.limit = where, o.MaxIdle, o.IdleTimeout, o.ConnectTimeout
	p.ctx, p.end = context.WithCancel(context.Background())
}

// get takes the connection that came back last; nil when there is none.
func (p *pool) get() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.kept)
	if n == 0 {
		return nil
	}
	k := p.kept[n-1]
	p.kept[n-1] = nil
	p.kept = p.kept[:n-1]
	return k
}

// put keeps k, or ends it when there are enough.
func (p *pool) put(k *conn) {
	k.user, k.used, k.since = nil, true, now()
	p.mu.Lock()
	if p.closed || len(p.kept) >= p.most || !p.place.has(k.address) {
		p.mu.Unlock()
		k.part()
		return
	}
	p.kept = append(p.kept, k)
	if !p.ticks {
		p.tick()
	}
	p.mu.Unlock()
}

// lookEvery is how often kept connections are looked at, unless their patience is
// shorter.
const lookEvery = 5 * time.Second

// tick sets the timer; mu is held.
func (p *pool) tick() {
	p.ticks = true
	every := max(min(lookEvery, p.patience/2), time.Millisecond)
	if p.timer == nil {
		p.timer = time.AfterFunc(every, p.sweep)
	} else {
		p.timer.Reset(every)
	}
}

// sweep ends connections that waited too long and those that the API ended.
// The look at them takes place outside the lock.
func (p *pool) sweep() {
	at := now()
	recent := at - instant(min(lookEvery, p.patience)/2)
	p.mu.Lock()
	n := 0
	for n < len(p.kept) && p.kept[n].since <= recent {
		n++
	}
	old := slices.Clone(p.kept[:n])
	p.kept = slices.Delete(p.kept, 0, n)
	p.mu.Unlock()
	p.place.refresh(p.ctx, p.limit)

	good := old[:0]
	for _, k := range old {
		switch {
		case at-k.since >= instant(p.patience), !p.place.has(k.address):
			k.part()
		case k.look.see() != silence:
			k.drop()
		default:
			good = append(good, k)
		}
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		for _, k := range good {
			k.part()
		}
		return
	}
	p.kept = append(good, p.kept...)
	var more []*conn // came back meanwhile
	if n := len(p.kept) - p.most; n > 0 {
		more = slices.Clone(p.kept[:n])
		p.kept = slices.Delete(p.kept, 0, n)
	}
	if p.ticks = false; len(p.kept) > 0 {
		p.tick()
	}
	p.mu.Unlock()
	for _, k := range more {
		k.part()
	}
}

// close ends what is kept, and whatever comes back later.
func (p *pool) close() {
	p.mu.Lock()
	kept := p.kept
	p.kept, p.closed = nil, true
	p.end()
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	for _, k := range kept {
		k.part()
	}
}

// size is how many are kept.
func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.kept)
}
