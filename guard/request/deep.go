package request

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// The specification describes deepObject for one level of properties and says
// nothing of more. What is read beyond that is what its writers agree upon:
// "a[b][c]=1" for properties of properties, "a[]=1&a[]=2" or "a[0]=1&a[1]=2"
// for items, the latter numbered from 0 without gaps, also with properties of
// their own. Items without a number have none: readers group them differently.

const (
	maxBrackets = 8   // levels of a name
	maxIndex    = 999 // of an item
)

// leaf is one pair of a deepObject.
type leaf struct {
	start, end uint32 // of what follows the parameter's name, in reader.names
	pair       int32
}

// bracketed reports whether name, from its first "[" on, is a path of at most
// maxBrackets segments, of which only the last may be empty.
func bracketed(path []byte) bool {
	for level := 0; len(path) > 0; level++ {
		end := bytes.IndexByte(path, ']')
		if level == maxBrackets || path[0] != '[' || end < 0 || bytes.IndexByte(path[1:end], '[') >= 0 || end == 1 && len(path) > 2 {
			return false
		}
		path = path[end+1:]
	}
	return true
}

// segment returns the segment of path that begins at at, and where the next
// one does.
func segment(path []byte, at int) (name []byte, next int) {
	end := at + bytes.IndexByte(path[at:], ']')
	return path[at+1 : end], end + 1
}

// takesFirst reports whether a deepObject of this shape takes a pair whose path
// begins with the segment name.
func takesFirst(s *schema.Shape, name []byte) bool {
	types := style.TypesOf(s)
	if types&(1<<source.Array) != 0 && (len(name) == 0 || isIndex(name)) {
		return true
	}
	_, declared := style.PropertyShape(s, name)
	return len(name) > 0 && types&(1<<source.Object) != 0 && (declared || s == nil || s.Open)
}

// isIndex reports digits; whether they count right is seen when all are known.
func isIndex(name []byte) bool { return len(name) > 0 && style.Digits(name, 0) == len(name) }

// writeDeep writes the pairs of a deepObject as JSON.
func (r *reader) writeDeep(f *field, pairs chain, raw []byte, how style.Escapes) style.Issue {
	r.leaves, r.names = r.leaves[:0], r.names[:0]
	for i := pairs.head; i != 0; i = r.pairs[i-1].next {
		name, bad := r.Decode(r.pairs[i-1].name(raw), how)
		if bad != style.Fine {
			return bad
		}
		start := len(r.names)
		r.names = append(r.names, name[len(f.Name):]...)
		r.leaves = append(r.leaves, leaf{uint32(start), uint32(len(r.names)), i - 1})
	}
	slices.SortFunc(r.leaves, func(a, b leaf) int {
		return cmp.Or(comparePaths(r.names[a.start:a.end], r.names[b.start:b.end]), cmp.Compare(a.pair, b.pair))
	})
	return r.branch(r.leaves, 0, f.Shape, raw, how)
}

// comparePaths orders paths so that those with the same beginning stand
// together, and numbers in their order before names.
func comparePaths(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 {
		x, i := segment(a, 0)
		y, j := segment(b, 0)
		if c := compareSegments(x, y); c != 0 {
			return c
		}
		a, b = a[i:], b[j:]
	}
	return cmp.Compare(len(a), len(b))
}

func compareSegments(x, y []byte) int {
	switch n, m := isIndex(x), isIndex(y); {
	case n && m:
		return cmp.Or(cmp.Compare(len(x), len(y)), bytes.Compare(x, y))
	case n:
		return -1
	case m:
		return 1
	}
	return bytes.Compare(x, y)
}

func (r *reader) path(l leaf) []byte { return r.names[l.start:l.end] }

// branch writes leaves, which are sorted and whose paths are the same up to
// at. It goes no deeper than maxBrackets.
func (r *reader) branch(leaves []leaf, at int, shape *schema.Shape, raw []byte, how style.Escapes) style.Issue {
	first := r.path(leaves[0])
	if len(first) == at {
		switch {
		case len(leaves) == 1:
			return r.Scalar(r.pairs[leaves[0].pair].value(raw), style.TypesOf(shape), how)
		case len(r.path(leaves[1])) == at:
			return style.TooManyValues
		}
		return bothForms
	}
	name, _ := segment(first, at)
	if isList(shape, name) {
		return r.branchItems(leaves, at, shape, raw, how)
	}
	r.JSON = append(r.JSON, '{')
	start := len(r.JSON)
	for len(leaves) > 0 {
		name, next := segment(r.path(leaves[0]), at)
		if len(name) == 0 {
			return badBrackets
		}
		n := r.alike(leaves, next)
		property, _ := style.PropertyShape(shape, name)
		r.comma(start)
		r.JSON = append(schema.AppendString(r.JSON, name), ':')
		if bad := r.branch(leaves[:n], next, property, raw, how); bad != style.Fine {
			return bad
		}
		leaves = leaves[n:]
	}
	r.JSON = append(r.JSON, '}')
	return style.Fine
}

// branchItems writes leaves as an array.
func (r *reader) branchItems(leaves []leaf, at int, shape *schema.Shape, raw []byte, how style.Escapes) style.Issue {
	r.JSON = append(r.JSON, '[')
	start := len(r.JSON)
	first, _ := segment(r.path(leaves[0]), at)
	for index := 0; len(leaves) > 0; index++ {
		name, next := segment(r.path(leaves[0]), at)
		n := 1
		if len(first) > 0 {
			n = r.alike(leaves, next)
		}
		if len(first) > 0 && !counts(name, index) || len(first) == 0 && len(name) > 0 {
			return badIndex
		}
		r.comma(start)
		if bad := r.branch(leaves[:n], next, style.ItemShape(shape, index), raw, how); bad != style.Fine {
			return bad
		}
		leaves = leaves[n:]
	}
	r.JSON = append(r.JSON, ']')
	return style.Fine
}

// alike returns how many of leaves have the same path up to next as the first.
func (r *reader) alike(leaves []leaf, next int) int {
	n, prefix := 1, r.path(leaves[0])[:next]
	for n < len(leaves) && bytes.HasPrefix(r.path(leaves[n]), prefix) {
		n++
	}
	return n
}

// isList decides whether a value whose parts begin with the segment name is an
// array.
func isList(s *schema.Shape, name []byte) bool {
	types := style.TypesOf(s)
	switch list, object := types&(1<<source.Array) != 0, types&(1<<source.Object) != 0; {
	case list && !object:
		return true
	case object && !list:
		return false
	}
	return len(name) == 0 || isIndex(name)
}

// counts reports whether name is index, written without leading zeros.
func counts(name []byte, index int) bool {
	if !isIndex(name) || len(name) > 3 || index > maxIndex || name[0] == '0' && len(name) > 1 {
		return false
	}
	n := 0
	for _, c := range name {
		n = n*10 + int(c-'0')
	}
	return n == index
}
