package request

import (
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
	encoded encodedAs
}

// encodedAs says what a percent-encoded separator is. A server that decodes
// before it splits reads a separator, one that splits first reads data.
type encodedAs uint8

const (
	unclear   encodedAs = iota // refused
	separates                  // a separator
	belongs                    // part of an item
)

// separators are those of each style; where a style explodes into fields of
// its own they are not used.
var separators = [...]struct{ plain, exploded separator }{
	contract.Simple:         {separator{char: ','}, separator{char: ','}},
	contract.Label:          {separator{char: ','}, separator{char: '.'}},
	contract.Matrix:         {separator{char: ','}, separator{char: ';'}},
	contract.Form:           {separator{char: ','}, separator{char: ','}},
	contract.SpaceDelimited: {separator{' ', separates}, separator{' ', separates}},
	contract.PipeDelimited:  {separator{'|', separates}, separator{'|', separates}},
	contract.TabDelimited:   {separator{'\t', separates}, separator{'\t', separates}},
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
	if c.list && !c.object && !c.scalar && !itemsHold(shape, source.String) {
		c.sep.encoded = separates // no item could hold it
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
