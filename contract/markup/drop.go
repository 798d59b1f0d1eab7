package markup

import (
	"cmp"
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// A document of n bytes may have n/bytesPerPlace+freePlaces members while some
// could be dropped. An element with one letter as its name and its text has as
// many bytes.
const (
	bytesPerPlace = 8
	freePlaces    = 1 << 12
)

// place says where a member of the JSON text stands in the document.
type place struct {
	json       uint32 // its name
	start, end uint32 // with the white space before it
}

// member begins a member of a JSON object that stands from in the document,
// and returns its place for placed.
func (st *State) member(from int) int {
	st.comma()
	switch {
	case !st.mark:
		return -1
	case len(st.places) >= len(st.d)/bytesPerPlace+freePlaces:
		return st.fail(tooManyDrops)
	}
	st.places = append(st.places, place{json: uint32(len(st.json)), start: uint32(from)})
	return len(st.places) - 1
}

// placed says where the member of place p ends; that of an array is told
// again with each item.
func (st *State) placed(p, end int) {
	if p >= 0 {
		st.places[p].end = uint32(end)
	}
}

// comma separates members and items.
func (st *State) comma() {
	if c := st.json[len(st.json)-1]; c != '{' && c != '[' {
		st.json = append(st.json, ',')
	}
}

func (st *State) drop(start, end int) {
	if len(st.Drops) >= st.inner.MaxDrops {
		st.fail(tooManyDrops) // judge refuses
		return
	}
	st.Drops = append(st.Drops, schema.Span{Tag: schema.TagDrop, Start: uint32(start), End: uint32(end)})
}

// collect adds the places of what the schema's reader drops, and puts all of
// them in order.
func (st *State) collect() bool {
	for _, s := range st.inner.Spans {
		if s.Tag != schema.TagDrop {
			continue
		}
		k, found := slices.BinarySearchFunc(st.places, s.Start, func(p place, at uint32) int { return cmp.Compare(p.json, at) })
		if !found {
			return st.fail(lost) >= 0
		}
		if p := st.places[k]; p.end > p.start {
			st.drop(int(p.start), int(p.end))
		}
	}
	slices.SortFunc(st.Drops, func(a, b schema.Span) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	kept := st.Drops[:0]
	for _, s := range st.Drops {
		if len(kept) == 0 || s.Start >= kept[len(kept)-1].End {
			kept = append(kept, s)
		}
	}
	st.Drops = kept
	return true
}

// splice writes the document without st.Drops to st.Left.
func (st *State) splice() {
	at := uint32(0)
	st.left = st.left[:0]
	for _, s := range st.Drops {
		st.left = append(st.left, st.d[at:s.Start]...)
		at = s.End
	}
	st.left = append(st.left, st.d[at:]...)
	st.Left = st.left
}
