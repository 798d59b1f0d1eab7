package sample

import (
	"math/big"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// value is a JSON value in the making.
type value struct {
	text  string // of null, booleans, numbers and strings, as JSON writes them
	items []*value
	names []string // of items; set for objects
	kind  source.Kind
}

// value makes one for the schema at n; nil when it does not know how. all has
// it add what is optional, too.
func (m *Maker) value(n *source.Node, all bool, depth int) *value {
	if m.left--; m.left < 0 || depth > maxDepth {
		return nil
	}
	if n = m.refer(n); n == nil || n.Is(source.Bool) && !n.Bool() {
		return nil
	}
	for _, word := range [...]string{"const", "default", "example"} {
		if v := n.Get(word); v != nil {
			return copied(v)
		}
	}
	for _, word := range [...]string{"enum", "examples"} {
		for _, v := range n.Get(word).Items() {
			return copied(v)
		}
	}
	v := m.own(n, all, depth)
	for _, part := range n.Get("allOf").Items() {
		v = merged(v, m.value(part, all, depth+1))
	}
	for _, word := range [...]string{"oneOf", "anyOf"} {
		for _, part := range n.Get(word).Items() {
			if other := m.value(part, all, depth+1); other != nil {
				v = merged(v, other)
				break
			}
		}
	}
	return v
}

// own makes a value by the words of n itself.
func (m *Maker) own(n *source.Node, all bool, depth int) *value {
	switch kindOf(n) {
	case source.Object:
		return m.object(n, all, depth)
	case source.Array:
		return m.array(n, all, depth)
	case source.Number:
		return number(n)
	case source.Bool:
		return &value{kind: source.Bool, text: "true"}
	case source.Null:
		return &value{kind: source.Null, text: "null"}
	case source.String:
		return text(n)
	}
	return nil
}

var kinds = map[string]source.Kind{
	"object": source.Object, "array": source.Array, "string": source.String, "integer": source.Number,
	"number": source.Number, "boolean": source.Bool, "null": source.Null, "file": source.String,
}

// kindOf is the first type of n that is not null, or what its words are about.
func kindOf(n *source.Node) source.Kind {
	t := n.Get("type")
	if t.Is(source.String) {
		return kinds[t.Str()]
	}
	for _, one := range t.Items() {
		if k := kinds[one.Str()]; k != source.Null {
			return k
		}
	}
	for _, about := range [...]struct {
		word string
		kind source.Kind
	}{
		{"properties", source.Object}, {"required", source.Object}, {"items", source.Array},
		{"pattern", source.String}, {"format", source.String}, {"minLength", source.String}, {"maxLength", source.String},
		{"minimum", source.Number}, {"maximum", source.Number},
	} {
		if n.Get(about.word) != nil {
			return about.kind
		}
	}
	if n.Get("allOf") != nil || n.Get("oneOf") != nil || n.Get("anyOf") != nil {
		return source.Invalid // they say
	}
	return source.String
}

func (m *Maker) object(n *source.Node, all bool, depth int) *value {
	v := &value{kind: source.Object}
	var required []string
	for _, name := range n.Get("required").Items() {
		required = append(required, name.Str())
	}
	least, _ := n.Get("minProperties").Int()
	properties := n.Get("properties")
	for name, p := range properties.Members() {
		if m.refer(p).Get("readOnly").Bool() || !all && !slices.Contains(required, name) && int64(len(v.names)) >= least {
			continue
		}
		member := m.value(p, all, depth+1)
		switch {
		case member != nil:
			v.names, v.items = append(v.names, name), append(v.items, member)
		case slices.Contains(required, name):
			return nil
		}
	}
	for _, name := range required {
		if properties.Get(name) != nil {
			continue
		}
		var member *value
		if rest := n.Get("additionalProperties"); rest.Is(source.Object) {
			member = m.value(rest, all, depth+1)
		} else {
			member = &value{kind: source.String, text: `"sample"`}
		}
		if member == nil {
			return nil
		}
		v.names, v.items = append(v.names, name), append(v.items, member)
	}
	return v
}

func (m *Maker) array(n *source.Node, all bool, depth int) *value {
	v := &value{kind: source.Array}
	least, _ := n.Get("minItems").Int()
	if all {
		least = max(least, 1)
	}
	if least > maxNodes {
		return nil
	}
	ahead := n.Get("prefixItems")
	for i := range int(least) {
		s := n.Get("items")
		if i < ahead.Len() {
			s = ahead.Item(i)
		}
		item := &value{kind: source.String, text: `"sample"`}
		if s != nil {
			if item = m.value(s, all, depth+1); item == nil {
				return nil
			}
		}
		v.items = append(v.items, item)
	}
	return v
}

// number makes the least number that will do.
func number(n *source.Node) *value {
	whole := n.Get("type").Str() == "integer"
	x, one := new(big.Rat), big.NewRat(1, 1)
	if lower := rat(n.Get("minimum")); lower != nil {
		x.Set(lower)
		if n.Get("exclusiveMinimum").Bool() { // OpenAPI 3.0
			x.Add(x, one)
		}
	} else if upper := rat(n.Get("maximum")); upper != nil && upper.Sign() < 0 {
		x.Set(upper)
	}
	if lower := rat(n.Get("exclusiveMinimum")); lower != nil {
		x.Add(lower, one)
		if upper := rat(n.Get("maximum")); upper != nil && x.Cmp(upper) > 0 && !whole {
			x.Set(upper)
		}
	}
	step := rat(n.Get("multipleOf"))
	if step == nil && whole {
		step = one
	}
	if step != nil && step.Sign() > 0 {
		q := new(big.Rat).Quo(x, step)
		up := new(big.Int).Div(new(big.Int).Sub(new(big.Int).Add(q.Num(), q.Denom()), big.NewInt(1)), q.Denom())
		x.Mul(new(big.Rat).SetInt(up), step)
	}
	if x.IsInt() {
		return &value{kind: source.Number, text: x.Num().String()}
	}
	return &value{kind: source.Number, text: strings.TrimRight(x.FloatString(12), "0")}
}

func rat(n *source.Node) *big.Rat {
	if !n.Is(source.Number) || len(n.Text()) > 64 {
		return nil
	}
	if r, ok := new(big.Rat).SetString(n.Text()); ok {
		return r
	}
	return nil
}

// merged puts what two schemas ask for together; of two values that are no
// objects the second wins.
func merged(a, b *value) *value {
	switch {
	case b == nil:
		return a
	case a == nil || a.kind != source.Object || b.kind != source.Object:
		return b
	}
	for i, name := range b.names {
		if at := slices.Index(a.names, name); at >= 0 {
			a.items[at] = b.items[i]
			continue
		}
		a.names, a.items = append(a.names, name), append(a.items, b.items[i])
	}
	return a
}
