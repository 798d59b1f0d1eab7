package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Unknown words in schemas. JSON Schema lets any name stand in a schema and
// ignores it; a misspelt keyword is then a check that nobody makes. Words near
// to a known one are warned of, in the gate's mode.

// remarks are the words of schemas that judge nothing: of draft 2020-12 (Core
// section 8, Validation section 9), of OpenAPI, and of earlier drafts where
// they are often met.
var remarks = map[string]bool{
	"$schema": true, "$vocabulary": true, "$id": true, "$anchor": true, "$dynamicAnchor": true, "$defs": true, "$comment": true,
	"title": true, "description": true, "default": true, "deprecated": true, "examples": true, "contentSchema": true,
	"xml": true, "externalDocs": true, "example": true,
	"id": true, "definitions": true, "additionalItems": true, "$recursiveRef": true, "$recursiveAnchor": true,
}

const (
	leastNear = 3   // shorter names are near to too much
	maxPlaces = 20  // where one name is reported
	maxOdd    = 200 // names that are looked into
)

// oddWord is a name that is no known word.
type oddWord struct {
	near   string // the known word that was probably meant; "" for none
	places int
}

// stranger warns of a member of a schema that the dialect does not know.
func (c *Compiler) stranger(m *source.Member, elsewhere bool) {
	if c.o.Pure || remarks[m.Name] || strings.HasPrefix(m.Name, "x-") || elsewhere && m.Value.Is(source.Bool) && !m.Value.Bool() {
		return
	}
	odd := c.odd[m.Name]
	if odd == nil {
		if len(c.odd) == maxOdd {
			return
		}
		odd = &oddWord{near: c.meant(m.Name, elsewhere)}
		c.odd[strings.Clone(m.Name)] = odd
	}
	if odd.near == "" || odd.places == maxPlaces {
		return
	}
	odd.places++
	p := source.Warn(&m.Value, `did you mean "`+odd.near+`"?`, "%q is no keyword of schemas and is ignored", shorten(m.Name, 60))
	if elsewhere {
		p = source.Warn(&m.Value, odd.near, "%q is no keyword of schemas in this version of OpenAPI and is ignored", m.Name)
	}
	p.Position = m.NamePosition()
	c.problem(p)
}

// meant returns the known word that is nearest to name; for a keyword of
// another dialect, what to do instead.
func (c *Compiler) meant(name string, elsewhere bool) string {
	switch {
	case name == "nullable" && elsewhere:
		return `write type: [..., "null"]`
	case elsewhere:
		return "say it in words that this version has, or move to OpenAPI 3.1"
	case len(name) < leastNear:
		return ""
	}
	var known []string
	for word, info := range keywords {
		if info.dialects&(1<<c.o.Dialect) != 0 && word != "x-nullable" {
			known = append(known, word)
		}
	}
	if c.o.Dialect == Draft202012 {
		known = slices.AppendSeq(known, maps.Keys(remarks))
	} else {
		known = append(known, "title", "description", "default", "example", "externalDocs", "deprecated")
	}
	slices.Sort(known)
	return source.Nearest(name, known...)
}
