package inspect

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
)

// setting finds the schema objects that a setting names and gives them its look.
func (r *Rules) setting(c *contract.Contract, s *Setting) {
	l, err := s.look()
	if err != nil {
		words := append(slices.Clone(Words[:]), Skip)
		r.problems = append(r.problems, s.Place.Problem(source.DidYouMean("the words are "+strings.Join(words, ", "), s.Word, words...), "%s: %v", s.Name, err))
		return
	}
	list, wrong, hint := find(c, s)
	if wrong != "" {
		r.problems = append(r.problems, s.Place.Problem(hint, "%s", wrong))
		return
	}
	for _, n := range list {
		r.scoped[n] = append(r.scoped[n], scope{s.Operation, l})
	}
}

const howToName = `write "query:q", "path:id", "header:X-Name", "cookie:c", "body:/lines/*/note", or as in "Order/note" a property of a schema of the contract`

// find returns the schema objects that a setting names.
func find(c *contract.Contract, s *Setting) (list []*source.Node, wrong, hint string) {
	in, name, colon := strings.Cut(s.Name, ":")
	if !colon {
		place, wrong, hint := reach.Find(c, s.Name)
		return place.Schemas, wrong, hint
	}
	operations := c.Operations
	if s.Operation != nil {
		operations = []*contract.Operation{s.Operation}
	}
	for _, op := range operations {
		if in == "body" {
			if op.Body == nil {
				continue
			}
			for _, m := range op.Body.Media {
				if m.Schema == nil {
					continue
				}
				found, why := reach.Below(c, m.Schema, name)
				if list = append(list, found...); len(found) == 0 && wrong == "" {
					wrong, hint = s.Name+": no such property is described", why
				}
			}
			continue
		}
		for _, p := range op.Parameters {
			if p.In.String() == in && (p.Name == name || p.In == contract.Header && strings.EqualFold(p.Name, name)) {
				list = append(list, parameterNodes(c, p)...)
			}
		}
	}
	switch {
	case len(list) > 0:
		return list, "", ""
	case wrong != "":
		return nil, wrong, hint
	}
	return nil, "no operation has " + s.Name, howToName
}

// parameterNodes are the schema objects of the texts of a parameter: its own
// and those of the items of a list.
func parameterNodes(c *contract.Contract, p *contract.Parameter) (list []*source.Node) {
	n := p.Schema
	if p.Content != nil {
		n = p.Content.Schema
	}
	for _, way := range []string{"", "/*"} {
		if n != nil {
			found, _ := reach.Below(c, n, way)
			list = append(list, found...)
		}
	}
	return list
}
