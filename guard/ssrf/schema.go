package ssrf

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// children notes what the names of properties say of their schemas, and of the
// items of lists.
func (r *Rules) children(n *source.Node) {
	for name, property := range n.Get("properties").Members() {
		c := max(words, named([]byte(name)))
		r.names[property] = c
		if items := property.Get("items"); items != nil {
			r.names[items] = c
		}
	}
}

// silent are formats whose values are no places.
var silent = []string{"uuid", "date", "date-time", "time", "duration", "email", "idn-email", "byte", "binary", "regex", "json-pointer", "relative-json-pointer"}

// listed is the class of a field with hosts of its own: they are what its values
// name, unless its schema says that these may be paths.
func listed(n *source.Node) class {
	if strings.HasSuffix(n.Get("format").Str(), "-reference") {
		return reference
	}
	return address
}

// class says what values of a schema are.
func (r *Rules) class(n *source.Node) class {
	format := n.Get("format").Str()
	switch format {
	case "uri", "url", "iri":
		return address
	case "uri-reference", "iri-reference", "uri-template":
		return reference
	case "hostname", "idn-hostname", "ipv4", "ipv6", "ip":
		return host
	}
	if n.Get("enum") != nil || n.Get("const") != nil || n.Get("$ref") != nil || slices.Contains(silent, format) {
		return none
	}
	if most, ok := n.Get("maxLength").Int(); ok && most < 4 {
		return none
	}
	kinds := n.Get("type")
	is := func(kind string) bool {
		if kinds.Is(source.Array) {
			for _, k := range kinds.Items() {
				if k.Str() == kind {
					return true
				}
			}
			return false
		}
		return kinds.Str() == kind
	}
	parts := n.Get("allOf") != nil || n.Get("anyOf") != nil || n.Get("oneOf") != nil
	structure := n.Get("properties") != nil || n.Get("items") != nil || n.Get("additionalProperties") != nil || n.Get("patternProperties") != nil || n.Get("prefixItems") != nil
	switch {
	case kinds == nil && parts && !structure:
		return none // its parts say so
	case kinds == nil && !structure:
		return max(tree, r.names[n])
	case (kinds == nil || is("object")) && r.loose(n) || is("array") && n.Get("items") == nil && n.Get("prefixItems") == nil && !parts:
		return tree
	case kinds == nil || is("string"):
		if c, ok := r.names[n]; ok {
			return c
		}
		return text
	}
	return none
}

// loose reports whether an object may hold members that no schema describes.
func (r *Rules) loose(n *source.Node) bool {
	more := n.Get("additionalProperties")
	if more == nil {
		more = n.Get("unevaluatedProperties")
	}
	switch {
	case more.Is(source.Bool):
		return more.Bool()
	case more != nil:
		return false // it has tags of its own
	}
	return r.options.Open || n.Get("properties") == nil && n.Get("patternProperties") == nil && n.Get("allOf") == nil
}
