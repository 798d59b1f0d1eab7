package config

import "time"

// Role is what one upstream is there for.
type Role string

// The roles. The zero Role is Live.
const (
	Live   Role = "live"   // it takes calls
	Canary Role = "canary" // it takes some of the calls, as canary says
	Mirror Role = "mirror" // it gets copies of some calls, as mirror says, and its answers are thrown away
)

// Words returns the roles.
func (Role) Words() []string { return []string{string(Live), string(Canary), string(Mirror)} }

// Health is how every upstream of an API is asked whether it is well. One that is not gets no calls until it is.
type Health struct {
	Place
	// Path is what GET asks for. An answer of 2xx means that the upstream is well.
	Path string `key:"path,required,form=path,example=/healthz"`
	// Host is what the request's Host field says; by default the first of the API's hosts, else the upstream's own.
	Host string `key:"host,form=host,example=api.example.com"`
	// Interval is how long it is from one request to the next, a tenth more or less.
	Interval time.Duration `key:"interval,default=5s,min=100ms,max=1h"`
	// Timeout bounds one request.
	Timeout time.Duration `key:"timeout,default=2s,min=1ms,max=1m"`
	// Healthy is how many requests in a row must go well until an upstream is used again. Until an upstream was well for the first time, one decides.
	Healthy int `key:"healthy,default=2,min=1,max=100"`
	// Unhealthy is how many in a row must fail until it is used no more.
	Unhealthy int `key:"unhealthy,default=3,min=1,max=100"`
}

// Outliers leaves upstreams out whose calls fail while those of others do not: they could not be reached, broke off, did not answer in time, or answered 502, 503 or 504. When all that could be used is left out, it is used all the same.
type Outliers struct {
	Place
	// Disabled leaves nobody out.
	Disabled bool `key:"disabled"`
	// Failures is how many calls in a row must fail.
	Failures int `key:"failures,default=5,min=1,max=1000"`
	// FailurePercent is how many of 100 calls within window must fail, of at least 20, when they do not fail in a row.
	FailurePercent int `key:"failure_percent,default=50,min=1,max=100"`
	// Window is the time in which calls are counted for failure_percent.
	Window time.Duration `key:"window,default=10s,min=1s,max=1h"`
	// EjectFor is for how long an upstream is left out the first time; then it is twice as long, three times, up to 5m. After that one call finds out whether it is back.
	EjectFor time.Duration `key:"eject_for,default=10s,min=100ms,max=5m"`
	// MaxEjectedPercent is how many of 100 upstreams may be left out at once; one of two in any case, and never the last one.
	MaxEjectedPercent int `key:"max_ejected_percent,default=50,min=1,max=100"`
}

// Breaker stops calls to an upstream that does not answer at all, even the only one, so that nobody waits for it. When none is left, calls are refused as upstream-unavailable (503).
type Breaker struct {
	Place
	// Disabled goes on calling.
	Disabled bool `key:"disabled"`
	// Failures is how many calls in a row must find the upstream unreachable, broken or silent.
	Failures int `key:"failures,default=10,min=1,max=10000"`
	// OpenFor is for how long it is not called then.
	OpenFor time.Duration `key:"open_for,default=5s,min=100ms,max=5m"`
	// Trials is how many calls must go well after that until it is called as before, and how many may try at once.
	Trials int `key:"trials,default=2,min=1,max=100"`
}

// Retries sends calls that failed to another upstream: those that reached nobody, and of those that may have been performed the ones that can be repeated without harm (GET, HEAD, OPTIONS, TRACE, PUT and DELETE), where the gate still has the whole body.
type Retries struct {
	Place
	// Tries is how many upstreams one call may try, the first included. 1 never tries another.
	Tries int `key:"tries,default=3,min=1,max=5"`
	// BudgetPercent is how many of 100 calls may be repeated that may have been performed, beyond 100 that are saved up. It keeps an API that fails under load from getting more of it.
	BudgetPercent int `key:"budget_percent,default=20,min=1,max=100"`
	// Within is the time from a call's first try in which another one may begin. With answer_timeout it bounds how long a call takes.
	Within time.Duration `key:"within,default=10s,min=1ms,max=10m"`
}

// CanarySplit is which calls go to the upstreams whose role is canary. What these cannot take goes to those that are live, and never the other way round.
type CanarySplit struct {
	Place
	// Percent is how many of 100 clients, or calls, go there.
	Percent int `key:"percent,min=0,max=100,example=5"`
	// By says what is counted. A client is an IPv4 address or an IPv6 /64, and always goes the same way.
	By SplitBy `key:"by,absent=client"`
	// Header is a request field by which clients choose for themselves: always, or never. Any other value counts like none.
	Header string `key:"header,form=token,example=X-Canary"`
}

// SplitBy is what is counted to split.
type SplitBy string

// What is counted.
const (
	ByClient SplitBy = "client" // the addresses of clients
	ByCall   SplitBy = "call"   // calls, each anew
)

// Words returns what may be counted.
func (SplitBy) Words() []string { return []string{string(ByClient), string(ByCall)} }

// Mirroring is which calls the upstream whose role is mirror gets a copy of. No call waits for it. Copies carry the field X-Gatehouse-Mirror: 1; streams are not copied.
type Mirroring struct {
	Place
	// Percent is how many of 100 calls are copied.
	Percent int `key:"percent,default=100,min=1,max=100"`
	// Methods are those of the calls that are copied; by default GET and HEAD, which change nothing.
	Methods []string `key:"methods,form=method,example=[GET, HEAD]"`
	// MaxBodyBytes is the largest body that is copied.
	MaxBodyBytes Bytes `key:"max_body_bytes,default=64KiB,min=1,max=16MiB"`
	// MaxInFlight is how many copies may be on their way at once; one more is not sent.
	MaxInFlight int `key:"max_in_flight,default=16,min=1,max=1024"`
	// Timeout bounds one copy, its answer included.
	Timeout time.Duration `key:"timeout,default=10s,min=1ms,max=10m"`
	// Credentials has copies carry Authorization, Cookie and the fields of the contract's API keys, too.
	Credentials bool `key:"credentials"`
	// Remove names other request fields that copies do not carry.
	Remove []string `key:"remove,form=token,example=[X-Session]"`
}
