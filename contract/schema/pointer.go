package schema

import (
	"slices"
	"strconv"
	"strings"
)

// Pointer returns the JSON pointer (RFC 6901) of the value or the member that
// contains byte at of the document that st read last. Names that no part of the
// schema declares are written as "*".
func (st *State) Pointer(at int) string {
	if st.root == nil || st.root.root == nil {
		return ""
	}
	return st.pointer(at)
}

// pointer returns the JSON pointer (RFC 6901) of the value or the member that
// contains byte at of the document. Names that no part of the schema declares
// are written as "*", since they are the sender's.
func (st *State) pointer(at int) string {
	d := st.data
	p := path{st: st, at: at, parts: parts(nil, st.root.root)}
	p.down(d, space(d, 0))
	return p.text.String()
}

type path struct {
	st    *State
	at    int
	parts []*node // schemas that apply here
	text  strings.Builder
}

// down goes into the child of the value at i that contains p.at. It must
// take documents that are malformed from p.at on.
func (p *path) down(d []byte, i int) {
	for i < len(d) && i < p.at && p.text.Len() < 1024 {
		switch d[i] {
		case '{':
			i = p.member(d, i)
		case '[':
			i = p.item(d, i)
		default:
			return
		}
		if i < 0 {
			return
		}
	}
}

// before returns what stands up to p.at, so that no level of a deep document
// reads what follows.
func (p *path) before(d []byte) []byte { return d[:min(len(d), p.at+1)] }

// member returns where the value of the right member begins, or -1.
func (p *path) member(d []byte, i int) int {
	i = space(d, i+1)
	for i < len(d) && d[i] == '"' {
		key := i
		if i = jumpString(d, i); i < 0 {
			return -1
		}
		name := string(p.st.content(d, key))
		p.st.decoded = p.st.decoded[:0]
		value := colon(d, i)
		if value < 0 {
			return -1
		}
		end := jump(p.before(d), value)
		if end < 0 || p.at >= key && p.at < end {
			p.name(name)
			if p.at <= key {
				return -1
			}
			return value
		}
		if i = space(d, end); i >= len(d) || d[i] != ',' || i >= p.at {
			return -1
		}
		i = space(d, i+1)
		if i > p.at {
			return -1
		}
	}
	return -1
}

func (p *path) item(d []byte, i int) int {
	i = space(d, i+1)
	for k := 0; i < len(d) && d[i] != ']' && i <= p.at; k++ {
		end := jump(p.before(d), i)
		if end < 0 || p.at < end {
			p.text.WriteString("/" + strconv.Itoa(k))
			p.parts = itemParts(p.parts, k)
			return i
		}
		if i = space(d, end); i >= len(d) || d[i] != ',' {
			return -1
		}
		i = space(d, i+1)
	}
	return -1
}

func (p *path) name(name string) {
	next, known := memberParts(p.parts, name)
	p.parts = next
	if !known {
		name = "*"
	}
	p.text.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1"))
}

// maxParts bounds how many schemas are looked at for one place.
const maxParts = 256

// parts adds n and all schemas that apply where n does.
func parts(list []*node, n *node) []*node {
	if n == nil || len(list) >= maxParts || slices.Contains(list, n) {
		return list
	}
	list = append(list, n)
	m := n.more
	if m == nil {
		return list
	}
	for _, b := range m.all {
		list = parts(list, b)
	}
	for _, c := range []*choice{m.any, m.one} {
		if c != nil {
			for _, b := range c.branches {
				list = parts(list, b)
			}
		}
	}
	if m.cond != nil {
		list = parts(parts(parts(list, m.cond.when), m.cond.then), m.cond.otherwise)
	}
	for _, dep := range m.depends {
		list = parts(list, dep.node)
	}
	return list
}

// memberParts returns the schemas of the member called name below list, and
// whether any of them declares the name.
func memberParts(list []*node, name string) (next []*node, known bool) {
	for _, n := range list {
		if n.more != nil {
			next = parts(next, n.more.unevaluatedProperties)
		}
		if n.obj == nil {
			continue
		}
		hit := false
		if k := n.obj.find([]byte(name)); k >= 0 {
			known = true
			if n.obj.props[k].flags&declared != 0 {
				hit = true
				next = parts(next, n.obj.props[k].node)
			}
		}
		if n.obj.rare != nil {
			for _, p := range n.obj.rare.patterns {
				if p.pattern.match([]byte(name)) {
					hit = true
					next = parts(next, p.node)
				}
			}
		}
		if !hit {
			next = parts(next, n.obj.additional)
		}
	}
	return next, known
}

func itemParts(list []*node, k int) (next []*node) {
	for _, n := range list {
		if n.more != nil {
			next = parts(next, n.more.unevaluatedItems)
		}
		switch {
		case n.arr == nil:
		case k < len(n.arr.prefix):
			next = parts(next, n.arr.prefix[k])
		default:
			next = parts(next, n.arr.items)
		}
		if n.arr != nil {
			next = parts(next, n.arr.contains)
		}
	}
	return next
}

// declaredNames lists the properties that n and its parts declare.
func declaredNames(n *node) string {
	var names []string
	for _, part := range parts(nil, n) {
		if part.obj == nil {
			continue
		}
		for _, p := range part.obj.props {
			if p.flags&declared != 0 && !slices.Contains(names, p.name) && len(names) < maxParts {
				names = append(names, p.name)
			}
		}
	}
	if len(names) == 0 {
		return "none are declared"
	}
	return "declared are: " + list(names)
}
