package config

import (
	"net/netip"
	"slices"
	"time"
)

// Alert is a rule over events that says when somebody should look: threshold, first_seen or absence. What it finds is an event of its own and a line in the log.
type Alert struct {
	Place
	// Name is what the alert is called.
	Name string `key:"name,required,form=alert-name,example=guessing"`
	// When says which events the rule is about: those of which every key that stands here has one of its values. Without it, all calls.
	When *AlertWhen `key:"when,example={code: [credential-invalid]}"`
	// Acts has the rule be about what happens to the gate itself, as reloaded, key-made or lost, and about no calls. It is counted, or missed; there is nothing to choose or tell apart.
	Acts []string `key:"acts,min=1,form=line-word,example=[key-made]"`
	// By has events judged apart by what they say here, as for each network by itself. Events that say nothing there are passed over.
	By []AlertField `key:"by,min=1,example=[address]"`
	// Threshold is met when enough came within a time.
	Threshold *AlertThreshold `key:"threshold,example={count: 20, window: 5m}"`
	// FirstSeen is met by a value that was never seen before.
	FirstSeen *AlertFirstSeen `key:"first_seen,example={value: country}"`
	// Absence is met when nothing came for a time.
	Absence *AlertAbsence `key:"absence,example={window: 15m}"`
	// Severity is how bad it is.
	Severity Severity `key:"severity,default=medium"`
	// Quiet is how long the same is not told again: of the same values of by, or that there is still nothing. What is seen first is told once anyway.
	Quiet time.Duration `key:"quiet,default=1h,min=1s,max=30d"`
	// Resolved has it told once, to the same sinks, that it is over: the threshold was not met again for its window, or something came again. Then the same is told of anew, whatever quiet says. It is not for first_seen.
	Resolved bool `key:"resolved"`
	// To are sinks that are told, whatever their only says. Sinks with only that are not named here are not told then. Without it, alerts go where other events go.
	To []string `key:"to,min=1,form=sink-name,example=[siem]"`
}

// AlertWhen says which events an alert is about.
type AlertWhen struct {
	Place
	// Outcome is how calls ended.
	Outcome []SinkOutcome `key:"outcome,min=1,example=[refused]"`
	// Code are codes of refusals, also of those that would have been in observe mode.
	Code []string `key:"code,min=1,form=line-word,example=[credential-invalid]"`
	// Status are what clients were answered: statuses, or classes of them as 5xx.
	Status []string `key:"status,min=1,form=statuses,example=[5xx]"`
	// API are names of APIs, as events have them.
	API []string `key:"api,min=1,form=name,example=[shop]"`
	// Operation are names of operations as events have them, or a method and a path as GET /pets/{id}.
	Operation []string `key:"operation,min=1,form=name,example=[login]"`
	// Address are networks that the client's has addresses in common with. Events know /24 of IPv4 and /48 of IPv6.
	Address []netip.Prefix `key:"address,min=1,example=[203.0.113.0/24]"`
	// Country are countries of clients, where an API asks for countries.
	Country []string `key:"country,min=1,form=country,example=[DE]"`
	// Caller are callers, and those who tried to log in, by the hash that events have.
	Caller []string `key:"caller,min=1,form=caller-hash,example=[5d41402abc4b2a76]"`
	// Kind are kinds of objects that were not the caller's.
	Kind []string `key:"kind,min=1,form=name,example=[order]"`
	// Class are classes of attacks.
	Class []string `key:"class,min=1,form=line-word,example=[sql]"`
}

// AlertThreshold is met when enough came within a time.
type AlertThreshold struct {
	Place
	// Count is how many events, or different values.
	Count int `key:"count,required,min=1,max=1000000,example=20"`
	// Distinct counts different values of it instead of events, 256 at most.
	Distinct AlertField `key:"distinct,absent=events,example=caller"`
	// Window is within which time.
	Window time.Duration `key:"window,required,min=1s,max=30d,example=5m"`
}

// AlertFirstSeen is met by a value that was never seen before.
type AlertFirstSeen struct {
	Place
	// Value is what is new: of each combination of what by names, where that stands.
	Value AlertField `key:"value,required,example=country"`
	// Learn is for how long values are learned at first, without telling of any.
	Learn time.Duration `key:"learn,default=7d,min=0s,max=365d"`
}

// AlertAbsence is met when nothing came for a time.
type AlertAbsence struct {
	Place
	// Window is for how long: since the gate began, or with by since the last one.
	Window time.Duration `key:"window,required,min=1s,max=30d,example=15m"`
}

// AlertField is what events are told apart by.
type AlertField string

// The fields.
const (
	AlertAddress   AlertField = "address" // the client's network, or its address by pseudonym
	AlertCaller    AlertField = "caller"  // of events that say who called
	AlertAccount   AlertField = "account" // of logins
	AlertCountry   AlertField = "country" // of the client
	AlertAPI       AlertField = "api"
	AlertOperation AlertField = "operation"
	AlertCode      AlertField = "code"  // of a refusal
	AlertKind      AlertField = "kind"  // of an object
	AlertClass     AlertField = "class" // of an attack
	AlertJA4       AlertField = "ja4"   // of a program that pretends
)

// Words returns the fields.
func (AlertField) Words() []string {
	return []string{string(AlertAddress), string(AlertCaller), string(AlertAccount), string(AlertCountry), string(AlertAPI), string(AlertOperation), string(AlertCode), string(AlertKind), string(AlertClass), string(AlertJA4)}
}

// Severity is how bad something is.
type Severity string

// The severities.
const (
	Informational Severity = "informational"
	Low           Severity = "low"
	Medium        Severity = "medium"
	High          Severity = "high"
	Critical      Severity = "critical"
)

// Words returns the severities.
func (Severity) Words() []string {
	return []string{string(Informational), string(Low), string(Medium), string(High), string(Critical)}
}

// alertsFolder is where what alerts have seen is kept when nothing is said.
const alertsFolder = "state/alerts"

const (
	statusesPattern   = "^[1-5](?:xx|[0-9]{2})$"
	callerHashPattern = "^(?:[0-9a-f]{16}){1,2}$"
)

var statuses, callerHash = expression(statusesPattern), expression(callerHashPattern)

func judgeAlertName(text string) (wrong, hint string) {
	if !sinkName().MatchString(text) {
		return "the name " + quote(text) + " of an alert has other signs than small letters, digits and hyphens", "write it like guessing-1; a file may be called so"
	}
	return "", ""
}

func judgeStatuses(text string) (wrong, hint string) {
	if !statuses().MatchString(text) {
		return quote(text) + " is no status", "write it like 404, or 5xx for a class of them"
	}
	return "", ""
}

func judgeCallerHash(text string) (wrong, hint string) {
	if !callerHash().MatchString(text) {
		return quote(text) + " is no hash of a caller", "events have it as caller or account: 32 digits from 0 to f, or 16"
	}
	return "", ""
}

// maxAlerts bounds the rules that each event is held to, and maxDistinct the
// values that one counts.
const (
	maxAlerts   = 64
	maxDistinct = 256
)

// alerts holds alerts to one kind, a name of their own, and sinks that there are.
func (d *decoder) alerts(r *Record) {
	if r.AlertsFolder == "" && !r.has("alerts_folder") {
		r.AlertsFolder = File(d.path(alertsFolder))
	}
	if len(r.Alerts) > maxAlerts {
		d.add("alert-many", r.At("alerts").node, "leave out those that tell of the same", "at most %d alerts are possible, got %d", maxAlerts, len(r.Alerts))
	}
	names := make(map[string]bool)
	for i := range r.Alerts {
		a := &r.Alerts[i]
		if a.Name != "" && names[a.Name] {
			d.add("alert-twice", a.At("name").node, "give each its own", "another alert is called %s", quote(a.Name))
		}
		names[a.Name] = true
		if truths(a.has("threshold"), a.has("first_seen"), a.has("absence")) != 1 {
			d.add("alert-kind", a.Place.node, "write one of threshold, first_seen and absence, and for several several alerts", "an alert has one kind of rule")
		}
		d.alertCounts(a)
		if a.Resolved && a.FirstSeen != nil {
			d.add("alert-resolved", a.At("resolved").node, "leave it out", "what is seen first is never over")
		}
		if a.has("acts") {
			d.alertActs(a)
		}
		for n, to := range a.To {
			if !slices.ContainsFunc(r.Sinks, func(s Sink) bool { return s.Name == to }) {
				d.add("alert-sink", a.At("to").Item(n).node, "name one of record.sinks", "there is no sink %s", quote(to))
			}
		}
	}
}

// alertCounts judges what is counted, and apart by what.
func (d *decoder) alertCounts(a *Alert) {
	for n, f := range a.By {
		if f == "" {
			continue // it could not be read
		}
		if a.Threshold != nil && f == a.Threshold.Distinct || a.FirstSeen != nil && f == a.FirstSeen.Value {
			d.add("alert-by", a.At("by").Item(n).node, "leave it out", "%s is judged by already", quote(string(f)))
		}
	}
	if t := a.Threshold; t != nil && t.Distinct != "" && t.Count > maxDistinct {
		d.add("alert-distinct", t.At("count").node, "count events, or fewer values", "at most %d different values are counted, got %d", maxDistinct, t.Count)
	}
}

// alertActs refuses what says nothing of what happens to the gate itself.
func (d *decoder) alertActs(a *Alert) {
	for _, key := range []string{"when", "by", "first_seen"} {
		if a.has(key) {
			d.add("alert-acts", a.At(key).node, "leave it out, or write another alert", "%s is about calls, and acts stands beside it", key)
		}
	}
	if t := a.Threshold; t != nil && t.has("distinct") {
		d.add("alert-acts", t.At("distinct").node, "leave it out, or write another alert", "distinct is about calls, and acts stands beside it")
	}
}
