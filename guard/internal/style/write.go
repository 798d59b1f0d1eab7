package style

import (
	"bytes"
	"encoding/json"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// Writer writes values as JSON text. Its buffers grow once; it is reused by one
// reader at a time.
type Writer struct {
	JSON  []byte // what was written
	Text  []byte // one decoded name or value
	count int    // items written to the array at hand
}

// Cut splits raw at the first separator.
func (s Separator) Cut(raw []byte, how Escapes) (piece, rest []byte, more bool, bad Issue) {
	for i, c := range raw {
		switch {
		case c == s.Char, c == '+' && s.Char == ' ' && how == Plus:
			return raw[:i], raw[i+1:], true, Fine
		case c == '%' && how != Literal && i+2 < len(raw) && Hex[raw[i+1]]<<4|Hex[raw[i+2]] == s.Char &&
			Hex[raw[i+1]] < 16:
			switch s.Encoded {
			case Unclear:
				return nil, nil, false, EncodedSeparator
			case Separates:
				return raw[:i], raw[i+3:], true, Fine
			}
		}
	}
	return raw, nil, false, Fine
}

// Value writes raw, one whole value in the style of c, as JSON text.
func (r *Writer) Value(c *Codec, raw []byte, how Escapes) Issue {
	raw, bad := c.unwrap(raw, how)
	if bad != Fine {
		return bad
	}
	switch {
	case c.JSON, c.Text:
		return r.content(c, raw, how)
	case c.Object && !c.Scalar && !c.List:
		return r.members(c, raw, how)
	case c.List && (!c.Scalar || c.separated(raw, how)):
		r.Begin()
		if bad := r.items(c, raw, how); bad != Fine {
			return bad
		}
		r.JSON = append(r.JSON, ']')
		return Fine
	}
	return r.Scalar(raw, TypesOf(c.Shape), how)
}

// unwrap removes what the style writes around a value in a path.
func (c *Codec) unwrap(raw []byte, how Escapes) ([]byte, Issue) {
	switch c.Style {
	case contract.Label:
		if len(raw) == 0 || raw[0] != '.' {
			return nil, BadLabel
		}
		return raw[1:], Fine
	case contract.Matrix:
		if len(raw) == 0 || raw[0] != ';' {
			return nil, BadMatrix
		}
		raw = raw[1:]
		if c.Explode && (c.List || c.Object) && !c.Scalar {
			return raw, Fine // names stand with the items
		}
		return c.named(raw)
	}
	return raw, Fine
}

// named removes "name=" of matrix style; an empty value has no "=" (RFC 6570
// section 3.2.7).
func (c *Codec) named(raw []byte) ([]byte, Issue) {
	n := len(c.Name)
	if len(raw) < n || string(raw[:n]) != c.Name || len(raw) > n && raw[n] != '=' {
		return nil, BadMatrix
	}
	return raw[min(n+1, len(raw)):], Fine
}

// separated reports whether raw holds a separator that is meant as one.
func (c *Codec) separated(raw []byte, how Escapes) bool {
	_, _, more, bad := c.Sep.Cut(raw, how)
	return more || bad != Fine
}

// Scalar writes raw as one value without parts.
func (r *Writer) Scalar(raw []byte, types schema.Types, how Escapes) Issue {
	text, bad := r.Decode(raw, how)
	if bad == Fine {
		r.JSON = schema.AppendScalar(r.JSON, text, types)
	}
	return bad
}

// Begin opens an array.
func (r *Writer) Begin() {
	r.JSON = append(r.JSON, '[')
	r.count = 0
}

// Item writes the next item of the array at hand.
func (r *Writer) Item(c *Codec, raw []byte, how Escapes) Issue {
	if r.count > 0 {
		r.JSON = append(r.JSON, ',')
	}
	r.count++
	return r.Scalar(raw, TypesOf(ItemShape(c.Shape, r.count-1)), how)
}

// items writes the items of raw to the array at hand.
func (r *Writer) items(c *Codec, raw []byte, how Escapes) Issue {
	for more := true; more; {
		var piece []byte
		var bad Issue
		if piece, raw, more, bad = c.Sep.Cut(raw, how); bad != Fine {
			return bad
		}
		if c.Style == contract.Matrix && c.Explode {
			if piece, bad = c.named(piece); bad != Fine {
				return bad
			}
		}
		if bad = r.Item(c, piece, how); bad != Fine {
			return bad
		}
	}
	return Fine
}

// members writes raw as an object: "R,100,G,200", or "R=100,G=200" when it is
// exploded.
func (r *Writer) members(c *Codec, raw []byte, how Escapes) Issue {
	r.JSON = append(r.JSON, '{')
	for more, first := true, true; more; first = false {
		var name, value []byte
		var bad Issue
		if name, raw, more, bad = c.Sep.Cut(raw, how); bad != Fine {
			return bad
		}
		if c.Explode && c.Style != contract.Form {
			i := bytes.IndexByte(name, '=')
			if i < 0 {
				return BadObject
			}
			name, value = name[:i], name[i+1:]
		} else {
			if !more {
				return BadObject
			}
			if value, raw, more, bad = c.Sep.Cut(raw, how); bad != Fine {
				return bad
			}
		}
		if !first {
			r.JSON = append(r.JSON, ',')
		}
		if bad = r.Member(c.Shape, name, value, how); bad != Fine {
			return bad
		}
	}
	r.JSON = append(r.JSON, '}')
	return Fine
}

// Member writes one name and value.
func (r *Writer) Member(shape *schema.Shape, name, value []byte, how Escapes) Issue {
	text, bad := r.Decode(name, how)
	if bad != Fine {
		return bad
	}
	property, _ := PropertyShape(shape, text)
	r.JSON = schema.AppendString(r.JSON, text)
	r.JSON = append(r.JSON, ':')
	return r.Scalar(value, TypesOf(property), how)
}

// content reads raw as one JSON text or as one string, as `content` says.
func (r *Writer) content(c *Codec, raw []byte, how Escapes) Issue {
	text, bad := r.Decode(raw, how)
	if bad != Fine {
		return bad
	}
	if c.Text {
		r.JSON = schema.AppendString(r.JSON, text)
		return Fine
	}
	// It may become a member of a larger text and must not break out of it.
	if !json.Valid(text) {
		return BadJSON
	}
	r.JSON = append(r.JSON, text...)
	return Fine
}
