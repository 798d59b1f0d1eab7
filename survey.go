package gatehouse

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Exposure is what a contract lets through at one operation beyond what a
// reader would expect of its words.
type Exposure struct {
	Operation  string   `json:"operation"`
	Method     string   `json:"method"`
	Path       string   `json:"path"` // base path included, the first of several
	Credential string   `json:"credential"`
	Public     bool     `json:"public"`
	Deprecated bool     `json:"deprecated,omitempty"`
	Open       []string `json:"open,omitempty"`  // objects that take any property, schemas that take any value
	Loose      []string `json:"loose,omitempty"` // content and parameters that are not described
}

// Survey lists the exposure of every operation in the order of the contract.
// The contract must have no problem of severity Error.
func Survey(c *contract.Contract) []Exposure {
	s := &surveyor{schemas: newBuilder(c, Options{}).schemas}
	list := make([]Exposure, len(c.Operations))
	for i, op := range c.Operations {
		list[i] = s.operation(c, op)
	}
	return list
}

type surveyor struct {
	schemas *schema.Compiler
	*Exposure
}

func (s *surveyor) operation(c *contract.Contract, op *contract.Operation) Exposure {
	e := Exposure{Operation: op.Name(), Method: op.Method, Path: op.Path, Deprecated: op.Deprecated, Public: op.Public() || !c.Secured}
	if len(op.BasePaths) > 0 {
		e.Path = op.BasePaths[0] + op.Path
	}
	e.Credential = credential(op)
	s.Exposure = &e
	for _, p := range op.Parameters {
		s.parameter(p)
	}
	if op.Body != nil {
		for _, m := range op.Body.Media {
			s.media("body", m)
		}
	}
	return e
}

// credential writes an operation's security as a person would.
func credential(op *contract.Operation) string {
	var alternatives []string
	for _, r := range op.Security {
		var parts []string
		for _, use := range r {
			text := use.Scheme.Name
			if len(use.Scopes) > 0 {
				text += "(" + strings.Join(use.Scopes, " ") + ")"
			}
			parts = append(parts, text)
		}
		if len(parts) == 0 {
			parts = []string{"nothing"}
		}
		alternatives = append(alternatives, strings.Join(parts, " and "))
	}
	switch {
	case len(alternatives) > 0 && !slices.Equal(alternatives, []string{"nothing"}):
		return strings.Join(alternatives, " or ")
	case op.SecurityFrom == contract.SecurityNowhere:
		return "none stated"
	}
	return "public"
}

func (s *surveyor) parameter(p *contract.Parameter) {
	name := p.In.String() + " " + p.Name
	switch {
	case p.Content != nil:
		s.media(name, p.Content)
	case p.Schema == nil:
		s.loose(name + " has no schema")
	default:
		s.shape(name, s.schemas.Compile(p.Schema).Shape(surveyDepth))
	}
}

func (s *surveyor) media(name string, m *contract.Media) {
	if strings.Contains(m.Type, "*") {
		s.loose(name + " may be any " + m.Type)
	}
	switch {
	case m.Schema == nil:
		s.loose(name + " " + m.Type + " has no schema")
	default:
		s.shape(name, s.schemas.Compile(m.Schema).Shape(surveyDepth))
	}
}

const (
	surveyDepth = 5 // levels of a schema that are looked at
	surveyMost  = 3 // remarks of one kind that are written out
)

// anything is the set of all kinds of JSON values.
const anything schema.Types = 1<<source.Null | 1<<source.Bool | 1<<source.Number | 1<<source.String | 1<<source.Array | 1<<source.Object

// shape finds what is open in a value.
func (s *surveyor) shape(name string, shape *schema.Shape) {
	if shape == nil {
		return
	}
	switch {
	case shape.Types&(1<<source.Object) == 0 || !shape.Open:
	case len(shape.Properties) > 0:
		s.open(name + " takes undeclared properties")
	case shape.Types&anything == anything:
		s.open(name + " takes any value")
		return
	case shape.Extra == nil || shape.Extra.Types&anything == anything:
		s.open(name + " takes any property")
		return
	}
	for _, p := range shape.Properties {
		s.shape(at(name, p.Name), p.Shape)
	}
	if len(shape.Properties) == 0 {
		s.shape(at(name, "*"), shape.Extra)
	}
	s.shape(at(name, "*"), shape.Items)
	for i, item := range shape.Prefix {
		s.shape(at(name, fmt.Sprint(i)), item)
	}
}

// at extends "body" to "body /a" and that to "body /a/b".
func at(name, member string) string {
	if strings.Contains(name, " /") {
		return name + "/" + member
	}
	return name + " /" + member
}

func (s *surveyor) open(text string) { s.Open = remark(s.Open, text) }

func (s *surveyor) loose(text string) { s.Loose = remark(s.Loose, text) }

// remark adds text once. Beyond surveyMost it only counts, in the last line.
func remark(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	var more int
	if n := len(list); n > surveyMost {
		fmt.Sscanf(list[n-1], "and %d more", &more)
		list = list[:n-1]
	} else if n < surveyMost {
		return append(list, text)
	}
	return append(list, fmt.Sprintf("and %d more", more+1))
}

// Remarks are the exposure's words beside its credential.
func (e *Exposure) Remarks() []string {
	var list []string
	if len(e.Open) > 0 {
		list = append(list, "open: "+strings.Join(e.Open, ", "))
	}
	if len(e.Loose) > 0 {
		list = append(list, "loose: "+strings.Join(e.Loose, ", "))
	}
	if e.Deprecated {
		list = append(list, "deprecated")
	}
	return list
}
