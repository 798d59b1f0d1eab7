package ssrf

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// Tags of this guard; other guards have others. There are as many as classes of
// values for each field that has a setting.
const (
	FirstTag schema.Tag = 0x7000
	LastTag             = FirstTag + maxTags - 1
)

const maxTags = 0x800

// Setting is one field with hosts and networks of its own.
type Setting struct {
	// Name is a property as in "Order/callback", a parameter of a query as in
	// "import?from", or one of a path as in "/hooks/{target}".
	Name  string
	Allow Allowed
	Place Place
}

// Place is where a setting was written.
type Place interface {
	Problem(hint, format string, args ...any) source.Problem
}

// RulesOptions are what Rules are made of beside the contract.
type RulesOptions struct {
	Off      bool // nothing is tagged
	Settings []Setting
	Open     bool // requests may hold members that no schema describes
	// Names reports whether a name means an operation.
	Names func(op *contract.Operation, name string) bool
}

// Rules say which values of one API are URLs.
type Rules struct {
	options  RulesOptions
	tags     []meaning
	known    map[meaning]schema.Tag
	at       map[*source.Node]*Allowed // of settings
	names    map[*source.Node]class    // of properties, by their names
	problems source.Problems
}

// meaning is what a tag says of a value.
type meaning struct {
	class class
	allow *Allowed
}

// NewRules returns the rules of c.
func NewRules(c *contract.Contract, o RulesOptions) *Rules {
	r := &Rules{options: o, known: make(map[meaning]schema.Tag), at: make(map[*source.Node]*Allowed), names: make(map[*source.Node]class)}
	for i := range o.Settings {
		s := &o.Settings[i]
		if strings.HasPrefix(s.Name, "/") || strings.Contains(s.Name, "?") {
			if !r.parameter(c, s.Name) {
				r.problems = append(r.problems, s.Place.Problem("write a property as in Order/callback, a parameter as in import?from, or /hooks/{target}", "the contract has no %q", s.Name))
			}
			continue
		}
		place, wrong, hint := reach.Find(c, s.Name)
		if wrong != "" {
			r.problems = append(r.problems, s.Place.Problem(hint, "%s", wrong))
			continue
		}
		for _, n := range place.Schemas {
			r.at[n] = &s.Allow
		}
	}
	return r
}

// Problems are those of settings.
func (r *Rules) Problems() source.Problems { return r.problems }

// parameter reports whether c has a parameter that a setting names.
func (r *Rules) parameter(c *contract.Contract, name string) bool {
	for _, op := range c.Operations {
		for _, p := range op.Parameters {
			if r.means(op, p, name) {
				return true
			}
		}
	}
	return false
}

// means reports whether the name of a setting means p of op.
func (r *Rules) means(op *contract.Operation, p *contract.Parameter, name string) bool {
	if operation, parameter, ok := strings.Cut(name, "?"); ok && p.In != contract.Path {
		return p.Name == parameter && r.options.Names(op, operation)
	}
	return p.In == contract.Path && strings.HasSuffix(name, "{"+p.Name+"}") && strings.HasPrefix(op.Path, name)
}

// tag returns the number of a meaning; TagDrop never.
func (r *Rules) tag(m meaning) schema.Tag {
	if t, ok := r.known[m]; ok {
		return t
	}
	if len(r.tags) == maxTags {
		r.problems = append(r.problems, source.Problem{Text: "there are too many fields with hosts of their own"})
		return FirstTag
	}
	t := FirstTag + schema.Tag(len(r.tags))
	r.tags = append(r.tags, m)
	r.known[m] = t
	return t
}

// meaning returns what a tag says, nil for one of somebody else.
func (r *Rules) meaning(t schema.Tag) *meaning {
	if t < FirstTag || int(t-FirstTag) >= len(r.tags) {
		return nil
	}
	return &r.tags[t-FirstTag]
}

// judged reports whether a value that begins at start is judged by a span of its
// own.
func (r *Rules) judged(spans []schema.Span, start uint32) bool {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].End > start })
	for ; i < len(spans) && spans[i].Start >= start; i++ {
		if spans[i].Start == start && r.meaning(spans[i].Tag) != nil {
			return true
		}
	}
	return false
}

// Tags returns the tags of a schema, for schema.Options.
func (r *Rules) Tags(n *source.Node) []schema.Tag {
	if r.options.Off {
		return nil
	}
	r.children(n)
	m := meaning{class: r.class(n), allow: r.at[n]}
	if m.allow != nil {
		m.class = listed(n)
	}
	if m.class == none {
		return nil
	}
	return []schema.Tag{r.tag(m)}
}

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

// Options are how the values of one operation are judged.
type Options struct {
	Schemes  []string      // without any, http and https
	Ports    []int         // without any, those on which HTTP may be spoken
	Resolver *Resolver     // nil judges names by themselves
	Wait     time.Duration // for names to be resolved; default 200ms
	Open     bool          // names that cannot be resolved pass, and are reported
	Typed    bool          // only what a schema or a name calls a URL is judged
}

// Guard compiles the guard of op. Schemas are compiled by c, whose Tags must
// hold those of r.
func (r *Rules) Guard(op *contract.Operation, c *schema.Compiler, o Options) *Guard {
	g := &Guard{rules: r, schemes: o.Schemes, ports: o.Ports, resolver: o.Resolver, wait: o.Wait, open: o.Open, typed: o.Typed}
	if len(g.schemes) == 0 {
		g.schemes = []string{"http", "https"}
	}
	if g.wait <= 0 {
		g.wait = 200 * time.Millisecond
	}
	for _, p := range op.Parameters {
		how := style.Literal
		switch p.In {
		case contract.Path:
			how = style.Percent
		case contract.Query:
			how = style.Plus
		}
		codec, s, _ := style.Compile(c, p, how, style.Depth) // what is wrong with it the guard of requests says
		q := parameter{in: p.In.String(), codec: codec, class: named([]byte(p.Name))}
		for _, t := range s.Tags() {
			if m := r.meaning(t); m != nil {
				q.class = max(q.class, m.class)
			}
		}
		for i := range r.options.Settings {
			if set := &r.options.Settings[i]; r.means(op, p, set.Name) {
				q.class, q.allow = listed(p.Schema), &set.Allow
			}
		}
		if q.class != none {
			g.parameters = append(g.parameters, q)
		}
	}
	if op.Body != nil {
		for _, m := range op.Body.Media {
			if m.Schema == nil {
				continue
			}
			for _, t := range c.Compile(m.Schema).Tags() {
				g.body = g.body || r.meaning(t) != nil
			}
		}
	}
	return g
}
