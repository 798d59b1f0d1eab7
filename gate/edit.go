package gate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/cut"
	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// applyEdits makes OutTarget and OutBody: what was checked, with the gate's
// edits spliced in at once. Without edits they are the checked bytes
// themselves.
func (x *Exchange) applyEdits() error {
	x.OutTarget, x.OutBody = x.Target, x.Body
	if len(x.Edits) == 0 {
		return nil
	}
	sortEdits(x.Edits)
	x.cutMembers(OnBody, x.Body)
	x.scratch = x.scratch[:0]
	split := slices.IndexFunc(x.Edits, func(e Edit) bool { return e.Part == OnBody })
	if split < 0 {
		split = len(x.Edits)
	}
	var err error
	if x.scratch, err = splice(x.scratch, x.Target, x.Edits[:split]); err != nil {
		return err
	}
	middle := len(x.scratch)
	if x.scratch, err = splice(x.scratch, x.Body, x.Edits[split:]); err != nil {
		return err
	}
	x.OutTarget, x.OutBody = x.scratch[:middle:middle], x.scratch[middle:]
	return nil
}

// sortEdits sorts by part and start; those of one guard are sorted already.
func sortEdits(list []Edit) {
	sorted := true
	for i := 1; i < len(list) && sorted; i++ {
		a, b := &list[i-1], &list[i]
		sorted = a.Part < b.Part || a.Part == b.Part && a.Start <= b.Start
	}
	if sorted {
		return
	}
	slices.SortStableFunc(list, func(a, b Edit) int {
		if a.Part != b.Part {
			return int(a.Part) - int(b.Part)
		}
		return int(a.Start) - int(b.Start)
	})
}

// cutMembers writes the edits that take members out of a part as edits of
// bytes: which comma goes hangs on what else goes. x.Edits are sorted.
func (x *Exchange) cutMembers(part Part, body []byte) {
	spans := x.cuts[:0]
	for i := range x.Edits {
		if e := &x.Edits[i]; e.Member && e.Part == part {
			spans = append(spans, schema.Span{Tag: schema.TagDrop, Start: e.Start, End: e.End})
		}
	}
	if x.cuts = spans; len(spans) == 0 {
		return
	}
	byEnd := func(a, b schema.Span) int { return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(b.Start, a.Start)) }
	if !slices.IsSortedFunc(spans, byEnd) {
		slices.SortFunc(spans, byEnd)
	}
	if last := spans[len(spans)-1]; int(last.End) > len(body) {
		return // splice refuses it
	}
	cuts, next := cut.Members(body, spans), 0
	left := x.Edits[:0]
	for _, e := range x.Edits {
		if e.Part == part {
			for next < len(cuts) && cuts[next].End <= e.Start {
				next++
			}
			if e.Member || next < len(cuts) && cuts[next].Start <= e.Start && e.End <= cuts[next].End {
				continue
			}
		}
		left = append(left, e)
	}
	for _, c := range cuts {
		left = append(left, Edit{Part: part, Start: c.Start, End: c.End})
	}
	x.Edits = left
	sortEdits(x.Edits)
}

// splice appends from to out, with edits that are sorted by their start.
func splice(out, from []byte, edits []Edit) ([]byte, error) {
	at := uint32(0)
	for i := range edits {
		e := &edits[i]
		if e.Start < at || e.End < e.Start || int(e.End) > len(from) {
			return out, fmt.Errorf("edit [%d,%d) of %d bytes overlaps or lies outside", e.Start, e.End, len(from))
		}
		out = append(out, from[at:e.Start]...)
		out = append(out, e.With...)
		at = e.End
	}
	return append(out, from[at:]...), nil
}

// Prefix returns the beginning of the path that the API does not see, as the
// client wrote it; empty when the API sees all of it.
func (x *Exchange) Prefix() []byte {
	if x.API == nil || x.API.StripSegments == 0 {
		return nil
	}
	return x.Path[:segmentsEnd(x.Path, x.API.StripSegments)]
}
