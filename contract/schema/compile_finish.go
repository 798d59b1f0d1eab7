package schema

import (
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// finish settles what depends on schemas around and below: what nodes accept
// with their composites, closing, directions, and how often values are read.
func (c *Compiler) finish() {
	f := finisher{c: c, state: make(map[*node]uint8), ways: make(map[*node]propertyFlags)}
	for _, n := range c.fresh {
		if n.more == nil && n.flags&broken == 0 {
			n.accept = n.types
		}
	}
	for _, n := range c.fresh {
		f.visit(n)
		if n.more != nil {
			f.mark(n.more)
		}
	}
	for _, n := range f.cyclic {
		*n = *bad
	}
	for _, n := range c.fresh {
		if n.obj != nil {
			f.directions(n)
		}
	}
	for _, n := range c.fresh {
		if n.more != nil {
			f.siblings(n)
			c.findTag(n.more.any)
			c.findTag(n.more.one)
			f.passes(n)
		}
	}
	for _, n := range c.fresh {
		if n.more != nil {
			findNeeds(n.more.any)
			findNeeds(n.more.one)
		}
		if n.more != nil && n.more.any != nil && c.everywhere {
			n.flags |= allBranches
		}
	}
	c.fresh = nil
}

type finisher struct {
	c      *Compiler
	state  map[*node]uint8 // 1 is being visited
	cyclic []*node
	ways   map[*node]propertyFlags // of waysOf
}

// visit computes accept and closing of n and of all that apply where it does.
func (f *finisher) visit(n *node) {
	if n.more == nil || n.flags&settled != 0 {
		return
	}
	if f.state[n] == 1 {
		f.cyclic = append(f.cyclic, n)
		f.c.problem(source.Problem{
			Position: f.c.places[n].Position(), Pointer: f.c.places[n].Pointer(),
			Text: "a schema that refers to itself without looking into the value",
			Hint: "remove the reference, or put it below properties or items",
		})
		return
	}
	f.state[n] = 1
	m := n.more
	accept := n.types
	for _, b := range m.all {
		f.visit(b)
		accept = both(accept, b.accept)
		n.flags |= b.flags & closing
	}
	for _, ch := range []*choice{m.any, m.one} {
		if ch == nil {
			continue
		}
		var some kinds
		for _, b := range ch.branches {
			f.visit(b)
			some |= b.accept
			n.flags |= b.flags & closing
		}
		accept = both(accept, some)
	}
	if m.not != nil {
		f.visit(m.not)
	}
	if m.cond != nil {
		for _, b := range []*node{m.cond.when, m.cond.then, m.cond.otherwise} {
			if b != nil {
				f.visit(b)
				n.flags |= b.flags & closing
			}
		}
	}
	for _, dep := range m.depends {
		f.visit(dep.node)
		n.flags |= dep.node.flags & closing
	}
	if m.nullable {
		accept |= kNull
	}
	n.accept = accept
	n.flags |= settled
	f.state[n] = 0
}

// mark notes the parts of m that judge the same value.
func (f *finisher) mark(m *composite) {
	list := m.all
	for _, ch := range []*choice{m.any, m.one} {
		if ch != nil {
			list = append(list[:len(list):len(list)], ch.branches...)
		}
	}
	if m.cond != nil {
		list = append(list[:len(list):len(list)], m.cond.when, m.cond.then, m.cond.otherwise)
	}
	for _, dep := range m.depends {
		list = append(list[:len(list):len(list)], dep.node)
	}
	for _, part := range append(list[:len(list):len(list)], m.not) {
		if part != nil && part.obj != nil {
			f.c.inPlace[part] = true
		}
	}
}

// both is the intersection of two sets of kinds, where integers are numbers.
func both(a, b kinds) kinds {
	k := a & b
	if a&kNumber != 0 && b&kInteger != 0 || a&kInteger != 0 && b&kNumber != 0 {
		k |= kInteger
	}
	return k
}

// passes settles whether the node's own rules must read containers, and how
// often a value is read.
func (f *finisher) passes(n *node) {
	m := n.more
	full := len(m.all) > 0 || m.any != nil || m.one != nil // one of them reads the value to its end
	m.base = n.obj != nil || n.arr != nil || m.hasConsts || !full
	m.passes = len(m.all) + len(m.depends)
	if m.base {
		m.passes++
	}
	if m.cond != nil {
		m.passes += 2
	}
	for _, ch := range []*choice{m.any, m.one} {
		if ch != nil {
			m.passes += ways(ch)
		}
	}
}

// ways is how many branches may read an object or array.
func ways(ch *choice) int {
	var objects, arrays int
	for _, b := range ch.branches {
		if b.accept&kObject != 0 {
			objects++
		}
		if b.accept&kArray != 0 {
			arrays++
		}
	}
	if ch.tag != nil {
		objects = min(objects, 1)
	}
	return max(objects, arrays, 1)
}
