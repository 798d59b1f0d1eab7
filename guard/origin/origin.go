// Package origin judges and tells what browsers may do with an API: which
// pages of other origins may call it (CORS, Fetch standard), that they come
// back over TLS alone (RFC 6797), and that nothing of an answer is run, framed
// or sniffed. The root package builds its guard and its fields for a whole API;
// it imports contract and gate, and knows nothing of configuration, of other
// guards or of engines.
package origin

import (
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Policy says which pages may call an API. The zero Policy permits none.
type Policy struct {
	// Origins are compared as bytes with what a browser sends: scheme, host and,
	// unless it is the usual one, port. "*" is any origin; it permits nothing
	// together with Credentials. "null" is never permitted.
	Origins []string
	// Methods that pages may use; HEAD where GET stands. Without any, those that
	// the contract describes on the path.
	Methods []string
	// Headers are names of request fields that pages may set, in any case. nil
	// is those that the contract describes, its API keys, Authorization and
	// Content-Type; an empty list is none.
	Headers []string
	// Expose are names of answer fields that pages may read.
	Expose []string
	// Credentials lets pages send cookies and client certificates.
	Credentials bool
	// MaxAge is how long a browser may remember the answer to a preflight, in
	// whole seconds; default 10m.
	MaxAge time.Duration
}

const defaultMaxAge = 10 * time.Minute

// Guard answers preflights and adds the fields of the CORS protocol to
// everything else that clients get of the API. It refuses no call: what a page
// may do is for its browser to hold, and callers that are no browsers are no
// concern of CORS. Many goroutines may use it at once.
type Guard struct {
	origins   map[string]*grant
	any       *grant   // of "*"; nil when that is not permitted
	methods   [][]byte // by default all that the contract describes anywhere
	listed    []byte   // methods as one value; nil when the path decides
	headers   [][]byte
	permitted []gate.Field // to a preflight, whatever its origin and method
}

// grant is what one origin is told.
type grant struct {
	call      []gate.Field
	preflight []gate.Field
}

var _ gate.OriginGuard = (*Guard)(nil)

// Fields of the CORS protocol (Fetch standard, HTTP responses). That which opens
// private networks to pages (Access-Control-Allow-Private-Network) is never sent.
var (
	allowOrigin      = []byte("Access-Control-Allow-Origin")
	allowCredentials = []byte("Access-Control-Allow-Credentials")
	allowMethods     = []byte("Access-Control-Allow-Methods")
	allowHeaders     = []byte("Access-Control-Allow-Headers")
	exposeHeaders    = []byte("Access-Control-Expose-Headers")
	maxAge           = []byte("Access-Control-Max-Age")
	vary             = []byte("Vary")

	// RFC 9110 section 12.5.5, and Fetch standard, "CORS protocol and HTTP
	// caches": also where the origin is not permitted, or a cache would hand the
	// answer for one origin to another.
	varyCall      = gate.Field{Name: vary, Value: []byte("Origin")}
	varyPreflight = gate.Field{Name: vary, Value: []byte("Origin, Access-Control-Request-Method, Access-Control-Request-Headers")}
)

const anyOrigin = "*"

// New returns the guard of the API that c describes. It keeps nothing of c.
func New(c *contract.Contract, p Policy) *Guard {
	g := &Guard{origins: make(map[string]*grant)}
	for _, o := range p.Origins {
		switch {
		case o != anyOrigin:
			if plausible([]byte(o)) {
				g.origins[o] = p.grant(o)
			}
		case !p.Credentials: // Fetch standard, CORS protocol and credentials: "*" permits nothing with them
			g.any = p.grant(o)
		}
	}
	g.methods, g.listed = methodsOf(c, p.Methods)
	names := p.Headers
	if names == nil {
		names = headersOf(c)
	}
	for _, name := range names {
		g.headers = append(g.headers, []byte(name))
	}
	g.permitted = p.permitted(names)
	return g
}

// grant prepares the fields that origin is told.
func (p *Policy) grant(origin string) *grant {
	fields := []gate.Field{{Name: allowOrigin, Value: []byte(origin)}}
	if p.Credentials {
		fields = append(fields, gate.Field{Name: allowCredentials, Value: []byte("true")})
	}
	n := len(fields)
	if len(p.Expose) > 0 {
		fields = append(fields, gate.Field{Name: exposeHeaders, Value: []byte(strings.Join(p.Expose, ", "))})
	}
	return &grant{call: fields, preflight: fields[:n:n]} // exposing is no matter of preflights
}

// permitted prepares what every preflight is told that is permitted. Names of
// fields are always listed: "*" would not cover Authorization, and is a name
// like any other with credentials (Fetch standard, CORS
// protocol and credentials).
func (p *Policy) permitted(names []string) (fields []gate.Field) {
	if len(names) > 0 {
		fields = append(fields, gate.Field{Name: allowHeaders, Value: []byte(strings.Join(names, ", "))})
	}
	age := p.MaxAge
	if age == 0 {
		age = defaultMaxAge
	}
	return append(fields, gate.Field{Name: maxAge, Value: strconv.AppendInt(nil, int64(age/time.Second), 10)})
}

// Head answers a preflight, before anybody is asked for a credential: browsers
// send none with it (Fetch standard, CORS-preflight fetch). To any other call
// it adds the fields of the call's origin, so that its page can read refusals,
// too.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	value, n := x.Field("Origin")
	if n != 1 {
		value = nil // several are no origin (Fetch standard, Origin header)
	}
	if n == 1 && string(x.Method) == "OPTIONS" {
		if method, n := x.Field("Access-Control-Request-Method"); n == 1 {
			g.preflight(x, value, method)
			return gate.Respond
		}
	}
	x.AddFields = append(x.AddFields, varyCall)
	if to := g.find(value); to != nil {
		x.AddFields = append(x.AddFields, to.call...)
	}
	return gate.Allow
}

// AnswerHead removes what the API itself says of other origins: two fields of
// one name are no permission, and its policy is not the one that was
// configured.
func (g *Guard) AnswerHead(x *gate.Exchange) gate.Verdict {
	const prefix = "Access-Control-"
	for i := range x.Answer.Fields {
		f := &x.Answer.Fields[i]
		if len(f.Name) > len(prefix) && gate.EqualFold(f.Name[:len(prefix)], prefix) {
			f.Gone = true
		}
		if gate.EqualFold(f.Name, "Vary") && gate.EqualFold(f.Value, "Origin") {
			f.Gone = true // it is said already
		}
	}
	return gate.Allow
}

// Permits implements gate.OriginGuard.
func (g *Guard) Permits(origin []byte) bool { return g.find(origin) != nil }

// find returns what an origin is told; nil when it is not permitted.
func (g *Guard) find(origin []byte) *grant {
	if to := g.origins[string(origin)]; to != nil {
		return to
	}
	if g.any != nil && plausible(origin) {
		return g.any
	}
	return nil
}

// plausible reports whether the value of an Origin field is one origin that a
// page can have alone. "null" stands for all that have none of their own:
// sandboxed frames, files, data URLs (Fetch standard, Origin header).
func plausible(origin []byte) bool {
	for _, c := range origin {
		if c <= ' ' || c == ',' || c >= 0x7f {
			return false // a list, or nothing that a browser sends
		}
	}
	return len(origin) > 0 && !gate.EqualFold(origin, "null")
}
