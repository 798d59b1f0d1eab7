// Package request is the guard that lets a request through only when its
// parameters and its body are what the contract describes. The root package
// builds one Guard for each operation; no other guard imports it. It knows
// nothing of net/http, of identities or of configuration files.
//
// Everything that untyped text can mean is decided once here: a value is
// split and percent-decoded as its style says, written as JSON text by the
// shape of its schema, and judged by the schema's reader. What two readers
// could take for different values is refused.
package request

import (
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Options say how strict a Guard is. The zero value refuses what the contract
// does not name.
type Options struct {
	// Undeclared is for query fields, form fields, parts and object properties
	// that the contract does not name. Drop removes whole fields and parts,
	// and properties of JSON and XML bodies; inside of a parameter or a field they
	// are refused all the same. What is left is judged again as if by Refuse.
	Undeclared schema.Policy
	// Misplaced is for readOnly properties. Drop removes them from JSON
	// and XML bodies; elsewhere they are refused all the same.
	Misplaced    schema.Policy
	MaxBodyBytes int64 // of a body, buffered or streamed; 1 MiB when 0
	// Gzip takes bodies in the content coding gzip where the gate reads them:
	// decoded within MaxBodyBytes, and forwarded decoded.
	Gzip bool
	// Hears keeps what is read without a schema in Exchange.Heard, for a guard
	// that inspects it. For the same guard bodies are buffered whose media type has
	// no schema and is read as JSON, a form, XML or text, as long as MaxBodyBytes
	// is MostHeard at most. Those that are well-formed JSON become
	// Exchange.BodyJSON.
	Hears bool
}

// defaultBodyBytes bounds a body when Options say nothing.
const defaultBodyBytes = 1 << 20

// MostHeard bounds bodies without a schema that are buffered only to be
// inspected. Where larger ones may come, all of them are streams: otherwise
// whoever sends one could choose whether it is read.
const MostHeard = 16 << 20

// Guard judges the parameters and the body of one operation. It is immutable;
// many goroutines may use it at once.
type Guard struct {
	options Options
	path    []pathParameter
	query   *fields
	cookie  *fields
	headers headers
	body    *body // nil when the operation takes none
	plain   bool  // no parameter is declared
}

var (
	_ gate.HeadGuard = (*Guard)(nil)
	_ gate.BodyGuard = (*Guard)(nil)
)

// New compiles the guard of op. Schemas are compiled by c, which keeps their
// problems; the problems returned are those of parameters and media types.
// The guard is usable unless one of them is an error.
func New(op *contract.Operation, c *schema.Compiler, o Options) (*Guard, source.Problems) {
	if o.MaxBodyBytes <= 0 {
		o.MaxBodyBytes = defaultBodyBytes
	}
	b := &builder{compiler: c, options: o}
	g := &Guard{options: o}
	g.path = b.path(op)
	g.query = b.parameters(op, contract.Query)
	g.cookie = b.parameters(op, contract.Cookie)
	g.headers = b.headers(op)
	g.body = b.body(op.Body)
	g.plain = len(g.path)+len(g.query.list)+len(g.headers.list)+len(g.cookie.list) == 0
	return g, b.problems
}

// Head judges the parameters and decides how the body is taken.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	x.Schema.Spans = x.Schema.Spans[:0] // those of an earlier exchange
	x.Heard.Forget()
	g.headers.strip(x)
	if v := g.intake(x); v != gate.Allow {
		return v
	}
	if g.plain && len(x.Query) == 0 {
		return gate.Allow
	}
	r := open()
	defer r.close()
	if v := g.judgePath(x, r); v != gate.Allow {
		return v
	}
	if v := g.headers.judge(x, r); v != gate.Allow {
		return v
	}
	if v := g.judgeCookies(x, r); v != gate.Allow {
		return v
	}
	return g.judgeQuery(x, r)
}

// Body judges a buffered body.
func (g *Guard) Body(x *gate.Exchange) gate.Verdict {
	if g.body == nil || x.Intake.Mode != gate.Buffer {
		return gate.Allow
	}
	return g.body.judge(x)
}
