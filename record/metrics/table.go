package metrics

import "github.com/prometheus/client_golang/prometheus"

// Kind is the type of a metric.
type Kind string

// The kinds.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Definition is one metric of the gate's own. docs/reference/metrics.md lists
// the same rows; a test keeps them together.
type Definition struct {
	Name   string
	Kind   Kind
	Labels []string
	Help   string
}

// Labels that stand together.
var (
	ofAPI       = []string{"api"}
	ofFeed      = []string{"kind", "feed"}
	ofOperation = []string{"api", "operation"}
	ofListener  = []string{"listener"}
	ofUpstream  = []string{"api", "upstream", "role"}
)

// The metrics. Everything that a label says comes from a contract, from
// gatehouse.yaml or from the gate itself, never from a client.
var (
	exchanges    = Definition{"gatehouse_exchanges_total", Counter, []string{"api", "operation", "outcome", "class"}, "Exchanges that ended, by outcome (refused, passed, replied, failed, aborted) and class of the status that the client got (2xx to 5xx, none)."}
	duration     = Definition{"gatehouse_exchange_duration_seconds", Histogram, ofOperation, "Time from the end of a request's head to the end of its exchange."}
	wait         = Definition{"gatehouse_upstream_wait_seconds", Histogram, ofOperation, "Time from the call of the API to the head of its answer, of exchanges that got one."}
	requestBytes = Definition{"gatehouse_request_body_bytes_total", Counter, ofOperation, "Bytes of bodies that clients sent."}
	answerBytes  = Definition{"gatehouse_answer_body_bytes_total", Counter, ofOperation, "Bytes of bodies of the API that clients got."}
	trimmed      = Definition{"gatehouse_trimmed_total", Counter, ofOperation, "Cuts in answers: what the contract does not describe, or calls writeOnly. In observe mode those that would have been made."}
	refusals     = Definition{"gatehouse_refusals_total", Counter, []string{"api", "guard", "code"}, "Exchanges that were refused or failed, by the step that said so and the code."}
	would        = Definition{"gatehouse_would_refuse_total", Counter, []string{"api", "code"}, "Refusals that observe mode only noted."}

	connections    = Definition{"gatehouse_connections_total", Counter, ofListener, "Connections of clients that were taken."}
	open           = Definition{"gatehouse_connections_open", Gauge, ofListener, "Connections of clients that are open."}
	dropped        = Definition{"gatehouse_connections_dropped_total", Counter, ofListener, "Connections that were closed at once, since there were too many, in all or of one client."}
	unheard        = Definition{"gatehouse_proxy_header_failures_total", Counter, ofListener, "Connections that were closed, since they had to begin with a header of the PROXY protocol and did not."}
	handshakes     = Definition{"gatehouse_tls_handshake_failures_total", Counter, ofListener, "TLS handshakes that failed."}
	certificates   = Definition{"gatehouse_certificate_expiry_timestamp_seconds", Gauge, []string{"listener", "certificate"}, "When the certificate of a file that a listener shows ends, in seconds since 1970."}
	calls          = Definition{"gatehouse_upstream_calls_total", Counter, ofUpstream, "Calls that were sent to an upstream, repeated and mirrored ones included."}
	failures       = Definition{"gatehouse_upstream_failures_total", Counter, []string{"api", "upstream", "role", "reason"}, "Calls that got no answer: unreachable, timeout, broken, overloaded (max_in_flight)."}
	inFlight       = Definition{"gatehouse_upstream_in_flight", Gauge, ofUpstream, "Calls that are with an upstream."}
	serving        = Definition{"gatehouse_upstream_serving", Gauge, ofUpstream, "1 when an upstream takes calls; 0 when it is unhealthy, ejected or cut off by its breaker."}
	upConnections  = Definition{"gatehouse_upstream_connections_total", Counter, ofUpstream, "Connections that were opened to an upstream."}
	upReused       = Definition{"gatehouse_upstream_connections_reused_total", Counter, ofUpstream, "Calls that took a connection that was open already."}
	upIdle         = Definition{"gatehouse_upstream_connections_idle", Gauge, ofUpstream, "Open connections to an upstream that wait for a call."}
	retries        = Definition{"gatehouse_retries_total", Counter, ofAPI, "Calls that were sent again."}
	unaffordable   = Definition{"gatehouse_retries_refused_total", Counter, ofAPI, "Calls that were not sent again, for lack of budget."}
	unavailable    = Definition{"gatehouse_upstream_unavailable_total", Counter, ofAPI, "Calls that found no upstream which takes calls."}
	mirrored       = Definition{"gatehouse_mirrored_total", Counter, ofAPI, "Copies of calls that were sent to a mirror."}
	mirrorDropped  = Definition{"gatehouse_mirror_dropped_total", Counter, ofAPI, "Copies that were not sent: too many were on their way, or the body was too large."}
	eventsWritten  = Definition{"gatehouse_events_written_total", Counter, nil, "Events that were written."}
	eventsLost     = Definition{"gatehouse_events_lost_total", Counter, nil, "Events that were lost, since their place could not take them."}
	eventsWaiting  = Definition{"gatehouse_events_waiting", Gauge, nil, "Events that wait to be written."}
	eventsCapacity = Definition{"gatehouse_events_capacity", Gauge, nil, "Events that can wait to be written; one more is lost."}
	ready          = Definition{"gatehouse_ready", Gauge, nil, "1 when /readyz says so: a configuration serves, and the gate is not ending."}
	reloads        = Definition{"gatehouse_reloads_total", Counter, []string{"result"}, "Configurations that were read anew and taken, or refused."}
	locks          = Definition{"gatehouse_credential_locks_total", Counter, nil, "Times that a network, a subject or a credential was locked out after too many failures."}
	revocations    = Definition{"gatehouse_revocations", Gauge, nil, "Revocations that are held."}
	unrevoked      = Definition{"gatehouse_revocations_missing", Gauge, nil, "Revocations of the store for which there is no room in memory: what they name is good all the same. Anything above 0 is an alarm."}
	stale          = Definition{"gatehouse_configuration_stale", Gauge, nil, "1 when the files hold a configuration that was refused, so that the one before serves on."}
	owned          = Definition{"gatehouse_owned_objects", Gauge, nil, "Objects that somebody is known to own."}
	ownedMax       = Definition{"gatehouse_owned_objects_max", Gauge, nil, "Objects of which the owner can be known at once (max_objects of the store)."}
	ownedRefused   = Definition{"gatehouse_owned_objects_refused_total", Counter, nil, "Objects for which there was no room: nobody is known to own them."}
	ownerUnknown   = Definition{"gatehouse_owner_unknown_total", Counter, nil, "Calls that named, or were answered with, an object that nobody is known to own; refused or reported."}
	ownerConflicts = Definition{"gatehouse_owner_conflicts_total", Counter, nil, "Objects that were made or listed for a caller and belong to somebody else: the first owner stays."}
	ownerFailures  = Definition{"gatehouse_owner_write_failures_total", Counter, []string{"what"}, "Objects of which the store could not be told at once: learn (who owns them), forget (that they are gone)."}
	countersUp     = Definition{"gatehouse_counters_up", Gauge, nil, "1 while the server in which gates count together answers (counters), 0 while limits go by their on_failure."}
	countersGates  = Definition{"gatehouse_counters_gates", Gauge, nil, "Gates that use the server of counters, as far as this one knows: more than gates of counters says is a mistake."}
	countersAsked  = Definition{"gatehouse_counters_questions_total", Counter, nil, "Questions that went to the server of counters."}
	countersFailed = Definition{"gatehouse_counters_failures_total", Counter, []string{"why"}, "Questions for which limits went by their on_failure: late (no answer in time), error (none, or an error), down (not asked, since the server was down)."}
	countersLost   = Definition{"gatehouse_counters_lost_total", Counter, nil, "How often the server of counters was found down."}
	ownerWaiting   = Definition{"gatehouse_owner_forgets_waiting", Gauge, nil, "Objects that are gone and of which the store is still to be told."}
	loadLimit      = Definition{"gatehouse_overload_limit", Gauge, ofAPI, "Calls that may be at work with an API at once; with the gate as a whole where api is empty."}
	loadWork       = Definition{"gatehouse_overload_in_flight", Gauge, ofAPI, "Calls that are at work with an API, or with the gate: until their answers begin."}
	loadWaiting    = Definition{"gatehouse_overload_waiting", Gauge, ofAPI, "Calls that wait for room at an API."}
	loadShed       = Definition{"gatehouse_overload_shed_total", Counter, []string{"api", "priority"}, "Calls that were refused as overloaded, by their priority; where that is observed, those that would have been. By the gate itself where api is empty."}
	loadUnfair     = Definition{"gatehouse_overload_unfair_total", Counter, ofAPI, "Of these, calls of clients that had their share."}
	loadDelay      = Definition{"gatehouse_overload_delay_seconds", Gauge, nil, "How long half of the gate's goroutines waited for a processor, of late."}
	loadUsed       = Definition{"gatehouse_overload_memory_bytes", Gauge, nil, "Memory that the gate has in use."}
	loadBound      = Definition{"gatehouse_overload_memory_bound_bytes", Gauge, nil, "Memory that the gate may have; 0 when that is not known."}
	loadSqueeze    = Definition{"gatehouse_overload_memory_refused", Gauge, nil, "How many of the priorities are refused for want of memory, from low on: 0 to 3."}
	feedEntries    = Definition{"gatehouse_feed_entries", Gauge, ofFeed, "Ranges of addresses that a feed (kind list) or the database of countries (kind countries) has; 0 while none holds."}
	feedAge        = Definition{"gatehouse_feed_age_seconds", Gauge, ofFeed, "Since its last version was found to be the one that there is; no value while none was read."}
	feedHolds      = Definition{"gatehouse_feed_up", Gauge, ofFeed, "1 while a version of it holds, 0 while calls go by its on_failure."}
	feedFailed     = Definition{"gatehouse_feed_failed", Gauge, ofFeed, "1 when the last try to read it went wrong: what was read before is used on. The log says why."}
	logins         = Definition{"gatehouse_logins_total", Counter, []string{"api", "what"}, "Logins that the API judges: tried, failed, refused (before the API was asked), breached (with a password of the list)."}
	loginLocks     = Definition{"gatehouse_login_locks_total", Counter, []string{"api", "what"}, "Times that logins were locked out: an account on one network (account) or on networks that it does not know (account-elsewhere), a network (network, stuffing) or a password (spraying)."}
	loginAttack    = Definition{"gatehouse_login_attack", Gauge, ofAPI, "1 while logins of many accounts fail, and most do."}
	limitCalls     = Definition{"gatehouse_limit_calls_total", Counter, []string{"limit", "result"}, "Calls that a limit judged: passed, refused (in observe mode, would have been), crowded (counted in a spare counter, for lack of room), failed (the counter that gates share could not be asked)."}
	limitKeys      = Definition{"gatehouse_limit_keys", Gauge, []string{"limit"}, "Counters of a limit that are in memory."}
	challenges     = Definition{"gatehouse_challenges_total", Counter, []string{"what"}, "Proofs of work: asked (puzzles given out), proved, refused."}
	bots           = Definition{"gatehouse_bots_total", Counter, []string{"what"}, "Calls for honeypots (trapped), later ones from networks that are remembered for it (met), and calls of programs that pretend or are on a list (suspected)."}
	exportsSent    = Definition{"gatehouse_otlp_sent_total", Counter, []string{"signal"}, "What a receiver of OpenTelemetry took: exchanges with their spans (traces), lines of the log (logs), points (metrics)."}
	exportsLost    = Definition{"gatehouse_otlp_lost_total", Counter, []string{"signal"}, "What it did not take, or there was no room for."}
	exportsWaiting = Definition{"gatehouse_otlp_waiting", Gauge, []string{"signal"}, "What waits to be sent to it."}
	build          = Definition{"gatehouse_build_info", Gauge, []string{"version", "go"}, "1, with the version of the program and of Go."}
)

// Definitions are all metrics of the gate's own.
var Definitions = []*Definition{
	&exchanges, &duration, &wait, &requestBytes, &answerBytes, &trimmed, &refusals, &would,
	&connections, &open, &dropped, &unheard, &handshakes, &certificates,
	&calls, &failures, &inFlight, &serving, &upConnections, &upReused, &upIdle, &retries, &unaffordable, &unavailable, &mirrored, &mirrorDropped,
	&eventsWritten, &eventsLost, &eventsWaiting, &eventsCapacity, &ready, &reloads, &stale, &locks, &revocations, &unrevoked,
	&owned, &ownedMax, &ownedRefused, &ownerUnknown, &ownerConflicts, &ownerFailures, &ownerWaiting,
	&loadLimit, &loadWork, &loadWaiting, &loadShed, &loadUnfair, &loadDelay, &loadUsed, &loadBound, &loadSqueeze,
	&feedEntries, &feedAge, &feedHolds, &feedFailed, &logins, &loginLocks, &loginAttack, &challenges, &bots,
	&sinkDelivered, &sinkDropped, &sinkWaiting, &sinkBytes, &sinkLag, &sinkUp,
	&alertsTold, &alertsUntold, &alertGroups, &alertsEvicted, &alertsMissed,
	&countersUp, &countersGates, &countersAsked, &countersFailed, &countersLost, &limitCalls, &limitKeys, &exportsSent, &exportsLost, &exportsWaiting,
	&ledgerEntries, &ledgerSynced, &ledgerRoom, &ledgerUp, &ledgerCalls, &ledgerCosigned, &ledgerWitnessed, &ledgerWitness, &ledgerForked, &archiveBytes, &archiveSegments, &build,
}

// buckets are the bounds of the histograms, in seconds.
var buckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func (d *Definition) counter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.Labels)
}

func (d *Definition) histogram() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: buckets}, d.Labels)
}
