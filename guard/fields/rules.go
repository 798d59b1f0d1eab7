package fields

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Words of the contract. They stand beside a schema and hold for every value
// that it describes.
const (
	ReadWord  = "x-gatehouse-read"
	WriteWord = "x-gatehouse-write"
)

// Setting is a rule that does not stand in the contract.
type Setting struct {
	// Name is the name of a schema of the contract and the way to a property of
	// it, as in "User/salary" or "Order/lines/*/cost"; "*" is any item of a list,
	// or any property that has no name of its own. "/" in a name is "~1", "~" is
	// "~0" (RFC 6901 section 3).
	Name string
	// Read and Write are the roles of which one is enough; nil asks for none, an
	// empty list lets nobody.
	Read, Write []string
	Drop        bool // takes out what may not be written, instead of refusing
	Place       Place
}

// Place is where a setting was written.
type Place interface {
	Problem(hint, format string, args ...any) source.Problem
}

// Rules are those of one API.
type Rules struct {
	words    *gate.Vocabulary
	unknown  func(string) (string, bool)
	list     []rule // by tag, from 1
	known    map[string]schema.Tag
	at       map[*source.Node][]schema.Tag // of settings
	problems source.Problems
}

// rule is who may read and write one part.
type rule struct {
	read, write *gate.Rights // one role of the set is enough; nil asks nothing
	drop        bool
}

// New returns the rules of c, those of settings among them. Roles are words of
// the plan; unknown says of one that nobody can have, and what was meant.
func New(c *contract.Contract, settings []Setting, words *gate.Vocabulary, unknown func(role string) (hint string, bad bool)) *Rules {
	r := &Rules{words: words, unknown: unknown, known: make(map[string]schema.Tag), at: make(map[*source.Node][]schema.Tag)}
	for i := range settings {
		r.setting(c, &settings[i])
	}
	return r
}

// Problems are those of settings and of words of the contract.
func (r *Rules) Problems() source.Problems { return r.problems }

// Tags returns the tags of the rules of a schema, for schema.Options.
func (r *Rules) Tags(n *source.Node) (tags []schema.Tag) {
	read, write := n.Get(ReadWord), n.Get(WriteWord)
	if read != nil || write != nil {
		if tag := r.tag(r.roles(read), r.roles(write), false); tag != schema.TagDrop {
			tags = append(tags, tag)
		}
	}
	return append(tags, r.at[n]...)
}

// roles reads a list of roles; nil when there is none.
func (r *Rules) roles(n *source.Node) []string {
	if n == nil {
		return nil
	}
	list := []string{}
	if !n.Is(source.Array) {
		r.problems = append(r.problems, source.At(n, `write a list, as in [support]; [] lets nobody`, "roles must be a list of texts"))
	}
	for _, item := range n.Items() {
		if item.Str() == "" {
			r.problems = append(r.problems, source.At(item, "put it into quotes", "a role is text"))
			continue
		}
		if hint, bad := r.unknown(item.Str()); bad {
			r.problems = append(r.problems, source.At(item, hint, "the roles at the top of gatehouse.yaml have no %q", item.Str()))
		}
		list = append(list, strings.Clone(item.Str()))
	}
	return list
}

// tag returns the tag of a rule; equal rules share one.
func (r *Rules) tag(read, write []string, drop bool) schema.Tag {
	key := ""
	for _, list := range [][]string{read, write} {
		list = slices.Compact(slices.Sorted(slices.Values(list)))
		if list != nil {
			key += "\x00" + strings.Join(list, "\x01")
		}
		key += "\x02"
	}
	if drop {
		key += "drop"
	}
	if tag, ok := r.known[key]; ok {
		return tag
	}
	if len(r.list) >= MaxRules {
		if len(r.list) == MaxRules {
			r.problems = append(r.problems, source.Problem{Text: "the rules of properties are too many kinds", Hint: "name roles in the same way where the same callers are meant"})
		}
		return schema.TagDrop
	}
	r.list = append(r.list, rule{read: r.rights(read), write: r.rights(write), drop: drop})
	r.known[key] = FirstTag + schema.Tag(len(r.list)-1)
	return r.known[key]
}

// Tags of this guard; other guards have others.
const (
	FirstTag schema.Tag = 1
	LastTag  schema.Tag = 1 << 14
)

// MaxRules is how many different rules an API may have.
const MaxRules = int(LastTag - FirstTag + 1)

func (r *Rules) rights(roles []string) *gate.Rights {
	if roles == nil {
		return nil
	}
	set := new(gate.Rights)
	for _, role := range roles {
		*set = r.words.Role(*set, role)
	}
	return set
}

// rule returns the rule of a tag, nil for a tag of somebody else.
func (r *Rules) rule(tag schema.Tag) *rule {
	if tag == schema.TagDrop || int(tag) > len(r.list) {
		return nil
	}
	return &r.list[tag-1]
}
