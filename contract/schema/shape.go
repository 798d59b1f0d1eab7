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
	sh := shaper{known: make(map[string]*Shape), step: 1}
	return sh.shape([]*node{s.root}, depth)
}

// Whole returns the shape of s with all of its levels. Where a schema refers
// to itself, so does its shape: whoever walks it remembers where it was. It
// reports false when s has too many different levels, those of its parts
// combined; the shape then ends somewhere.
func (s *Schema) Whole() (shape *Shape, whole bool) { return new(Shapes).Whole(s) }

// Shapes finds the shapes of many schemas that share their parts, each part
// once. Its zero value is ready; one goroutine at a time uses it.
type Shapes struct{ sh *shaper }

// Whole is that of the Schema.
func (all *Shapes) Whole(s *Schema) (shape *Shape, whole bool) {
	if s == nil || s.root == nil {
		return nil, true
	}
	if all.sh == nil {
		all.sh = &shaper{known: make(map[string]*Shape)}
	}
	sh := all.sh
	sh.most = len(sh.known) + maxShapes
	shape = sh.shape([]*node{s.root}, 1)
	if sh.cut {
		all.sh = nil // what it knows ends somewhere
	}
	return shape, !sh.cut
}

// maxShapes bounds the shapes of one schema: parts that refer to themselves in
// different steps combine to many.
const maxShapes = 10_000

// shaper remembers the shapes of one call, so that schemas which refer to
// each other from many places are looked at once a level; once in all when a
// step downwards does not count.
type shaper struct {
	known map[string]*Shape
	step  int
	most  int  // of known, when a step does not count
	cut   bool // a shape ends because there were as many
}

// shape merges the schemas that apply to one value together.
func (sh *shaper) shape(list []*node, depth int) *Shape {
	types := ^Types(0)
	for _, n := range list {
		types &= typesOf(n.accept)
	}
	return sh.typed(list, depth, types)
}

// typed is shape where the kinds of the value are known.
func (sh *shaper) typed(list []*node, depth int, types Types) *Shape {
	if len(list) == 0 {
		return nil
	}
	key := fmt.Sprint(depth, types)
	for _, n := range list {
		key += fmt.Sprintf(" %p", n)
	}
	known, ok := sh.known[key]
	switch {
	case ok:
	case sh.step > 0:
		known = sh.merge(new(Shape), list, depth, types)
		sh.known[key] = known
	case len(sh.known) >= sh.most:
		sh.cut = true
		return leafShape(Shape{Types: types})
	default:
		known = new(Shape)
		sh.known[key] = known // before its parts, which may lead back to it
		if leaf := sh.merge(known, list, depth, types); leaf != known {
			*known = *leaf
		}
	}
	return known
}

// merge fills out, of which types is known, and returns it or a shared shape
// that is equal to it.
func (sh *shaper) merge(out *Shape, list []*node, depth int, types Types) *Shape {
	out.Types = types
	xml, agree := xmlOf(list)
	out.XML, out.XMLClash = xml, !agree
	var all []*node
	for _, n := range list {
		all = parts(all, n)
	}
	out.Open = true
	for _, n := range all {
		if n.flags&octets != 0 {
			out.Binary = true
		}
		if n.obj != nil && n.obj.rare != nil && len(n.obj.rare.patterns) > 0 {
			out.Patterns = true
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
	out.AnyItems = out.Types&(1<<source.Array) != 0
	for _, n := range all {
		if n.arr != nil && (n.arr.items != nil || n.arr.max >= 0 && int(n.arr.max) <= len(n.arr.prefix)) || n.more != nil && n.more.unevaluatedItems != nil {
			out.AnyItems = false
		}
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
	out.Extra, out.Items = sh.shape(extra, depth-sh.step), sh.shape(items, depth-sh.step)
	for k := range prefix {
		out.Prefix = append(out.Prefix, sh.shape(itemParts(all, k), depth-sh.step))
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
// which has no parts. What says more than its kinds is not shared.
func leafShape(s Shape) *Shape {
	if s.Patterns || s.XML != nil || s.XMLClash {
		return &s
	}
	key := leafKey{s.Types, s.Open, s.Binary}
	if known, ok := leafShapes.Load(key); ok {
		return known.(*Shape)
	}
	known, _ := leafShapes.LoadOrStore(key, &s)
	return known.(*Shape)
}

func (sh *shaper) properties(list, all []*node, depth int) []PropertyShape {
	byName := make(map[string][]*node)
	ways := make(map[string]propertyFlags)
	for _, n := range all {
		if n.obj == nil {
			continue
		}
		for _, p := range n.obj.props {
			ways[p.name] |= p.flags
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
		out = append(out, PropertyShape{
			Name: name, Required: requires(must, name), Shape: sh.either(nodes, depth-sh.step),
			ReadOnly: ways[name]&notAsked != 0, WriteOnly: ways[name]&notAnswered != 0,
		})
	}
	slices.SortFunc(out, func(a, b PropertyShape) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// either merges schemas of which several may apply: the same property in
// different branches.
func (sh *shaper) either(nodes []*node, depth int) *Shape {
	types := Types(0)
	for _, n := range nodes {
		types |= typesOf(n.accept)
	}
	return sh.typed(nodes, depth, types)
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
