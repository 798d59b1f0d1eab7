package request

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// dropPairs adds the edits that remove the pairs of raw that nobody takes,
// each run of them with one separator. raw begins at offset in its part; when
// nothing of a query is left, its "?" goes too.
func dropPairs(x *gate.Exchange, r *reader, raw []byte, part gate.Part, offset int) {
	n := len(r.pairs)
	for i := 0; i < n && !observed(x); {
		if r.pairs[i].known {
			i++
			continue
		}
		j := i
		for j < n && !r.pairs[j].known {
			j++
		}
		start, end := int(r.pairs[i].start), int(r.pairs[j-1].end)
		switch {
		case j < n:
			end = int(r.pairs[j].start) // with the separator after the run
		case i > 0:
			start-- // with the separator before it
		case part == gate.OnTarget:
			start-- // with the question mark
		}
		x.Edits = append(x.Edits, gate.Edit{Part: part, Start: uint32(offset + start), End: uint32(offset + end)})
		i = j
	}
}

// plainSeparators adds the edits that write the encoded separators of value
// plainly. value begins at offset in the target.
func plainSeparators(x *gate.Exchange, value []byte, char byte, offset int) {
	for i := 0; i+2 < len(value) && !observed(x); i++ {
		if value[i] == '%' && hexValues[value[i+1]]<<4|hexValues[value[i+2]] == char {
			x.Edits = append(x.Edits, gate.Edit{Part: gate.OnTarget, Start: uint32(offset + i), End: uint32(offset + i + 3), With: comma})
		}
	}
}

var comma = []byte{','}

// drops reports whether one of spans says that a member is to go.
func drops(spans []schema.Span) bool {
	for i := range spans {
		if spans[i].Tag == schema.TagDrop {
			return true
		}
	}
	return false
}

// cutMembers finds what must go from body, which is JSON, with the members that
// spans tagged TagDrop cover and the right commas. It returns the cuts in
// ascending order and writes what is left to r.json.
func (r *reader) cutMembers(body []byte, spans []schema.Span) []schema.Span {
	r.spans = append(r.spans[:0], spans...)
	spans = outermost(r.spans)
	cuts, at := spans[:0], 0 // cuts are at most as many as spans
	r.json = r.json[:0]
	for i := 0; i < len(spans); {
		start, end := int(spans[i].Start), int(spans[i].End)
		i++
		next := skipSpace(body, end)
		for next < len(body) && body[next] == ',' {
			after := skipSpace(body, next+1)
			if i == len(spans) || int(spans[i].Start) != after {
				break
			}
			end = int(spans[i].End) // the next member goes too
			next = skipSpace(body, end)
			i++
		}
		if next < len(body) && body[next] == ',' {
			end = skipSpace(body, next+1) // up to the member that stays
		} else if before := skipSpaceBack(body, start); before > 0 && body[before-1] == ',' {
			start = before - 1 // the last ones take the comma before them
		}
		cuts = append(cuts, schema.Span{Start: uint32(start), End: uint32(end)})
		r.json = append(r.json, body[at:start]...)
		at = end
	}
	r.json = append(r.json, body[at:]...)
	return cuts
}

// outermost moves the drop spans that lie in no other to the end of spans, in
// ascending order, and returns them. Spans come in the order of their end, inner before outer.
func outermost(spans []schema.Span) []schema.Span {
	kept := len(spans) // spans[kept:] are kept
	for i := len(spans) - 1; i >= 0; i-- {
		if spans[i].Tag != schema.TagDrop || kept < len(spans) && spans[i].Start >= spans[kept].Start {
			continue
		}
		kept--
		spans[kept] = spans[i]
	}
	return spans[kept:]
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

func skipSpaceBack(b []byte, i int) int {
	for i > 0 && isSpace(b[i-1]) {
		i--
	}
	return i
}

// isSpace reports white space of RFC 8259 section 2.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
