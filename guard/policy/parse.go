package policy

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/cedar-policy/cedar-go"
	public "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// The bounds of rules.
const (
	maxFile  = 1 << 20 // bytes of one file
	maxRules = 10_000  // of one API
	maxID    = 100     // bytes
)

// rule is one policy of Cedar.
type rule struct {
	id     string
	policy *cedar.Policy
	bare   *cedar.Policy // without what of its scope the slices have settled
	ast    *ast.Policy
	file   *File
	start  int // where it stands in the file
	end    int
	forbid bool
	reads  need     // of the context
	body   bool     // it reads the body
	shares []string // kinds of objects that it opens
}

// parse reads the rules of a file. Where one cannot be read, the others are
// looked at all the same.
func parse(f *File) (rules []*rule, problems source.Problems) {
	if len(f.Text) > maxFile {
		return nil, source.Problems{f.problem(0, "split it", "the file of rules is larger than 1 MiB")}
	}
	if bytes.ContainsRune(f.Text, 0) {
		return nil, source.Problems{f.problem(bytes.IndexByte(f.Text, 0), "", "the file holds a byte that no text has")}
	}
	list, err := cedar.NewPolicyListFromBytes(f.Name, f.Text)
	if err != nil {
		return nil, f.mistakes(err)
	}
	for i, p := range list {
		r := &rule{policy: p, ast: (*ast.Policy)(p.AST()), file: f, start: p.Position().Offset, end: len(f.Text), forbid: p.Effect() == cedar.Forbid}
		if i > 0 {
			rules[i-1].end = r.start
		}
		r.id = fmt.Sprintf("%s#%d", filepath.Base(f.Name), i+1)
		if id, ok := p.Annotations()["id"]; ok {
			r.id = string(id)
			if !plain(r.id) {
				problems = append(problems, f.problem(r.find(r.id, true), "use letters, digits, spaces and signs of ASCII, 100 at most", "the id of a rule stands on events, and this is no short plain text"))
			}
		}
		r.bare = bare(r.ast)
		r.reads.collect(r.ast)
		r.body = r.reads.has("body")
		if list, ok := p.Annotations()[shareWord]; ok {
			r.shares = kindsIn(string(list))
			problems = append(problems, r.wrongShare(string(list))...)
		}
		rules = append(rules, r)
	}
	return rules, problems
}

func plain(id string) bool {
	if id == "" || len(id) > maxID || strings.TrimSpace(id) != id {
		return false
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return false
		}
	}
	return true
}

// find returns where a word of the rule stands, or where the rule begins.
func (r *rule) find(word string, quoted bool) int {
	for _, t := range tokens(string(r.file.Text[r.start:r.end])) {
		if t.text == word && t.quoted == quoted {
			return r.start + t.at
		}
	}
	return r.start
}

// findAny looks for a word in and outside of quotes.
func (r *rule) findAny(word string) int {
	if at := r.find(word, false); at != r.start {
		return at
	}
	return r.find(word, true)
}

// bare returns a rule without the parts of its scope that hold wherever a slice
// has it: its action and resource always, its principal where that is one caller
// or the holders of one role. To look at them again would cost more than all the
// rest.
func bare(p *ast.Policy) *cedar.Policy {
	b := *p
	b.Action, b.Resource = ast.ScopeTypeAll{}, ast.ScopeTypeAll{}
	switch s := p.Principal.(type) {
	case ast.ScopeTypeEq, ast.ScopeTypeIn:
		b.Principal = ast.ScopeTypeAll{}
	case ast.ScopeTypeIsIn:
		b.Principal = ast.ScopeTypeIs{Type: s.Type}
	}
	return cedar.NewPolicyFromAST((*public.Policy)(&b))
}

// entityOf returns the entity of a scope, if it has one.
func entityOf(scope any) (uid types.EntityUID, ok bool) {
	switch s := scope.(type) {
	case ast.ScopeTypeEq:
		return s.Entity, true
	case ast.ScopeTypeIn:
		return s.Entity, true
	case ast.ScopeTypeIsIn:
		return s.Entity, true
	}
	return uid, false
}
