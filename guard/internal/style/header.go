package style

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Fields reads the header fields called c.Name, which are not gone, into
// r.JSON and returns how many there are. Values are taken as they stand:
// nothing is percent-decoded in a header field (OpenAPI 3.1.1 appendix D).
func (r *Writer) Fields(fields []gate.Field, c *Codec) (n int, bad Issue) {
	value, n := gate.FindField(fields, c.Name)
	r.JSON = r.JSON[:0]
	switch {
	case n == 0:
		return 0, Fine
	case c.List && !c.Scalar && !c.Object && !c.JSON && !c.Text:
		return n, r.combined(fields, c)
	case n > 1:
		return n, TooManyValues
	}
	return n, r.Value(c, value, Literal)
}

// combined reads all fields of c's name as one list (RFC 9110 section 5.3).
// Items are separated by commas and optional white space; what some recipients
// skip or unquote is refused.
func (r *Writer) combined(fields []gate.Field, c *Codec) Issue {
	r.Begin()
	for i := range fields {
		f := &fields[i]
		if f.Gone || !gate.EqualFold(f.Name, c.Name) {
			continue
		}
		if bytes.IndexByte(f.Value, '"') >= 0 {
			return QuotedItem
		}
		for raw, more := f.Value, true; more; {
			var piece []byte
			piece, raw, more, _ = c.Sep.Cut(raw, Literal)
			piece = bytes.Trim(piece, " \t")
			if len(piece) == 0 {
				return EmptyItem
			}
			if bad := r.Item(c, piece, Literal); bad != Fine {
				return bad
			}
		}
	}
	r.JSON = append(r.JSON, ']')
	return Fine
}
