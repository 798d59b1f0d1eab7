package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/audit"
	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/witness"
	"github.com/gatehouse-api/gatehouse/record/journal"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// book is the ledger of a program, and what writes calls into it. It outlives
// plans.
type book struct {
	*journal.Journal
	options  ledger.Options
	inform   func(text string) // of what is no trouble
	settings config.Ledger
	bounds   bounded
	askNow   chan struct{}                 // has witnesses asked without waiting
	asking   atomic.Pointer[witness.Asker] // nil where there are no witnesses

	mu   sync.Mutex
	log  *ledger.Log // guarded by mu; nil until it is open
	held bool        // it is open, or waited for
	work sync.WaitGroup
	ctx  context.Context // of work
	end  context.CancelFunc
}

// recorder is the journal of a draft's calls; nil where it has none.
func (r *reader) recorder(d *draft) audit.Recorder {
	s := d.config.Record.Ledger
	if s != nil {
		for i := range s.Witnesses {
			d.files.add(string(s.Witnesses[i].CA))
		}
		_, wrong := peers(s)
		d.faults.add(wrong)
	}
	switch {
	case s == nil:
		return nil
	case r.looks || r.custody == nil:
		return unopened{}
	case r.book == nil || !r.book.held && !r.book.is(s):
		if r.book != nil {
			r.book.end() // of a reload that was refused
		}
		r.book = newBook(s, r.custody.keys.Data(), r.credentials.deps.log)
	case !r.book.is(s):
		d.faults.add(&fault{at: s.Place, text: "the ledger is not the one that the gate was started with", remedy: "start the gate anew; with handover no call is refused meanwhile"})
	default:
		r.book.reseal()
	}
	return r.book
}

// reseal has the keys of the ledger follow the gate's own where those were rotated:
// what destroys an earlier version then finds that nothing needs it.
func (b *book) reseal() {
	b.mu.Lock()
	l := b.log
	b.mu.Unlock()
	if l == nil {
		return // it follows when it is opened
	}
	if err := l.Reseal(); err != nil {
		b.options.Say("its keys cannot be sealed anew for now: " + err.Error())
	}
}

// unopened is the journal of a plan that serves nobody.
type unopened struct{}

var errUnopened = errors.New("no ledger is open")

// Begin has no room.
func (unopened) Begin(context.Context, *gate.Event, bool) (gate.Audit, error) {
	return nil, errUnopened
}

func newBook(s *config.Ledger, by seal.Sealer, log *slog.Logger) *book {
	b := &book{Journal: journal.New(), settings: *s, askNow: make(chan struct{}, 1), options: ledger.Options{
		Dir: string(s.Path), Origin: s.Name, Keys: by, KeepFree: int64(s.KeepFree), Turn: turnOf(s), Say: func(text string) { log.Warn("ledger: " + text) },
	}}
	b.inform = func(text string) { log.Info("ledger: " + text) }
	b.ctx, b.end = context.WithCancel(context.Background())
	return b
}

// is reports whether s describes b.
func (b *book) is(s *config.Ledger) bool {
	return b.settings.Path == s.Path && b.settings.Name == s.Name && b.settings.KeepFree == s.KeepFree
}

// ledgerRemedy says what to do about a ledger that cannot be opened.
func ledgerRemedy(err error) string {
	if errors.Is(err, ledger.ErrLocked) {
		return "end that gate before, give this one a ledger of its own, or let it take over by handover"
	}
	return "gatehouse ledger verify says more of it; a ledger that was damaged is kept, and a new one begun in another folder with another name"
}

// ledgerWords say where the ledger is, and with which key it is verified: that one
// is to be kept elsewhere, and so it is said at each start.
func ledgerWords(s *config.Ledger) string {
	f, err := ledger.ReadFolder(string(s.Path))
	if err != nil {
		return string(s.Path)
	}
	defer f.Close()
	key, err := ledger.Verifier(f)
	if err != nil || key == "" { // of a gate before this one, which makes it just now
		return string(s.Path)
	}
	return fmt.Sprintf("%s, verified with %s", s.Path, key)
}

// ledgerEvery is how often a gate looks whether the one before it has ended.
const ledgerEvery = 20 * time.Millisecond

// open opens the ledger. A gate that hands its listeners over still has it: then
// it is waited for beside serving, and calls that are to be recorded wait as well.
func (b *book) open(handed bool) error {
	if b == nil || b.held {
		return nil
	}
	l, err := ledger.Open(b.options)
	switch {
	case err == nil:
		b.use(l)
	case handed && errors.Is(err, ledger.ErrLocked):
		b.work.Go(func() { b.wait(b.ctx) })
	default:
		return err
	}
	b.held = true
	return nil
}

func (b *book) use(l *ledger.Log) {
	b.mu.Lock()
	b.log = l
	b.mu.Unlock()
	b.Use(l)
	b.work.Go(func() { b.prune(b.ctx, l) })
	b.work.Go(func() { b.witnessed(b.ctx, l) })
}

// wait opens the ledger as soon as nobody else has it.
func (b *book) wait(ctx context.Context) {
	every := time.NewTicker(ledgerEvery)
	defer every.Stop()
	told := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		l, err := ledger.Open(b.options)
		switch {
		case err == nil:
			b.use(l)
			return
		case !errors.Is(err, ledger.ErrLocked) && !told:
			told = true
			b.options.Say("cannot be opened; calls that must be recorded are refused: " + err.Error())
		}
	}
}

// counted is what metrics show; nil where there is no ledger.
func (b *book) counted() *metrics.Ledger {
	if b == nil {
		return nil
	}
	j := b.Stats()
	out := &metrics.Ledger{Recorded: j.Recorded, Refused: j.Refused, Failed: j.Failed}
	b.mu.Lock()
	l := b.log
	b.mu.Unlock()
	if l != nil {
		s := l.Stats()
		b.cosigned(out)
		out.Entries, out.Synced, out.Room, out.Up = s.Size, s.Synced, s.Free, !s.Failed && s.Problem == nil
	}
	return out
}

// close has everything recorded and ends. It may be called on nil.
func (b *book) close() error {
	if b == nil {
		return nil
	}
	b.end()
	b.work.Wait()
	b.mu.Lock()
	l := b.log
	b.mu.Unlock()
	if l == nil {
		return nil
	}
	return l.Close()
}
