package gate

import (
	"context"
	"crypto/tls"
	"io"
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/internal/spare"
)

// Field is one header field. Name and value are views of the engine's buffer,
// as they stood on the wire without surrounding white space.
type Field struct {
	Name, Value []byte
	Gone        bool // removed: not judged further and not forwarded
}

// Exchange is one request and its answer on their way through the gate. It is
// pooled: every []byte that it holds is a view of a pooled buffer, valid until
// Done; whoever keeps one clones it. One goroutine at a time uses it.
type Exchange struct {
	spare.Mark // of the gate's pool

	// The request, filled in by the engine before Gate.Serve.
	Context context.Context // ends when the client goes away
	Method  []byte
	Target  []byte // origin-form, raw: "/pets?limit=3"
	Host    []byte // of the authority, as sent
	Version string // "HTTP/1.1"
	Secure  bool   // came over TLS
	Fields  []Field
	Peer    netip.AddrPort // the other end of the connection
	// Client is who made the request, when the engine trusts Peer to say so;
	// otherwise the address of Peer. ClientSecure says the same of TLS: the
	// client's own connection was protected.
	Client       netip.Addr
	ClientSecure bool
	// Trusted says that Peer is one whose word the engine takes.
	Trusted bool
	// Hops are the trusted proxies between Client and Peer, the one nearest to
	// the client first; empty when Peer itself speaks with the client.
	Hops []netip.Addr
	// ClientHost is the authority that the client asked for, when a trusted
	// proxy says so; nil when that is Host.
	ClientHost []byte
	Listener   *Listener            // where it came in; nil for a program that embeds the gate
	TLS        *tls.ConnectionState // nil without TLS
	// Hello is what TLS says of the program at the other end; nil without TLS, and
	// where the plan asked for none when the connection was made.
	Hello      *Hello
	BodyLength int64     // bytes; 0 for none, -1 when it is not stated
	Incoming   io.Reader // the body; nil when there is none; see Arrived
	Received   time.Time // when the head was complete
	// Broken is set by an engine that found the request not to be HTTP as the
	// gate reads it: the exchange is refused with it before anything else. One
	// that can say more has filled in Refusal, with the same code.
	Broken Code
	// Watch tells of the client's connection while the exchange takes long;
	// nil when only Context does.
	Watch Watch
	// Question is what a proxy asks that forwards the call itself; nil for calls
	// that the gate forwards.
	Question *Question
	// Trailers are the trailer fields of the body, once Incoming has come to
	// its end. Whoever forwards them asks TrailersOpen first.
	Trailers []Field

	// What the gate finds out.
	// Country is where Client is, as two letters (ISO 3166-1); "" when nobody says.
	Country string
	// CountryUnread says that nobody can say where Client is for now, and that
	// what asks for it is to be refused.
	CountryUnread bool

	ID        ID
	Plan      *Plan
	API       *API       // nil until routed
	Operation *Operation // nil until routed; API.Unrouted for a call that only passes because it is observed
	Path      []byte     // of Target, raw, without the query
	Query     []byte     // of Target, raw, without "?"; nil when there is no "?"
	Match     route.Match
	// Upgrade is the protocol that the client asks to speak and the operation
	// allows; nil for none. An Upstream that is answered with 101 fills in
	// Answer.Status and a Tunnel as Answer.Body.
	Upgrade []byte
	// Principal is who calls; nil before the caller is known, and for good where
	// the operation is public. Principals are all whom the credentials of the
	// request name, in the order in which the contract asks for them: Principal
	// is the person among them, else the first. Alternative is which entry of
	// the operation's security they fulfil, from 1; 0 for none.
	Principal   *Principal
	Principals  []*Principal
	Alternative int

	// Proven says that the client has proved work for this very call.
	Proven bool
	// Signals are why the call is suspected to come from another program than it
	// says; 0 where it is not.
	Signals Signals
	// Login is what the guard of logins has counted, until it knows the outcome.
	Login Login

	// The body. A guard sets Intake in its head phase; the gate obeys.
	Intake Intake
	// WholeBody has a body that would be a stream read whole for the Body of
	// the step that set it: it is judged by the steps that are Whole alone.
	WholeBody bool
	Body      []byte       // the whole buffered body; nil for streams
	Schema    schema.State // of the pass over BodyJSON; its Spans are for every guard
	// BodyJSON is what a schema accepted: Body itself where that is JSON,
	// otherwise what a form or XML means, kept only where the schema is tagged.
	// nil where nothing was judged or nothing is tagged.
	BodyJSON []byte
	Heard    Heard  // of parameters and the like, what guards want to hear of
	Edits    []Edit // on Target and Body, applied before forwarding; then on AnswerBody

	// Charges are what limits have counted for the exchange. The guard that did
	// settles them in its Done.
	Charges []Charge
	// Complexity is what a query in the body costs, in units of the guard that
	// reads such queries and sets it before the last step of the body; 0 for
	// what is no query.
	Complexity int64

	// Upstream takes the exchange instead of the API's own; nil for that one.
	Upstream Upstream
	// Holds is what guard/overload counts x as, and gives back at its end: at the
	// gate and at the API. Zero for nothing.
	Holds [2]uint32
	// The answer of the API, filled in by the Upstream.
	Answer Answer
	// AnswerIntake says how the answer's body is taken; an AnswerHeadGuard sets
	// it. Whatever is not Buffer is relayed while it arrives.
	AnswerIntake Intake
	AnswerBody   []byte       // the whole buffered body of the answer; nil for others
	AnswerSchema schema.State // of the pass over AnswerJSON
	AnswerJSON   []byte       // as BodyJSON is of Body
	OutAnswer    []byte       // AnswerBody with its edits; meaningful when AnswerWhole
	AnswerWhole  bool         // OutAnswer is sent instead of Answer.Body
	Trimmed      int          // cuts that guards made in the answer's body; in observe mode, would have made

	// How it ends.
	Reply   Reply   // what the gate itself answers; Status 0 when it does not
	Refusal Refusal // meaningful when Refused
	Refused bool
	// Granted is the answer to Question: the proxy may forward the call, without
	// the fields that are gone and with OutFields.
	Granted bool
	Guard   string // the step that refused
	// Shares are kinds of objects that a rule which lets the call through opens
	// to the caller, whoever owns them; see Share.
	Shares  []string
	Assumed bool     // the rules that share are observed: who enforces does not go by them
	Rules   []string // the ids of the rules that decided, at most maxRules; see Decided
	Would   []Code   // would-be refusals in observe mode, at most maxWould
	noted   Refusal  // the first of Would, for the event
	notedBy string   // its step
	Aborted bool     // the answer did not reach the client whole
	Audit   Audit    // its place in a record of which nothing may be lost; nil for none

	// Unremoved says that a guard removed a field by which servers take another
	// request than was judged. Where FieldsKept holds, the call is refused for it.
	Unremoved bool
	OutTarget []byte  // what is forwarded: Target with its edits
	OutBody   []byte  // Body with its edits
	OutFields []Field // fields that the gate adds when it forwards
	AddFields []Field // fields that guards add to whatever the client gets, also to a refusal
	Told      []byte  // backs values of AddFields: a guard appends its own, and takes the end of it

	Sent, Answered time.Time // to and from the API
	Ended          time.Time // when its guards were told of the end
	// SentTo is the address of the API that it was sent to last, as the
	// configuration writes it, where there are several; Tries is to how many.
	SentTo      string
	Tries       int
	BodyBytes   int64 // of the request's body, read from the client
	AnswerBytes int64 // of the answer's body, written to the client

	gate   *Gate
	trace  trace
	asked  []byte      // what the client asks to upgrade to
	other  route.Match // of Serves
	failed uint64      // bit i: step i of the operation failed in observe mode

	streamed bool          // Body would be a stream but for WholeBody
	reader   int           // the step that set AnswerIntake
	buffer   []byte        // backs Body
	answer   []byte        // backs AnswerBody
	trimmed  []byte        // backs an edited OutAnswer
	cuts     []schema.Span // of members that edits take out
	reserved int64         // of buffer, counted by the gate
	scratch  []byte        // backs edited target and body
	meant    []byte        // backs BodyJSON and AnswerJSON of what is not JSON
	reply    []byte        // backs Reply.Body
	event    Event
	bound    bounded
	over     overflow
}

// Intake says how the body is taken. The zero value takes none.
type Intake struct {
	Mode     IntakeMode
	MaxBytes int64  // of the body; at least 0
	Coding   Coding // of a request's body that is read whole
}

// IntakeMode is the way a body is taken.
type IntakeMode uint8

const (
	NoBody IntakeMode = iota // a body is refused
	Buffer                   // read whole, judged, forwarded
	Stream                   // forwarded while it arrives, bounded by MaxBytes
)

// Answer is the head of the API's answer and its body as it arrives.
type Answer struct {
	Status int
	Fields []Field
	Length int64 // bytes; -1 when not stated
	Body   io.ReadCloser
	// Trailers are the trailer fields, once Body has come to its end; see
	// Exchange.TrailersOpen.
	Trailers []Field
	// Lease is ended with the exchange, behind Done: what it lends backs Fields
	// and Trailers until then. nil for nothing lent.
	Lease Lease
}

// Lease is memory that an Upstream lends to one exchange. End takes it back.
type Lease interface{ End() }

// Reply is an answer that the gate gives itself.
type Reply struct {
	Status int
	Fields []Field
	Body   []byte
	Close  bool // the connection is not to be used again
}

// Part names what an edit applies to.
type Part uint8

const (
	OnTarget Part = iota
	OnBody
	OnAnswer
)

// Edit replaces bytes [Start,End) of a part by With. Edits of a part must not
// overlap, but for those of members.
type Edit struct {
	Part Part
	// Member says that the bytes are a whole member of an object, or an item of
	// an array, in JSON: the edit takes it out with the right comma. One that
	// several guards take out, or that lies in another, goes once; so do edits
	// that lie in one that goes.
	Member     bool
	Start, End uint32
	With       []byte
}

// Charge is what one limit has counted for an exchange.
type Charge struct {
	By    any       // the limit, a pointer
	Key   [2]uint64 // of its counter
	Units int64
	Spare bool // in a counter that keys without room share
	Lease bool // of units that nodes share
}

// Means keeps the JSON text that a body means which is not JSON itself, and
// returns the copy. The next call writes over it.
func (x *Exchange) Means(json []byte) []byte {
	x.meant = append(x.meant[:0], json...)
	return x.meant
}

// Deny records why and returns the denying verdict, so that a guard ends with
// `return x.Deny(gate.Refusal{...})`.
func (x *Exchange) Deny(r Refusal) Verdict {
	x.Refusal = r
	return Deny
}

// maxRules bounds the rules on an event.
const maxRules = 8

// Decided notes the id of a rule that decided about x, for the event. It is a
// word of the operator, and no view of a request.
func (x *Exchange) Decided(rule string) {
	if len(x.Rules) < maxRules {
		x.Rules = append(x.Rules, rule)
	}
}

// Share notes that a rule opens objects of a kind, which is a word of the
// operator, and no view of a request.
func (x *Exchange) Share(kind string) {
	for _, known := range x.Shares {
		if known == kind {
			return
		}
	}
	x.Shares = append(x.Shares, kind)
}

// Report notes a refusal that x passes because its rule says so, or because the
// guard observes and goes on: the event has it among the would-be refusals.
func (x *Exchange) Report(r Refusal) {
	kept := x.Refusal
	x.Refusal = r
	x.would()
	x.Refusal = kept
}

// Proxied reports whether x came through a proxy that speaks HTTP and TLS for
// the client: the certificate of the connection is then the proxy's.
func (x *Exchange) Proxied() bool {
	return len(x.Hops) > 0 || x.Client != x.Peer.Addr().Unmap().WithZone("")
}

// Field returns the value of the first field called name (any case) that is
// not gone, and how many there are.
func (x *Exchange) Field(name string) (value []byte, n int) {
	return FindField(x.Fields, name)
}

// AnswerField is Field for the fields of the answer.
func (x *Exchange) AnswerField(name string) (value []byte, n int) {
	return FindField(x.Answer.Fields, name)
}

// FindField returns the value of the first field called name and how many
// there are that are not gone. Names compare without case (RFC 9110 section
// 5.1).
func FindField(fields []Field, name string) (value []byte, n int) {
	for i := range fields {
		if f := &fields[i]; len(f.Name) == len(name) && !f.Gone && EqualFold(f.Name, name) {
			if n == 0 {
				value = f.Value
			}
			n++
		}
	}
	return value, n
}
