// Package style reads values that stand as text outside of bodies, in the
// styles of the OpenAPI Specification, and writes them as JSON for a schema to
// judge: each text has one reading, or none. The guards of requests and of
// answers import it; it knows header fields from package gate and no exchange.
package style

import (
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Codec is how one value is written in its place (OpenAPI 3.1.1 section
// 4.8.12.2).
type Codec struct {
	Name     string // as the contract writes it
	Style    contract.Style
	Explode  bool
	How      Escapes
	Shape    *schema.Shape
	Sep      Separator
	JSON     bool // one JSON text: `content` with a JSON media type
	Text     bool // one string, whatever it looks like: `content` with a text media type
	Reserved bool // allowReserved
	Empty    bool // allowEmptyValue

	Scalar, List, Object bool // kinds that the shape allows
}

// Separator stands between the items of a value.
type Separator struct {
	Char    byte
	Encoded EncodedAs
}

// EncodedAs says what a percent-encoded separator is. A server that decodes
// before it splits reads a separator, one that splits first reads data.
type EncodedAs uint8

const (
	Unclear   EncodedAs = iota // refused
	Separates                  // a separator
	Belongs                    // part of an item
)

// separators are those of each style; where a style explodes into fields of
// its own they are not used.
var separators = [...]struct{ plain, exploded Separator }{
	contract.Simple:         {Separator{Char: ','}, Separator{Char: ','}},
	contract.Label:          {Separator{Char: ','}, Separator{Char: '.'}},
	contract.Matrix:         {Separator{Char: ','}, Separator{Char: ';'}},
	contract.Form:           {Separator{Char: ','}, Separator{Char: ','}},
	contract.SpaceDelimited: {Separator{' ', Separates}, Separator{' ', Separates}},
	contract.PipeDelimited:  {Separator{'|', Separates}, Separator{'|', Separates}},
	contract.TabDelimited:   {Separator{'\t', Separates}, Separator{'\t', Separates}},
	contract.DeepObject:     {Separator{Char: ','}, Separator{Char: ','}},
}

// NewCodec returns how a value called name stands in its place.
func NewCodec(name string, style contract.Style, explode bool, how Escapes, shape *schema.Shape) Codec {
	c := Codec{Name: name, Style: style, Explode: explode, How: how, Shape: shape}
	types := TypesOf(shape) &^ schema.Integer
	c.Scalar = types&ScalarTypes != 0
	c.List = types&(1<<source.Array) != 0
	c.Object = types&(1<<source.Object) != 0
	if types&AllTypes == AllTypes || types == 0 {
		c.Scalar, c.List, c.Object = true, false, false // nothing says that it has parts
	}
	c.Sep = separators[style].plain
	if explode {
		c.Sep = separators[style].exploded
	}
	if c.List && !c.Object && !c.Scalar && !itemsHold(shape, source.String) {
		c.Sep.Encoded = Separates // no item could hold it
	}
	return c
}

// itemsHold reports whether an item of an array may be of kind k.
func itemsHold(s *schema.Shape, k source.Kind) bool {
	if s == nil {
		return true
	}
	for _, p := range s.Prefix {
		if TypesOf(p)&(1<<k) != 0 {
			return true
		}
	}
	return TypesOf(s.Items)&(1<<k) != 0
}

// ItemShape returns the shape of the i-th item of an array.
func ItemShape(s *schema.Shape, i int) *schema.Shape {
	switch {
	case s == nil:
		return nil
	case i < len(s.Prefix):
		return s.Prefix[i]
	}
	return s.Items
}

// PropertyShape returns the shape of the property called name.
func PropertyShape(s *schema.Shape, name []byte) (shape *schema.Shape, declared bool) {
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
