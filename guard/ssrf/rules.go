package ssrf

import (
	"slices"
	"sort"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// Tags of this guard; other guards have others. There are as many as classes of
// values for each field that has a setting.
const (
	FirstTag schema.Tag = 0x7000
	LastTag             = FirstTag + maxTags - 1
)

const maxTags = 0x800

// RulesOptions are what Rules are made of beside the contract.
type RulesOptions struct {
	Off      bool // nothing is tagged
	Settings []Setting
	Open     bool // requests may hold members that no schema describes
	// Names returns the names that an operation has.
	Names func(op *contract.Operation) []string
}

// Rules say which values of one API are URLs.
type Rules struct {
	options  RulesOptions
	numbers  map[*contract.Operation]int // from 1
	told     *told
	allows   []*Allowed // of settings, in order
	known    map[meaning]schema.Tag
	at       map[*source.Node]given // of settings
	givens   []*given               // those that tags speak of, each once
	names    map[*source.Node]class // of properties, by their names
	problems source.Problems
}

// told are the meanings of tags. Guards keep it, and with it nothing of a
// document.
type told struct{ tags []meaning }

// meaning is what a tag says of a value.
type meaning struct {
	class  class  // where no setting holds
	listed class  // where one does
	given  *given // nil where there is none
}

// of returns what a tag says of a value in calls of an operation.
func (m *meaning) of(op int) (class, *Allowed, rank) {
	if m.given != nil {
		if allow, by := m.given.of(op); allow != nil {
			return m.listed, allow, by
		}
	}
	return m.class, nil, byNothing
}

// NewRules returns the rules of c.
func NewRules(c *contract.Contract, o RulesOptions) *Rules {
	r := &Rules{options: o, told: new(told), numbers: make(map[*contract.Operation]int), known: make(map[meaning]schema.Tag), at: make(map[*source.Node]given), names: make(map[*source.Node]class)}
	for i, op := range c.Operations {
		r.numbers[op] = i + 1
	}
	for i := range o.Settings {
		allow := o.Settings[i].Allow
		r.allows = append(r.allows, &allow)
		r.setting(c, &o.Settings[i], &allow)
	}
	r.sortScopes()
	return r
}

// Problems are those of settings.
func (r *Rules) Problems() source.Problems { return r.problems }

// shared returns what settings gave a schema object, the same for all that were
// given the same.
func (r *Rules) shared(g given) *given {
	for _, known := range r.givens {
		if slices.Equal(*known, g) {
			return known
		}
	}
	r.givens = append(r.givens, &g)
	return &g
}

// tag returns the number of a meaning; TagDrop never.
func (r *Rules) tag(m meaning) schema.Tag {
	if t, ok := r.known[m]; ok {
		return t
	}
	if len(r.told.tags) == maxTags {
		r.problems = append(r.problems, source.Problem{Text: "there are too many fields with hosts of their own"})
		return FirstTag
	}
	t := FirstTag + schema.Tag(len(r.told.tags))
	r.told.tags = append(r.told.tags, m)
	r.known[m] = t
	return t
}

// says returns what a tag says of a value in calls of an operation; none for a
// tag of somebody else.
func (r *told) says(t schema.Tag, op int) (class, *Allowed, rank) {
	if t < FirstTag || int(t-FirstTag) >= len(r.tags) {
		return none, nil, byNothing
	}
	return r.tags[t-FirstTag].of(op)
}

// judged reports whether a value that begins at start is judged by a span of its
// own in calls of an operation.
func (r *told) judged(spans []schema.Span, start uint32, op int) bool {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].End > start })
	for ; i < len(spans) && spans[i].Start >= start; i++ {
		if c, _, _ := r.says(spans[i].Tag, op); c != none && spans[i].Start == start {
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
	m := meaning{class: r.class(n)}
	if g := r.at[n]; g != nil {
		m.listed, m.given = listed(n), r.shared(g)
	}
	if max(m.class, m.listed) == none {
		return nil
	}
	return []schema.Tag{r.tag(m)}
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
	g := &Guard{told: r.told, op: r.numbers[op], schemes: o.Schemes, ports: o.Ports, resolver: o.Resolver, wait: o.Wait, open: o.Open, typed: o.Typed}
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
		best := byNothing
		for _, t := range s.Tags() {
			c, allow, by := g.told.says(t, g.op)
			if q.class = max(q.class, c); by > best && !codec.Object && !codec.JSON {
				q.allow, best = allow, by
			}
		}
		for i := range r.options.Settings {
			if set := &r.options.Settings[i]; r.means(op, p, set.Name) {
				q.class, q.allow = listed(p.Schema), r.allows[i]
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
				c, _, _ := g.told.says(t, g.op)
				g.body = g.body || c != none
			}
		}
	}
	return g
}
