// Package cut takes members out of JSON text that was read before: which bytes
// must go, with the right commas, and what is left. Package gate and the guards
// import it; it imports package schema, whose spans it takes, and knows nothing
// of HTTP.
package cut

import "github.com/gatehouse-api/gatehouse/contract/schema"

// Any reports whether one of spans says that a member is to go.
func Any(spans []schema.Span) bool {
	for i := range spans {
		if spans[i].Tag == schema.TagDrop {
			return true
		}
	}
	return false
}

// Members finds what must go from body, which is JSON, with the members that
// spans tagged schema.TagDrop cover, or the items. Spans are those of a reading
// of body, in the order of their ends; they are overwritten. It returns the cuts in ascending order, in the memory of
// spans.
func Members(body []byte, spans []schema.Span) (cuts []schema.Span) {
	spans = outermost(spans)
	cuts = spans[:0] // cuts are at most as many as spans
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
	}
	return cuts
}

// Left appends to left what cuts leave of body.
func Left(left, body []byte, cuts []schema.Span) []byte {
	at := uint32(0)
	for _, c := range cuts {
		left = append(left, body[at:c.Start]...)
		at = c.End
	}
	return append(left, body[at:]...)
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

// Whole finds the member or the item that a value is, of JSON text that was
// read before: where its name begins, or the value itself where that is an item.
// It reports false for a value that stands in nothing.
func Whole(body []byte, value int) (start int, ok bool) {
	i := skipSpaceBack(body, value)
	if i == 0 {
		return value, false
	}
	if body[i-1] != ':' {
		return value, body[i-1] == '[' || body[i-1] == ','
	}
	i = skipSpaceBack(body, i-1) - 2                               // before the quote at the end of the name
	for i >= 0 && (body[i] != '"' || i > 0 && body[i-1] == '\\') { // a quote in a name has a backslash before it, the first one never has
		i--
	}
	return i, i >= 0
}
