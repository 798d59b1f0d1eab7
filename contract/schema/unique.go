package schema

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Values of a document are compared as JSON Schema Core section 4.2.2 says:
// numbers by value, strings decoded, objects without regard to order. All
// functions here read values that have been checked before.

// sum is the hash of one item.
type sum struct {
	hash uint64
	item int
}

// nameAt is one member of an object that is compared.
type nameAt struct {
	hash uint64
	key  int
}

// unique reports whether the items from base on differ from each other. Equal
// hashes are only a reason to look: the answer is exact.
func (st *State) unique(d []byte, base int) bool {
	items := st.items[base:]
	if len(items) < 2 {
		return true
	}
	from := len(st.sums)
	for k, it := range items {
		h, _ := st.hash(d, int(it.Start))
		st.sums = append(st.sums, sum{h, k})
		if !st.charge(int(it.Start), int(it.End)) {
			return false
		}
	}
	sums := st.sums[from:]
	slices.SortFunc(sums, func(a, b sum) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.item, b.item)) })
	ok := true
	for k := range sums {
		for j := k - 1; j >= 0 && ok && sums[j].hash == sums[k].hash; j-- {
			a, b := items[sums[j].item], items[sums[k].item]
			ok = !st.same(d, int(a.Start), int(b.Start))
		}
	}
	st.sums = st.sums[:from]
	return ok
}

// hash returns a hash of the value at i that equal values share, and where the
// value ends.
func (st *State) hash(d []byte, i int) (h uint64, end int) {
	switch d[i] {
	case '"':
		return st.hashString(d, i), jumpString(d, i)
	case '[':
		h = 1
		for i = space(d, i+1); d[i] != ']'; {
			item, e := st.hash(d, i)
			h = mix(h ^ item)
			i = next(d, e)
		}
		return h, i + 1
	case '{':
		h = 2
		for i = space(d, i+1); d[i] != '}'; {
			value, e := st.hash(d, colon(d, jumpString(d, i)))
			h += mix(st.hashString(d, i) ^ mix(value))
			i = next(d, e)
		}
		return mix(h), i + 1
	case 't', 'f', 'n':
		return uint64(d[i]), jump(d, i)
	}
	end = jump(d, i)
	x := parseDecimal(d[i:end])
	m := maphash.Hash{}
	m.SetSeed(seed)
	m.Write(x.a)
	m.Write(x.b)
	return mix(m.Sum64() ^ uint64(x.exponent)<<2 ^ uint64(x.sign+1)), end
}

func (st *State) hashString(d []byte, i int) uint64 {
	m := len(st.decoded)
	h := maphash.Bytes(seed, st.content(d, i))
	st.decoded = st.decoded[:m]
	return h
}

// content returns the value of the string at i, perhaps in scratch memory.
func (st *State) content(d []byte, i int) []byte {
	b := d[i+1 : jumpString(d, i)-1]
	if hasEscape(b) {
		return st.decode(b)
	}
	return b
}

func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// same reports whether the values at i and j are equal.
func (st *State) same(d []byte, i, j int) bool {
	if kindOf[d[i]] != kindOf[d[j]] {
		return false
	}
	switch d[i] {
	case '"':
		m := len(st.decoded)
		equal := bytes.Equal(st.content(d, i), st.content(d, j))
		st.decoded = st.decoded[:m]
		return equal
	case '[':
		i, j = space(d, i+1), space(d, j+1)
		for d[i] != ']' && d[j] != ']' {
			if !st.same(d, i, j) {
				return false
			}
			i, j = after(d, i), after(d, j)
		}
		return d[i] == d[j]
	case '{':
		return st.sameObject(d, i, j)
	case 't', 'f', 'n':
		return d[i] == d[j]
	}
	x, y := parseDecimal(d[i:jump(d, i)]), parseDecimal(d[j:jump(d, j)])
	return compareDecimals(&x, &y) == 0
}

// after returns where the item that follows the one at i begins, or the
// closing bracket.
func after(d []byte, i int) int { return next(d, jump(d, i)) }

// next is after for an item that ends at i.
func next(d []byte, i int) int {
	if i = space(d, i); d[i] == ',' {
		i = space(d, i+1)
	}
	return i
}

// sameObject compares the members in the order of their names' hashes. Names
// within an object differ; should two hashes agree all the same, the order of
// those two may make equal objects look different: one in 2^64 pairs.
func (st *State) sameObject(d []byte, i, j int) bool {
	base := len(st.order)
	st.listNames(d, i)
	middle := len(st.order)
	st.listNames(d, j)
	n := middle - base
	equal := len(st.order)-middle == n
	for k := 0; k < n && equal; k++ {
		a, b := st.order[base+k], st.order[middle+k]
		equal = a.hash == b.hash && st.same(d, a.key, b.key) &&
			st.same(d, colon(d, jumpString(d, a.key)), colon(d, jumpString(d, b.key)))
	}
	st.order = st.order[:base]
	return equal
}

func (st *State) listNames(d []byte, i int) {
	base := len(st.order)
	for i = space(d, i+1); d[i] != '}'; {
		st.order = append(st.order, nameAt{st.hashString(d, i), i})
		i = after(d, colon(d, jumpString(d, i)))
	}
	slices.SortFunc(st.order[base:], func(a, b nameAt) int { return cmp.Compare(a.hash, b.hash) })
}

// constant judges an array or object by the constants that may be there.
func (st *State) constant(n *node, d []byte, i int) bool {
	for _, c := range n.more.consts {
		if st.equals(c, d, i) {
			return st.charge(i, jump(d, i))
		}
	}
	if end := jump(d, i); end >= 0 {
		st.fail(wEnum, n, i, end, 0)
		return false
	}
	st.skip(d, i)
	return false
}

// equals compares the value at i, which has been checked, with a constant.
func (st *State) equals(c *constant, d []byte, i int) bool {
	switch kindOf[d[i]] {
	case kNull:
		return c.kind == source.Null
	case kTrue, kFalse:
		return c.kind == source.Bool && c.text[0] == d[i]
	case kString:
		m := len(st.decoded)
		equal := c.kind == source.String && string(st.content(d, i)) == c.text
		st.decoded = st.decoded[:m]
		return equal
	case kArray:
		return c.kind == source.Array && st.equalsArray(c, d, i)
	case kObject:
		return c.kind == source.Object && st.equalsObject(c, d, i)
	}
	if c.kind != source.Number {
		return false
	}
	x := parseDecimal(d[i:jump(d, i)])
	return compareDecimals(&x, &c.number) == 0
}

func (st *State) equalsArray(c *constant, d []byte, i int) bool {
	k := 0
	for i = space(d, i+1); d[i] != ']'; k++ {
		if k >= len(c.items) || !st.equals(c.items[k], d, i) {
			return false
		}
		i = after(d, i)
	}
	return k == len(c.items)
}

func (st *State) equalsObject(c *constant, d []byte, i int) bool {
	count := 0
	for i = space(d, i+1); d[i] != '}'; count++ {
		m := len(st.decoded)
		k, found := slices.BinarySearchFunc(c.names, st.content(d, i), compareBytes)
		st.decoded = st.decoded[:m]
		if i = colon(d, jumpString(d, i)); !found || !st.equals(c.items[k], d, i) {
			return false
		}
		i = after(d, i)
	}
	return count == len(c.names)
}
