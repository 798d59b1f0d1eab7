package login

import (
	"iter"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/reach"
)

// Tags of this guard, three for each login; other guards have others.
const (
	FirstTag schema.Tag = 1<<14 + 1
	LastTag             = FirstTag + 3*maxLogins - 1
)

// maxLogins bounds the operations of an API that are logins.
const maxLogins = 500

// Setting says that an operation is a login.
type Setting struct {
	// Account and Password are JSON pointers into the body (RFC 6901), of names
	// only. Basic says that both stand in the field Authorization.
	Account, Password string
	Basic             bool
	Failed            []int  // statuses; empty for the usual ones
	Succeeded         []int  // statuses; empty for 2xx
	Success, Failure  string // JSON pointers into the answer: there only when a login succeeded, or failed; at most one
	Place             Place
}

// Place is where a setting was written.
type Place interface {
	Problem(hint, format string, args ...any) source.Problem
}

// Options are what all logins of an API share.
type Options struct {
	API     string
	Table   *Table
	Limits  *Limits
	Refuse  bool // breached passwords are refused, not only reported
	Conceal bool // who is locked out is answered as one who failed
}

// Logins are those of one API.
type Logins struct {
	options  Options
	contract *contract.Contract
	at       map[*source.Node][]schema.Tag
	tags     map[*contract.Operation]schema.Tag // of the account; the next are of the password and of the sign
	problems source.Problems
}

// New returns the logins of c. find returns the setting of an operation, nil
// when it is no login.
func New(c *contract.Contract, o Options, find func(*contract.Operation) *Setting) *Logins {
	l := &Logins{options: o, contract: c, at: make(map[*source.Node][]schema.Tag), tags: make(map[*contract.Operation]schema.Tag)}
	for _, op := range c.Operations {
		s := find(op)
		if s == nil {
			continue
		}
		if len(l.tags) == maxLogins {
			l.problems = append(l.problems, s.Place.Problem("name fewer", "more than %d operations are logins", maxLogins))
			break
		}
		tag := FirstTag + schema.Tag(3*len(l.tags))
		l.tags[op] = tag
		if !s.Basic {
			l.mark(op, s, s.Account, tag)
			l.mark(op, s, s.Password, tag+1)
		}
	}
	return l
}

// mark gives the schemas that a pointer into the body of op leads to a tag.
func (l *Logins) mark(op *contract.Operation, s *Setting, pointer string, tag schema.Tag) {
	if pointer == "" {
		return
	}
	if op.Body == nil {
		l.problems = append(l.problems, s.Place.Problem("describe the body, or say basic: true where account and password stand in Authorization", "%s has no body", op.Name()))
		return
	}
	for _, m := range op.Body.Media {
		kind, ok := media.Parse(m.Type)
		if !ok {
			continue // other guards say so
		}
		var nodes []*source.Node
		hint := "write it as the contract does, as in /email"
		if m.Schema != nil {
			nodes, hint = reach.Below(l.contract, m.Schema, pointer)
		}
		switch k := kind.Kind(); {
		case k == media.Opaque || kind.Sub == "*":
			l.problems = append(l.problems, s.Place.Problem("describe it as JSON or as a form", "%s takes bodies of type %s, in which nobody can find account and password", op.Name(), m.Type))
		case len(nodes) == 0:
			l.problems = append(l.problems, s.Place.Problem(hint, "the body of %s, %s, has nothing at %s", op.Name(), m.Type, pointer))
		}
		for _, n := range nodes {
			if !slices.Contains(l.at[n], tag) {
				l.at[n] = append(l.at[n], tag)
			}
		}
	}
}

// Problems are those of settings.
func (l *Logins) Problems() source.Problems { return l.problems }

// Tags returns the tags of a schema, for schema.Options.
func (l *Logins) Tags(n *source.Node) []schema.Tag { return l.at[n] }

// Guard returns the guard of an operation that is a login; c compiles what it looks
// for in answers. breached and ask may be nil: ask is asked in place of locking
// strangers out, and while the API is attacked.
func (l *Logins) Guard(op *contract.Operation, s *Setting, c *schema.Compiler, breached *List, ask Challenger) *Guard {
	o := &l.options
	g := &Guard{
		table: o.Table, limits: o.Limits, breached: breached, ask: ask, refuse: o.Refuse, conceal: o.Conceal, basic: s.Basic,
		failed: slices.Clone(s.Failed), passed: slices.Clone(s.Succeeded), accountAt: strings.Clone(s.Account), passwordAt: strings.Clone(s.Password),
	}
	g.failures(s)
	scheme := "Login"
	if s.Basic {
		scheme = "Basic"
	}
	g.realm = []byte(scheme + ` realm="` + realm(o.API) + `"`)
	if tag, marked := l.tags[op]; marked {
		g.account, g.password = tag, tag+1
		if s.Success != "" || s.Failure != "" {
			g.sign = l.newSign(op, c, tag+2, s.Success+s.Failure, s.Failure != "")
		}
	}
	if !g.tells(op) {
		l.problems = append(l.problems, source.Warn(op.Node, "describe the answer to a wrong password, as in 401; where the API says it otherwise, say how under login of the operation: failed: [302], success: /token, or failure: /error",
			"the contract of %s has no answer to a login that fails, so that guesses may not be counted", op.Name()))
	}
	return g
}

// failures are the statuses of s by which logins fail, or the usual ones but for
// those by which they succeed.
func (g *Guard) failures(s *Setting) {
	if len(g.failed) > 0 {
		return
	}
	usual := failedBody
	if s.Basic {
		usual = failedBasic
	}
	for _, status := range usual {
		if !slices.Contains(s.Succeeded, status) {
			g.failed = append(g.failed, status)
		}
	}
}

// realm is a name as a quoted string may hold it (RFC 9110 section 5.6.4).
func realm(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, name)
}

// Properties yields those of the objects that a schema of c describes.
func Properties(c *contract.Contract, n *source.Node) iter.Seq2[string, *source.Node] {
	return reach.Properties(c, n)
}
