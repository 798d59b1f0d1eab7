package inspect

import (
	"fmt"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// harmlessFormats are formats that the reader of schemas asserts and whose
// grammar has no room for an attack.
var harmlessFormats = map[string]bool{
	"date-time": true, "date": true, "time": true, "duration": true, "hostname": true, "ipv4": true, "ipv6": true, "uuid": true, "decimal": true,
}

// shortest is how many characters an attack has at least.
const shortest = 3

// harmless says why a schema object lets no attack pass, or that its values are
// not text; "" when it might. Only what the object itself says counts.
func (r *Rules) harmless(n *source.Node) string {
	if why := noString(n); why != "" {
		return why
	}
	switch {
	case n.Get("const") != nil:
		return "a constant"
	case n.Get("enum").Is(source.Array):
		return "one of a list"
	case n.Get("format").Str() == "binary":
		return "bytes"
	case harmlessFormats[n.Get("format").Str()]:
		return "format " + n.Get("format").Str()
	}
	if most, ok := n.Get("maxLength").Int(); ok && most < shortest {
		return fmt.Sprintf("%d characters at most", most)
	}
	if p := n.Get("pattern").Str(); p != "" {
		used := p
		if other, ok := r.options.Patterns[p]; ok {
			used = other
		}
		if excludes(used) {
			return "its pattern has only harmless characters"
		}
	}
	return ""
}

// noString says what values are that cannot be text.
func noString(n *source.Node) string {
	t := n.Get("type")
	switch {
	case t == nil:
		return ""
	case t.Is(source.Array):
		for _, item := range t.Items() {
			if item.Str() == "string" {
				return ""
			}
		}
		return "no text"
	case t.Str() == "string":
		return ""
	case t.Str() == "file":
		return "bytes"
	case t.Str() == "":
		return ""
	}
	return t.Str()
}

// partly reports whether other schema objects describe the values of n besides:
// one of them at least has accepted each value.
func partly(n *source.Node) bool {
	return n.Get("$ref") != nil || n.Get("allOf").Len() > 0 || n.Get("anyOf").Len() > 0 || n.Get("oneOf").Len() > 0
}
