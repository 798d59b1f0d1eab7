package serve

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/limit"
	"github.com/gatehouse-api/gatehouse/store/counter"
)

// shared lends the guard of limits what gates count together. It outlives
// plans; the server behind it may change with a configuration.
type shared struct {
	live   atomic.Pointer[counter.Counters] // nil where there is no server
	key    sum                              // of the settings of live
	pepper sum                              // that names of counters are hashed with, once some are
}

var (
	_ limit.Shared = (*shared)(nil)
	_ limit.Reach  = (*shared)(nil)
)

// Take implements limit.Shared.
func (c *shared) Take(ctx context.Context, a *limit.Ask) (limit.Grant, error) {
	return c.ask(ctx, a, (*counter.Counters).Take)
}

// Hold implements limit.Shared.
func (c *shared) Hold(ctx context.Context, a *limit.Ask) (limit.Grant, error) {
	return c.ask(ctx, a, (*counter.Counters).Hold)
}

// Give implements limit.Shared.
func (c *shared) Give(ctx context.Context, a *limit.Ask) error {
	live := c.live.Load()
	if live == nil {
		return counter.ErrDown
	}
	ask := asked(a)
	ask.Granted = a.Now
	return live.Give(ctx, &ask)
}

func (c *shared) ask(ctx context.Context, a *limit.Ask, how func(*counter.Counters, context.Context, *counter.Ask) (counter.Grant, error)) (limit.Grant, error) {
	live := c.live.Load()
	if live == nil {
		return limit.Grant{}, counter.ErrDown
	}
	ask := asked(a)
	g, err := how(live, ctx, &ask)
	return limit.Grant(g), err
}

// counterKinds are the kinds of limits in the words of counters.
var counterKinds = map[limit.Kind]counter.Kind{limit.Rate: counter.Rate, limit.Window: counter.Window, limit.Quota: counter.Quota, limit.Concurrency: counter.Concurrency}

// asked is what the guard asks, in the words of counters.
func asked(a *limit.Ask) counter.Ask {
	r := a.Rule
	return counter.Ask{
		Limit: r.ID, Key: a.Key, Kind: counterKinds[r.Kind], Amount: r.Amount, Burst: r.Burst, Per: r.Per,
		Period: func(at time.Time) (began, ends time.Time) { return r.Began(at), r.Ends(at) },
		Want:   a.Want, Need: a.Need, CountRefused: r.CountRefused, Life: a.For,
	}
}

// pepperOf is what a pepper makes the names of counters of.
func pepperOf(s *config.Counters) (secret [16]byte) {
	k := sha256.Sum256([]byte("gatehouse counters\x00" + s.Pepper.Reveal()))
	return [16]byte(k[:])
}

// counterOptions are those that a configuration describes.
func counterOptions(d *draft) (o counter.Options, key sum, wrong *fault) {
	s := d.config.Counters
	o = counter.Options{Addresses: s.Addresses, Sentinel: s.Sentinel, Cluster: s.Cluster, User: s.User, Password: s.Password, Database: s.Database, Prefix: s.Prefix, Timeout: s.Timeout}
	k := newKey()
	k.value(o.Addresses, o.Sentinel, o.Cluster, o.User, o.Database, o.Prefix, o.Timeout)
	k.text(s.Password.Reveal())
	if s.TLS == nil {
		return o, k.sum(), nil
	}
	o.TLS = &tls.Config{ServerName: s.TLS.ServerName}
	k.text("tls")
	k.text(s.TLS.ServerName)
	if s.TLS.CA != "" {
		d.files.add(string(s.TLS.CA))
		text, err := readCA(string(s.TLS.CA))
		if err != nil {
			return o, key, &fault{at: s.TLS.At("ca"), text: cause(err).Error(), remedy: "name a PEM file that this user can read"}
		}
		if o.TLS.RootCAs, err = readAuthorities(text, time.Now()); err != nil {
			return o, key, &fault{at: s.TLS.At("ca"), text: err.Error(), remedy: "name a PEM file with the certificates of the authorities that vouch for the server"}
		}
		k.text(string(text))
	}
	return o, k.sum(), nil
}

// share opens the server of counters that a draft describes, beside the one that
// is in use. A server that does not answer for now is no mistake.
func (r *reader) share(d *draft) {
	s := d.config.Counters
	if s == nil {
		return
	}
	o, key, wrong := counterOptions(d)
	d.faults.add(wrong)
	c := r.shared
	if wrong != nil || r.looks || c == nil {
		return
	}
	pepper := sum(sha256.Sum256([]byte(s.Pepper.Reveal())))
	switch live := c.live.Load(); {
	case c.pepper != sum{} && c.pepper != pepper:
		d.faults.add(&fault{at: s.At("pepper"), text: "the pepper of counters is not the one that the gate was started with", remedy: "start all gates anew: they count from the beginning then"})
		return
	case live != nil && c.key == key:
		return
	}
	o.Log = r.credentials.deps.log
	d.shared, d.sharedKey = counter.New(o), key
	ctx, cancel := context.WithTimeout(context.Background(), firstAnswer)
	defer cancel()
	d.shared.Ready(ctx) // or calls find out
}

// firstAnswer is how long a start or a reload waits for the server of counters.
const firstAnswer = time.Second

// settle has the server of a draft that serves used, and closes the one before.
func (c *shared) settle(d *draft) {
	switch {
	case d.shared != nil:
		old := c.live.Swap(d.shared)
		c.key = d.sharedKey
		d.shared = nil
		if old != nil {
			old.Close()
		}
	case d.config.Counters == nil:
		c.close()
	}
	if s := d.config.Counters; s != nil {
		c.pepper = sum(sha256.Sum256([]byte(s.Pepper.Reveal())))
	}
}

// close ends the connection. It may be called on nil.
func (c *shared) close() {
	if c == nil {
		return
	}
	if old := c.live.Swap(nil); old != nil {
		old.Close()
	}
}

// Up implements limit.Reach.
func (c *shared) Up() bool {
	live := c.live.Load()
	return live != nil && live.Up()
}
