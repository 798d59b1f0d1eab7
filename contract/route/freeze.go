package route

import (
	"maps"
	"slices"
	"strings"
)

// freezer turns trees into the slices of a Table.
type freezer struct {
	t     *Table
	text  strings.Builder
	edges []slot
	kept  map[string]string  // copies, so that the table keeps no document's text alive
	roots map[*apiTree]int32 // number of the mount
}

// freeze makes the table.
func (b *builder) freeze() *Table {
	f := &freezer{t: new(Table), kept: make(map[string]string), roots: make(map[*apiTree]int32)}
	f.node() // number 0 is no node
	for _, api := range b.order {
		root := f.tree(&api.paths)
		f.roots[api] = int32(len(f.t.mounts))
		f.t.mounts = append(f.t.mounts, mount{api: api.first.API, root: root})
	}
	for _, name := range slices.Sorted(maps.Keys(b.hosts)) {
		root := f.tree(b.hosts[name])
		if name == "" {
			f.t.anyHost = root
			continue
		}
		if f.t.hosts == nil {
			f.t.hosts = make(map[string]uint32)
		}
		f.t.hosts[name] = root
	}
	f.index()
	f.trim()
	return f.t
}

func (f *freezer) node() uint32 {
	f.t.nodes = append(f.t.nodes, node{leaf: -1, mount: -1})
	return uint32(len(f.t.nodes) - 1)
}

// tree adds a tree and returns the number of its node. Trees are at most
// maxSegments deep.
func (f *freezer) tree(from *tree) uint32 {
	n := f.node()
	at := node{leaf: -1, mount: -1, static: len(from.literals) > 0, choices: len(from.patterns) > 0}
	if from.mount != nil {
		at.mount = f.roots[from.mount]
	}
	if from.leaf != nil {
		at.leaf = f.leaf(from.leaf)
	}
	for _, text := range slices.Sorted(maps.Keys(from.literals)) {
		child := f.tree(from.literals[text])
		f.edges = append(f.edges, slot{hash(n, []byte(text)), n, child, uint32(f.text.Len()), uint16(len(text))})
		f.text.WriteString(text)
	}
	branches := slices.SortedFunc(maps.Values(from.patterns), func(p, q *branch) int { return p.compare(&q.pattern) })
	var mixed, rest []pattern
	for _, p := range branches {
		p.child = f.tree(p.tree)
		for _, text := range p.texts[1 : len(p.texts)-1] {
			p.inner = append(p.inner, []byte(text))
		}
		switch {
		case p.plain():
			at.param = p.child
		case p.pure():
			rest = append(rest, p.pattern)
		default:
			mixed = append(mixed, p.pattern)
		}
	}
	at.patterns, at.mixed, at.rest = uint32(len(f.t.patterns)), uint16(len(mixed)), uint16(len(rest))
	f.t.patterns = append(append(f.t.patterns, mixed...), rest...)
	f.t.nodes[n] = at
	return n
}

// leaf adds the operations of one path: HEAD where there is GET (RFC 9110
// section 9.3.2), and what Allow says.
func (f *freezer) leaf(from *leafTree) int32 {
	list := make([]method, 0, len(from.operations)+1)
	var names []string
	for _, o := range from.operations {
		op := method{name: f.keep(o.Method), template: f.keep(o.Template), number: o.Number, names: f.names(o.names), count: uint16(len(o.names))}
		list = append(list, op)
		names = append(names, o.Method)
	}
	if !slices.Contains(names, "HEAD") {
		if i := slices.Index(names, "GET"); i >= 0 {
			head := list[i]
			head.name = "HEAD"
			list = append(list, head)
			names = append(names, "HEAD")
		}
	}
	slices.Sort(names)
	allow := f.keep(strings.Join(names, ", "))
	f.t.leaves = append(f.t.leaves, leaf{allow: allow, methods: uint32(len(f.t.methods)), count: uint32(len(list))})
	f.t.methods = append(f.t.methods, list...)
	return int32(len(f.t.leaves) - 1)
}

// names adds the parameters of an operation; those that were added just
// before are used again.
func (f *freezer) names(list []string) uint32 {
	if n := len(f.t.names) - len(list); n >= 0 && slices.Equal(f.t.names[n:], list) {
		return uint32(n)
	}
	for _, name := range list {
		f.t.names = append(f.t.names, f.keep(name))
	}
	return uint32(len(f.t.names) - len(list))
}

// keep returns the one copy of s.
func (f *freezer) keep(s string) string {
	kept, ok := f.kept[s]
	if !ok {
		kept = strings.Clone(s)
		f.kept[kept] = kept
	}
	return kept
}

// index puts the literal edges into a table that is at most half full.
func (f *freezer) index() {
	f.t.text = f.text.String()
	size := 1
	for size < 2*len(f.edges) || size < 2 {
		size *= 2
	}
	f.t.slots = make([]slot, size)
	for _, e := range f.edges {
		i := e.hash & uint32(size-1)
		for f.t.slots[i].child != 0 {
			i = (i + 1) & uint32(size-1)
		}
		f.t.slots[i] = e
	}
}

// trim gives back what growing left over.
func (f *freezer) trim() {
	t := f.t
	t.nodes, t.patterns, t.leaves = slices.Clip(slices.Clone(t.nodes)), slices.Clip(slices.Clone(t.patterns)), slices.Clip(slices.Clone(t.leaves))
	t.methods, t.names = slices.Clip(slices.Clone(t.methods)), slices.Clip(slices.Clone(t.names))
}
