package source

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxAliased bounds how many nodes aliases may add to a document.
const maxAliased = 100_000

// converter turns YAML nodes into ours.
type converter struct {
	file     *File
	problems Problems
	depth    int
	aliased  int // nodes made below aliases
	inAlias  int
}

func parseYAML(f *File) Problems {
	var doc yaml.Node
	if err := yaml.Load([]byte(f.text), &doc); err != nil {
		p := Problem{Position: Position{File: f.Name}, Text: "not valid YAML: " + err.Error()}
		if e := (*yaml.LoadError)(nil); errors.As(err, &e) {
			p.Position.Line, p.Position.Column = e.Mark.Line, e.Mark.Column
			p.Text = "not valid YAML: " + e.Message
		}
		return Problems{p}
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return Problems{{Position: Position{File: f.Name, Line: 1, Column: 1}, Text: "the document is empty"}}
	}
	c := &converter{file: f}
	root := new(Node)
	c.convert(root, doc.Content[0])
	f.Root = root
	return c.problems
}

func place(y *yaml.Node) uint64 { return uint64(y.Line)<<32 | uint64(uint32(y.Column)) }

func (c *converter) fail(y *yaml.Node, hint, format string, args ...any) {
	c.problems = append(c.problems, Problem{
		Position: c.file.position(place(y)), Text: fmt.Sprintf(format, args...), Hint: hint,
	})
}

func (c *converter) convert(n *Node, y *yaml.Node) {
	n.file, n.at = c.file, place(y)
	if c.depth++; c.depth > maxDepth {
		c.fail(y, "", "nested deeper than %d levels", maxDepth)
		c.depth--
		return
	}
	defer func() { c.depth-- }()
	if c.inAlias > 0 {
		if c.aliased++; c.aliased > maxAliased {
			if c.aliased == maxAliased+1 {
				c.fail(y, "write the values out", "aliases make this document larger than %d nodes", maxAliased)
			}
			return
		}
	}
	switch y.Kind {
	case yaml.AliasNode:
		c.inAlias++
		c.convert(n, y.Alias)
		c.inAlias--
	case yaml.SequenceNode:
		n.kind = Array
		n.items = make([]Node, len(y.Content))
		for i, item := range y.Content {
			c.convert(&n.items[i], item)
		}
	case yaml.MappingNode:
		c.mapping(n, y)
	case yaml.ScalarNode:
		c.scalar(n, y)
	}
}

func (c *converter) mapping(n *Node, y *yaml.Node) {
	n.kind = Object
	n.members = make([]Member, 0, len(y.Content)/2)
	seen := make(map[string]bool, len(y.Content)/2)
	var merged []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			c.fail(y.Content[i], "use a plain name", "a name must be a string")
			continue
		}
		if key.Value == "<<" && key.ShortTag() == "!!merge" {
			merged = append(merged, value)
			continue
		}
		if seen[key.Value] {
			c.fail(key, "remove or rename one of them", "the name %q stands twice in this object", key.Value)
			continue
		}
		seen[key.Value] = true
		n.members = append(n.members, Member{Name: key.Value, at: place(key)})
		c.convert(&n.members[len(n.members)-1].Value, value)
	}
	for _, m := range merged {
		c.merge(n, m, seen)
	}
}

// merge adds the members of a merge key "<<" that the mapping lacks.
func (c *converter) merge(n *Node, y *yaml.Node, seen map[string]bool) {
	var from Node
	c.inAlias++
	c.convert(&from, y)
	c.inAlias--
	sources := []Node{from}
	if from.kind == Array {
		sources = from.items
	}
	for _, s := range sources {
		if s.kind != Object {
			c.fail(y, "merge a mapping", "a merge key needs a mapping or a list of mappings")
			return
		}
		for _, m := range s.members {
			if !seen[m.Name] {
				seen[m.Name] = true
				n.members = append(n.members, m)
			}
		}
	}
}

func (c *converter) scalar(n *Node, y *yaml.Node) {
	switch y.ShortTag() {
	case "!!null":
		n.kind = Null
	case "!!bool":
		n.kind, n.text = Bool, strings.ToLower(y.Value)
	case "!!int", "!!float":
		text, ok := jsonNumber(y.Value)
		if !ok {
			c.fail(y, "write it as JSON would, or put it in quotes", "%q is no number that JSON knows", y.Value)
		}
		n.kind, n.text = Number, text
	default: // strings, and timestamps, which JSON does not have
		n.kind, n.text = String, y.Value
	}
}

// jsonNumber rewrites what YAML calls a number into JSON's grammar.
func jsonNumber(s string) (string, bool) {
	r := reader{text: s}
	if r.number(new(Node)) == nil && r.at == len(s) {
		return s, true
	}
	t := strings.ReplaceAll(strings.TrimPrefix(s, "+"), "_", "")
	if i, ok := new(big.Int).SetString(t, 0); ok && len(t) < 100 {
		return i.String(), true
	}
	if strings.HasPrefix(strings.TrimPrefix(t, "-"), ".") {
		t = strings.Replace(t, ".", "0.", 1)
	}
	t = strings.Replace(t+"|", ".|", "|", 1)
	t = strings.TrimSuffix(t, "|")
	r = reader{text: t}
	return t, r.number(new(Node)) == nil && r.at == len(t)
}
