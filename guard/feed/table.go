package feed

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
)

// table holds ranges of addresses with a value each. It is immutable.
type table struct {
	v4   ranges[uint32]
	v6   ranges[uint64] // by the first 64 bits
	rest []span         // more particular than that; few
}

// ranges are sorted and do not overlap. The first bits of an address say in
// which part of the arrays a range may begin that holds it; the rest is a search
// of a few steps in memory that lies together.
type ranges[K uint32 | uint64] struct {
	bits  int      // of an address that the index goes by
	index []uint32 // by these: how many ranges begin before
	list  []pair[K]
	value []uint16 // nil where all have the value one
}

// pair is where a range begins and ends: side by side, for one reach into
// memory.
type pair[K uint32 | uint64] struct{ first, last K }

// span is one range of IPv6.
type span struct {
	first, last netip.Addr
	value       uint16
}

// maxBits bounds the index: 4 MiB. Below that a part has two to four ranges.
const maxBits = 20

// part is where a key stands in the index. Those of IPv6 leave out the bits that
// all public addresses share (2000::/3, RFC 4291 section 2.4); what is below
// stands before all, what is above behind.
func (r *ranges[K]) part(k K) int {
	switch k := any(k).(type) {
	case uint32:
		return int(k >> (32 - r.bits))
	case uint64:
		switch top := k >> 61; {
		case top == 0:
			return -1
		case top > 1:
			return 1 << r.bits
		}
		return int(k << 3 >> (64 - r.bits))
	}
	return 0
}

// find returns the value of the range that holds k.
func (r *ranges[K]) find(k K) (uint16, bool) {
	lo, hi := 0, len(r.list)
	if hi == 0 {
		return 0, false
	}
	if at := r.part(k); at >= 0 && at < 1<<r.bits {
		lo, hi = int(r.index[at]), int(r.index[at+1])
	}
	for lo < hi { // the first range that begins behind k
		if mid := int(uint(lo+hi) >> 1); r.list[mid].first <= k {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	switch {
	case lo == 0 || r.list[lo-1].last < k:
		return 0, false
	case r.value == nil:
		return 1, true
	}
	return r.value[lo-1], true
}

// find returns the value of an address, which is no mapped one.
func (t *table) find(a netip.Addr) (uint16, bool) {
	switch {
	case t == nil || !a.IsValid():
		return 0, false
	case a.Is4():
		b := a.As4()
		return t.v4.find(binary.BigEndian.Uint32(b[:]))
	}
	for i := range t.rest {
		if s := &t.rest[i]; a.Compare(s.first) >= 0 && a.Compare(s.last) <= 0 {
			return s.value, true
		}
	}
	b := a.As16()
	return t.v6.find(binary.BigEndian.Uint64(b[:8]))
}

// size is how many ranges there are, and how many bytes they take.
func (t *table) size() (n, bytes int) {
	n = len(t.v4.list) + len(t.v6.list) + len(t.rest)
	return n, 4*(len(t.v4.index)+len(t.v6.index)) + 8*len(t.v4.list) + 16*len(t.v6.list) + 2*(len(t.v4.value)+len(t.v6.value)) + 56*len(t.rest)
}

// entry is a range that is still to be sorted.
type entry[K uint32 | uint64] struct {
	first, last K
	value       uint16
}

// builder collects ranges.
type builder struct {
	v4   []entry[uint32]
	v6   []entry[uint64]
	rest []span
}

// maxRest bounds the ranges that are looked at one by one; of more the network
// of 64 bits is taken.
const maxRest = 64

func (b *builder) len() int { return len(b.v4) + len(b.v6) + len(b.rest) }

// add adds the addresses from first to last, which are of one family.
func (b *builder) add(first, last netip.Addr, value uint16) {
	if first.Is4() {
		f, l := first.As4(), last.As4()
		b.v4 = append(b.v4, entry[uint32]{binary.BigEndian.Uint32(f[:]), binary.BigEndian.Uint32(l[:]), value})
		return
	}
	f, l := first.As16(), last.As16()
	whole := binary.BigEndian.Uint64(f[8:]) == 0 && binary.BigEndian.Uint64(l[8:]) == 1<<64-1
	if !whole && len(b.rest) < maxRest {
		b.rest = append(b.rest, span{first, last, value})
		return
	}
	b.v6 = append(b.v6, entry[uint64]{binary.BigEndian.Uint64(f[:8]), binary.BigEndian.Uint64(l[:8]), value})
}

// prefix adds a network.
func (b *builder) prefix(p netip.Prefix, value uint16) {
	p = p.Masked()
	last := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(last); i++ {
		last[i/8] |= 1 << (7 - i%8)
	}
	end, _ := netip.AddrFromSlice(last)
	b.add(p.Addr(), end, value)
}

// build makes the table. Of ranges that overlap, the one that begins later wins
// from there on; equal values become one range.
func (b *builder) build() *table {
	t := &table{rest: b.rest}
	t.v4.fill(b.v4)
	t.v6.fill(b.v6)
	return t
}

func (r *ranges[K]) fill(list []entry[K]) {
	if len(list) == 0 {
		return
	}
	slices.SortFunc(list, func(a, b entry[K]) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last), cmp.Compare(a.value, b.value))
	})
	kept, one := list[:1], list[0].value == 1
	for _, e := range list[1:] {
		one = one && e.value == 1
		switch before := &kept[len(kept)-1]; {
		case e.value == before.value && (e.first <= before.last || e.first == before.last+1):
			before.last = max(before.last, e.last)
		case e.first == before.first: // the more particular one comes behind
			*before = e
		default:
			before.last = min(before.last, e.first-1)
			kept = append(kept, e)
		}
	}
	n := len(kept)
	r.bits = min(max(bits.Len(uint(n))-2, 4), maxBits)
	r.list, r.index = make([]pair[K], n), make([]uint32, 1<<r.bits+1)
	if !one {
		r.value = make([]uint16, n)
	}
	at := 0
	for i, e := range kept {
		r.list[i] = pair[K]{e.first, e.last}
		if !one {
			r.value[i] = e.value
		}
		for ; at <= r.part(e.first) && at <= 1<<r.bits; at++ {
			r.index[at] = uint32(i)
		}
	}
	for ; at <= 1<<r.bits; at++ {
		r.index[at] = uint32(n)
	}
}
