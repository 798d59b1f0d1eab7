// Package route turns host, method and raw path into the operation that a
// contract declares. The root package builds its tables and package gate looks
// up in them; of ours it imports only contract/source, for problems with
// positions, and it knows nothing of net/http, of guards or of configuration.
//
// # Form
//
// A path is judged by its form before anything is looked up, and refused
// (outcome Refused, with the Form that it breaks) unless it can be read in
// only one way: it begins with "/", holds raw only what RFC 3986 section 3.3
// allows, is percent-decoded exactly once into valid UTF-8 without control
// characters, and has no empty, "." or ".." segments in any spelling. A
// slash or backslash that is part of a value, and a raw ";", are refused
// unless the matched template opts in for that parameter (Entry.Slash,
// Entry.Semicolon). A path is at most 8 KiB long and 256 segments deep.
//
// # Choice
//
// First the host: one that is configured exactly, else the APIs that name no
// host. Then the API whose prefix (and base path) is the longest one in whole
// segments; a longer one is final, there is no second try with a shorter one.
// Then the path, segment by segment: literal text before a mixed segment such
// as "{id}.json" before a parameter alone, and before one that may hold
// slashes. Where a choice leads to no end, the next one is tried. Each
// template has at most one segment that may hold slashes, so that no look-up
// visits a node of the tree more than once for each segment of the path.
// Only then the method: an operation of a less specific path never answers
// for one that is missing on the chosen path.
//
// Of several mixed segments at one place the one with the longer literal
// beginning comes first, then the longer literal end, then more literal text
// in all, then fewer parameters, then the order of the text. Within one mixed
// segment each parameter takes as little as it can, from the left, and the
// last one takes the rest: "{base}...{head}" reads "a...b...c" as a and
// b...c. A parameter that may hold slashes takes as few segments as it can.
// No parameter is ever empty.
//
// Literal text is compared after decoding on both sides, case is significant,
// and so is a slash at the end.
package route

import "github.com/gatehouse-api/gatehouse/contract/source"

// Entry is one operation that is to be found by its host, method and path.
// The path is Prefix, Base and Template in this order.
type Entry struct {
	// Hosts are exact host names, lower case and without port. Empty: any
	// host that no other entry names. All entries of an API have the same.
	Hosts []string
	// Prefix is "" or begins with a slash: "/shop". All entries of an API
	// have the same. It holds nothing of the contract's base path.
	Prefix string
	// Base is the base path of the server in force: "" or "/v1".
	Base string
	// Template is the path as the contract writes it: "/pets/{id}". Literal
	// text may be percent-encoded.
	Template string
	// Method is compared as it is (RFC 9110 section 9.1): "GET".
	Method string
	// Slash names the parameters that may hold slashes and backslashes, raw
	// (the slash alone) or percent-encoded.
	Slash []string
	// Semicolon names the parameters that may hold a raw ";", such as those
	// of style matrix. Many servers cut a segment at that character.
	Semicolon []string

	Number int          // the caller's number of the operation
	API    int          // the caller's number of the API
	Node   *source.Node // for messages; may be nil
}

// Outcome is what a look-up ended with. The zero value refuses.
type Outcome uint8

const (
	Refused     Outcome = iota // the path breaks a rule of form: Match.Why
	NotFound                   // no template fits
	WrongMethod                // a template fits, without this method: Match.Allow
	Options                    // OPTIONS that is not declared: Match.Allow
	Found                      // Match.Number and Match.Values
)

var outcomeNames = [...]string{"refused", "not-found", "wrong-method", "options", "found"}

func (o Outcome) String() string { return outcomeNames[o] }

// Value is one path parameter. Raw is a view of the path; Decoded is the
// same view when nothing was encoded, else a view of the Match's own memory.
type Value struct {
	Name    string
	Raw     []byte // as sent
	Decoded []byte // percent-decoded once: valid UTF-8 without control characters
}

// Match is the outcome of one look-up. Its zero value is ready to be used and
// refuses. It may be used for one look-up after the other by one goroutine;
// once it has grown no look-up allocates. Values are valid until the next
// look-up and as long as the path is not changed.
type Match struct {
	Outcome Outcome
	Why     Form // for Refused
	// Number is the operation's when Found, else -1.
	Number int
	// API is the one matched by host and prefix, or -1. It is known for
	// NotFound, too, when the host and the prefix were.
	API int
	// Allow is the value of the header field for WrongMethod and Options
	// (RFC 9110 section 10.2.1): "GET, HEAD, POST".
	Allow string
	// Template is the path as the contract writes it, for Found, WrongMethod
	// and Options.
	Template string
	// Values are the path parameters in the template's order, when Found.
	Values []Value

	text     []byte // the decoded path: the path itself or scratch
	scratch  []byte
	segments []segment
	captures []capture
	unusual  Form // EncodedSlash, Backslash or Semicolon: needs an opt-in
	escaped  bool
	host     [maxHost]byte
}

// capture is the place of a value in the decoded path.
type capture struct{ start, end uint16 }

// Table finds operations. It is immutable and may be used by many goroutines,
// each with a Match of its own.
type Table struct {
	hosts    map[string]uint32 // to a node of the tree of mounts
	anyHost  uint32            // the same for all other hosts; none when 0
	mounts   []mount
	nodes    []node // the first one is no node
	slots    []slot // literal edges of all nodes, open addressing
	text     string // of all literal edges
	patterns []pattern
	leaves   []leaf
	methods  []method
	names    []string
}

// mount is where the paths of an API begin on a host.
type mount struct {
	api  int
	root uint32 // of the tree of the API's whole paths
}

// node is a place between two segments.
type node struct {
	param    uint32 // by a parameter alone; none when 0
	patterns uint32 // first of its pattern edges
	mixed    uint16 // how many of them come before param
	rest     uint16 // how many come after it
	leaf     int32  // what ends here; none when negative
	mount    int32  // in the tree of mounts: what begins here; none when negative
	static   bool   // has literal edges
	choices  bool   // has other than literal edges
}

// leaf is the end of a path.
type leaf struct {
	allow   string
	methods uint32 // first one
	count   uint32
}

// method is one operation of a leaf.
type method struct {
	name     string
	template string
	number   int
	names    uint32 // first of its parameters
	count    uint16
}
