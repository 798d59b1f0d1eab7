package gate

import (
	"context"
	"fmt"

	"github.com/gatehouse-api/gatehouse/contract/route"
)

// Plan is a configuration and its contracts, compiled. It is immutable once
// it serves; an exchange keeps the plan that it started with.
type Plan struct {
	Routes     *route.Table
	APIs       []*API       // by route.Entry.API
	Operations []*Operation // by route.Entry.Number
	Words      Vocabulary   // the scopes and roles that they ask for
	Documents  []Document   // that the gate itself has under /.well-known/
	Strangers  []Stray      // who hear of calls that no operation describes
	Hellos     bool         // some guard reads Exchange.Hello
	Tracing    *Tracing     // nil where the gate takes no part in traces
	Pseudonyms Pseudonyms   // nil where events do not say who calls
}

// Stray is who hears of calls for paths that no operation describes, below the
// prefix of an API or not.
type Stray struct {
	Hosts []string // under which, without port; empty for all
	Stranger
}

// Stranger hears of such a call, which is decided already. It may Report.
type Stranger interface{ Stranger(x *Exchange) }

// Document is one that anybody may read of the gate itself (RFC 8615). It wins
// over what an API has at its path.
type Document struct {
	API   *API     // that it is about
	Hosts []string // under which it is found, without port; empty for all
	Path  string   // below /.well-known/
	Type  string   // of its content
	Body  []byte
}

// API is one API behind the gate.
type API struct {
	Name     string
	Mode     Mode
	Upstream Upstream
	// Unrouted handles calls that no operation describes while the API is
	// observed. Its body is a stream, so of its guards only those of the head
	// judge it, and those that asked for the whole body. nil refuses such calls.
	Unrouted *Operation
	// Options handles a browser's preflight that is not declared while the API
	// is observed: it must find what it found before. Any other OPTIONS, and
	// all of them when it is nil, the gate answers itself with Allow.
	Options *Operation
	// Origin is met as soon as the API is known, also by calls that no
	// operation describes, and meets the head of every answer of the API that
	// its guards let pass; nil when the API has no policy of its own for other
	// origins.
	Origin OriginGuard
	// Fields are added to everything that clients get of this API.
	Fields []APIField
	// Series is what a sink counts with: it stands on the events of calls that
	// no operation describes. Like that of an Operation it is set before the
	// plan serves, or nil.
	Series any
	// Own are request fields by which only the gate speaks to the API. A guard
	// removes them from heads; here they are for trailers.
	Own []string
	// StripSegments is how many path segments of the target the API does not
	// see: those of the prefix under which it is mounted.
	StripSegments int
}

// OriginGuard is a guard of a whole API: see API.Origin. Its Head may Respond
// to a preflight; it never denies a call for its origin, since browsers do.
type OriginGuard interface {
	HeadGuard
	AnswerHeadGuard
	// Permits reports whether pages of an origin may call the API.
	Permits(origin []byte) bool
}

// APIField is a header field that the gate adds for an API. It replaces the
// API's own field of the name.
type APIField struct {
	Field
	Secure bool // only where the client's connection is protected
	Absent bool // only where the answer has no field of the name
}

// Listener is an address on which clients reach the gate.
type Listener struct {
	Name string // host:port
	// Redirect sends clients that come without TLS to https on the port
	// HTTPSPort of the host that they asked for.
	Redirect  bool
	HTTPSPort uint16
	// Challenge returns what an authority that is to vouch for the gate's own
	// names wants to read at a path of a host, and nil for everything else. It
	// is asked before any API; nil asks nobody.
	Challenge func(host, path []byte) []byte
}

// Operation is one operation of the contract with the guards that it needs.
type Operation struct {
	Name     string // operationId, else "METHOD /path"
	Method   string
	Template string // as the contract writes it, base path included
	API      *API
	Mode     Mode // observe when the API or the operation is observed
	Steps    []Step
	Upgrades []string // protocols that clients may switch to, as "websocket"
	Trailers bool     // trailer fields pass in both directions
	Series   any      // what a sink counts with; nil for that of the API

	needs []uint64 // by step: bits of the steps that it needs
}

// maxSteps bounds the guards of one operation: failed steps are bits.
const maxSteps = 64

// Compile checks the operation's steps and prepares it to be walked.
func (o *Operation) Compile() error {
	if len(o.Steps) > maxSteps {
		return fmt.Errorf("%s has %d guards, at most %d are possible", o.Name, len(o.Steps), maxSteps)
	}
	o.needs = make([]uint64, len(o.Steps))
	for i, s := range o.Steps {
		o.needs[i] = 1 << i // a step that failed in one phase is skipped in the next
		for _, name := range s.Needs {
			bit := stepBit(o.Steps[:i], name)
			if bit == 0 {
				return fmt.Errorf("%s: guard %q needs %q, which does not stand before it", o.Name, s.Name, name)
			}
			o.needs[i] |= bit
		}
	}
	return nil
}

func stepBit(steps []Step, name string) uint64 {
	for i := range steps {
		if steps[i].Name == name {
			return 1 << i
		}
	}
	return 0
}

// Upstream sends exchanges to the API behind the gate. Many goroutines may
// use it at once.
type Upstream interface {
	// Send sends x.Method, x.OutTarget, x.Fields (those not gone),
	// x.OutFields and the body: x.OutBody when it was buffered, otherwise
	// x.Incoming to its end. It fills in x.Answer up to where its body
	// begins. The gate closes x.Answer.Body. An error that is an Unavailable
	// says which refusal it is; any other is upstream-broken.
	Send(ctx context.Context, x *Exchange) error
}

// Unavailable is an error of an Upstream with the refusal that the client
// gets.
type Unavailable struct {
	Code  Code // UpstreamUnreachable, UpstreamTimeout, UpstreamBroken, ClientGone, BodyTooLarge, ...
	Cause error
	Retry int // seconds after which it makes sense to come again; 0 when nobody knows
}

func (e *Unavailable) Error() string { return fmt.Sprintf("%v: %v", e.Code, e.Cause) }

// Unwrap returns the cause.
func (e *Unavailable) Unwrap() error { return e.Cause }

// Wire is an engine's side of one exchange: how the gate speaks to the
// client. Exactly one of its methods is called, once.
type Wire interface {
	// Reply writes x.Reply.
	Reply(x *Exchange) error
	// Relay writes x.Answer, its body as it arrives, and counts
	// x.AnswerBytes. An error means that the client did not get all of it.
	Relay(x *Exchange) error
}
