package schema

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Shape returns the shape of s, at most depth levels deep. Shapes are shared
// and must not be changed. Their size grows with the power of depth where
// objects are wide: ask for no more levels than are needed.
func (s *Schema) Shape(depth int) *Shape {
	if s == nil || s.root == nil {
		return nil
	}
	sh := shaper{make(map[string]*Shape)}
	return sh.shape([]*node{s.root}, depth)
}

// shaper remembers the shapes of one call, so that schemas which refer to
// each other from many places are looked at once a level.
type shaper struct{ known map[string]*Shape }

// shape merges the schemas that apply to one value together.
func (sh *shaper) shape(list []*node, depth int) *Shape {
	if len(list) == 0 {
		return nil
	}
	key := fmt.Sprint(depth)
	for _, n := range list {
		key += fmt.Sprintf(" %p", n)
	}
	known, ok := sh.known[key]
	if !ok {
		known = sh.merge(list, depth)
		sh.known[key] = known
	}
	return known
}

func (sh *shaper) merge(list []*node, depth int) *Shape {
	out := &Shape{Types: ^Types(0)}
	var all []*node
	for _, n := range list {
		all = parts(all, n)
		out.Types &= typesOf(n.accept)
	}
	out.Open = true
	for _, n := range all {
		if n.flags&octets != 0 {
			out.Binary = true
		}
		if n.flags&named != 0 || n.obj != nil && n.obj.additional == never ||
			n.more != nil && n.more.unevaluatedProperties == never {
			out.Open = false
		}
	}
	for _, n := range all {
		if n.obj != nil && n.obj.additional != nil && n.obj.additional != never ||
			n.more != nil && n.more.unevaluatedProperties != nil && n.more.unevaluatedProperties != never {
			out.Open = true
		}
	}
	out.Open = out.Open && out.Types&(1<<source.Object) != 0
	if depth <= 0 || out.Types&(1<<source.Object|1<<source.Array) == 0 {
		return leafShape(*out)
	}
	out.Properties = sh.properties(list, all, depth)
	extra, items := []*node(nil), []*node(nil)
	prefix := 0
	for _, n := range all {
		if n.obj != nil && n.obj.additional != nil && n.obj.additional != never {
			extra = append(extra, n.obj.additional)
		}
		if n.more != nil && n.more.unevaluatedProperties != nil && n.more.unevaluatedProperties != never {
			extra = append(extra, n.more.unevaluatedProperties)
		}
		if n.arr != nil && n.arr.items != nil && n.arr.items != never {
			items = append(items, n.arr.items)
		}
		if n.arr != nil {
			prefix = max(prefix, len(n.arr.prefix))
		}
	}
	out.Extra, out.Items = sh.shape(extra, depth-1), sh.shape(items, depth-1)
	for k := range prefix {
		out.Prefix = append(out.Prefix, sh.shape(itemParts(all, k), depth-1))
	}
	return out
}

// leafShapes holds the shapes without parts, of which there are few.
var leafShapes sync.Map // of leafKey to *Shape

type leafKey struct {
	types        Types
	open, binary bool
}

// leafShape returns the one shape that stands for all that are equal to s,
// which has no parts.
func leafShape(s Shape) *Shape {
	key := leafKey{s.Types, s.Open, s.Binary}
	if known, ok := leafShapes.Load(key); ok {
		return known.(*Shape)
	}
	known, _ := leafShapes.LoadOrStore(key, &s)
	return known.(*Shape)
}

func (sh *shaper) properties(list, all []*node, depth int) []PropertyShape {
	byName := make(map[string][]*node)
	for _, n := range all {
		if n.obj == nil {
			continue
		}
		for _, p := range n.obj.props {
			if p.flags&declared != 0 && !slices.Contains(byName[p.name], p.node) {
				byName[p.name] = append(byName[p.name], p.node)
			}
		}
	}
	var must []*node
	for _, n := range list {
		must = conjuncts(must, n)
	}
	var out []PropertyShape
	for name, nodes := range byName {
		out = append(out, PropertyShape{Name: name, Required: requires(must, name), Shape: sh.either(nodes, depth-1)})
	}
	slices.SortFunc(out, func(a, b PropertyShape) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// either merges schemas of which several may apply: the same property in
// different branches.
func (sh *shaper) either(nodes []*node, depth int) *Shape {
	if len(nodes) == 1 {
		return sh.shape(nodes, depth)
	}
	out := *sh.shape(nodes, depth)
	out.Types = 0
	for _, n := range nodes {
		out.Types |= typesOf(n.accept)
	}
	return &out
}

func requires(must []*node, name string) bool {
	for _, n := range must {
		if n.obj == nil {
			continue
		}
		if k := n.obj.find([]byte(name)); k >= 0 && k>>6 < len(n.obj.required) && n.obj.required[k>>6]&(1<<(k&63)) != 0 {
			return true
		}
	}
	return false
}

// typesOf translates kinds.
func typesOf(k kinds) (t Types) {
	for _, e := range []struct {
		k kinds
		t Types
	}{
		{kNull, 1 << source.Null}, {kBool, 1 << source.Bool}, {kNumber, 1 << source.Number},
		{kString, 1 << source.String}, {kArray, 1 << source.Array}, {kObject, 1 << source.Object},
	} {
		if k&e.k != 0 {
			t |= e.t
		}
	}
	if k&kInteger != 0 && k&kNumber == 0 {
		t |= 1<<source.Number | Integer
	}
	return t
}
