// Package alert judges events by rules of the operator: too many of one kind
// within a time, a value that was never seen before, or none for a time. What a
// rule finds is an event of its own (gate.Alerted).
//
// It judges beside the calls, as a subscriber of package record/tap, and what it
// remembers is bounded however many values clients come with. Package serve starts
// it; the command replays recorded events through the same Engine. It imports gate,
// record/tap and trust/seal, and knows nothing of where alerts go.
package alert

import (
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Rule says when somebody should look. Exactly one of Threshold, FirstSeen and
// Absence is set.
type Rule struct {
	Name     string
	When     When
	By       []Field // events are judged apart by what these say; one that lacks any is passed over
	Severity string
	// Quiet is how long nothing is told of what was told of: of the same group.
	// A rule of Absence tells again after it while there is still nothing. Values
	// that are seen first are told of once.
	Quiet time.Duration
	// Resolved has it told, once, that what was told of is over: no Threshold was
	// met for a Window, or something came again that was absent. It is told
	// however many alerts were.
	Resolved bool

	Threshold *Threshold
	FirstSeen *FirstSeen
	Absence   *Absence
}

// Threshold is met when Count events, or Count values of Distinct, came within
// Window. Beyond 64 events, Window is kept in 64 steps: an alert may then come
// late by one step.
type Threshold struct {
	Count    int
	Distinct Field // "" counts events
	Window   time.Duration
}

// MaxDistinct bounds Count of a Threshold that has Distinct.
const MaxDistinct = 256

// FirstSeen is met by a value that was not seen before, once Learn is over.
type FirstSeen struct {
	Value Field
	Learn time.Duration // during which values are learned, and nothing is told
}

// Absence is met when nothing came for Window: since the engine began where By is
// empty, otherwise since the last event of a group.
type Absence struct{ Window time.Duration }

// Bounds of what one rule remembers.
const (
	maxGroups = 4096
	maxSeen   = 1 << 16 // values of FirstSeen
	maxEvents = 8       // ids in an alert
	// A rule may tell so many alerts at once, and one more after each wait: beyond
	// that they are counted, and the next one says how many there were.
	maxBurst = 20
	wait     = 30 * time.Second
)

// Stats are of one rule, since it was read first.
type Stats struct {
	Name    string
	Matched uint64 // events that it is about
	Told    uint64 // alerts
	Quiet   uint64 // that were not told, since their group was to be quiet
	Flooded uint64 // that were not told, since there were too many
	Evicted uint64 // groups or values that were forgotten before their time, to keep the bound
	Groups  int    // groups or values that are remembered
	Peak    int    // the most that any group of a Threshold came to
}

// judge is one kind of rule.
type judge interface {
	// see judges an event that the rule is about, at a time of the engine.
	see(r *rule, e *gate.Event, now time.Duration)
	// tick judges what depends on time alone.
	tick(r *rule, now time.Duration)
	size() int
}
