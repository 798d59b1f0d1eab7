package route

import (
	"encoding/binary"
	"math/bits"
)

// slot is one literal edge of the tree, in a table of all of them. A slot
// without child is free.
type slot struct {
	hash          uint32
	parent, child uint32
	text          uint32 // offset in Table.text
	size          uint16
}

// mountOf returns the mount that begins deepest on the path, below the host's
// node of the tree of mounts, or -1.
func (t *Table) mountOf(m *Match, n uint32) int32 {
	found := t.nodes[n].mount
	for i := 0; i < len(m.segments) && t.nodes[n].static; i++ {
		s := &m.segments[i]
		if n = t.literal(n, m.text[s.start:s.end]); n == 0 {
			break
		}
		if at := t.nodes[n].mount; at >= 0 {
			found = at
		}
	}
	return found
}

// find returns the leaf at the end of the path that begins at segment i below
// node n, or -1. The places of the parameters are in m.captures.
//
// A node has one way that leads to it, so without slashes in values no node
// is visited twice. Below a segment that may hold them, of which a template
// has one, it is visited at most once for each segment of the path.
func (t *Table) find(m *Match, n uint32, i int) int32 {
	for i < len(m.segments) {
		at, s := &t.nodes[n], &m.segments[i]
		text := m.text[s.start:s.end]
		next := uint32(0)
		if at.static {
			next = t.literal(n, text)
		}
		if at.choices && s.start != s.end {
			mark := len(m.captures)
			if next != 0 {
				if end := t.find(m, next, i+1); end >= 0 {
					return end
				}
				m.captures = m.captures[:mark]
				next = 0
			}
			first := at.patterns
			if end := t.patternsOf(m, first, first+uint32(at.mixed), i); end >= 0 {
				return end
			}
			if at.rest == 0 {
				if at.param == 0 || s.flags&(flagSeparator|flagSemicolon) != 0 {
					return -1
				}
				m.captures = append(m.captures, capture{s.start, s.end})
				n, i = at.param, i+1
				continue
			}
			return t.unusual(m, at, i)
		}
		if next == 0 {
			return -1
		}
		n, i = next, i+1
	}
	return t.nodes[n].leaf
}

// unusual goes on by a parameter alone at a node that has them with opt-ins.
func (t *Table) unusual(m *Match, at *node, i int) int32 {
	s, mark := &m.segments[i], len(m.captures)
	if at.param != 0 && s.flags&(flagSeparator|flagSemicolon) == 0 {
		m.captures = append(m.captures, capture{s.start, s.end})
		if end := t.find(m, at.param, i+1); end >= 0 {
			return end
		}
		m.captures = m.captures[:mark]
	}
	first := at.patterns + uint32(at.mixed)
	return t.patternsOf(m, first, first+uint32(at.rest), i)
}

// patternsOf tries patterns in their order, each over one segment or, where
// slashes are allowed, over as few as it can.
func (t *Table) patternsOf(m *Match, from, to uint32, i int) int32 {
	mark := len(m.captures)
	for k := from; k < to; k++ {
		if end := t.along(m, &t.patterns[k], i); end >= 0 {
			return end
		}
		m.captures = m.captures[:mark]
	}
	return -1
}

// along goes on by one pattern.
func (t *Table) along(m *Match, p *pattern, i int) int32 {
	start, longest := int(m.segments[i].start), int(m.segments[i].end)
	if p.slash != 0 {
		longest = len(m.text)
	}
	captures, rest, ok := p.begin(m.text[start:longest], start, m.captures)
	m.captures = captures
	if !ok {
		return -1
	}
	mark, flags := len(captures), uint8(0)
	for ; i < len(m.segments); i++ {
		s := &m.segments[i]
		if s.start == s.end { // a slash at the end is not part of a value
			break
		}
		flags |= s.flags
		if to, ok := p.end(&rest, m.text[start:s.end], flags&flagSemicolon != 0); ok {
			m.captures = append(m.captures[:mark], capture{uint16(start + rest.from), uint16(start + to)})
			if end := t.find(m, p.child, i+1); end >= 0 {
				return end
			}
		}
		if p.slash == 0 {
			break
		}
	}
	return -1
}

// literal returns the node behind n's literal edge text, or 0.
func (t *Table) literal(n uint32, text []byte) uint32 {
	h, mask := hash(n, text), uint32(len(t.slots)-1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.child == 0 {
			return 0
		}
		if s.hash == h && s.parent == n && string(text) == t.text[s.text:s.text+uint32(s.size)] {
			return s.child
		}
	}
}

// hash mixes an edge's beginning, end and length. Only the contract decides
// which edges share a place, so that no request can make a look-up long.
func hash(n uint32, text []byte) uint32 {
	var a, b uint64
	switch size := len(text); {
	case size >= 8:
		a, b = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[size-8:])
	case size >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(text)), uint64(binary.LittleEndian.Uint32(text[size-4:]))
	case size > 0:
		a, b = uint64(text[0])|uint64(text[size/2])<<8, uint64(text[size-1])
	}
	high, low := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xD6E8FEB86659FD93^uint64(n)<<32^uint64(len(text)))
	return uint32(high^low) ^ uint32((high^low)>>32)
}
