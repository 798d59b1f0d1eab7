package gate

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// Event is what is written down about one exchange. Every field is on
// purpose: it holds no value, name or path of the request, only what the
// contract and the gate say. Views in it are valid until Record returns.
type Event struct {
	ID        ID
	Trace     [16]byte // that it belongs to (W3C Trace Context); zero for none
	Span      [8]byte  // the gate's own in it
	Parent    [8]byte  // the caller's; zero where the gate began the trace
	Sampled   bool
	Time      time.Time // when the head was complete
	API       string
	Operation string // name of the operation, "" when none was found
	Method    string // of the operation, or one that is registered; "OTHER" otherwise
	Path      string // template of the operation, "" when none was found
	Mode      Mode
	Asked     string // the protocol of a proxy that only asked whether it may forward the call; "" for others
	Outcome   Outcome
	Status    int // sent to the client; 0 when nothing was sent

	Guard   string // that refused, or would have first; "route" and "wire" are the gate's own
	Denied  bool   // Code says why
	Code    Code
	In      string // these say where, as Refusal does
	Name    string
	Pointer string
	Keyword string
	Kind    string  // of the object that it is about, as the operator calls it
	Caller  uint64  // a keyed hash of who called, of would-be refusals of objects; 0 for none
	Finding Finding // of what looks like an attack

	Principal Pseudonym // who called, where events say it
	Account   Pseudonym // who tried to log in, likewise
	Address   Pseudonym // from where, in the place of Client
	Login     LoginEnd  // how an attempt to log in ended

	Rules   []string // ids of the rules that decided, as the operator calls them
	Would   []Code   // would-be refusals, in observe mode
	Signals Signals  // why it was suspected to come from another program than it says
	JA4     string   // of that program, where it was suspected and its TLS is known
	Trimmed int      // cuts in the answer's body: what the contract does not describe, calls writeOnly, or keeps to roles; in observe mode, those that would have been made

	Version  string       // of HTTP, as the client spoke it
	Secure   bool         // over TLS
	Client   netip.Prefix // /24 or /48: a network, not a person
	Country  string       // where it is, as two letters, where an API asks for countries
	BodyIn   int64        // bytes
	BodyOut  int64        // bytes
	Took     time.Duration
	Upstream time.Duration // of Took, waiting for the API's answer to begin
	Before   time.Duration // of Took, before the API was called; 0 where it was not
	SentTo   string        // the address of the API, as the configuration writes it, where there are several
	Tries    int           // addresses that it was sent to
	Series   any           // of the operation or the API; not written down

	// Of what happened to the gate itself, beside ID and Time; an exchange has
	// none of these.
	Act     Act
	By      string    // id of the credential that it was done with, or what did it, in words of the gate
	On      string    // id or kind of what was changed
	Why     string    // in words of the gate; names files of the configuration
	Number  int64     // of the plan that serves, or of the change in the store; of Lost how many
	TakenUp time.Time // when the gate came to know of what was done before it ran; zero for all else

	Alert *Alert // of Alerted: what it is about; what its events have in common stands in the fields of calls
}

// Alert is what an alert says beside what its events have in common.
type Alert struct {
	Name       string // of the rule, as the operator calls it
	Severity   string // informational, low, medium, high or critical
	Rule       string // the kind of rule: threshold, first-seen or absence
	Of         string // what was counted, as "caller"; "" for events. Of first-seen, what was new
	Count      int64  // of events or values, or since when there was none
	Window     time.Duration
	Since      time.Time // of the first event that it is about; of absence, the last one
	Suppressed int64     // alerts of the rule that were not told since the last one
	Events     []ID      // some that it is about, the last ones
	Ends       ID        // the alert whose condition is over, which this one says; zero for others
}

// Outcome is how an exchange ended. The zero value is a refusal.
type Outcome uint8

const (
	Refused Outcome = iota // the gate refused it; the API did not see it
	Passed                 // forwarded and answered by the API
	Replied                // answered by the gate itself, without refusing
	Failed                 // the API could not be reached, broke off, or its answer was refused
	Aborted                // the client went away
)

var outcomeNames = [...]string{"refused", "passed", "replied", "failed", "aborted"}

func (o Outcome) String() string { return outcomeNames[o] }

// OutcomeNamed returns the outcome of a name; none is a refusal.
func OutcomeNamed(name string) (Outcome, bool) {
	for i, known := range outcomeNames {
		if name == known {
			return Outcome(i), true
		}
	}
	return Refused, false
}

// Act is what happened to the gate itself. The zero Act is none: the event is
// that of an exchange.
type Act uint8

// What may happen.
const (
	Exchanged     Act = iota
	Lost              // events, since they could not be written
	Started           // the gate serves
	Stopped           // it does not any more
	Reloaded          // another configuration serves
	ReloadRefused     // a changed configuration does not
	Adopted           // a file of a contract serves as it is now
	KeyMade           // of clients, or of administration
	KeyReplaced
	KeyRevoked
	Revoked    // tokens, sessions, subjects, clients or credentials
	Resealed   // secrets in the store, under another key
	OwnersKept // of objects
	OwnersForgotten
	Restored     // the store, from a backup
	TrustMade    // keys of the gate's own
	TrustRotated // versions of them
	TrustDestroyed
	TrustRewrapped // all of them, sealed anew
	Changed        // something else in the store
	Alerted        // a rule over events says that somebody should look
	acts           // how many there are
)

var actNames = [acts]string{"exchange", "lost", "started", "stopped", "reloaded", "reload-refused", "adopted", "key-made", "key-replaced", "key-revoked", "revoked", "resealed", "owners-kept", "owners-forgotten", "restored", "trust-made", "trust-rotated", "trust-destroyed", "trust-rewrapped", "changed", "alert"}

func (a Act) String() string { return actNames[a] }

// ActNamed returns the act of a name.
func ActNamed(name string) (Act, bool) {
	for i, known := range actNames {
		if name == known {
			return Act(i), true
		}
	}
	return Exchanged, false
}

// Acts iterates over every act, for documentation and tests.
func Acts(yield func(Act) bool) {
	for a := range acts {
		if !yield(a) {
			return
		}
	}
}

// Sink takes events. Record must not block and must not keep e or what it
// points to; many goroutines call it at once.
type Sink interface {
	Record(e *Event)
}

// Tap sees events as a Sink does, and of calls for paths that no operation
// describes the path besides. It must not block and must not keep e, path or what
// they point to; many goroutines call it at once. What it makes of a path must
// hold nothing that the client chose.
type Tap interface {
	See(e *Event, path []byte)
}

// ID names one exchange: 26 characters that sort by time. It is made of the
// time in milliseconds and 80 random bits, and is no secret.
type ID [26]byte

const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz" // Crockford's base 32, lower case

// NewID returns an ID for something that happened at t.
func NewID(t time.Time) ID { return newID(t) }

// NumberedID returns the ID of number n of what happened at t: the same to all
// who saw it.
func NumberedID(t time.Time, n int64) ID {
	return idOf(uint64(t.UnixMilli())<<16, uint64(n))
}

// newID returns an ID for an exchange that began at t.
func newID(t time.Time) ID {
	return idOf(uint64(t.UnixMilli())<<16|rand.Uint64()&0xffff, rand.Uint64())
}

// idOf writes 130 bits: two that are 0, 48 of time, 80 that make it one of a kind.
func idOf(high, low uint64) (id ID) {
	for i := range 13 {
		id[i] = idAlphabet[high>>1>>(60-5*i)&31]
	}
	id[13] = idAlphabet[(high<<4|low>>60)&31]
	for i := range 12 {
		id[14+i] = idAlphabet[low>>(55-5*i)&31]
	}
	return id
}

func (id ID) String() string { return string(id[:]) }

// ParseID reads what String wrote.
func ParseID(text string) (id ID, err error) {
	if len(text) != len(id) {
		return ID{}, errID
	}
	for i := range text {
		if strings.IndexByte(idAlphabet, text[i]) < 0 {
			return ID{}, errID
		}
	}
	copy(id[:], text)
	return id, nil
}

var errID = errors.New("an id has 26 characters of 0-9 and a-z without i, l, o and u")

// clientNetwork returns the network of an address: /24 of IPv4, /48 of IPv6.
func clientNetwork(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
