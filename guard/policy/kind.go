package policy

import (
	"github.com/cedar-policy/cedar-go/x/exp/schema/ast"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// kind is what a value is for rules. The zero kind is one that rules cannot
// speak of.
type kind uint8

const (
	unspoken kind = iota
	text
	long
	boolean
	decimal
	address
	moment
	set
	record
)

// typ is the type of a value.
type typ struct {
	kind   kind
	item   *typ    // of a set
	fields []field // of a record
}

// field is an attribute of a record.
type field struct {
	name     string
	typ      *typ
	optional bool
}

func (t *typ) find(name string) *field {
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	return nil
}

// The types without parts.
var (
	textType    = &typ{kind: text}
	longType    = &typ{kind: long}
	booleanType = &typ{kind: boolean}
	decimalType = &typ{kind: decimal}
	addressType = &typ{kind: address}
	momentType  = &typ{kind: moment}
	textsType   = &typ{kind: set, item: textType}
)

// claimTypes are the words by which a configuration says what a claim is.
var claimTypes = map[string]*typ{
	"string": textType, "long": longType, "bool": booleanType, "decimal": decimalType,
	"strings": textsType, "ip": addressType, "datetime": momentType,
}

// maxDepth bounds how deep rules see into a body.
const maxDepth = 6

// scalarType returns the type of values without parts.
func scalarType(types schema.Types) *typ {
	switch types &^ (1 << source.Null) {
	case 1 << source.String:
		return textType
	case 1<<source.Number | schema.Integer:
		return longType
	case 1 << source.Number:
		return decimalType
	case 1 << source.Bool:
		return booleanType
	}
	return nil
}

// typeOf returns the type of a shape of the contract; nil for one that leaves
// open what the value is.
func typeOf(s *schema.Shape, depth int) *typ {
	if s == nil || depth == 0 {
		return nil
	}
	switch s.Types &^ (1 << source.Null) {
	case 1 << source.Array:
		if item := typeOf(s.Items, 1); item != nil && len(s.Prefix) == 0 && item.kind < set {
			return &typ{kind: set, item: item}
		}
	case 1 << source.Object:
		t := &typ{kind: record}
		for i := range s.Properties {
			if p := &s.Properties[i]; !p.ReadOnly {
				if inner := typeOf(p.Shape, depth-1); inner != nil {
					t.fields = append(t.fields, field{cloned(p.Name), inner, !p.Required || p.Shape.Types&(1<<source.Null) != 0})
				}
			}
		}
		if len(t.fields) > 0 {
			return t
		}
	default:
		return scalarType(s.Types)
	}
	return nil
}

// cedar returns t as schemas of Cedar write it.
func (t *typ) cedar() ast.IsType {
	switch t.kind {
	case text:
		return ast.String()
	case long:
		return ast.Long()
	case boolean:
		return ast.Bool()
	case decimal:
		return ast.Decimal()
	case address:
		return ast.IPAddr()
	case moment:
		return ast.Datetime()
	case set:
		return ast.Set(t.item.cedar())
	}
	all := make(ast.RecordType, len(t.fields))
	for _, f := range t.fields {
		all[attribute(f.name)] = ast.Attribute{Type: f.typ.cedar(), Optional: f.optional}
	}
	return all
}
