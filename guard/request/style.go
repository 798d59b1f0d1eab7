package request

import (
	"bytes"
	"encoding/json"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// cut splits raw at the first separator.
func (s separator) cut(raw []byte, how escapes) (piece, rest []byte, more bool, bad issue) {
	for i, c := range raw {
		switch {
		case c == s.char, c == '+' && s.char == ' ' && how == plus:
			return raw[:i], raw[i+1:], true, fine
		case c == '%' && how != literal && i+2 < len(raw) && hexValues[raw[i+1]]<<4|hexValues[raw[i+2]] == s.char &&
			hexValues[raw[i+1]] < 16:
			switch s.encoded {
			case unclear:
				return nil, nil, false, encodedSeparator
			case separates:
				return raw[:i], raw[i+3:], true, fine
			}
		}
	}
	return raw, nil, false, fine
}

// value writes raw, one whole value in the style of c, as JSON text.
func (r *reader) value(c *codec, raw []byte, how escapes) issue {
	raw, bad := c.unwrap(raw, how)
	if bad != fine {
		return bad
	}
	switch {
	case c.json, c.text:
		return r.content(c, raw, how)
	case c.object && !c.scalar && !c.list:
		return r.members(c, raw, how)
	case c.list && (!c.scalar || c.separated(raw, how)):
		r.begin()
		if bad := r.items(c, raw, how); bad != fine {
			return bad
		}
		r.json = append(r.json, ']')
		return fine
	}
	return r.scalar(raw, typesOf(c.shape), how)
}

// unwrap removes what the style writes around a value in a path.
func (c *codec) unwrap(raw []byte, how escapes) ([]byte, issue) {
	switch c.style {
	case contract.Label:
		if len(raw) == 0 || raw[0] != '.' {
			return nil, badLabel
		}
		return raw[1:], fine
	case contract.Matrix:
		if len(raw) == 0 || raw[0] != ';' {
			return nil, badMatrix
		}
		raw = raw[1:]
		if c.explode && (c.list || c.object) && !c.scalar {
			return raw, fine // names stand with the items
		}
		return c.named(raw)
	}
	return raw, fine
}

// named removes "name=" of matrix style; an empty value has no "=" (RFC 6570
// section 3.2.7).
func (c *codec) named(raw []byte) ([]byte, issue) {
	n := len(c.name)
	if len(raw) < n || string(raw[:n]) != c.name || len(raw) > n && raw[n] != '=' {
		return nil, badMatrix
	}
	return raw[min(n+1, len(raw)):], fine
}

// separated reports whether raw holds a separator that is meant as one.
func (c *codec) separated(raw []byte, how escapes) bool {
	_, _, more, bad := c.sep.cut(raw, how)
	return more || bad != fine
}

func (r *reader) scalar(raw []byte, types schema.Types, how escapes) issue {
	text, bad := r.decode(raw, how)
	if bad == fine {
		r.json = appendScalar(r.json, text, types)
	}
	return bad
}

// begin opens an array.
func (r *reader) begin() {
	r.json = append(r.json, '[')
	r.count = 0
}

// item writes the next item of the array at hand.
func (r *reader) item(c *codec, raw []byte, how escapes) issue {
	if r.count > 0 {
		r.json = append(r.json, ',')
	}
	r.count++
	return r.scalar(raw, typesOf(itemShape(c.shape, r.count-1)), how)
}

// items writes the items of raw to the array at hand.
func (r *reader) items(c *codec, raw []byte, how escapes) issue {
	for more := true; more; {
		var piece []byte
		var bad issue
		if piece, raw, more, bad = c.sep.cut(raw, how); bad != fine {
			return bad
		}
		if c.style == contract.Matrix && c.explode {
			if piece, bad = c.named(piece); bad != fine {
				return bad
			}
		}
		if bad = r.item(c, piece, how); bad != fine {
			return bad
		}
	}
	return fine
}

// members writes raw as an object: "R,100,G,200", or "R=100,G=200" when it is
// exploded.
func (r *reader) members(c *codec, raw []byte, how escapes) issue {
	r.json = append(r.json, '{')
	for more, first := true, true; more; first = false {
		var name, value []byte
		var bad issue
		if name, raw, more, bad = c.sep.cut(raw, how); bad != fine {
			return bad
		}
		if c.explode && c.style != contract.Form {
			i := bytes.IndexByte(name, '=')
			if i < 0 {
				return badObject
			}
			name, value = name[:i], name[i+1:]
		} else {
			if !more {
				return badObject
			}
			if value, raw, more, bad = c.sep.cut(raw, how); bad != fine {
				return bad
			}
		}
		if !first {
			r.json = append(r.json, ',')
		}
		if bad = r.member(c.shape, name, value, how); bad != fine {
			return bad
		}
	}
	r.json = append(r.json, '}')
	return fine
}

// member writes one name and value.
func (r *reader) member(shape *schema.Shape, name, value []byte, how escapes) issue {
	text, bad := r.decode(name, how)
	if bad != fine {
		return bad
	}
	property, _ := propertyShape(shape, text)
	r.json = appendString(r.json, text)
	r.json = append(r.json, ':')
	return r.scalar(value, typesOf(property), how)
}

// content reads raw as one JSON text or as one string, as `content` says.
func (r *reader) content(c *codec, raw []byte, how escapes) issue {
	text, bad := r.decode(raw, how)
	if bad != fine {
		return bad
	}
	if c.text {
		r.json = appendString(r.json, text)
		return fine
	}
	// It may become a member of a larger text and must not break out of it.
	if !json.Valid(text) {
		return badJSON
	}
	r.json = append(r.json, text...)
	return fine
}
