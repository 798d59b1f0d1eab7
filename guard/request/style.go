package request

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// codec is how one value is written in its place (OpenAPI 3.1.1 section
// 4.8.12.2).
type codec struct {
	name     string // as the contract writes it
	style    contract.Style
	explode  bool
	how      escapes
	shape    *schema.Shape
	sep      separator
	json     bool // one JSON text: `content` with a JSON media type
	text     bool // one string, whatever it looks like: `content` with a text media type
	reserved bool // allowReserved
	empty    bool // allowEmptyValue

	scalar, list, object bool // kinds that the shape allows
}

// separator stands between the items of a value.
type separator struct {
	char    byte
	encoded bool // also when it is percent-encoded
}

// separators are those of each style; where a style explodes into fields of
// its own they are not used.
var separators = [...]struct{ plain, exploded separator }{
	contract.Simple:         {separator{char: ','}, separator{char: ','}},
	contract.Label:          {separator{char: ','}, separator{char: '.'}},
	contract.Matrix:         {separator{char: ','}, separator{char: ';'}},
	contract.Form:           {separator{char: ','}, separator{char: ','}},
	contract.SpaceDelimited: {separator{' ', true}, separator{' ', true}},
	contract.PipeDelimited:  {separator{'|', true}, separator{'|', true}},
	contract.TabDelimited:   {separator{'\t', true}, separator{'\t', true}},
	contract.DeepObject:     {separator{char: ','}, separator{char: ','}},
}

func newCodec(name string, style contract.Style, explode bool, how escapes, shape *schema.Shape) codec {
	c := codec{name: name, style: style, explode: explode, how: how, shape: shape}
	types := typesOf(shape) &^ schema.Integer
	c.scalar = types&scalarTypes != 0
	c.list = types&(1<<source.Array) != 0
	c.object = types&(1<<source.Object) != 0
	if types&allTypes == allTypes || types == 0 {
		c.scalar, c.list, c.object = true, false, false // nothing says that it has parts
	}
	c.sep = separators[style].plain
	if explode {
		c.sep = separators[style].exploded
	}
	// A server that decodes before it splits reads an encoded separator as a
	// separator, one that splits first as data. Where no item can be a
	// string, only the former makes sense.
	if c.list && !c.object && !itemsHold(shape, source.String) {
		c.sep.encoded = true
	}
	return c
}

// itemsHold reports whether an item of an array may be of kind k.
func itemsHold(s *schema.Shape, k source.Kind) bool {
	if s == nil {
		return true
	}
	for _, p := range s.Prefix {
		if typesOf(p)&(1<<k) != 0 {
			return true
		}
	}
	return typesOf(s.Items)&(1<<k) != 0
}

// itemShape returns the shape of the i-th item of an array.
func itemShape(s *schema.Shape, i int) *schema.Shape {
	switch {
	case s == nil:
		return nil
	case i < len(s.Prefix):
		return s.Prefix[i]
	}
	return s.Items
}

// propertyShape returns the shape of the property called name.
func propertyShape(s *schema.Shape, name []byte) (shape *schema.Shape, declared bool) {
	if s == nil {
		return nil, false
	}
	lo, hi := 0, len(s.Properties)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch p := &s.Properties[mid]; {
		case string(name) == p.Name:
			return p.Shape, true
		case string(name) < p.Name:
			hi = mid
		default:
			lo = mid + 1
		}
	}
	return s.Extra, false
}

// cut splits raw at the first separator.
func (s separator) cut(raw []byte, how escapes) (piece, rest []byte, more bool, bad issue) {
	for i, c := range raw {
		switch {
		case c == s.char, c == '+' && s.char == ' ' && how == plus:
			return raw[:i], raw[i+1:], true, fine
		case c == '%' && how != literal && i+2 < len(raw) && hexValues[raw[i+1]]<<4|hexValues[raw[i+2]] == s.char &&
			hexValues[raw[i+1]] < 16:
			if !s.encoded {
				return nil, nil, false, encodedSeparator
			}
			return raw[:i], raw[i+3:], true, fine
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
