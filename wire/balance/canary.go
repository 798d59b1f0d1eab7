package balance

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Canary says which calls go to the targets in that role. What these cannot
// take goes to the live ones; never the other way round.
type Canary struct {
	Percent int    // of the clients, or of the calls
	EachNew bool   // each call is decided anew; else a client's calls all go one way
	Header  string // by "always" or "never" in it a client decides for itself; "" for no such field
}

var (
	wordAlways = []byte("always")
	wordNever  = []byte("never")
)

// groupOf returns the targets for a call.
func (b *Balancer) groupOf(x *gate.Exchange) *group {
	if len(b.canary.members) > 0 && b.split.takes(x) {
		return &b.canary
	}
	return &b.live
}

func (c *Canary) takes(x *gate.Exchange) bool {
	if c.Header != "" {
		if v, n := x.Field(c.Header); n == 1 {
			switch string(v) {
			case string(wordAlways):
				return true
			case string(wordNever):
				return false
			}
		}
	}
	if c.Percent <= 0 {
		return false
	}
	n := rand.Uint64()
	if a := client(x); a.IsValid() && !c.EachNew {
		n = spread(a)
	}
	return n%100 < uint64(c.Percent)
}

// client is who made the request, as far as the gate knows.
func client(x *gate.Exchange) netip.Addr {
	if x.Client.IsValid() {
		return x.Client.Unmap()
	}
	return x.Peer.Addr().Unmap()
}

// spread makes a number of an address that is the same on every machine and in
// every run, and the same for a whole /64, which is one client's. It is the
// finisher of splitmix64.
func spread(a netip.Addr) uint64 {
	b := a.As16()
	n := binary.BigEndian.Uint64(b[:8])
	if a.Is4() {
		n = binary.BigEndian.Uint64(b[8:])
	}
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
