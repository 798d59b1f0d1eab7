package tile

import (
	"crypto/sha256"
	"errors"
	"hash"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a hash of the tree.
type Hash = tlog.Hash

// Before what is hashed stands what it is (RFC 6962 section 2.1).
const (
	leafMark = 0
	nodeMark = 1
)

// hasher hashes, and takes no memory for that.
type hasher struct {
	hash.Hash
	node [1 + 2*HashSize]byte
	sum  Hash
}

var hashers = sync.Pool{New: func() any {
	h := &hasher{Hash: sha256.New()}
	h.node[0] = nodeMark
	return h
}}

// done returns the hash of what was written, and gives the hasher back.
func (h *hasher) done() Hash {
	h.Sum(h.sum[:0])
	sum := h.sum
	h.Reset()
	hashers.Put(h)
	return sum
}

var beforeLeaf = []byte{leafMark}

// Leaf is the hash of an entry (RFC 6962 section 2.1).
func Leaf(entry []byte) Hash {
	h := hashers.Get().(*hasher)
	h.Write(beforeLeaf)
	h.Write(entry)
	return h.done()
}

// node is the hash of a node of the tree (RFC 6962 section 2.1).
func node(left, right Hash) Hash {
	h := hashers.Get().(*hasher)
	copy(h.node[1:], left[:])
	copy(h.node[1+HashSize:], right[:])
	h.Write(h.node[:])
	return h.done()
}

// Root is the hash over hashes that stand beside each other at the bottom of a
// full part of the tree: as many as a power of two.
func Root(list []Hash) Hash {
	if len(list) == 1 {
		return list[0]
	}
	half := len(list) / 2
	return node(Root(list[:half]), Root(list[half:]))
}

// Frontier is the right edge of a tree: for each level the hashes of the tile
// that is not full yet. The zero value is the empty tree.
type Frontier struct {
	size   int64
	levels [][]Hash
}

// Size is how many leaves the tree has.
func (f *Frontier) Size() int64 { return f.size }

// Clone returns a frontier that grows by itself.
func (f *Frontier) Clone() *Frontier {
	g := &Frontier{size: f.size, levels: make([][]Hash, len(f.levels))}
	for i, l := range f.levels {
		g.levels[i] = append(make([]Hash, 0, Width), l...)
	}
	return g
}

// Load makes the frontier of a tree of n leaves from its tiles at the edge, which
// read returns as they are kept.
func Load(n int64, read func(At) ([]byte, error)) (*Frontier, error) {
	if n < 0 {
		return nil, errors.New("a tree has no size below zero")
	}
	f := &Frontier{size: n}
	for rest := n; rest > 0; rest /= Width {
		f.levels = append(f.levels, make([]Hash, 0, Width))
	}
	for _, at := range Edge(n) {
		text, err := read(at)
		if err != nil {
			return nil, err
		}
		list, err := Hashes(text, at.Width)
		if err != nil {
			return nil, err
		}
		f.levels[at.Level] = append(f.levels[at.Level], list...)
	}
	return f, nil
}

// Full is told of each tile that becomes full, from level 0 up; the hashes are
// not kept beyond the call.
type Full func(at At, hashes []Hash)

// Add appends a leaf to the tree.
func (f *Frontier) Add(leaf Hash, full Full) {
	f.size++
	index := f.size - 1 // of the hash within its level
	for level, h := 0, leaf; ; level++ {
		if level == len(f.levels) {
			f.levels = append(f.levels, make([]Hash, 0, Width))
		}
		f.levels[level] = append(f.levels[level], h)
		if len(f.levels[level]) < Width {
			return
		}
		full(At{level, index / Width, Width}, f.levels[level])
		h = Root(f.levels[level])
		f.levels[level] = f.levels[level][:0]
		index /= Width
	}
}

// Edge calls each tile that is not full, from level 0 up.
func (f *Frontier) Edge(each func(at At, hashes []Hash)) {
	for _, at := range Edge(f.size) {
		each(at, f.levels[at.Level])
	}
}

// Root is the hash of the whole tree (RFC 6962 section 2.1): the empty tree has
// the hash of nothing.
func (f *Frontier) Root() Hash {
	if f.size == 0 {
		return sha256.Sum256(nil)
	}
	var root Hash
	none := true
	for _, list := range f.levels { // from the right: the small full parts first
		for len(list) > 0 {
			w := len(list) & -len(list)
			left := Root(list[len(list)-w:])
			if none {
				root, none = left, false
			} else {
				root = node(left, root)
			}
			list = list[:len(list)-w]
		}
	}
	return root
}

// AppendHashes appends hashes as a tile has them.
func AppendHashes(b []byte, list []Hash) []byte {
	b = slices.Grow(b, len(list)*HashSize)
	for i := range list {
		b = append(b, list[i][:]...)
	}
	return b
}

// Reader is a tlog.HashReader over tiles of a tree of Size leaves, which Read
// returns as they are kept. It does not check them: tlog.ProveRecord and
// tlog.ProveTree do not either, so what they give is to be checked against a root.
type Reader struct {
	Size int64
	Read func(At) ([]byte, error)
}

var _ tlog.HashReader = Reader{}

// ReadHashes implements tlog.HashReader.
func (r Reader) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	read := map[At][]Hash{}
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		high, low := level/Height, level%Height
		at := Containing(high, n<<low, r.Size)
		list, ok := read[at]
		if !ok {
			text, err := r.Read(at)
			if err == nil {
				list, err = Hashes(text, at.Width)
			}
			if err != nil {
				return nil, err
			}
			read[at] = list
		}
		from := int(n<<low) % Width
		if from+1<<low > len(list) {
			return nil, errors.New("the tree has no such hash")
		}
		out[i] = Root(list[from : from+1<<low])
	}
	return out, nil
}
