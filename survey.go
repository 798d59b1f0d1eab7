package gatehouse

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/request"
)

// Exposure is what a contract lets through at one operation, in and out,
// beyond what a reader would expect of its words.
type Exposure struct {
	Operation  string   `json:"operation"`
	Method     string   `json:"method"`
	Path       string   `json:"path"` // base path included, the first of several
	Credential string   `json:"credential"`
	Public     bool     `json:"public"`
	Deprecated bool     `json:"deprecated,omitempty"`
	Open       []string `json:"open,omitempty"`   // objects that take any property, schemas that take any value
	Loose      []string `json:"loose,omitempty"`  // content and parameters that are not described
	Unread     []string `json:"unread,omitempty"` // bodies that pass as a stream: nobody looks for attacks in them
}

// Survey lists the exposure of every operation in the order of the contract.
// The contract must have no problem of severity Error under o, whose patterns
// are those that it is read with; nil is the zero Options.
func Survey(c *contract.Contract, o *Options) []Exposure {
	if o == nil {
		o = &Options{}
	}
	s := &surveyor{options: o, schemas: newCompiler(c, o, nil, false), found: make(map[schema.Schema]*survey)}
	list := make([]Exposure, len(c.Operations))
	for i, op := range c.Operations {
		list[i] = s.operation(c, op)
	}
	return list
}

type surveyor struct {
	options     *Options
	schemas     *schema.Compiler
	shapes      schema.Shapes
	found       map[schema.Schema]*survey // operations share most of theirs
	open, loose remarks                   // of one operation
	unread      remarks
}

func (s *surveyor) operation(c *contract.Contract, op *contract.Operation) Exposure {
	e := Exposure{Operation: op.Name(), Method: op.Method, Path: op.Path, Deprecated: op.Deprecated, Public: op.Public() || !c.Secured}
	if len(op.BasePaths) > 0 {
		e.Path = op.BasePaths[0] + op.Path
	}
	e.Credential = credential(op)
	s.open, s.loose, s.unread = remarks{}, remarks{}, remarks{}
	for _, p := range op.Parameters {
		s.parameter(p)
	}
	if op.Body != nil {
		set := settle(s.options, op)
		read := set.requests()
		for _, m := range op.Body.Media {
			s.media("body", m)
			if what := request.Unread(m, &read); what != "" {
				s.unread.add("body " + what)
			}
		}
	}
	for _, r := range op.Responses {
		for _, m := range r.Media {
			s.media("answer "+r.Status, m)
		}
	}
	e.Open, e.Loose, e.Unread = s.open.lines(), s.loose.lines(), s.unread.lines()
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
		s.loose.add(name + " has no schema")
	default:
		s.schema(name, p.Schema)
	}
}

func (s *surveyor) media(name string, m *contract.Media) {
	if strings.Contains(m.Type, "*") {
		s.loose.add(name + " may be any " + m.Type)
	}
	switch {
	case m.Schema == nil:
		s.loose.add(name + " " + m.Type + " has no schema")
	default:
		s.schema(name, m.Schema)
	}
}

// surveyMost is how many remarks of one kind are written out.
const surveyMost = 3

// anything is the set of all kinds of JSON values.
const anything schema.Types = 1<<source.Null | 1<<source.Bool | 1<<source.Number | 1<<source.String | 1<<source.Array | 1<<source.Object

// place is a value within a parameter or a body.
type place struct {
	name  string
	shape *schema.Shape
}

// survey is what is open in a value.
type survey struct {
	open  []opening
	whole bool
}

// opening is what a value takes at a place below the one that has a name.
type opening struct{ at, takes string }

// schema notes what is open in a value.
func (s *surveyor) schema(name string, n *source.Node) {
	compiled := s.schemas.Compile(n)
	found := s.found[*compiled]
	if found == nil {
		found = s.look(compiled)
		s.found[*compiled] = found
	}
	for _, o := range found.open {
		s.open.add(name + o.at + " takes " + o.takes)
	}
	if !found.whole {
		s.open.add(name + " has more levels than were looked at")
	}
}

// look finds what is open in a value, level by level. A schema that stands at
// several places of it is looked at in the first of them.
func (s *surveyor) look(compiled *schema.Schema) *survey {
	shape, whole := s.shapes.Whole(compiled)
	found := &survey{whole: whole}
	seen := make(map[*schema.Shape]bool)
	for queue := []place{{"", shape}}; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		if p.shape == nil || seen[p.shape] {
			continue
		}
		if opened(p.shape) != "" {
			found.open = append(found.open, opening{p.name, opened(p.shape)})
		}
		members := parts(p)
		seen[p.shape] = len(members) > 0 // shapes without parts are shared
		queue = append(queue, members...)
	}
	return found
}

// opened says what a value takes beyond what is described, "" for nothing.
func opened(shape *schema.Shape) string {
	switch {
	case shape.Types&(1<<source.Object) == 0 || !shape.Open:
		if shape.AnyItems {
			return "any item"
		}
		return ""
	case len(shape.Properties) > 0:
		return "undeclared properties"
	case shape.Types&anything == anything:
		return "any value"
	case shape.Extra == nil || shape.Extra.Types&anything == anything:
		return "any property"
	}
	return ""
}

// parts are the values within a value that is not wholly open.
func parts(p place) (list []place) {
	shape := p.shape
	for _, property := range shape.Properties {
		list = append(list, place{at(p.name, property.Name), property.Shape})
	}
	if what := opened(shape); len(shape.Properties) == 0 && what != "" && len(shape.Prefix) == 0 {
		return list
	}
	if shape.Open && shape.Extra != nil && opened(shape.Extra) != "any value" {
		list = append(list, place{at(p.name, "*"), shape.Extra})
	}
	list = append(list, place{at(p.name, "*"), shape.Items})
	for i, item := range shape.Prefix {
		list = append(list, place{at(p.name, strconv.Itoa(i)), item})
	}
	return slices.DeleteFunc(list, func(p place) bool { return p.shape == nil })
}

// at extends "" to " /a" and that to " /a/b".
func at(name, member string) string {
	if name != "" {
		return name + "/" + member
	}
	return " /" + member
}

// remarks are different sentences; surveyMost of them are kept, the others
// counted.
type remarks struct {
	seen map[string]bool
	list []string
}

func (r *remarks) add(text string) {
	if r.seen == nil {
		r.seen = make(map[string]bool)
	}
	if !r.seen[text] && len(r.list) < surveyMost {
		r.list = append(r.list, text)
	}
	r.seen[text] = true
}

// lines are the remarks, with the number of those that are only counted.
func (r *remarks) lines() []string {
	if more := len(r.seen) - len(r.list); more > 0 {
		return append(r.list, fmt.Sprintf("and %d more", more))
	}
	return r.list
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
	if len(e.Unread) > 0 {
		list = append(list, "unread: "+strings.Join(e.Unread, ", "))
	}
	if e.Deprecated {
		list = append(list, "deprecated")
	}
	return list
}
