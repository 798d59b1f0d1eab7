// Package bot is the guard that finds programs which pretend, and observes,
// refuses or challenges their calls: those from where somebody asked for paths
// that nobody has reason to ask for, such as those at which scanners look for
// programs with known holes; those that say they come from a browser and are
// made as no browser makes them; and those whose TLS is on a list. The root
// package builds one Trap for each API, which hears of calls that no operation
// describes, and one Guard for each operation; package serve keeps the State,
// which outlives plans. It knows nothing of how proofs of work are made or of
// configuration files.
package bot

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/count"
	"github.com/gatehouse-api/gatehouse/guard/internal/percent"
)

// Bounds.
const (
	sets    = 4096 // of networks that are marked, 8 in each
	maxPath = 256  // bytes of a path that can be a honeypot
)

// State is who is marked. It outlives plans; many goroutines may use it at
// once. Its memory is made once.
type State struct {
	marks *count.Table

	Trapped, Met atomic.Uint64 // calls for honeypots, and later ones of those who made them
	Suspected    atomic.Uint64 // calls of programs that pretend, or are on a list
}

// NewState returns a state in which nobody is marked.
func NewState() *State { return &State{marks: count.New(sets)} }

// Trap is the honeypots of one API. It is immutable; many goroutines may use it
// at once.
type Trap struct {
	state *State
	api   string
	whole map[string]struct{} // paths, in small letters
	below []string            // that end in a slash
	marks count.Limits
}

var _ gate.Stranger = (*Trap)(nil)

// NewTrap returns the trap of an API with honeypots at paths; one that ends in a
// slash stands for all below it. Who asks for one is marked for so long.
func NewTrap(s *State, api string, paths []string, remember time.Duration) *Trap {
	t := &Trap{state: s, api: api, whole: make(map[string]struct{}, len(paths))}
	t.marks = count.Limits{Most: 1, Window: remember, First: remember, Longest: remember}
	for _, path := range paths {
		path = strings.ToLower(path)
		if strings.HasSuffix(path, "/") {
			t.below = append(t.below, path)
		} else {
			t.whole[path] = struct{}{}
		}
	}
	return t
}

// Stranger hears of a call that no operation describes.
func (t *Trap) Stranger(x *gate.Exchange) {
	if !t.holds(x.Path) {
		return
	}
	t.state.Trapped.Add(1)
	x.Report(gate.Refusal{Code: gate.BotSuspected, Keyword: "honeypot"})
	if led(x) {
		return
	}
	if key := t.state.key(t.api, x); key != 0 {
		t.state.marks.Bump(key, &t.marks, x.Received)
	}
}

// holds reports whether a path is a honeypot, however its letters are written.
func (t *Trap) holds(path []byte) bool {
	var room [maxPath]byte
	text := room[:0]
	for i := 0; i < len(path); i++ {
		c := path[i]
		if octet, ok := percent.Octet(path, i); ok {
			c, i = octet, i+2
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if len(text) == maxPath { // what is longer can only be below one
			break
		}
		text = append(text, c)
	}
	if _, ok := t.whole[string(text)]; ok {
		return true
	}
	for _, start := range t.below {
		if len(text) >= len(start) && string(text[:len(start)]) == start {
			return true
		}
	}
	return false
}

// led reports whether a page of another site had a browser make the call (Fetch
// Metadata section 2.3): nobody is marked for what others made them do.
func led(x *gate.Exchange) bool {
	site, n := x.Field("Sec-Fetch-Site")
	return n == 1 && (string(site) == "cross-site" || string(site) == "same-site")
}

// key is that of the network of who calls; 0 for a Unix socket, whose other end
// has no address.
func (s *State) key(api string, x *gate.Exchange) uint64 {
	who := x.Client
	if !who.IsValid() {
		who = x.Peer.Addr()
	}
	if !who.IsValid() {
		return 0
	}
	return s.marks.Key('b', api, count.Network(who), nil)
}

// marked reports whether the network of who calls is marked.
func (s *State) marked(api string, x *gate.Exchange) bool {
	if !s.marks.Active(x.Received) { // nobody is, as on most days
		return false
	}
	key := s.key(api, x)
	if key == 0 {
		return false
	}
	until, _ := s.marks.Until(key)
	return until > x.Received.UnixNano()
}

// Challenger asks for a proof of work where the call has brought none.
type Challenger interface {
	Demand(x *gate.Exchange) gate.Verdict
}

// Options say what is judged, and what becomes of calls that are suspected.
type Options struct {
	API          string
	Signals      bool                // what a call says of its program is held to how it is made
	Fingerprints map[string]struct{} // JA4 of programs that are not wanted
	Observe      bool                // calls pass, and are reported
	Challenge    Challenger          // whom they prove work to; nil refuses them
}

// Guard judges who calls one operation. It is immutable; many goroutines may
// use it at once.
type Guard struct {
	state *State
	o     Options
}

var _ gate.HeadGuard = (*Guard)(nil)

// New returns the guard of an operation.
func New(s *State, o Options) *Guard { return &Guard{state: s, o: o} }

// Aside says that a client which is not suspected is not let through for it.
func (g *Guard) Aside() {}

// Head judges the network from which a call comes, and the program.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	suspected := gate.Refusal{Code: gate.BotSuspected}
	switch {
	case g.state.marked(g.o.API, x):
		g.state.Met.Add(1)
		suspected.Keyword = "marked"
	case (g.o.Signals || len(g.o.Fingerprints) > 0) && g.suspects(x):
		g.state.Suspected.Add(1)
		suspected.Keyword = "signals"
	default:
		return gate.Allow
	}
	switch {
	case g.o.Observe:
		x.Report(suspected)
		return gate.Allow
	case g.o.Challenge != nil:
		return g.o.Challenge.Demand(x)
	}
	return x.Deny(suspected)
}
