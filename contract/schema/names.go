package schema

import "hash/maphash"

// Names that a schema does not declare are remembered per object, so that one
// written twice is found, escaped or not, in linear time. Objects nest, and
// so do their sets: each is the top of two stacks while it is added to.

// seed makes collisions unpredictable for whoever writes documents.
var seed = maphash.MakeSeed()

// seenName is one name: data[start:end], or decoded[start:end].
type seenName struct {
	start, end uint32
	hash       uint32 // once names are many
	decoded    bool
}

// nameSet is the set of one object.
type nameSet struct {
	names, slots, decoded int32 // where it begins on the stacks
	size                  int32 // slots; 0 while names are few
}

// fewNames are compared one by one.
const fewNames = 8

func (st *State) openNames() nameSet {
	return nameSet{names: int32(len(st.names)), slots: int32(len(st.slots)), decoded: int32(len(st.decoded))}
}

func (st *State) closeNames(s *nameSet) {
	st.names = st.names[:s.names]
	st.slots = st.slots[:s.slots]
	st.decoded = st.decoded[:s.decoded]
}

// name reads a name and adds it to the set.
func (st *State) name(d []byte, i int, s *nameSet) int {
	if uint(i) >= uint(len(d)) || d[i] != '"' {
		return st.syntax(i)
	}
	end, t := st.str(d, i)
	if end < 0 {
		return -1
	}
	return st.addWritten(d, i, end, t, s)
}

// addWritten adds the name that was read from i to end.
func (st *State) addWritten(d []byte, i, end int, t text, s *nameSet) int {
	if t&escaped != 0 {
		at := len(st.decoded)
		b := st.decode(d[i+1 : end-1])
		return st.add(s, b, seenName{start: uint32(at), end: uint32(at + len(b)), decoded: true}, i, end)
	}
	return st.add(s, d[i+1:end-1], seenName{start: uint32(i + 1), end: uint32(end - 1)}, i, end)
}

// add puts one name into the set; it returns end, or -1 for a second time.
func (st *State) add(s *nameSet, b []byte, n seenName, at, end int) int {
	own := st.names[s.names:]
	if s.size == 0 {
		for k := range own {
			if string(st.seen(own[k])) == string(b) {
				return st.stop(wDuplicate, at)
			}
		}
		st.names = append(st.names, n)
		if len(own)+1 > fewNames {
			st.growNames(s, 4*fewNames)
		}
		return end
	}
	if 2*len(own) > int(s.size) {
		st.growNames(s, 2*int(s.size))
	}
	n.hash = hashOf(b)
	slots := st.slots[s.slots:]
	mask := uint32(s.size - 1)
	for h := n.hash & mask; ; h = (h + 1) & mask {
		k := slots[h]
		if k == 0 {
			st.names = append(st.names, n)
			slots[h] = uint32(len(own) + 1)
			return end
		}
		if old := own[k-1]; old.hash == n.hash && string(st.seen(old)) == string(b) {
			return st.stop(wDuplicate, at)
		}
	}
}

func hashOf(b []byte) uint32 { return uint32(maphash.Bytes(seed, b)) }

func (st *State) seen(n seenName) []byte {
	if n.decoded {
		return st.decoded[n.start:n.end]
	}
	return st.data[n.start:n.end]
}

// growNames makes the hash table of s anew with size slots, a power of two.
func (st *State) growNames(s *nameSet, size int) {
	if s.size == 0 {
		for k := int(s.names); k < len(st.names); k++ {
			st.names[k].hash = hashOf(st.seen(st.names[k]))
		}
	}
	s.size = int32(size)
	st.slots = st.slots[:s.slots]
	for have := int(s.slots) + size; len(st.slots) < have; {
		st.slots = append(st.slots, noSlots[:min(len(noSlots), have-len(st.slots))]...)
	}
	slots := st.slots[s.slots:]
	mask := uint32(size - 1)
	for k, n := range st.names[s.names:] {
		h := n.hash & mask
		for slots[h] != 0 {
			h = (h + 1) & mask
		}
		slots[h] = uint32(k + 1)
	}
}

var noSlots [256]uint32
