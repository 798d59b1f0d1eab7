package policy

import (
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// need is which parts of a record rules ask for. A nil need asks for all.
type need struct {
	whole bool
	parts map[string]*need
}

// has reports whether a part is asked for.
func (n *need) has(name string) bool {
	return n == nil || n.whole || n.parts[name] != nil
}

// at returns what is asked for of a part.
func (n *need) at(name string) *need {
	if n == nil || n.whole {
		return nil
	}
	return n.parts[name]
}

// add notes that the part at a path is asked for: all of it, or only whether it
// is there.
func (n *need) add(path []string, whole bool) {
	for _, name := range path {
		if n.parts == nil {
			n.parts = make(map[string]*need)
		}
		if n.parts[name] == nil {
			n.parts[name] = new(need)
		}
		n = n.parts[name]
	}
	n.whole = n.whole || whole
}

// collect adds what a rule asks of its context.
func (n *need) collect(p *ast.Policy) {
	for _, c := range p.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(node ast.IsNode) bool {
			switch t := node.(type) {
			case ast.NodeTypeAccess:
				if path, ok := contextPath(t); ok {
					n.add(path, true)
					return false
				}
			case ast.NodeTypeHas:
				if path, ok := contextPath(t.Arg); ok {
					n.add(append(path, string(t.Value)), false)
					return false
				}
			case ast.NodeTypeVariable:
				n.whole = n.whole || t.Name == "context"
			}
			return true
		})
	}
}

// contextPath returns the path of an expression that is context.a.b.
func contextPath(node ast.IsNode) (path []string, ok bool) {
	switch t := node.(type) {
	case ast.NodeTypeVariable:
		return nil, t.Name == "context"
	case ast.NodeTypeAccess:
		path, ok = contextPath(t.Arg)
		return append(path, string(t.Value)), ok
	}
	return nil, false
}
