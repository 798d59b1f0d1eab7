package config

import (
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // quotas name time zones, also where the machine has no list of them

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Limit is how much one client, caller, partner or operation may have. It is one of rate, window, quota and concurrency, and holds where an API or an operation names it under limits.
type Limit struct {
	Place
	// Key is whose calls are counted together: those that have all of it in common. It is address (the client's network), country (where geo says that the client is), principal (who calls), api_key (the credential itself), tenant, client (the program that calls), partner (the tenant, else the program, else the caller), claim:NAME (what the credential says under a name), api, operation or tag (the operation's first in the contract). With only address, country, api, operation and tag the limit is judged before credentials are.
	Key []string `key:"key,required,min=1,max=8,form=limit-key,example=[principal]"`
	// Rate lets a number of units through in a time, evenly, and some at once.
	Rate *RateLimit `key:"rate,example={amount: 20, per: 1s, burst: 40}"`
	// Window lets a number of units through in any time of a length.
	Window *WindowLimit `key:"window,example={amount: 100, per: 1m}"`
	// Quota lets a number of units through in a day or a month of the calendar.
	Quota *QuotaLimit `key:"quota,example={amount: 10000, per: day}"`
	// Concurrency lets a number of calls go on at once.
	Concurrency *ConcurrencyLimit `key:"concurrency,example={amount: 4}"`
	// Unit is what is counted: calls, each as many as its operation weighs; bytes of bodies of requests or of answers; or what queries cost.
	Unit LimitUnit `key:"unit,default=calls"`
	// IPv4Prefix is how many bits of an IPv4 address make one client.
	IPv4Prefix int `key:"ipv4_prefix,default=32,min=8,max=32"`
	// IPv6Prefix is how many bits of an IPv6 address make one client. One client has all addresses of a /64.
	IPv6Prefix int `key:"ipv6_prefix,default=64,min=16,max=128"`
	// Missing is what stands for a part of the key that a call does not have, such as the principal where an operation is public: the client's address, nothing, so that the limit is not for such calls, or a refusal.
	Missing MissingKey `key:"missing,default=address"`
	// Late has a limit of addresses judged behind authentication, so that it counts calls with a good credential alone. Limits with other keys always are.
	Late bool `key:"late"`
	// Count says which of the calls that the limit let through stay counted: all, those that no guard refused, or those that the API answered with less than 500.
	Count LimitCount `key:"count,default=all"`
	// CountRefused counts calls that are over the limit as well, so that a client that goes on stays out.
	CountRefused bool `key:"count_refused"`
	// Hidden keeps the limit out of the fields RateLimit and RateLimit-Policy of answers.
	Hidden bool `key:"hidden"`
	// MaxKeys is how many counters there may be in memory at once, 16 bytes each and room to look them up. One that is in use is never forgotten: further keys share spare ones.
	MaxKeys int `key:"max_keys,default=1000000,min=1000,max=100000000"`
	// Shared has all gates count together, in the server that counters names. Without it each gate counts alone.
	Shared bool `key:"shared"`
	// OnFailure is what becomes of calls while that server cannot be asked: closed refuses them, open lets them pass, and degraded has each gate count its part of the limit alone.
	OnFailure LimitFailure `key:"on_failure,default=degraded"`
}

// RateLimit is a bucket of units that fills evenly.
type RateLimit struct {
	Place
	// Amount is how many units come back in the time.
	Amount int64 `key:"amount,required,min=1,max=4398046511104,example=20"`
	// Per is the time.
	Per time.Duration `key:"per,required,min=1ms,max=366d,example=1s"`
	// Burst is how many may be taken at once; by default as many as amount.
	Burst int64 `key:"burst,min=1,max=4398046511104,absent=amount,example=40"`
}

// WindowLimit bounds what may be taken within a time that goes along with the clock. It is counted in two fixed windows, of which the one before is weighed by how much of it is still within the time.
type WindowLimit struct {
	Place
	// Amount is how many units may be taken within the time. Of what is not bytes it is at most 8388607.
	Amount int64 `key:"amount,required,min=1,max=4398046511104,example=100"`
	// Per is the time.
	Per time.Duration `key:"per,required,min=1ms,max=366d,example=1m"`
}

// QuotaLimit bounds what may be taken within a period of the calendar.
type QuotaLimit struct {
	Place
	// Amount is how many units may be taken within the period.
	Amount int64 `key:"amount,required,min=1,max=4398046511104,example=10000"`
	// Per is the period.
	Per QuotaPeriod `key:"per,required,example=day"`
	// Zone is the time zone in which the period begins, by its name in the IANA database.
	Zone string `key:"zone,default=UTC,form=zone,example=Europe/Berlin"`
}

// ConcurrencyLimit bounds how many calls go on at once.
type ConcurrencyLimit struct {
	Place
	// Amount is how many.
	Amount int64 `key:"amount,required,min=1,max=4398046511104,example=4"`
}

// LimitUnit is what a limit counts.
type LimitUnit string

// What it counts.
const (
	UnitCalls        LimitUnit = "calls"
	UnitRequestBytes LimitUnit = "request_bytes"
	UnitAnswerBytes  LimitUnit = "answer_bytes"
	UnitComplexity   LimitUnit = "complexity" // of queries, by the guard that reads them
)

// Words returns what a limit may count.
func (LimitUnit) Words() []string {
	return []string{string(UnitCalls), string(UnitRequestBytes), string(UnitAnswerBytes), string(UnitComplexity)}
}

// QuotaPeriod is a period of the calendar.
type QuotaPeriod string

// The periods.
const (
	PerDay   QuotaPeriod = "day"
	PerMonth QuotaPeriod = "month"
)

// Words returns the periods.
func (QuotaPeriod) Words() []string { return []string{string(PerDay), string(PerMonth)} }

// MissingKey is what stands for a part of a key that a call does not have.
type MissingKey string

// What stands for it.
const (
	MissingAddress MissingKey = "address"
	MissingSkip    MissingKey = "skip"
	MissingRefuse  MissingKey = "refuse"
)

// Words returns what may stand for it.
func (MissingKey) Words() []string {
	return []string{string(MissingAddress), string(MissingSkip), string(MissingRefuse)}
}

// LimitCount is which calls stay counted.
type LimitCount string

// Which calls.
const (
	CountAll       LimitCount = "all"
	CountPassed    LimitCount = "passed"
	CountSucceeded LimitCount = "succeeded"
)

// Words returns which calls may stay counted.
func (LimitCount) Words() []string {
	return []string{string(CountAll), string(CountPassed), string(CountSucceeded)}
}

// LimitFailure is what becomes of calls while gates cannot count together.
type LimitFailure string

// What becomes of them.
const (
	LimitClosed   LimitFailure = "closed"
	LimitOpen     LimitFailure = "open"
	LimitDegraded LimitFailure = "degraded"
)

// Words returns what may become of them.
func (LimitFailure) Words() []string {
	return []string{string(LimitClosed), string(LimitOpen), string(LimitDegraded)}
}

// limitKeys are the parts of keys that are one word.
var limitKeys = []string{"address", "country", "principal", "api_key", "tenant", "client", "partner", "api", "operation", "tag"}

const limitKeyPattern = "^(?:address|country|principal|api_key|tenant|client|partner|api|operation|tag|claim:.+)$"

func judgeLimitKey(text string) (wrong, hint string) {
	if name, ok := strings.CutPrefix(text, "claim:"); ok && name != "" || slices.Contains(limitKeys, text) {
		return "", ""
	}
	return quote(text) + " is nothing that calls have in common", source.DidYouMean("it is one of "+strings.Join(limitKeys, ", ")+", or claim: and the name of a claim", text, limitKeys...)
}

const limitNamePattern = "^[a-z0-9-]{1,64}$"

var limitName = expression(limitNamePattern)

func judgeLimitName(text string) (wrong, hint string) {
	if limitName().MatchString(text) {
		return "", ""
	}
	return "the name " + quote(text) + " of a limit has other signs than small letters, digits and hyphens", "write it like per-client; clients see it in RateLimit"
}

func judgeZone(text string) (wrong, hint string) {
	if _, err := time.LoadLocation(text); err != nil || text == "Local" || text == "" {
		return quote(text) + " is no time zone", "write it like Europe/Berlin, or remove it for UTC"
	}
	return "", ""
}

// limits holds what is said of each limit together.
func (c *collector) limits(limits map[string]Limit, at Place) {
	for _, name := range sortedNames(limits) {
		l := limits[name]
		c.limit(&l, at.At("limits", name))
	}
}

func (c *collector) limit(l *Limit, at Place) {
	kinds := 0
	for _, there := range [...]bool{l.Rate != nil, l.Window != nil, l.Quota != nil, l.Concurrency != nil} {
		if there {
			kinds++
		}
	}
	if kinds != 1 && !slices.ContainsFunc([]string{"rate", "window", "quota", "concurrency"}, func(key string) bool { return at.broken(key, source.Object) }) {
		c.add("limit-kind", at.node, "write one of rate, window, quota and concurrency", "a limit is of one kind, and this one is of %d", kinds)
	}
	if w := l.Window; w != nil && w.Amount > maxWindow && l.Unit != UnitRequestBytes && l.Unit != UnitAnswerBytes {
		c.add("limit-window", at.At("window", "amount").node, "take a rate or a quota, which count more", "a window counts at most %d of what is not bytes", int64(maxWindow))
	}
	if r := l.Rate; r != nil && r.Amount > 0 && float64(max(r.Burst, r.Amount))/float64(r.Amount)*float64(r.Per) > float64(366*day) {
		c.add("limit-burst", at.At("rate", "burst").node, "make burst smaller, or the rate faster", "what may be taken at once would take more than a year to come back")
	}
	if l.Concurrency != nil && l.Unit != UnitCalls && l.Unit != "" {
		c.add("limit-unit", at.At("unit").node, "remove unit", "places are counted in calls")
	}
}

// sharing demands the server in which gates count together.
func (d *decoder) sharing(c *Config) {
	for _, name := range sortedNames(c.Limits) {
		if l := c.Limits[name]; l.Shared && c.Counters == nil && !c.has("counters") {
			d.add("limit-shared", l.At("shared").node, "name the server under counters at the top of the file, or remove shared", "gates count together in a server, and there is none")
		}
	}
}

// maxWindow is what a window can count.
const maxWindow = 1<<23 - 1

// named holds the limits that an API and its operations name to those that there
// are.
func (c *collector) named(p *Policy, limits []string, at Place) {
	c.limitNames(p.Limits, limits, at)
	for _, name := range sortedNames(p.Operations) {
		c.limitNames(p.Operations[name].Limits, limits, at.At("operations", name))
	}
}

func (c *collector) limitNames(names, known []string, at Place) {
	for i, name := range names {
		if !slices.Contains(known, name) {
			c.add("limit-unknown", at.At("limits").Item(i).node, source.DidYouMean("describe it under limits at the top of the file", name, known...), "there is no limit %s", quote(name))
		}
	}
}
