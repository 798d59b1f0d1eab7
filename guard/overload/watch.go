package overload

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"time"
)

// Times of the watch.
const (
	tick       = 100 * time.Millisecond
	late       = 3                      // ticks in a row that must be late: one may be a pause
	climb      = 500 * time.Millisecond // between two steps of the squeeze
	collection = 5 * time.Second        // between two collections of garbage that are asked for
	almost     = 97                     // percent of the memory at which nothing but critical calls is let in at once
)

// Watch looks at what the program itself has to do, until ctx ends: how long
// goroutines wait for a processor, and how much memory is in use. log hears when
// calls begin to be refused for either, and when that ends.
//
// The processor is judged as CoDel judges a queue (RFC 8289 section 3): not by
// its length but by the time spent in it, and only when that is too long for
// several ticks on end. The limit of calls at work with the gate then falls by a
// fifth of what they are at each tick, and grows again by a tenth.
func (g *Gate) Watch(ctx context.Context, log *slog.Logger) {
	t := time.NewTicker(tick)
	defer t.Stop()
	w := watch{gate: g, log: log, meter: newMeter()}
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			w.processor()
			w.memory(now)
		}
	}
}

// watch is what the watch knows of the ticks before. One goroutine uses it.
type watch struct {
	gate  *Gate
	log   *slog.Logger
	meter meter

	behind    int // ticks in a row in which goroutines waited too long
	limited   bool
	stepped   time.Time // when the squeeze was changed
	collected time.Time // when garbage was last asked for
}

// meter tells what the system says. Tests have their own.
type meter interface {
	// wait is how long half of the goroutines that could run since it was last
	// asked had to wait for a processor.
	wait() time.Duration
	// memory is what is in use, and what there may be; 0 when nobody knows.
	memory() (used, bound int64)
}

// processor takes one tick to account.
func (w *watch) processor() {
	g, o := w.gate, w.gate.options.Load()
	wait := w.meter.wait()
	g.delay.Store(int64(wait))
	limit, most := float64(g.limit.Load()), float64(o.MaxInFlight)
	peak := float64(g.peak.Swap(uint32(total(g.busy.Load()))))
	if wait > o.Delay {
		w.behind++
	} else {
		w.behind = 0
	}
	switch {
	case w.behind >= late:
		limit = max(min(limit, peak)*0.8, float64(o.MinInFlight))
	case w.behind == 0:
		limit = min(limit*1.1+1, most)
	}
	g.limit.Store(uint32(math.Ceil(limit)))
	w.say(limit < most)
}

// say tells of a change.
func (w *watch) say(limited bool) {
	if limited == w.limited {
		return
	}
	w.limited = limited
	if limited {
		w.log.Warn("the gate has more to do than its processors can: calls beyond that are refused", "waits", w.gate.delay.Load()/int64(time.Millisecond), "unit", "ms")
		return
	}
	w.log.Info("the gate's processors keep up again")
}

// memory squeezes out one class after the other while there is too little left,
// and lets them back in one after the other when there is enough: what lies
// between changes nothing. Garbage is collected before anybody is refused.
func (w *watch) memory(now time.Time) {
	g, o := w.gate, w.gate.options.Load()
	used, bound := w.meter.memory()
	if o.Memory > 0 {
		bound = o.Memory
	}
	g.memory.Store(used)
	g.bound.Store(bound)
	if bound <= 0 {
		g.squeeze.Store(uint32(Low))
		return
	}
	percent := int(used * 100 / bound)
	squeeze := Class(g.squeeze.Load())
	if percent >= o.MemoryHigh && squeeze == Low && now.Sub(w.collected) >= collection {
		w.collected = now
		runtime.GC()
		used, _ = w.meter.memory()
		percent = int(used * 100 / bound)
	}
	before := squeeze
	switch {
	case percent >= almost:
		squeeze = Critical
	case now.Sub(w.stepped) < climb:
	case percent >= o.MemoryHigh && squeeze < Critical:
		squeeze++
	case percent < o.MemoryLow && squeeze > Low:
		squeeze--
	}
	if squeeze == before {
		return
	}
	w.stepped = now
	g.squeeze.Store(uint32(squeeze))
	switch {
	case before == Low:
		w.log.Warn("the gate is short of memory: less important calls are refused", "used", used, "bound", bound)
	case squeeze == Low:
		w.log.Info("the gate has memory again", "used", used, "bound", bound)
	}
}

// Health is how the gate itself is.
type Health struct {
	State
	Delay       time.Duration // that goroutines wait for a processor
	Used, Bound int64         // bytes of memory; Bound 0 when nobody knows
	Squeeze     Class         // classes below it are refused for want of memory
}

// Health may be called at any time.
func (g *Gate) Health() Health {
	return Health{g.state(), time.Duration(g.delay.Load()), g.memory.Load(), g.bound.Load(), Class(g.squeeze.Load())}
}
