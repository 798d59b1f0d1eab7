package schema

import "encoding/binary"

// fewProps are looked up one by one.
const fewProps = 6

// headOf returns the first eight bytes of the name in JSON text, from its
// opening quote; 0 for a name that has to be written with escapes.
func headOf(name string) uint64 {
	if odd(name) {
		return 0
	}
	var b [8]byte
	copy(b[:], `"`+name+`"`)
	return binary.LittleEndian.Uint64(b[:])
}

// namedAt returns where the name ends that is written at i, when it is p's,
// written plainly, and eight bytes are left to be read; otherwise 0.
func (p *property) namedAt(d []byte, i int) int {
	if i+8 > len(d) || p.head == 0 {
		return 0
	}
	x := binary.LittleEndian.Uint64(d[i:]) ^ p.head
	n := len(p.name)
	end := i + n + 2
	if n <= 6 {
		if x<<(uint(6-n)*8) != 0 {
			return 0
		}
		return end
	}
	if x != 0 || end > len(d) || d[end-1] != '"' || string(d[i+8:end-1]) != p.name[7:] {
		return 0
	}
	return end
}

// find returns the property called b, or -1.
func (o *objectRule) find(b []byte) int {
	if o.index == nil {
		for k := range o.props {
			if string(b) == o.props[k].name {
				return k
			}
		}
		return -1
	}
	mask := uint32(len(o.index) - 1)
	for h := hashName(b) & mask; o.index[h] != 0; h = (h + 1) & mask {
		if k := int(o.index[h]) - 1; string(b) == o.props[k].name {
			return k
		}
	}
	return -1
}

// buildIndex makes the hash table over many properties.
func (o *objectRule) buildIndex() {
	if len(o.props) <= fewProps {
		return
	}
	size := 16
	for size < 2*len(o.props) {
		size *= 2
	}
	o.index = make([]uint16, size)
	mask := uint32(size - 1)
	for k := range o.props {
		h := hashName([]byte(o.props[k].name)) & mask
		for o.index[h] != 0 {
			h = (h + 1) & mask
		}
		o.index[h] = uint16(k + 1)
	}
}

// hashName looks at no more than the first, middle and last eight bytes: the
// names of one schema rarely agree in all of them, and the table is not the
// sender's to fill.
func hashName(b []byte) uint32 {
	var x uint64
	n := len(b)
	switch {
	case n >= 8:
		x = binary.LittleEndian.Uint64(b) ^ binary.LittleEndian.Uint64(b[n-8:])*31
		if n > 16 {
			x ^= binary.LittleEndian.Uint64(b[n/2-4:]) * 37
		}
	case n >= 4:
		x = uint64(binary.LittleEndian.Uint32(b)) | uint64(binary.LittleEndian.Uint32(b[n-4:]))<<32
	case n > 0:
		x = uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16
	}
	x = (x + uint64(n)) * 0x9e3779b97f4a7c15
	return uint32(x >> 32)
}
