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

	mu      sync.Mutex // held by Use and Close, and guards what follows
	folder  Folder
	end     context.CancelFunc
	ended   chan struct{}
	failing bool // the last attempt to keep what was seen failed; of the goroutine, and of Use and Close without one
}

// Waiting is how many events may wait to be judged.
const waiting = 4096

// keepEvery is how often what rules have seen is kept, in ticks of a second.
const keepEvery = 60

// NewWatch returns one without rules. Tell takes alerts and must not block; log
// takes them as well.
func NewWatch(t *tap.Tap, tell func(*gate.Event), log *slog.Logger) *Watch {
	w := &Watch{tap: t, log: log}
	w.engine = New(func(e *gate.Event) {
		a := e.Alert
		log.Warn("alert", "alert", a.Name, "severity", a.Severity, "rule", a.Rule, "count", a.Count, "id", e.ID.String())
		tell(e)
	})
	return w
}

// Use judges by these rules from now on, and keeps what they have seen in folder.
func (w *Watch) Use(rules []Rule, folder Folder) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
	w.keep() // of rules that go
	w.folder = folder
	w.engine.Use(rules, time.Now(), func(name, identity string) *Seen {
		seen, err := w.folder.load(name, identity)
		if err != nil {
			w.log.Error("what an alert has seen before cannot be read: it learns anew", "alert", name, "cause", err)
		}
		return seen
	})
	if len(rules) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	open := w.tap.Subscribe(waiting)
	w.open.Store(open)
	w.end, w.ended = cancel, make(chan struct{})
	go w.run(ctx, open, w.ended)
}

// run judges until ctx ends.
func (w *Watch) run(ctx context.Context, open *tap.Subscription, ended chan struct{}) {
	defer close(ended)
	ticks := 0
	open.Run(ctx, func(f *tap.Fact) { w.engine.See(&f.Event, time.Now()) }, time.Second, func(now time.Time) {
		w.engine.Tick(now)
		if ticks++; ticks%keepEvery == 0 {
			w.keep()
		}
	})
}

// stop ends the goroutine when it has judged what waits. It needs mu.
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

// keep writes down what rules have seen.
func (w *Watch) keep() {
	var wrong error
	kept := w.engine.changed()
	for _, k := range kept {
		if err := w.folder.save(k.name, k.identity, k.seen); err != nil {
			w.engine.unkept(k.name)
			wrong = err
		}
	}
	switch {
	case wrong != nil && !w.failing:
		w.log.Error("what alerts have seen cannot be kept: after a restart they learn anew, until this is mended", "cause", wrong)
	case wrong == nil && w.failing && len(kept) > 0:
		w.log.Info("what alerts have seen is kept again")
	case wrong == nil && len(kept) == 0:
		return
	}
	w.failing = wrong != nil
}

// Close judges what waits and keeps what was seen, until ctx ends at most.
func (w *Watch) Close(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.stop()
		w.keep()
	}()
	select {
	case <-done:
	case <-ctx.Done(): // a disk that hangs
	}
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
