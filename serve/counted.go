package serve

import (
	"time"

	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/wire/balance"
)

// counted is what metrics are taken of: a view of what serves that any goroutine
// may read.
type counted struct {
	doors []*door
	apis  []countedAPI
	stale bool
	// owners are of the store; nil where it keeps none.
	owners *owner.Keeper
	load   *load // nil where nothing is refused for it
}

type countedAPI struct {
	name string
	way  *way
	key  string // of what is known of its load
}

// show makes what serves now the view of metrics.
func (p *Program) show() {
	s := &counted{doors: p.doors, stale: p.failing}
	for i, w := range p.live.ways {
		s.apis = append(s.apis, countedAPI{p.live.plan.APIs[i].Name, w, loadKey(&p.live.config.APIs[i])})
	}
	if !p.live.config.Overload.Disabled {
		s.load = p.reader.load
	}
	if k := p.reader.keeper; k != nil {
		s.owners = k.owners
	}
	p.shown.Store(s)
}

// snapshot collects what is counted.
func (p *Program) snapshot() metrics.Snapshot {
	out := metrics.Snapshot{Ready: p.ready.Load(), Taken: p.taken.Load(), Refused: p.turned.Load()}
	if c := p.reader.credentials; c != nil {
		out.Revocations, out.Unrevoked = c.revocations.Len(), c.revocations.Missing()
		if l := c.counting.Load(); l != nil {
			out.Locks = l.Count()
		}
	}
	if c := p.reader.credentials; c != nil {
		out.Logins = c.logins.stats()
		if s := c.bots.Load(); s != nil {
			out.Bots = metrics.Bots{Trapped: s.Trapped.Load(), Met: s.Met.Load(), Suspected: s.Suspected.Load()}
		}
		if s := c.challenges.Load(); s != nil {
			out.Challenges = metrics.Challenges{Asked: s.Asked.Load(), Proved: s.Proved.Load(), Refused: s.Refused.Load()}
		}
	}
	out.Feeds = p.reader.feeds.stats(time.Now())
	if c := p.reader.shared; c != nil {
		if live := c.live.Load(); live != nil {
			s := live.Stats()
			out.Counters = &metrics.Counters{Up: s.Up, Gates: s.Nodes, Asked: s.Asked, Failed: s.Failed, Late: s.Late, Spared: s.Spared, Lost: s.Lost}
		}
	}
	out.Ledger = p.reader.book.counted()
	if a := p.events.kept.Load(); a != nil {
		held := a.Stats()
		out.Archive = &metrics.Archive{Bytes: held.Bytes, Segments: held.Segments}
	}
	out.Exports = p.telemetry.stats()
	if l := p.events.live.Load(); l != nil {
		s := l.Stats()
		out.Events = metrics.Events{Written: s.Written, Lost: s.Lost, Waiting: int64(s.Waiting), Capacity: int64(s.Capacity)}
	}
	out.Sinks = p.events.sinks.stats(time.Now())
	out.Alerts = p.events.alertStats()
	s := p.shown.Load()
	if s == nil {
		return out
	}
	out.Stale, out.Limits = s.stale, p.limitStats()
	if s.owners != nil {
		o := metrics.Owners(s.owners.Stats())
		out.Owners = &o
	}
	s.load.counted(s.apis, &out)
	for _, d := range s.doors {
		out.Listeners = append(out.Listeners, d.counted())
	}
	for _, a := range s.apis {
		w := a.way.Stats()
		out.APIs = append(out.APIs, metrics.API{Name: a.name, Retries: w.Retries, Exhausted: w.Exhausted, Unavailable: w.Unavailable, Mirrored: w.Mirrored, Dropped: w.Dropped})
		for _, m := range w.Members {
			out.Upstreams = append(out.Upstreams, a.upstream(&m))
		}
	}
	return out
}

// upstream is what is known of one member of the way to an API.
func (a *countedAPI) upstream(m *balance.MemberStats) metrics.Upstream {
	u := metrics.Upstream{API: a.name, Name: m.Name, Role: m.Role.String(), Serving: m.Health == balance.Serving, Calls: m.Sent, InFlight: m.InFlight}
	for _, k := range a.way.seats {
		if k.name == m.Name {
			s := k.pool.Stats()
			u.Idle, u.Opened, u.Reused = s.Idle, s.Opened, s.Reused
			u.Unreachable, u.TimedOut, u.Broken, u.Overloaded = s.Unreachable, s.TimedOut, s.Broken, s.Overloaded
			break
		}
	}
	return u
}

// counted is what is known of a door.
func (d *door) counted() metrics.Listener {
	c := d.listener.Counts()
	l := metrics.Listener{Name: d.place(), Opened: c.Opened, Open: c.Open, Dropped: c.Dropped, Unheard: c.Unheard, Handshakes: d.engine.Counts().Handshakes.Load()}
	for file, end := range d.listener.Ends {
		l.Certificates = append(l.Certificates, metrics.Certificate{File: file, Ends: end})
	}
	return l
}
