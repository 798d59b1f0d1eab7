package serve

import (
	"log/slog"
	"net/url"
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// ways are the ways to all APIs. What is known of them outlives plans: an API
// whose settings stay keeps its balancer, and an upstream whose settings stay
// its health and its connections, whatever becomes of those beside it.
type ways struct {
	open  map[sum]*way
	seats map[sum]*seat
	pools pools
	log   *slog.Logger // hears of upstreams that fail; nil for nobody
}

// way is the one to one API.
type way struct {
	*balance.Balancer
	key   sum
	users int
	seats []*seat
}

// seat is one upstream with what is known of it.
type seat struct {
	*balance.Node
	name  string // its URL
	key   sum
	users int
	pool  *pool
}

func newWays() *ways {
	return &ways{open: map[sum]*way{}, seats: map[sum]*seat{}, pools: pools{}}
}

// acquire returns the way to an API. Nothing is asked of its upstreams before
// start.
func (ws *ways) acquire(s *config.API, c *contract.Contract) (*way, []*fault) {
	var seats []*seat
	var wrong []*fault
	for i := range s.Upstreams {
		seat, bad := ws.sit(&s.Upstreams[i], s)
		if bad != nil {
			wrong = append(wrong, bad)
			continue
		}
		seats = append(seats, seat)
	}
	if len(wrong) > 0 {
		ws.rise(seats)
		return nil, wrong
	}
	o := balanceOptions(s, seats, hidden(c))
	key := wayKey(s, seats, o.Hidden)
	w := ws.open[key]
	if w == nil {
		b, err := balance.New(o)
		if err != nil { // a configuration that was not read from a file may say so
			ws.rise(seats)
			return nil, []*fault{{at: s.Place.At("upstreams"), flag: "upstream", text: err.Error()}}
		}
		w = &way{Balancer: b, key: key, seats: seats}
		ws.open[key] = w
	} else {
		ws.rise(seats) // it has them
	}
	w.users++
	return w, nil
}

// sit returns what is known of an upstream.
func (ws *ways) sit(u *config.Upstream, s *config.API) (*seat, *fault) {
	p, wrong := ws.pools.acquire(u)
	if wrong != nil {
		return nil, wrong
	}
	o := nodeOptions(u, s)
	key := seatKey(p.key, &o)
	k := ws.seats[key]
	if k == nil {
		o.Log = ws.log
		k = &seat{Node: balance.NewNode(p, o), name: u.URL, key: key, pool: p}
		ws.seats[key] = k
	} else {
		ws.pools.release([]*pool{p}) // it has one
	}
	k.users++
	return k, nil
}

// start has the health of upstreams asked.
func (ws *ways) start(list []*way) {
	for _, w := range list {
		for _, k := range w.seats {
			k.Start()
		}
	}
}

// release gives ways back; what nobody wants any more is closed. Exchanges
// that are with an API end by themselves.
func (ws *ways) release(list []*way) {
	for _, w := range list {
		if w.users--; w.users == 0 {
			delete(ws.open, w.key)
			w.Close()
			ws.rise(w.seats)
		}
	}
}

func (ws *ways) rise(list []*seat) {
	for _, k := range list {
		if k.users--; k.users == 0 {
			delete(ws.seats, k.key)
			k.Close()
			ws.pools.release([]*pool{k.pool})
		}
	}
}

// close closes everything, whoever wants it.
func (ws *ways) close() {
	for _, w := range ws.open {
		w.Close()
	}
	for _, k := range ws.seats {
		k.Close()
	}
	for _, p := range ws.pools {
		p.Close()
	}
}

// seatKey tells what is known of upstreams apart.
func seatKey(pool sum, o *balance.NodeOptions) sum {
	k := newKey()
	k.text(string(pool[:]))
	k.value(o.Outliers, o.Breaker)
	if o.Health != nil {
		k.value(*o.Health)
	}
	return k.sum()
}

// wayKey tells ways apart. Two APIs have two, since each has a budget of its
// own.
func wayKey(s *config.API, seats []*seat, hidden []string) sum {
	k := newKey()
	k.value(s.Contract, s.Hosts, s.Prefix, hidden, retries(s))
	for i, seat := range seats {
		k.text(string(seat.key[:]))
		k.value(s.Upstreams[i].Role, s.Upstreams[i].Weight)
	}
	k.value(canary(s), mirror(s))
	return k.sum()
}

// hidden are the fields that hold credentials by the contract, but for those
// that hold them everywhere.
func hidden(c *contract.Contract) (list []string) {
	if c == nil {
		return nil
	}
	for _, s := range c.Schemes {
		if s.Type == contract.APIKey && s.In == contract.Header && s.Param != "" {
			list = append(list, string([]byte(s.Param))) // the contract's texts are let go
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// balanceOptions say how the calls of an API are spread.
func balanceOptions(s *config.API, seats []*seat, hidden []string) balance.Options {
	o := balance.Options{Retries: retries(s), Canary: canary(s), Mirror: mirror(s), Hidden: hidden}
	for i, k := range seats {
		o.Members = append(o.Members, balance.Member{Node: k.Node, Weight: s.Upstreams[i].Weight, Role: roles[s.Upstreams[i].Role]})
	}
	return o
}

var roles = map[config.Role]balance.Role{
	"": balance.Live, config.Live: balance.Live, config.Canary: balance.CanaryRole, config.Mirror: balance.MirrorRole,
}

func retries(s *config.API) balance.Retries {
	return balance.Retries{Tries: s.Retries.Tries, BudgetPercent: s.Retries.BudgetPercent, Within: s.Retries.Within}
}

func canary(s *config.API) balance.Canary {
	if s.Canary == nil {
		return balance.Canary{}
	}
	return balance.Canary{Percent: s.Canary.Percent, EachNew: s.Canary.By == config.ByCall, Header: s.Canary.Header}
}

func mirror(s *config.API) balance.Mirror {
	m := s.Mirror
	if m == nil {
		return balance.Mirror{}
	}
	return balance.Mirror{Percent: m.Percent, Methods: m.Methods, MaxBody: int64(m.MaxBodyBytes), MaxInFlight: m.MaxInFlight,
		Timeout: m.Timeout, Credentials: m.Credentials, Remove: m.Remove}
}

// nodeOptions say how an upstream is watched.
func nodeOptions(u *config.Upstream, s *config.API) balance.NodeOptions {
	f, b := s.Outliers, s.Breaker
	o := balance.NodeOptions{
		Name: u.URL,
		Outliers: balance.Outliers{Off: f.Disabled, Failures: f.Failures, FailurePercent: f.FailurePercent, Window: f.Window,
			EjectFor: f.EjectFor, MaxEjectedPercent: f.MaxEjectedPercent},
		Breaker: balance.Breaker{Off: b.Disabled, Failures: b.Failures, OpenFor: b.OpenFor, Trials: b.Trials},
	}
	if h := s.Health; h != nil && u.Role != config.Mirror {
		o.Health = &balance.Health{Path: h.Path, Host: h.Host, Interval: h.Interval, Timeout: h.Timeout, Healthy: h.Healthy, Unhealthy: h.Unhealthy}
		if o.Health.Host == "" {
			o.Health.Host = hostOf(u, s)
		}
	}
	return o
}

// hostOf is what the API is called.
func hostOf(u *config.Upstream, s *config.API) string {
	if len(s.Hosts) > 0 {
		return s.Hosts[0]
	}
	if at, err := url.Parse(u.URL); err == nil && at.Host != "" {
		return at.Host
	}
	return "localhost"
}
