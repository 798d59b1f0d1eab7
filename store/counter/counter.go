// Package counter keeps what several gates count together in Redis, or in
// Valkey, which speaks the same protocol and runs the same scripts: buckets,
// windows, quotas of the calendar, and places that calls hold. Each question is
// one script and one round trip, and time is the server's. Package serve opens
// it and lends it to the guard of limits; the package imports the client of
// Redis and the type of secrets, and knows no exchange, no guard and no rule of
// whose calls are counted together: counters have keyed hashes for names.
//
// It never waits long. A question ends within Options.Timeout; a server that
// does not answer in time a few times in a row, or at all, is left alone until
// one goroutine has found that it does again. Meanwhile every question is
// answered at once, by ErrDown, without the network.
package counter

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/gatehouse-api/gatehouse/trust"
)

// What Take, Give and Hold return beside errors of the server.
var (
	ErrDown   = errors.New("the server of counters does not answer for now")
	ErrLate   = errors.New("the server of counters did not answer in time")
	ErrPeriod = errors.New("the period of a quota is not the present one of the server")
	errAnswer = errors.New("the server of counters answered something else than it was asked")
)

// Options are those of counters.
type Options struct {
	// Addresses are host:port of the servers: one is the primary, and is found
	// by asking each in turn. With Sentinel they are those of sentinels, with
	// Cluster of some nodes of the cluster.
	Addresses []string
	Sentinel  string // the name of the primary that the sentinels watch; "" for none
	Cluster   bool
	TLS       *tls.Config // nil for none
	User      string
	Password  trust.Secret
	Database  int
	Prefix    string        // of all keys
	Timeout   time.Duration // of one question; 0 is 5 ms
	Log       *slog.Logger  // nil for nobody
}

// Counters are those of one server. All methods may be called by many goroutines
// at once.
type Counters struct {
	o     Options
	node  string // tells this process from all others, ever
	link  link
	known known
	room  chan struct{}  // for questions that wait
	work  sync.WaitGroup // of the link
	ctx   context.Context
	end   context.CancelFunc

	asked, failed, late, spared atomic.Int64
}

const (
	// maxWaiting is how many questions may be with the server at once; further
	// ones wait for one to end, within their time.
	maxWaiting = 512
	// linger is how long a question may go on after nobody waits for it any
	// more, so that units which come late are given back.
	linger = time.Second

	defaultTimeout = 5 * time.Millisecond
)

// New makes counters and begins to connect. It does not wait: until the server
// answers, ErrDown is the answer.
func New(o Options) *Counters {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var id [12]byte
	rand.Read(id[:])
	c := &Counters{o: o, node: base64.RawURLEncoding.EncodeToString(id[:]), room: make(chan struct{}, maxWaiting)}
	c.ctx, c.end = context.WithCancel(context.Background())
	c.link.init(c)
	c.work.Go(func() { c.link.run(c.ctx) })
	return c
}

// Close ends the connection; what this node holds is let go where the server
// answers.
func (c *Counters) Close() {
	c.end()
	c.work.Wait()
	for range maxWaiting { // questions are over
		c.room <- struct{}{}
	}
}

// Ready waits until the server has answered, or ctx ends.
func (c *Counters) Ready(ctx context.Context) error { return c.link.ready(ctx) }

// Now is about what the clock of the server says: this node's own until it was
// asked.
func (c *Counters) Now() time.Time { return c.link.time(time.Now()) }

// Take leases units: as many as there are, at most ask.Want; none when there are
// fewer than ask.Need. Whoever is lent them spends them before Grant.Until.
func (c *Counters) Take(ctx context.Context, ask *Ask) (Grant, error) {
	for again := false; ; again = true {
		q := c.question(ask, time.Now())
		g, err := c.ask(ctx, &q)
		if err == ErrPeriod && !again { // by now the clock of the server is known
			continue
		}
		return g, err
	}
}

// Give gives ask.Want units back that were leased at ask.Granted and not spent.
func (c *Counters) Give(ctx context.Context, ask *Ask) error {
	now := time.Now()
	q := c.question(ask, now)
	q.back, q.want, q.need = ask.Want, 0, 0
	q.age = max(0, now.Sub(ask.Granted))
	_, err := c.ask(ctx, &q)
	return err
}

// Hold says how many places this node wants to have in all, ask.Want, of which
// ask.Need are used. It replaces what the node held before. Places are this
// node's until Grant.Until, and are counted a little longer.
func (c *Counters) Hold(ctx context.Context, ask *Ask) (Grant, error) {
	q := c.question(ask, time.Now())
	return c.ask(ctx, &q)
}

// ask has a question answered within its time. One whose answer comes later has
// its units given back.
func (c *Counters) ask(ctx context.Context, q *question) (Grant, error) {
	if !c.link.up() {
		c.spared.Add(1)
		return Grant{}, ErrDown
	}
	c.asked.Add(1)
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	select {
	case c.room <- struct{}{}:
	case <-ctx.Done():
		return Grant{}, c.wasLate()
	}
	answer := make(chan reply)       // nobody is there when it comes late
	go c.put(ctx.Done(), *q, answer) // Close waits for its place
	select {
	case r := <-answer:
		return r.grant, r.err
	case <-ctx.Done():
		return Grant{}, c.wasLate()
	}
}

type reply struct {
	grant Grant
	err   error
}

// put asks the server. gone is closed when nobody waits any more.
func (c *Counters) put(gone <-chan struct{}, q question, answer chan<- reply) {
	defer func() { <-c.room }()
	ctx, cancel := context.WithTimeout(context.Background(), linger)
	defer cancel()
	begun := time.Now()
	r := reply{}
	r.grant, r.err = c.exec(ctx, &q, begun)
	_, said := rueidis.IsRedisErr(r.err)
	switch {
	case said || r.err == errAnswer:
		c.failed.Add(1)
		c.link.useless(r.err)
	case r.err != nil && r.err != ErrPeriod:
		c.failed.Add(1)
		c.link.fail(r.err)
	case time.Since(begun) < c.o.Timeout:
		c.link.well()
	}
	select {
	case answer <- r:
	case <-gone:
		if r.err == nil && r.grant.Units > 0 && q.kind != Concurrency {
			q.back, q.want, q.need, q.age = r.grant.Units, 0, 0, time.Since(begun)
			c.exec(ctx, &q, time.Now())
		}
	}
}

// exec runs the script of a question.
func (c *Counters) exec(ctx context.Context, q *question, begun time.Time) (Grant, error) {
	q.seen = c.known.get(q.key)
	values, err := c.link.exec(ctx, scripts[q.kind], q.key, q.args(c.node))
	if err != nil {
		return Grant{}, err
	}
	a, ok := read(values, q)
	if !ok {
		return Grant{}, errAnswer
	}
	c.link.clock(a.now, begun)
	if a.period {
		return Grant{}, ErrPeriod
	}
	if q.kind != Concurrency {
		c.known.put(q.key, seen{made: a.made, used: a.used, at: a.now})
	}
	return a.grant(q, begun), nil
}

// wasLate notes that an answer did not come in time.
func (c *Counters) wasLate() error {
	c.late.Add(1)
	c.link.useless(ErrLate)
	return ErrLate
}

// Stats are what is counted.
type Stats struct {
	Up     bool
	Nodes  int   // that use the same server and prefix, as far as is known
	Asked  int64 // questions that went to the server
	Failed int64 // of these, those that it did not answer, or not so
	Late   int64 // answers that did not come in time
	Spared int64 // questions that were not asked, since the server was down
	Lost   int64 // how often it was found down
}

// Stats returns what was counted since the start.
func (c *Counters) Stats() Stats {
	return Stats{Up: c.link.up(), Nodes: int(c.link.nodes.Load()), Asked: c.asked.Load(), Failed: c.failed.Load(), Late: c.late.Load(), Spared: c.spared.Load(), Lost: c.link.lost.Load()}
}

// Up reports whether the server answers, as far as is known: it costs nothing to
// ask.
func (c *Counters) Up() bool { return c.link.up() }
