package inspect

import (
	"fmt"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

// Word is the word of a contract that says what a text is for. It stands beside
// a schema, and only tightens: the value is refused from the score of what the
// gate took it for without the word, if that is lower.
const Word = "x-gatehouse-field"

// Setting is what gatehouse.yaml says of one field.
type Setting struct {
	// Name is "query:q", "path:id", "header:X-Name" or "cookie:c" for a
	// parameter, "body:/lines/*/note" for a part of a body, and "Order/note" for
	// a property of a schema of the contract, wherever it stands.
	Name      string
	Word      string              // of Words, or Skip
	Operation *contract.Operation // nil for all
	Place     Place
}

// Place is where a setting was written.
type Place interface {
	Problem(hint, format string, args ...any) source.Problem
}

// Options are those of one API.
type Options struct {
	Settings []Setting
	Patterns map[string]string // that stand in for those of the contract
}

// Rules say how each text of an API is inspected.
type Rules struct {
	options  Options
	list     []rule // by tag, from schema.FirstText
	known    map[look]schema.Tag
	names    map[*source.Node]named
	read     map[*source.File]bool
	scoped   map[*source.Node][]scope
	problems source.Problems
}

// rule is what a tag means: a look, but for operations that have their own.
type rule struct {
	look
	scopes []scope
}

// scope is the look of settings; op nil is for all operations.
type scope struct {
	op   *contract.Operation
	look look
}

// look is how a text is judged.
type look struct {
	field detect.Field
	guess detect.Field // what it would be without the contract's own word
	skip  bool
	rank  rank
	why   string
}

// rank says which of several looks at one value counts: the highest.
type rank uint8

const (
	byNothing rank = iota // nothing describes the value
	bySchema
	byContract // its own word
	bySetting
)

// named is what a schema object is called, by the place at which it stands.
type named struct {
	name string
	in   contract.In
}

// New returns the rules of c.
func New(c *contract.Contract, o Options) *Rules {
	r := &Rules{options: o, known: make(map[look]schema.Tag), names: make(map[*source.Node]named), read: make(map[*source.File]bool), scoped: make(map[*source.Node][]scope)}
	for _, op := range c.Operations {
		for _, p := range op.Parameters {
			n := p.Schema
			if p.Content != nil {
				n = p.Content.Schema
			}
			if n != nil {
				r.names[n] = named{strings.Clone(p.Name), p.In}
				if items := n.Get("items"); items.Is(source.Object) {
					r.names[items] = r.names[n]
				}
			}
		}
	}
	for i := range o.Settings {
		r.setting(c, &o.Settings[i])
	}
	return r
}

// Problems are, of rules that may be nil, those of settings and of words of the contract.
func (r *Rules) Problems() source.Problems {
	if r == nil {
		return nil
	}
	return r.problems
}

// Tags returns the tags of a schema object, for schema.Options.
func (r *Rules) Tags(n *source.Node) []schema.Tag {
	if r == nil {
		return nil
	}
	scopes := r.scoped[n]
	own, said := r.own(n)
	if len(scopes) == 0 && !said && (partly(n) || r.harmless(n) != "") {
		return nil
	}
	if len(scopes) == 0 {
		return r.tag(own)
	}
	if len(r.list) >= maxRules {
		return r.full()
	}
	r.list = append(r.list, rule{own, scopes})
	return []schema.Tag{schema.FirstText + schema.Tag(len(r.list)-1)}
}

// maxRules leaves room for the tags that package schema names itself.
const maxRules = int(schema.TagFile - schema.FirstText)

func (r *Rules) tag(l look) []schema.Tag {
	tag, known := r.known[l]
	if !known {
		if len(r.list) >= maxRules {
			return r.full()
		}
		tag = schema.FirstText + schema.Tag(len(r.list))
		r.list = append(r.list, rule{look: l})
		r.known[l] = tag
	}
	return []schema.Tag{tag}
}

// full says that there is no tag left. The value is inspected all the same, as
// one that nothing describes.
func (r *Rules) full() []schema.Tag {
	if len(r.list) == maxRules {
		r.list = append(r.list, rule{})
		r.problems = append(r.problems, source.Problem{Text: "the settings of inspect name too many fields one by one", Hint: "name properties of schemas, as in Order/note, rather than bodies of operations"})
	}
	return []schema.Tag{schema.TagLoose}
}

// own is how a text is judged by what its schema object says; said reports
// that it says so in a word of ours.
func (r *Rules) own(n *source.Node) (l look, said bool) {
	l = r.guess(n)
	w := n.Get(Word)
	if w == nil {
		return l, false
	}
	switch f, ok := fieldOf(w.Str()); {
	case w.Str() == Skip, w.Str() == Words[detect.Markup]:
		r.problems = append(r.problems, source.At(w, "say so under inspect.fields in gatehouse.yaml", "a contract may not loosen how a text is inspected, and %q does", w.Str()))
	case !ok:
		r.problems = append(r.problems, source.At(w, source.DidYouMean("the words are "+strings.Join(contractWords, ", "), w.Str(), contractWords...), "%s has no word %q", Word, w.Text()))
	default:
		return look{field: f, guess: l.field, rank: byContract, why: "the contract says so"}, true
	}
	return l, false
}

// contractWords are those that a contract may use.
var contractWords = Words[:detect.Markup]

// guess is what a text is for, by format and name.
func (r *Rules) guess(n *source.Node) look {
	l := look{rank: bySchema}
	at := r.called(n)
	format := n.Get("format").Str()
	if format == "" && strings.HasPrefix(n.Get("contentMediaType").Str(), "text/html") {
		format = "html"
	}
	if f, ok := byFormat[format]; ok {
		l.field, l.why = f, "format "+format
	} else if f, ok := byName(at.name); ok {
		l.field, l.why = f, "by its name"
	} else if at.in == contract.Path {
		l.field, l.why = detect.Identifier, "stands in the path"
	} else {
		l.why = "nothing says what it is for"
	}
	l.why = strings.Clone(l.why)
	l.guess = l.field
	return l
}

// called is what n is called: after the property or the parameter that it
// describes, else after itself, where it is a schema with a name.
func (r *Rules) called(n *source.Node) named {
	if f := n.File(); f != nil && !r.read[f] {
		r.read[f] = true
		r.collect(f.Root, "", 0)
	}
	return r.names[n]
}

// maxDepth bounds how deep documents are searched for names.
const maxDepth = 200

// collect notes the names of properties and of schemas below n, whose own name
// is name.
func (r *Rules) collect(n *source.Node, name string, depth int) {
	if depth > maxDepth {
		return
	}
	for _, item := range n.Items() {
		r.collect(item, name, depth+1)
	}
	for i := range n.Len() {
		m := n.Member(i)
		if m == nil {
			return
		}
		switch m.Name {
		case "properties", "schemas", "definitions", "$defs", "patternProperties":
			for k := range m.Value.Len() {
				if p := m.Value.Member(k); p != nil {
					r.name(&p.Value, p.Name)
					r.collect(&p.Value, p.Name, depth+1)
				}
			}
		case "items", "prefixItems", "additionalProperties", "allOf", "anyOf", "oneOf", "then", "else", "not", "if": // call it after what it is part of
			r.name(&m.Value, name)
			for _, part := range m.Value.Items() {
				r.name(part, name)
			}
			r.collect(&m.Value, name, depth+1)
		case "example", "examples", "enum", "default", "const":
		default:
			r.collect(&m.Value, "", depth+1)
		}
	}
}

func (r *Rules) name(n *source.Node, name string) {
	if _, known := r.names[n]; !known && name != "" {
		r.names[n] = named{name: strings.Clone(name)}
	}
}

func (s *Setting) look() (look, error) {
	if s.Word == Skip {
		return look{skip: true, rank: bySetting, why: "gatehouse.yaml says so"}, nil
	}
	f, ok := fieldOf(s.Word)
	if !ok {
		return look{}, fmt.Errorf("there is no word %q", s.Word)
	}
	return look{field: f, guess: f, rank: bySetting, why: "gatehouse.yaml says so"}, nil
}
