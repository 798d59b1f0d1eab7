// Package forwarded finds out who a client is: the other end of the
// connection, or, when that is a proxy which the operator trusts, whoever it
// says. The engines below wire import it; it knows the words of gate and
// nothing else.
//
// It reads Forwarded (RFC 7239) and the older X-Forwarded-For, -Proto and
// -Host from their right end, where the nearest proxy wrote, and goes on to
// the left for as long as what is named is trusted itself. What stands further
// to the left was said by somebody whom nobody vouches for and is not looked
// at. Where both kinds of fields are there and do not say the same, one of
// them came through a proxy that does not know it: then neither is believed.
package forwarded

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
)

// maxHops bounds the trusted proxies between a client and the gate.
const maxHops = 32

// The fields that are read.
const (
	nameForwarded = "Forwarded"
	nameFor       = "X-Forwarded-For"
	nameProto     = "X-Forwarded-Proto"
	nameHost      = "X-Forwarded-Host"
)

// Trust is the set of proxies whose word is taken. It is immutable; the nil
// Trust trusts nobody.
type Trust struct {
	four, six []netip.Prefix // by family, so that an address meets only its own
}

// New returns the trust in all addresses of the networks; nil for none.
func New(networks []netip.Prefix) *Trust {
	t := &Trust{}
	for _, n := range networks {
		if a := n.Addr(); a.Is4In6() && n.Bits() >= 96 {
			n = netip.PrefixFrom(a.Unmap(), n.Bits()-96)
		}
		switch n = n.Masked(); {
		case !n.IsValid():
		case n.Addr().Is4():
			t.four = append(t.four, n)
		default:
			t.six = append(t.six, n)
		}
	}
	if len(t.four)+len(t.six) == 0 {
		return nil
	}
	return t
}

// Holds reports whether a is one of the proxies.
func (t *Trust) Holds(a netip.Addr) bool {
	if t == nil {
		return false
	}
	list := t.six
	if a.Is4() {
		list = t.four
	}
	for _, n := range list {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// Resolve fills in x.Trusted, x.Client, x.ClientSecure, x.ClientHost and x.Hops of an
// exchange that is complete otherwise. The head of a broken one may lack its
// end: nothing of it is believed.
func (t *Trust) Resolve(x *gate.Exchange) {
	peer := x.Peer.Addr().Unmap().WithZone("")
	x.Client, x.ClientSecure, x.ClientHost, x.Hops = peer, x.Secure, nil, x.Hops[:0]
	if x.Trusted = t != nil && x.Broken == gate.Undecided && t.Holds(peer); !x.Trusted {
		return
	}
	w := walk{trust: t, at: peer, hops: x.Hops}
	if !w.fields(x.Fields) {
		return
	}
	x.Client, x.Hops = w.at, w.hops
	slices.Reverse(x.Hops)
	if w.word.proto != unsaid { // else all that is known is the last connection
		x.ClientSecure = w.word.proto == secure
	}
	if !bytes.EqualFold(w.word.host, x.Host) {
		x.ClientHost = w.word.host
	}
}

// Named fills in x.Client and x.Hops from X-Forwarded-For alone, of an exchange
// whose peer is believed, whoever it is. It reports false where nobody is named.
func (t *Trust) Named(x *gate.Exchange) bool {
	w := walk{trust: t, at: x.Peer.Addr().Unmap().WithZone(""), hops: x.Hops[:0]}
	if !w.older(x.Fields) || w.steps == 0 {
		return false
	}
	x.Client, x.Hops = w.at, w.hops
	slices.Reverse(x.Hops)
	return true
}

// walk goes from the gate to the client.
type walk struct {
	trust *Trust
	at    netip.Addr   // as far as it is known
	word  word         // of whoever named at, on how at spoke with it
	hops  []netip.Addr // those before at, but for the peer
	steps int
}

// word is what a proxy says of a connection that it took.
type word struct {
	proto proto
	host  []byte // an authority; nil when it is not said
}

type proto uint8

const (
	unsaid proto = iota
	plain
	secure
)

func protoOf(v []byte) proto {
	switch {
	case gate.EqualFold(v, "http"):
		return plain
	case gate.EqualFold(v, "https"):
		return secure
	}
	return unsaid
}

// fields walks along whichever fields there are. It reports false when they
// are not to be believed.
func (w *walk) fields(fields []gate.Field) bool {
	_, standard := gate.FindField(fields, nameForwarded)
	_, older := gate.FindField(fields, nameFor)
	if standard > 0 && older > 0 {
		second := walk{trust: w.trust, at: w.at, hops: w.hops}
		if !second.standard(fields) {
			return false
		}
		steps := len(second.hops) // the hops share their room: it is written once more below
		return w.older(fields) && w.at == second.at && len(w.hops) == steps && w.agree(&second.word)
	}
	if standard > 0 {
		return w.standard(fields)
	}
	return w.older(fields)
}

// agree reports whether another word is not against w's, and adds to w's what
// only the other one says.
func (w *walk) agree(o *word) bool {
	if w.word.proto == unsaid {
		w.word.proto = o.proto
	}
	if w.word.host == nil {
		w.word.host = o.host
	}
	return (o.proto == unsaid || o.proto == w.word.proto) && (o.host == nil || bytes.EqualFold(o.host, w.word.host))
}

// step goes to the next node, whom a trusted proxy named, and reports whether
// it is one that is trusted, too. A node without address ends the walk.
func (w *walk) step(node netip.Addr, said word) (more bool) {
	w.word = said
	if !node.IsValid() {
		return false
	}
	if w.steps++; w.steps > 1 {
		w.hops = append(w.hops, w.at)
	}
	w.at = node
	return w.trust.Holds(node)
}

// far reports whether there were more steps than there may be.
func (w *walk) far() bool { return w.steps > maxHops }
