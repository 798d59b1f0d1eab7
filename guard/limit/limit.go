// Package limit is the guard that says how much: named limits on the calls, the
// bytes or the cost that one client, one caller, one partner or one operation
// may have. The root package builds its guards, one before credentials are
// looked at and one behind; package serve keeps the State in which the counters
// are, so that no reload resets one. It knows nothing of net/http, of configuration
// files and of how nodes have a counter in common: whoever does implements
// Shared, and imports this package for its words.
package limit

import "time"

// Limit is one named limit as the configuration says it. New makes a Rule of it.
type Limit struct {
	Name string // as clients see it in the field RateLimit: ASCII without quotes
	// Key are the parts of a call that are counted together: calls that have
	// all of them in common share one counter. At least one.
	Key []Part
	// IPv4Bits and IPv6Bits are how much of an address makes one client; 0 is 32
	// and 64, since one client has all addresses of an IPv6 /64.
	IPv4Bits, IPv6Bits int
	Absent             Absent // what stands for a part that a call does not have

	Kind   Kind
	Amount int64         // units; at least 1
	Per    time.Duration // Rate: Amount units come back in it; Window: its length
	Burst  int64         // Rate: units that may be taken at once; 0 is Amount
	Period Period        // Quota
	Zone   *time.Location
	Unit   Unit

	// Late has a limit of addresses judged behind authentication, where only
	// calls with a good credential come. Limits with other keys always are.
	Late         bool
	CountRefused bool   // calls over the limit count as well, so that whoever goes on stays out
	Counts       Counts // which of the calls that it let through
	Hidden       bool   // clients are not told of it in RateLimit and RateLimit-Policy
	MaxKeys      int    // counters in memory; 0 is 1,000,000

	// Global says that all nodes count together, through a Shared.
	Global    bool
	OnFailure OnFailure     // of that
	Wait      time.Duration // that a call waits for it at most; 0 is 5 ms
	// SlicePermille is how much of it a node leases at a time, in thousandths; 0
	// is 20, the most, and below 0 it asks for every call.
	SlicePermille int
	Nodes         int // that share it, for its over-admission and for Degraded; 0 is 1
}

// Kind is how units are counted. The zero Kind is none, and no Rule is made of
// it.
type Kind uint8

// The kinds.
const (
	NoKind      Kind = iota
	Rate             // a bucket of Burst units, into which Amount flow per Per (GCRA)
	Window           // Amount in any time Per long, by the weighted count of two windows
	Quota            // Amount in a day or a month of the calendar
	Concurrency      // Amount at once
)

var kindNames = [...]string{"none", "rate", "window", "quota", "concurrency"}

func (k Kind) String() string { return kindNames[k] }

// Unit is what is counted.
type Unit uint8

// The units.
const (
	Calls        Unit = iota // each as many as its operation weighs
	RequestBytes             // of bodies that clients send
	AnswerBytes              // of bodies that clients get
	Complexity               // gate.Exchange.Complexity, which a guard of a query language sets
)

// Period is one of the calendar.
type Period uint8

// The periods.
const (
	NoPeriod Period = iota
	Day
	Month
)

// Part is one of what calls must have in common to be counted together.
type Part struct {
	What What
	Name string // of the claim
}

// What a part is.
type What uint8

// What there is.
const (
	NoPart    What = iota
	Address        // the client's network: see IPv4Bits
	Principal      // who calls, by whatever credential
	Key            // the credential itself: the id of an API key or the jti of a token
	Claim          // an attribute that the credential has
	Tenant         // the customer that the caller belongs to
	Partner        // Tenant, else the program that calls, else the caller
	Program        // the program that calls: client_id or azp
	API            // of the gate
	Operation      // of the API
	Tag            // the operation's first tag in the contract; the operation where it has none
	Country        // where the client is, as two letters
)

// late says that a part is known only behind authentication.
func (w What) late() bool { return w >= Principal && w <= Program }

// Absent is what stands for a part that a call does not have, such as the
// principal where an operation is public.
type Absent uint8

// What stands for it.
const (
	ByAddress Absent = iota // the client's network
	Skip                    // nothing: the limit is not for such calls
	Refuse                  // they are refused
)

// Counts is which of the calls that a limit let through it counts in the end.
type Counts uint8

// Which calls.
const (
	All       Counts = iota // whatever becomes of them
	Passed                  // those that no other guard refused
	Succeeded               // those that the API answered, and not with a 5xx
)

// OnFailure is what becomes of calls while the counter that nodes share cannot
// be asked. The zero value refuses them.
type OnFailure uint8

// What becomes of them.
const (
	Closed   OnFailure = iota // 503 limit-unavailable
	Open                      // they pass
	Degraded                  // this node counts alone, with its part of the limit: Amount/Nodes
)
