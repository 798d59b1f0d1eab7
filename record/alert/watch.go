package alert

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/record/tap"
)

// Watch judges what a tap shows, on a goroutine of its own while there are rules.
type Watch struct {
	tap    *tap.Tap
	log    *slog.Logger
	engine *Engine

	open    atomic.Pointer[tap.Subscription] // nil without rules
	dropped atomic.Uint64                    // of subscriptions that ended

	folder  atomic.Pointer[Folder]
	reading chan struct{} // holds one while the folder is read
	writing chan struct{} // and one while it is written to

	mu    sync.Mutex // held by Use and Close, and guards what follows
	end   context.CancelFunc
	ended chan struct{}

	telling sync.Mutex
	failing bool // guarded by telling; the last attempt to keep what was seen failed
}

// Waiting is how many events may wait to be judged.
const waiting = 4096

// keepEvery is how often what rules have seen is kept, in ticks of a second.
const keepEvery = 60

// NewWatch returns one without rules. Tell takes alerts and must not block; log
// takes them as well.
func NewWatch(t *tap.Tap, tell func(*gate.Event), log *slog.Logger) *Watch {
	w := &Watch{tap: t, log: log, reading: make(chan struct{}, 1), writing: make(chan struct{}, 1)}
	w.folder.Store(new(Folder))
	w.engine = New(func(e *gate.Event) {
		a := e.Alert
		if a.Ends != (gate.ID{}) {
			log.Info("alert is over", "alert", a.Name, "severity", a.Severity, "rule", a.Rule, "id", e.ID.String(), "ends", a.Ends.String())
			tell(e)
			return
		}
		log.Warn("alert", "alert", a.Name, "severity", a.Severity, "rule", a.Rule, "count", a.Count, "id", e.ID.String())
		tell(e)
	})
	return w
}

// Use judges by what Load returned from now on. It waits for the disk to keep what
// rules have seen that go, until ctx ends.
func (w *Watch) Use(ctx context.Context, l *Loaded) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
	w.keep(ctx, true)
	w.folder.Store(&l.folder)
	w.engine.Use(l.rules, time.Now(), func(name, _ string) *Seen { return l.seen[name] })
	if len(l.rules) == 0 {
		return
	}
	running, cancel := context.WithCancel(context.Background())
	open := w.tap.Subscribe(waiting)
	w.open.Store(open)
	w.end, w.ended = cancel, make(chan struct{})
	go w.run(running, open, w.ended)
}

// run judges until ctx ends.
func (w *Watch) run(ctx context.Context, open *tap.Subscription, ended chan struct{}) {
	defer close(ended)
	ticks := 0
	open.Run(ctx, func(f *tap.Fact) { w.engine.See(&f.Event, time.Now()) }, time.Second, func(now time.Time) {
		w.engine.Tick(now)
		if ticks++; ticks%keepEvery == 0 {
			w.keep(ctx, false)
		}
	})
}

// stop ends the goroutine when it has judged what waits, which no disk holds up. It
// needs mu.
func (w *Watch) stop() {
	open := w.open.Load()
	if open == nil {
		return
	}
	w.tap.Unsubscribe(open)
	w.end()
	<-w.ended
	w.open.Store(nil)
	w.dropped.Add(open.Dropped())
}

// Close judges what waits and keeps what was seen, until ctx ends at most.
func (w *Watch) Close(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
	w.keep(ctx, true)
}

// Stats are those of the rules, and how many events could not be judged since too
// many waited.
func (w *Watch) Stats() (list []Stats, dropped uint64) {
	dropped = w.dropped.Load()
	if open := w.open.Load(); open != nil {
		dropped += open.Dropped()
	}
	return w.engine.Stats(), dropped
}
