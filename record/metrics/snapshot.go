package metrics

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Snapshot is what the parts of the program have counted by themselves.
type Snapshot struct {
	Listeners []Listener
	Upstreams []Upstream
	APIs      []API
	Events    Events
	Ready     bool
	Stale     bool // the last configuration that was read is not the one that serves
	Taken     int64
	Refused   int64 // of configurations that were read anew

	Locks                  uint64 // lockouts
	Revocations, Unrevoked int    // that are held; that found no room
	Owners                 *Owners
	Loads                  []Load // the gate's own among them, of no API
	Host                   Host
	Counters               *Counters
	Logins                 []Logins
	Limits                 []Limit
	Challenges             Challenges
	Bots                   Bots
	Feeds                  []Feed
	Ledger                 *Ledger
	Archive                *Archive
	Sinks                  []Sink
	Exports                []Export
	Alerts                 Alerts
}

// Export is what became of one kind of what is sent to a receiver of
// OpenTelemetry.
type Export struct {
	Signal     string // traces, logs or metrics
	Sent, Lost uint64
	Waiting    int
}

// Feed is what is known of a list of addresses, or of the database of countries.
type Feed struct {
	Name                string
	Kind                string // list or countries
	Entries             int
	Holds, Failed, Read bool
	Age                 time.Duration // meaningful with Read
}

// Bots is what is known of calls for honeypots, of later ones from there, and of
// programs that pretend.
type Bots struct{ Trapped, Met, Suspected uint64 }

// Challenges is what is known of proofs of work.
type Challenges struct{ Asked, Proved, Refused uint64 }

// Logins is what is known of those of one API.
type Logins struct {
	API                              string
	Tried, Failed, Refused, Breached uint64
	Locks                            map[string]uint64 // by what was locked
	Attacked                         bool
}

// Counters is how the server is in which gates count together; nil where there
// is none.
type Counters struct {
	Up                                bool
	Gates                             int
	Asked, Failed, Late, Spared, Lost int64
}

// Owners is what the owners' table has counted; nil where there is none.
type Owners struct {
	Objects, Max                                        int
	Refused, Unknown, Conflicts, Unlearned, Unforgotten int64
	Waiting                                             int
}

// Listener is what one has counted.
type Listener struct {
	Name                                       string // its address
	Opened, Open, Dropped, Unheard, Handshakes int64
	Certificates                               []Certificate
}

// Certificate is one that a listener has from a file.
type Certificate struct {
	File string
	Ends time.Time
}

// Upstream is what is known of one address of an API.
type Upstream struct {
	API, Name, Role                           string
	Serving                                   bool
	Calls                                     uint64
	InFlight, Idle, Opened, Reused            int64
	Unreachable, TimedOut, Broken, Overloaded int64
}

// API is what the way to one has counted.
type API struct {
	Name                                               string
	Retries, Exhausted, Unavailable, Mirrored, Dropped uint64
}

// Limit is one limit, as it was judged since it was read first.
type Limit struct {
	Name                             string
	Passed, Refused, Crowded, Failed uint64 // calls
	Keys                             int    // counters in memory
}

// Events is how their queue is.
type Events struct {
	Written, Lost     uint64
	Waiting, Capacity int64
}

// collector shows a snapshot at each scrape.
type collector struct{ snapshot func() Snapshot }

var _ prometheus.Collector = (*collector)(nil)

// described are the definitions that a snapshot is shown as.
var described = func() map[*Definition]*prometheus.Desc {
	m := map[*Definition]*prometheus.Desc{}
	for _, d := range []*Definition{
		&connections, &open, &dropped, &unheard, &handshakes, &certificates,
		&calls, &failures, &inFlight, &serving, &upConnections, &upReused, &upIdle, &retries, &unaffordable, &unavailable, &mirrored, &mirrorDropped,
		&eventsWritten, &eventsLost, &eventsWaiting, &eventsCapacity, &ready, &reloads, &stale, &locks, &revocations, &unrevoked,
		&owned, &ownedMax, &ownedRefused, &ownerUnknown, &ownerConflicts, &ownerFailures, &ownerWaiting,
		&loadLimit, &loadWork, &loadWaiting, &loadShed, &loadUnfair, &loadDelay, &loadUsed, &loadBound, &loadSqueeze,
		&feedEntries, &feedAge, &feedHolds, &feedFailed, &logins, &loginLocks, &loginAttack,
		&countersUp, &countersGates, &countersAsked, &countersFailed, &countersLost, &limitCalls, &limitKeys,
		&challenges, &bots, &exportsSent, &exportsLost, &exportsWaiting, &ledgerEntries, &ledgerSynced, &ledgerRoom, &ledgerUp, &ledgerCalls, &ledgerCosigned, &ledgerWitnessed, &ledgerWitness, &ledgerForked, &archiveBytes, &archiveSegments,
		&sinkDelivered, &sinkDropped, &sinkWaiting, &sinkBytes, &sinkLag, &sinkUp,
		&alertsTold, &alertsUntold, &alertGroups, &alertsEvicted, &alertsMissed,
	} {
		m[d] = prometheus.NewDesc(d.Name, d.Help, d.Labels, nil)
	}
	return m
}()

// Describe implements prometheus.Collector.
func (*collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range described {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	s := c.snapshot()
	var t tally
	for i := range s.Listeners {
		t.listener(&s.Listeners[i])
	}
	for i := range s.Upstreams {
		t.upstream(&s.Upstreams[i])
	}
	for i := range s.APIs {
		a := &s.APIs[i]
		t.add(&retries, float64(a.Retries), a.Name)
		t.add(&unaffordable, float64(a.Exhausted), a.Name)
		t.add(&unavailable, float64(a.Unavailable), a.Name)
		t.add(&mirrored, float64(a.Mirrored), a.Name)
		t.add(&mirrorDropped, float64(a.Dropped), a.Name)
	}
	t.add(&eventsWritten, float64(s.Events.Written))
	t.add(&eventsLost, float64(s.Events.Lost))
	t.add(&eventsWaiting, float64(s.Events.Waiting))
	t.add(&eventsCapacity, float64(s.Events.Capacity))
	t.add(&ready, truth(s.Ready))
	t.add(&stale, truth(s.Stale))
	t.add(&locks, float64(s.Locks))
	t.add(&revocations, float64(s.Revocations))
	t.add(&unrevoked, float64(s.Unrevoked))
	t.add(&reloads, float64(s.Taken), "taken")
	t.add(&reloads, float64(s.Refused), "refused")
	if o := s.Owners; o != nil {
		t.owners(o)
	}
	for i := range s.Loads {
		t.load(&s.Loads[i])
	}
	t.add(&loadDelay, s.Host.Delay.Seconds())
	t.add(&loadUsed, float64(s.Host.Used))
	t.add(&loadBound, float64(s.Host.Bound))
	t.add(&loadSqueeze, float64(s.Host.Squeeze))
	t.add(&challenges, float64(s.Challenges.Asked), "asked")
	t.add(&bots, float64(s.Bots.Trapped), "trapped")
	t.add(&bots, float64(s.Bots.Met), "met")
	t.add(&bots, float64(s.Bots.Suspected), "suspected")
	t.add(&challenges, float64(s.Challenges.Proved), "proved")
	t.add(&challenges, float64(s.Challenges.Refused), "refused")
	for _, x := range s.Exports {
		t.add(&exportsSent, float64(x.Sent), x.Signal)
		t.add(&exportsLost, float64(x.Lost), x.Signal)
		t.add(&exportsWaiting, float64(x.Waiting), x.Signal)
	}
	for i := range s.Feeds {
		t.feed(&s.Feeds[i])
	}
	for i := range s.Sinks {
		t.sink(&s.Sinks[i])
	}
	t.alerts(&s.Alerts)
	for i := range s.Logins {
		t.logins(&s.Logins[i])
	}
	if c := s.Counters; c != nil {
		t.counters(c)
	}
	if l := s.Ledger; l != nil {
		t.ledger(l)
	}
	if a := s.Archive; a != nil {
		t.archive(a)
	}
	for i := range s.Limits {
		t.limit(&s.Limits[i])
	}
	for _, r := range t.rows {
		kind := prometheus.GaugeValue
		if r.of.Kind == Counter {
			kind = prometheus.CounterValue
		}
		to <- prometheus.MustNewConstMetric(described[r.of], kind, r.value, r.labels...)
	}
}

// tally collects values. What has the same name and labels is one: two APIs
// may be called the same.
type tally struct {
	rows []*row
	by   map[string]*row
}

type row struct {
	of     *Definition
	labels []string
	value  float64
}

// row finds the one of a metric and its labels.
func (t *tally) row(d *Definition, labels []string) *row {
	for i := range labels { // what is not UTF-8 cannot be shown
		labels[i] = strings.ToValidUTF8(labels[i], "\uFFFD")
	}
	key := d.Name + "\x00" + strings.Join(labels, "\x00")
	if t.by == nil {
		t.by = map[string]*row{}
	}
	r := t.by[key]
	if r == nil {
		r = &row{of: d, labels: labels}
		t.by[key] = r
		t.rows = append(t.rows, r)
	}
	return r
}

func (t *tally) add(d *Definition, value float64, labels ...string) { t.row(d, labels).value += value }

// set is add for what makes no sum.
func (t *tally) set(d *Definition, value float64, labels ...string) { t.row(d, labels).value = value }

func (t *tally) listener(l *Listener) {
	t.add(&connections, float64(l.Opened), l.Name)
	t.add(&open, float64(l.Open), l.Name)
	t.add(&dropped, float64(l.Dropped), l.Name)
	t.add(&unheard, float64(l.Unheard), l.Name)
	t.add(&handshakes, float64(l.Handshakes), l.Name)
	for _, c := range l.Certificates {
		t.set(&certificates, float64(c.Ends.Unix()), l.Name, c.File)
	}
}

func (t *tally) upstream(u *Upstream) {
	of := func(more ...string) []string { return append([]string{u.API, u.Name, u.Role}, more...) }
	t.add(&calls, float64(u.Calls), of()...)
	t.add(&inFlight, float64(u.InFlight), of()...)
	t.set(&serving, truth(u.Serving), of()...)
	t.add(&upConnections, float64(u.Opened), of()...)
	t.add(&upReused, float64(u.Reused), of()...)
	t.add(&upIdle, float64(u.Idle), of()...)
	t.add(&failures, float64(u.Unreachable), of("unreachable")...)
	t.add(&failures, float64(u.TimedOut), of("timeout")...)
	t.add(&failures, float64(u.Broken), of("broken")...)
	t.add(&failures, float64(u.Overloaded), of("overloaded")...)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (t *tally) counters(c *Counters) {
	t.add(&countersUp, truth(c.Up))
	t.add(&countersGates, float64(c.Gates))
	t.add(&countersAsked, float64(c.Asked))
	t.add(&countersFailed, float64(c.Late), "late")
	t.add(&countersFailed, float64(c.Failed), "error")
	t.add(&countersFailed, float64(c.Spared), "down")
	t.add(&countersLost, float64(c.Lost))
}

func (t *tally) limit(l *Limit) {
	t.add(&limitCalls, float64(l.Passed), l.Name, "passed")
	t.add(&limitCalls, float64(l.Refused), l.Name, "refused")
	t.add(&limitCalls, float64(l.Crowded), l.Name, "crowded")
	t.add(&limitCalls, float64(l.Failed), l.Name, "failed")
	t.add(&limitKeys, float64(l.Keys), l.Name)
}

func (t *tally) owners(o *Owners) {
	t.add(&owned, float64(o.Objects))
	t.add(&ownedMax, float64(o.Max))
	t.add(&ownedRefused, float64(o.Refused))
	t.add(&ownerUnknown, float64(o.Unknown))
	t.add(&ownerConflicts, float64(o.Conflicts))
	t.add(&ownerFailures, float64(o.Unlearned), "learn")
	t.add(&ownerFailures, float64(o.Unforgotten), "forget")
	t.add(&ownerWaiting, float64(o.Waiting))
}

func (t *tally) feed(f *Feed) {
	t.add(&feedEntries, float64(f.Entries), f.Kind, f.Name)
	t.add(&feedHolds, truth(f.Holds), f.Kind, f.Name)
	t.add(&feedFailed, truth(f.Failed), f.Kind, f.Name)
	if f.Read {
		t.add(&feedAge, f.Age.Seconds(), f.Kind, f.Name)
	}
}

func (t *tally) logins(l *Logins) {
	t.add(&logins, float64(l.Tried), l.API, "tried")
	t.add(&logins, float64(l.Failed), l.API, "failed")
	t.add(&logins, float64(l.Refused), l.API, "refused")
	t.add(&logins, float64(l.Breached), l.API, "breached")
	for what, n := range l.Locks {
		t.add(&loginLocks, float64(n), l.API, what)
	}
	t.add(&loginAttack, truth(l.Attacked), l.API)
}
