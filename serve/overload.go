package serve

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/guard/overload"
	"github.com/gatehouse-api/gatehouse/record/metrics"
)

// load is what is known of how much there is to do. It outlives plans, and looks
// at the program itself until it is closed.
type load struct {
	gate *overload.Gate
	end  context.CancelFunc
	work sync.WaitGroup
}

// newLoad returns one that watches.
func newLoad(log *slog.Logger) *load {
	ctx, end := context.WithCancel(context.Background())
	l := &load{gate: overload.New(overload.Options{}), end: end}
	l.work.Go(func() { l.gate.Watch(ctx, log) })
	return l
}

// close ends the watch; of nil there is none.
func (l *load) close() {
	if l != nil {
		l.end()
		l.work.Wait()
	}
}

// equip gives an API what refuses calls while there is too much to do. Readers
// that do not serve have none.
func (l *load) equip(a *gatehouse.API, settings *config.API, o *config.Overload) {
	if l == nil || o.Disabled {
		return
	}
	a.Overload = &gatehouse.Overload{Gate: l.gate, Limit: l.gate.Limit(loadKey(settings)), Roles: o.Roles, Credentials: o.Credentials}
}

// loadKey tells APIs apart: what was learned of one stays with it while its
// contract changes.
func loadKey(s *config.API) string {
	return strings.Join(append([]string{s.Name, string(s.Contract), s.Prefix}, s.Hosts...), "\x00")
}

// settle takes the settings of a configuration over that serves now.
func (l *load) settle(c *config.Config) {
	o := &c.Overload
	l.gate.Set(overload.Options{
		MinInFlight: o.MinInFlight, MaxInFlight: o.MaxInFlight, Slowdown: o.SlowdownPercent, Wait: o.Wait, Delay: o.Delay,
		MemoryHigh: o.Memory.HighPercent, MemoryLow: o.Memory.LowPercent, Memory: int64(o.Memory.Bound),
	})
	keys := map[string]bool{}
	for i := range c.APIs {
		keys[loadKey(&c.APIs[i])] = true
	}
	l.gate.Keep(keys)
}

// counted adds what is known to a snapshot of metrics.
func (l *load) counted(apis []countedAPI, out *metrics.Snapshot) {
	if l == nil {
		return
	}
	h := l.gate.Health()
	out.Host = metrics.Host{Delay: h.Delay, Used: h.Used, Bound: h.Bound, Squeeze: int(h.Squeeze)}
	out.Loads = append(out.Loads, loadOf("", h.State))
	for i := range apis {
		out.Loads = append(out.Loads, loadOf(apis[i].name, l.gate.Limit(apis[i].key).State()))
	}
}

func loadOf(api string, s overload.State) metrics.Load {
	m := metrics.Load{API: api, Limit: s.Limit, InFlight: s.InFlight, Waiting: s.Waiting, Unfair: s.Unfair}
	for c := range overload.Classes {
		m.Shed = append(m.Shed, metrics.Shed{Priority: c.String(), Calls: s.Shed[c]})
	}
	return m
}
