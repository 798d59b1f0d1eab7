package request

import (
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// dropPairs adds the edits that remove the pairs of raw that nobody takes,
// each run of them with one separator. raw begins at offset in its part; when
// nothing of a query is left, its "?" goes too.
func dropPairs(x *gate.Exchange, r *reader, raw []byte, part gate.Part, offset int) {
	n := len(r.pairs)
	for i := 0; i < n; {
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

// cutBody adds the edits that take cuts out of the body.
func cutBody(x *gate.Exchange, cuts []schema.Span) {
	for _, c := range cuts {
		x.Edits = append(x.Edits, gate.Edit{Part: gate.OnBody, Start: c.Start, End: c.End})
	}
}

// plainSeparators adds the edits that write the encoded separators of value
// plainly. value begins at offset in the target.
func plainSeparators(x *gate.Exchange, value []byte, char byte, offset int) {
	for i := 0; i+2 < len(value); i++ {
		if value[i] == '%' && style.Hex[value[i+1]]<<4|style.Hex[value[i+2]] == char {
			x.Edits = append(x.Edits, gate.Edit{Part: gate.OnTarget, Start: uint32(offset + i), End: uint32(offset + i + 3), With: comma})
		}
	}
}

var comma = []byte{','}
