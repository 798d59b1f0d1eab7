package overload

import "sync/atomic"

// A class finds room up to a share of the limit (ceiling), so that the classes
// above it find some even then; and it always finds room for a share of its own
// (floor), so that nobody is starved by those above. Both in percent. The limit
// grows until calls become slow, so that a class which is alone loses nothing by
// it. Low calls are refused from where normal ones are held to their shares.
var (
	ceiling = [classes]uint64{Low: 30, Normal: 60, High: 85, Critical: 100}
	floor   = [classes]uint64{Low: 5, Normal: 10, High: 25, Critical: 40}
)

// A client has as many shares as its call is important.
var shares = [classes]uint64{Low: 1, Normal: 1, High: 4, Critical: 16}

// pool counts calls at work against a limit. Entering takes two atomic
// operations on memory that all share, leaving one; four more where the share of
// a client is looked at, which is only when the pool is a quarter full.
type pool struct {
	busy    atomic.Uint64 // calls at work, 16 bits for each class
	_       [56]byte      // what follows is seldom written, and is read by all
	limit   atomic.Uint32
	peak    atomic.Uint32 // of calls at work since it was last looked at
	shed    [classes]atomic.Uint64
	unfair  atomic.Uint64 // of all that were shed: those whose client had its share
	clients clients
}

func total(busy uint64) uint64 {
	return busy&0xffff + busy>>16&0xffff + busy>>32&0xffff + busy>>48
}

func one(c Class) uint64 { return 1 << (16 * c) }

// room reports whether a class finds room beside what is at work.
func (p *pool) room(c Class, busy uint64) bool {
	limit := uint64(p.limit.Load())
	own := busy >> (16 * c) & 0xffff
	return total(busy)*100 < limit*ceiling[c] || own*100 < limit*floor[c]
}

// ticket is what a call that is at work was counted as: that it was, its class,
// and its client's places in the table; or nothing.
type ticket uint32

const (
	held    ticket = 1 << 31
	counted ticket = 1 << 30
)

func (t ticket) class() Class { return Class(t >> 28 & 3) }

func (t ticket) spot() spot { return spot{uint16(t >> 12 & (cells - 1)), uint16(t & (cells - 1))} }

func newTicket(c Class, counts bool, s spot) ticket {
	t := held | ticket(c)<<28 | ticket(s.a)<<12 | ticket(s.b)
	if counts {
		t |= counted
	}
	return t
}

// enter takes a call in, or says why not. One that is forced is taken in
// whatever there is to say, which is said as well; without the ticket only when
// it cannot be counted.
func (p *pool) enter(c Class, client uint64, forced bool) (t ticket, reason string) {
	busy := p.busy.Load()
	limit, now := uint64(p.limit.Load()), total(busy)
	if !p.room(c, busy) {
		reason = reasonLimit
	}
	counts := client != 0 && now*4 >= limit
	var at spot
	if counts {
		at = p.clients.spot(client)
		reason = p.judge(c, at, now, limit, reason)
	}
	if reason != "" && !forced || busy>>(16*c)&0xffff >= MostInFlight {
		return 0, reason
	}
	after := total(p.busy.Add(one(c)))
	if uint32(after) > p.peak.Load() {
		p.peak.Store(uint32(after)) // of two at once one may be lost, which is near enough
	}
	if counts {
		p.clients.enter(at)
	}
	return newTicket(c, counts, at), reason
}

// judge holds a call to the shares of its client. One half of the room is for who
// comes first, the other for those who have less than their share. Who has next to
// nothing finds a little room beyond it, since others filled it, unless its call
// is of the lowest class.
func (p *pool) judge(c Class, at spot, now, limit uint64, reason string) string {
	const courtesy = 20 // percent of the limit
	room := limit * ceiling[c] / 100
	switch {
	case reason == "" && now*2 >= room && !p.clients.fair(at, room, shares[c]):
		return reasonShare
	case reason == reasonLimit && c > Low && now*100 < limit*(ceiling[c]+courtesy) && p.clients.fair(at, room/4, shares[c]):
		return ""
	}
	return reason
}

// leave gives back what a ticket was for.
func (p *pool) leave(t ticket) {
	if t&held == 0 {
		return
	}
	p.busy.Add(-one(t.class()))
	if t&counted != 0 {
		p.clients.leave(t.spot())
	}
}

// refused counts a call that was refused.
func (p *pool) refused(c Class, reason string) {
	p.shed[c].Add(1)
	if reason == reasonShare {
		p.unfair.Add(1)
	}
}

// sheds is how many were refused.
func (p *pool) sheds() (n uint64) {
	for c := range classes {
		n += p.shed[c].Load()
	}
	return n
}
