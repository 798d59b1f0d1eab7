package overload

import (
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
)

// cells is how many places a row of the table has: a power of two, of at most 12
// bits, which is what a ticket has room for.
const cells = 1024

// clients counts calls at work by client, in a sketch of fixed size whatever
// clients do: two rows, of which the smaller count is the nearer one (Cormode and
// Muthukrishnan, "An improved data stream summary: the count-min sketch and its
// applications", 2005). Where a client shares both places with a busy one it is
// taken for it: one client in a million for each busy one.
type clients struct {
	rows   [2][cells]atomic.Int32
	active atomic.Int32 // places of the first row that are not 0
	text   maphash.Seed
	key    uint64
}

// spot is where a client is counted.
type spot struct{ a, b uint16 }

func (c *clients) seed() { c.text, c.key = maphash.MakeSeed(), rand.Uint64() }

// address is the key of an address: one of IPv4, or 64 bits of IPv6, which is
// what one subscriber has. 0 for none.
func (c *clients) address(a netip.Addr) uint64 {
	if !a.IsValid() {
		return 0
	}
	b := a.As16()
	word := binary.BigEndian.Uint64(b[:8])
	if a.Is4() || a.Is4In6() {
		word = binary.BigEndian.Uint64(b[8:])
	}
	return c.mix(word)
}

// principal is the key of a caller who is known.
func (c *clients) principal(id string) uint64 { return maphash.String(c.text, id) | 1 }

// mix spreads a word by a key that nobody outside knows, so that nobody can
// choose an address that is counted with another's.
func (c *clients) mix(word uint64) uint64 {
	word ^= c.key
	word = (word ^ word>>32) * 0xd6e8feb86659fd93
	word = (word ^ word>>32) * (c.key | 1)
	return word ^ word>>32 | 1
}

func (c *clients) spot(key uint64) spot {
	return spot{uint16(key >> 1 & (cells - 1)), uint16(key >> 33 & (cells - 1))}
}

// fair reports whether one more call of a client is within its shares of some
// room, of which every client has one that is at work.
func (c *clients) fair(at spot, room, shares uint64) bool {
	has := min(c.rows[0][at.a].Load(), c.rows[1][at.b].Load())
	if has <= 0 {
		return true
	}
	return uint64(has) < max(1, room/uint64(max(1, c.active.Load())))*shares
}

func (c *clients) enter(at spot) {
	if c.rows[0][at.a].Add(1) == 1 {
		c.active.Add(1)
	}
	c.rows[1][at.b].Add(1)
}

func (c *clients) leave(at spot) {
	if c.rows[0][at.a].Add(-1) == 0 {
		c.active.Add(-1)
	}
	c.rows[1][at.b].Add(-1)
}
