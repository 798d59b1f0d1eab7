// Package graphql is the guard of operations that take queries in GraphQL: a
// query is held to the schema and to bounds of depth, cost, aliases and
// directives before the API sees it, its fields to the roles that may have them,
// and, where that is asked for, to a list of known queries. The root package
// builds one Guard for each such operation; no other guard imports it. It reads
// the JSON that a query comes in, strictly, and knows nothing of net/http or of
// configuration files.
package graphql

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Guard judges queries. It is immutable; many goroutines may use it at once.
type Guard struct {
	o      Options
	schema *ast.Schema
	known  map[[sha256.Size]byte]bool // queries, by their SHA-256; nil for all
	roles  map[string][]gate.Rights   // by Type.field: one role of each set is needed
}

var (
	_ gate.HeadGuard = (*Guard)(nil)
	_ gate.BodyGuard = (*Guard)(nil)
)

// WholeBody says that Body judges streams as well: what the contract does not
// describe as JSON is read whole all the same.
func (*Guard) WholeBody() {}

// Head judges a query of a GET, and has a body read whole.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	if x.BodyLength != 0 {
		x.WholeBody = true
		return gate.Allow
	}
	return g.inURL(x)
}

// inURL judges the query of a call without a body.
func (g *Guard) inURL(x *gate.Exchange) gate.Verdict {
	if string(x.Method) != "GET" {
		return x.Deny(noQuery)
	}
	r, ok := fromQuery(x.Query)
	if !ok {
		return x.Deny(noQuery)
	}
	r.get = true
	return g.judge(x, []request{r}, "query")
}

var noQuery = gate.Refusal{Code: gate.GraphQLForm, Detail: "must hold a query in GraphQL as the specification of GraphQL over HTTP says"}

// Body judges the queries of a body.
func (g *Guard) Body(x *gate.Exchange) gate.Verdict {
	switch {
	case x.BodyLength == 0:
		return gate.Allow // judged by its head
	case len(x.Body) == 0: // of a length that the head did not say
		return g.inURL(x)
	case asks(x.Query): // servers differ in which of the two they run
		r := noQuery
		r.In = "query"
		return x.Deny(r)
	}
	get := string(x.Method) == "GET"
	if mediaIs(x, "application/graphql") {
		return g.judge(x, []request{{query: string(x.Body), has: true, get: get}}, "body")
	}
	list, ok := fromJSON(x.Body, g.o.MaxBatch+1)
	switch {
	case !ok || len(list) == 0:
		r := noQuery
		r.In = "body"
		return x.Deny(r)
	case len(list) > g.o.MaxBatch:
		return x.Deny(limited("body", "must not hold so many queries at once"))
	}
	for i := range list {
		list[i].get = get
	}
	return g.judge(x, list, "body")
}

func limited(in, detail string) gate.Refusal {
	return gate.Refusal{Code: gate.GraphQLLimit, In: in, Detail: detail}
}

// judge judges queries that come together: their costs add up.
func (g *Guard) judge(x *gate.Exchange, list []request, in string) gate.Verdict {
	total := int64(0)
	for i := range list {
		cost, r := g.one(x, &list[i])
		if r.Code != gate.Undecided {
			r.In = in
			return x.Deny(r)
		}
		if total += cost; total > g.o.MaxCost {
			return x.Deny(limited(in, "costs more than a call may: ask for fewer fields, or for fewer items of lists"))
		}
	}
	x.Complexity = total
	return gate.Allow
}

var (
	refuseForm     = gate.Refusal{Code: gate.GraphQLForm, Detail: "must be one query in GraphQL that the schema describes"}
	refuseHash     = gate.Refusal{Code: gate.GraphQLForm, Detail: "must name the SHA-256 of the query that it holds"}
	refuseMutation = gate.Refusal{Code: gate.GraphQLForm, Detail: "must be a query: a GET changes nothing"} // GraphQL over HTTP section 6.3
	refuseNameless = gate.Refusal{Code: gate.GraphQLDenied, Detail: "must hold its text beside the SHA-256 of it: fields are kept to roles here"}
	refuseUnknown  = gate.Refusal{Code: gate.GraphQLDenied, Detail: "must be one of the queries that are known here"}
	refuseSchema   = gate.Refusal{Code: gate.GraphQLDenied, Detail: "must not ask for the schema"}
	refuseRole     = gate.Refusal{Code: gate.GraphQLDenied, Detail: "the caller has no role that may have a field of the query"}
)

// validRules are all of the specification (GraphQL section 5).
var validRules = rules.NewDefaultRules()

// one judges a single query and returns what it costs. The bounds come first:
// what validates documents compares fields with each other.
func (g *Guard) one(x *gate.Exchange, r *request) (cost int64, refusal gate.Refusal) {
	if done, refusal := g.persisted(r); done {
		return max(1, g.o.MaxCost/int64(g.o.MaxBatch)), refusal // nobody knows, so it is the most that each may cost
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: r.query}, g.o.MaxTokens)
	if err != nil {
		return 0, refuseForm
	}
	op := operationOf(doc, r.name)
	if op == nil {
		return 0, refuseForm
	}
	if r.get && op.Operation != ast.Query {
		return 0, refuseMutation
	}
	m := measure{guard: g, doc: doc, variables: r.variables, seen: make(map[string]*size)}
	for _, o := range doc.Operations { // also those that are not run: they are validated
		s := m.set(o.SelectionSet, g.root(o.Operation), 1)
		s.directives += len(o.Directives)
		for _, v := range o.VariableDefinitions {
			s.directives += len(v.Directives)
		}
		switch {
		case m.wrong:
			return 0, refuseForm
		case s.depth > g.o.MaxDepth:
			return 0, limited("", "is nested deeper than a query may be")
		case s.aliases > g.o.MaxAliases:
			return 0, limited("", "has more aliases than a query may have")
		case s.directives > g.o.MaxDirectives:
			return 0, limited("", "has more directives than a query may have")
		case s.fields > maxFields:
			return 0, limited("", "has more fields than a query may have")
		case o == op:
			cost = s.cost
		}
	}
	if cost > g.o.MaxCost {
		return 0, limited("", "costs more than a call may: ask for fewer fields, or for fewer items of lists")
	}
	if len(validator.ValidateWithRules(g.schema, doc, validRules)) > 0 {
		return 0, refuseForm
	}
	if refusal := g.allowed(x, doc); refusal.Code != gate.Undecided {
		return 0, refusal
	}
	return cost, gate.Refusal{}
}

// maxFields bounds the fields of a query with its fragments written out.
const maxFields = 2000

// operationOf returns the operation that is run (GraphQL section 6.1).
func operationOf(doc *ast.QueryDocument, name string) *ast.OperationDefinition {
	switch {
	case name != "":
		return doc.Operations.ForName(name)
	case len(doc.Operations) == 1:
		return doc.Operations[0]
	}
	return nil
}

// root is the type that an operation begins with.
func (g *Guard) root(o ast.Operation) *ast.Definition {
	switch o {
	case ast.Mutation:
		return g.schema.Mutation
	case ast.Subscription:
		return g.schema.Subscription
	}
	return g.schema.Query
}

// persisted holds a query to the list of those that are known. done says that
// nothing more is to be judged.
func (g *Guard) persisted(r *request) (done bool, refusal gate.Refusal) {
	var named [sha256.Size]byte
	if r.hash != "" {
		if n, err := hex.Decode(named[:], []byte(r.hash[:min(len(r.hash), 2*sha256.Size)])); err != nil || n != sha256.Size || len(r.hash) != 2*sha256.Size {
			return true, refuseHash
		}
	}
	switch {
	case !r.has && r.hash == "":
		return true, refuseForm
	case !r.has: // the API has the text
		if !g.known[named] {
			return true, refuseUnknown
		}
		if len(g.roles) > 0 { // which of the fields it has cannot be seen
			return true, refuseNameless
		}
		return true, gate.Refusal{}
	}
	sum := sha256.Sum256([]byte(r.query))
	switch {
	case r.hash != "" && sum != named: // another text would be kept under the name
		return true, refuseHash
	case g.known != nil && !g.known[sum]:
		return true, refuseUnknown
	}
	return false, gate.Refusal{}
}

// mediaIs reports whether the body is of a media type.
func mediaIs(x *gate.Exchange, name string) bool {
	value, n := x.Field("Content-Type")
	return n == 1 && len(value) >= len(name) && gate.EqualFold(value[:len(name)], name) && (len(value) == len(name) || value[len(name)] == ';' || value[len(name)] == ' ')
}
