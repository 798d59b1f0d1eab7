package config

import (
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Overload says when there is too much to do, for an API or for the gate itself, and who is refused first then. Who is refused is answered 503, with after how many seconds to come again. While nothing is slow and there is memory, nobody is.
type Overload struct {
	Place
	// Disabled refuses nobody.
	Disabled bool `key:"disabled"`
	// MinInFlight is how many calls may be at work with each API whatever their times say.
	MinInFlight int `key:"min_in_flight,default=20,min=1,max=60000"`
	// MaxInFlight is how many calls may be at work with one API, and with the gate as a whole, whatever their times say.
	MaxInFlight int `key:"max_in_flight,default=16384,min=1,max=60000"`
	// SlowdownPercent is how long calls of an API take, in percent of what they usually do, when it has too much to do.
	SlowdownPercent int `key:"slowdown_percent,default=200,min=110,max=2000"`
	// Wait is how long a call waits at most for room at its API before it is refused. Calls of low priority do not wait.
	Wait time.Duration `key:"wait,default=100ms,min=1ms,max=10s"`
	// Delay is how long the gate's own work waits for a processor when the gate has too much to do.
	Delay time.Duration `key:"delay,default=20ms,min=1ms,max=1s"`
	// Memory says when the gate has too little memory left.
	Memory MemoryWatermark `key:"memory"`
	// Roles give calls another priority than their operation's by a role of the caller. Of several the highest counts. Calls of critical operations stay critical.
	Roles map[string]Priority `key:"roles,keys=role,example={clerk: high}"`
	// Credentials give calls another priority by the credential that vouches for the caller, where no role does.
	Credentials map[string]Priority `key:"credentials,example={partners: low}"`
}

// MemoryWatermark is when memory is short.
type MemoryWatermark struct {
	Place
	// Bound is the memory that the gate may have. Without it, the least of what its control group, GOMEMLIMIT and the machine allow.
	Bound Bytes `key:"bound,min=64MiB,max=1TiB,example=2GiB"`
	// HighPercent is the part of it from which calls are refused, the less important first. Critical ones are not.
	HighPercent int `key:"high_percent,default=85,min=10,max=99"`
	// LowPercent is the part of it below which they are let in again.
	LowPercent int `key:"low_percent,default=75,min=5,max=98"`
}

// Priority is how important calls are where there is too much to do.
type Priority string

// The priorities.
const (
	LowPriority      Priority = "low"      // refused first, and never waits
	NormalPriority   Priority = "normal"   // as everything of which nothing is said
	HighPriority     Priority = "high"     // finds room where normal does not
	CriticalPriority Priority = "critical" // refused last, and not for want of memory
)

// Words returns the priorities.
func (Priority) Words() []string {
	return []string{string(LowPriority), string(NormalPriority), string(HighPriority), string(CriticalPriority)}
}

// overload holds the settings to each other and to the names of the file.
func (c *collector) overload(all *Config) {
	o, at := &all.Overload, all.Place.At("overload")
	if o.MinInFlight > o.MaxInFlight && o.MaxInFlight > 0 {
		c.add("overload-bounds", at.At("min_in_flight").node, "make max_in_flight larger, or min_in_flight smaller", "min_in_flight is more than max_in_flight")
	}
	if m := &o.Memory; m.LowPercent >= m.HighPercent && m.HighPercent > 0 {
		c.add("overload-memory", at.At("memory", "low_percent").node, "make low_percent less than high_percent, by 5 at least", "calls would be let in again while they are to be refused")
	}
	known := sortedNames(all.Roles)
	for _, name := range sortedNames(o.Roles) {
		if hint, ok := Undefined(known, name); ok {
			c.add("role-unknown", at.At("roles", name).node, hint, "the roles at the top of the file have no %s", quote(name))
		}
	}
	var names []string
	for i := range all.Credentials {
		names = append(names, all.Credentials[i].Name)
	}
	for _, name := range sortedNames(o.Credentials) {
		if !slices.Contains(names, name) {
			c.add("overload-credential", at.At("credentials", name).node, source.DidYouMean("name one that stands under credentials of the file", name, names...), "there is no credential %s", quote(name))
		}
	}
}
