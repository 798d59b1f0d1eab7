package markup

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/schema"
)

// scope is what the contract's own namespaces are at one place.
type scope struct {
	space    string   // of names without prefix
	prefixes []string // prefix and namespace in turn
}

func (s scope) key() string { return s.space + "\x00" + strings.Join(s.prefixes, "\x00") }

// with returns s where x has been said.
func (s scope) with(x *schema.XML) scope {
	switch {
	case x.Namespace == "":
	case x.Prefix == "":
		s.space = x.Namespace
	default:
		s.prefixes = slices.Clone(s.prefixes)
		if k := s.find(x.Prefix); k >= 0 {
			s.prefixes[k+1] = x.Namespace
		} else {
			s.prefixes = append(s.prefixes, x.Prefix, x.Namespace)
		}
	}
	return s
}

// find returns the place of a prefix, or -1.
func (s scope) find(prefix string) int {
	for k := 0; k < len(s.prefixes); k += 2 {
		if s.prefixes[k] == prefix {
			return k
		}
	}
	return -1
}

// bad reports whether what is said of the XML of s cannot be used.
func (c *compiler) bad(s *schema.Shape) bool {
	switch {
	case s == nil:
	case s.XMLClash:
		c.problem(s.XML, "let all of them say the same", "parts or alternatives of its schema say different things in `xml`")
		return true
	case s.XML != nil && s.XML.Bad != "":
		c.problem(s.XML, "see the XML Object of the OpenAPI Specification", "%s", s.XML.Bad)
		return true
	}
	return false
}

// named returns how the element of s is called, name when its xml says
// nothing, and the scope of what stands in it.
func (c *compiler) named(s *schema.Shape, name string, in scope) (local, space string, inner scope) {
	x := &schema.XML{}
	if s != nil && s.XML != nil {
		x = s.XML
	}
	if c.bad(s) {
		return "", "", in
	}
	if x.Name != "" {
		name = x.Name
	}
	switch {
	case strings.Contains(name, ":"):
		c.problem(x, "say `prefix` and `namespace` apart from `name`", "%q is no name without a prefix", clip(name))
	case !isPart(name):
		c.problem(x, "set `name` in its `xml`", "%q cannot be the name of an element or attribute", clip(name))
	case x.Prefix != "" && (!isPart(x.Prefix) || strings.HasPrefix(strings.ToLower(x.Prefix), "xml")):
		c.problem(x, "use another prefix", "%q cannot be a prefix", clip(x.Prefix))
	case x.Namespace != "" && !usable(x.Namespace):
		c.problem(x, "write it as a URI, as in urn:example:orders", "%q cannot be a namespace", clip(x.Namespace))
	}
	inner = in.with(x)
	space = inner.space
	if x.Prefix != "" {
		k := inner.find(x.Prefix)
		if k < 0 {
			c.problem(x, "set `namespace` beside it", "no namespace is said for the prefix %q", clip(x.Prefix))
			return "", "", in
		}
		space = inner.prefixes[k+1]
	}
	return strings.Clone(name), strings.Clone(space), inner
}

// usable reports whether a document can declare the namespace.
func usable(space string) bool {
	if len(space) > maxNamespace || space == xmlSpace || space == xmlnsSpace || steers([]byte(space)) || !strings.Contains(space, ":") {
		return false
	}
	for _, r := range space {
		if r <= ' ' || r == '&' || r == '<' || r == '"' || r == '\'' || r == 0x7f || r == 0xfffd {
			return false
		}
	}
	return true
}
