// Package sink delivers lines of events to receivers elsewhere: each sink has a
// backlog on disk and a goroutine of its own, so that one that is slow or down
// holds up neither calls nor other sinks. What was taken is delivered at least
// once, as long as the bound of the backlog allows.
//
// Package serve opens sinks and hands lines to them. The packages below this one
// are receivers (Target); this one knows none of them.
package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/record/backlog"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// Target is a receiver. It is used by one goroutine at a time.
type Target interface {
	// Deliver returns nil when the receiver has the lines, count of them, each
	// with its line feed; they are not kept. An error may be a *Failure. What
	// an error says holds no secret.
	Deliver(ctx context.Context, lines []byte, count int) error
	Close() error
}

// Failure says more of a delivery that failed than its text.
type Failure struct {
	Text    string
	Refused bool          // the receiver does not want these lines, and hardly will later
	After   time.Duration // it asked to be left alone for so long; 0 when it said nothing
}

func (f *Failure) Error() string { return f.Text }

// Options say what a sink gets and where it goes.
type Options struct {
	Name   string
	Folder string // for its backlog and its dead letters; its own
	Max    int64  // bytes of the backlog, and again of dead letters
	Sealer seal.Sealer
	Only   Only
	To     Target
	Log    *slog.Logger

	Timeout time.Duration // of one delivery
	Tries   int           // after which lines that the receiver refuses are laid aside
	Lines   int           // in one delivery; 0 for as many as make up Bytes
	Bytes   int           // in one delivery, about
}

// Sink has the lines for one receiver.
type Sink struct {
	o       Options
	main    *backlog.Backlog
	adopted atomic.Pointer[backlog.Backlog] // of another program that ended, while it is delivered
	dead    letters

	ending chan struct{}
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	delivered atomic.Uint64
	refused   atomic.Uint64 // laid aside
	failing   atomic.Pointer[string]
	lost      backlog.Dropped // of adopted backlogs that were closed; guarded by mu
	mu        sync.Mutex
	syncing   sync.Mutex // held while main is synced

	// Of the goroutine that writes alone.
	picked  []byte
	unsaved bool
}

// lanes is how many programs may use the folder of a sink at once: two, while
// one takes over from another.
const lanes = 4

// Open opens the backlog of a sink and starts to deliver what waits in it.
func Open(o Options) (*Sink, error) {
	s := &Sink{o: o, ending: make(chan struct{})}
	s.dead = letters{folder: filepath.Join(o.Folder, "dead"), max: o.Max}
	var err error
	for lane := range lanes {
		if s.main, err = s.lane(lane); !errors.Is(err, backlog.ErrBusy) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.work.Go(s.run)
	s.work.Go(s.keep)
	return s, nil
}

// lane opens the backlog of one program.
func (s *Sink) lane(n int) (*backlog.Backlog, error) {
	return backlog.Open(backlog.Options{Folder: laneFolder(s.o.Folder, n), Max: s.o.Max, Sealer: s.o.Sealer, Name: s.o.Name})
}

func laneFolder(folder string, n int) string { return filepath.Join(folder, fmt.Sprint(n)) }

// Write takes whole lines and keeps none of the memory. It is for one goroutine
// at a time, and waits for no receiver.
func (s *Sink) Write(lines []byte) {
	var n int
	if s.picked, n = s.o.Only.pick(s.picked[:0], lines); n == 0 {
		return
	}
	err := s.main.Append(s.picked, n, time.Now())
	switch {
	case err != nil && !s.unsaved:
		s.o.Log.Error("the backlog of a sink cannot be written: its events are dropped until this is mended", "sink", s.o.Name, "cause", err)
	case err == nil && s.unsaved:
		s.o.Log.Info("the backlog of a sink is written again", "sink", s.o.Name)
	}
	s.unsaved = err != nil
}

// Sync brings to the disk what was written and not delivered yet: it then outlives
// a loss of power. It may be called until Close, from any goroutine, and waits for
// the disk.
func (s *Sink) Sync() error {
	s.syncing.Lock()
	defer s.syncing.Unlock()
	return s.main.Sync()
}

// Stats is how a sink has fared since it was opened.
type Stats struct {
	Name                          string
	Waiting                       int           // lines
	Bytes                         int64         // of these, on disk
	Lag                           time.Duration // since the oldest of these was put in
	Delivered, Refused            uint64        // lines; those that were laid aside
	DroppedFull, Damaged, Unsaved uint64
	Failing                       string // why the last delivery failed; "" when it did not
}

// Stats may be called at any time.
func (s *Sink) Stats(now time.Time) Stats {
	out := Stats{Name: s.o.Name, Delivered: s.delivered.Load(), Refused: s.refused.Load()}
	if text := s.failing.Load(); text != nil {
		out.Failing = *text
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	dropped := s.lost
	for _, b := range []*backlog.Backlog{s.main, s.adopted.Load()} {
		if b == nil {
			continue
		}
		one := b.Stats()
		out.Waiting += one.Waiting
		out.Bytes += one.Bytes
		if !one.Oldest.IsZero() {
			out.Lag = max(out.Lag, now.Sub(one.Oldest))
		}
		dropped = plus(dropped, one.Dropped)
	}
	out.DroppedFull, out.Damaged, out.Unsaved = dropped.Full, dropped.Damaged, dropped.Failed
	return out
}

func plus(a, b backlog.Dropped) backlog.Dropped {
	return backlog.Dropped{Full: a.Full + b.Full, Damaged: a.Damaged + b.Damaged, Failed: a.Failed + b.Failed}
}

// Close delivers what waits until ctx ends or the receiver does not take it; the
// rest stays on disk for the next Open. Nothing may be written after Close has
// begun.
func (s *Sink) Close(ctx context.Context) error {
	close(s.ending)
	defer context.AfterFunc(ctx, s.cancel)()
	s.work.Wait()
	s.cancel()
	return errors.Join(s.main.Close(), s.o.To.Close())
}

// keep brings to the disk every second what was written, and says what was
// dropped every minute.
func (s *Sink) keep() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var said uint64
	quiet := time.Time{}
	failed := false
	for {
		select {
		case <-s.ending:
			return
		case now := <-tick.C:
			err := s.Sync()
			if err != nil && !failed {
				s.o.Log.Error("the backlog of a sink cannot be brought to the disk: a loss of power would lose its last events", "sink", s.o.Name, "cause", err)
			}
			failed = err != nil
			st := s.Stats(now)
			if n := st.DroppedFull + st.Damaged; n > said && now.Sub(quiet) >= time.Minute {
				s.o.Log.Error("events for a sink were dropped", "sink", s.o.Name, "count", n-said, "to_keep_the_bound", st.DroppedFull, "unreadable", st.Damaged, "waiting", st.Waiting)
				said, quiet = n, now
			}
		}
	}
}

// Waits between tries.
const (
	leastWait = 500 * time.Millisecond
	mostWait  = time.Minute
	mostAfter = time.Hour // that a receiver may ask for
)

// pause is how long to wait after a number of failed tries: twice as long each
// time, and somewhere between half and all of that, so that gates do not come
// back together.
func pause(tries int, err error) time.Duration {
	d := mostWait
	if tries < 8 {
		d = min(leastWait<<(tries-1), mostWait)
	}
	d = d/2 + rand.N(d/2+1)
	var f *Failure
	if errors.As(err, &f) {
		d = max(d, min(f.After, mostAfter))
	}
	return d
}

// Waiting is what waits in the folder of a sink that need not be open: for
// reports. Nothing is changed; what is written meanwhile may be counted or not.
func Waiting(folder string) (bytes int64) {
	for lane := range lanes {
		list, err := os.ReadDir(laneFolder(folder, lane))
		if err != nil {
			continue
		}
		bytes += backlog.Left(laneFolder(folder, lane), list)
	}
	return bytes
}
