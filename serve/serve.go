// Package serve assembles the whole program for the command: it reads the
// configuration, compiles the contracts into a plan, opens listeners and the
// sink of events, takes changes over while it serves, and ends in good order.
// Package cmd imports it; it knows every other package and holds no rule of its
// own about what may pass.
package serve

import (
	"context"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
	"github.com/gatehouse-api/gatehouse/record"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/record/otlp"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/revocation"
	"github.com/gatehouse-api/gatehouse/wire/inherit"
)

// Program is a gate that serves.
type Program struct {
	config    Config
	reader    reader
	lines     *record.Log
	log       *slog.Logger
	quiet     *slog.Logger // for what goes wrong with sending the log
	gate      *gate.Gate
	events    *events
	telemetry *telemetry
	ready     atomic.Bool // a configuration serves and the program is not ending

	mu      sync.Mutex
	doors   []*door // guarded by mu; written by the goroutine of Start, Wait and Stop alone
	watch   *watchpost
	admin   *adminpost
	notary  *notary    // nil where the gate is no witness
	smith   *locksmith // nil where no keys of the gate's own are kept
	live    *draft     // what serves, without its contracts
	count   int        // of plans that served
	failing bool       // the last reload was refused

	metrics *metrics.Metrics
	shown   atomic.Pointer[counted]
	taken   atomic.Int64 // configurations that were read anew and serve or served
	turned  atomic.Int64 // and those that were refused

	heritage heritage
	notify   *inherit.Notifier
	offer    *offer      // nil where nothing is handed over
	asked    chan func() // for Wait to call
	handed   bool        // another gate has the listeners

	sweeping sync.Once      // the counters of limits, since the first plan
	swept    sync.WaitGroup // of that

	serving sync.WaitGroup // engines, also those of doors that were closed
	failed  chan error     // the end of an engine before Stop
	// A door that was closed by a reload drains until its time is over or
	// ending ends.
	ending  context.Context
	end     context.CancelFunc
	cutLate atomic.Bool // exchanges of such a door were cut
}

// Run starts a program and serves until ctx ends, then drains. Mistakes in
// flags are what ConfigErrors finds, those in files source.Problems.
func Run(ctx context.Context, c Config) error {
	p, err := Start(c)
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

// Start reads the configuration and listens. When it returns, clients are
// served until Stop.
func Start(c Config) (*Program, error) {
	c.fill()
	p := &Program{config: c, failed: make(chan error, 1), asked: make(chan func())}
	p.reader = reader{flags: &p.config, ways: newWays(), credentials: newCredentials(), custody: newCustody(), shared: new(shared)}
	p.reader.credentials.revocations = revocation.New(c.revocations)
	if c.Patience > 0 {
		p.reader.custody.patience = c.Patience
	}
	if c.Lookup != nil {
		p.reader.resolver = ssrf.NewResolver(ssrf.ResolverOptions{Lookup: c.Lookup})
	}
	p.ending, p.end = context.WithCancel(context.Background())
	if err := p.start(); err != nil {
		p.close(context.Background())
		return nil, err
	}
	return p, nil
}

func (p *Program) start() error {
	level := slog.LevelInfo
	if p.config.Quiet {
		level = slog.LevelWarn
	}
	p.lines = record.NewLog(p.config.Stderr)
	text := slog.NewTextHandler(p.lines, &slog.HandlerOptions{Level: level})
	sent := otlp.NewHandler(text)
	p.log, p.quiet = slog.New(sent), slog.New(text)
	p.events = newEvents(p.log, p.config.Version)
	p.telemetry = &telemetry{next: p.events, log: sent}
	p.reader.events = p.events
	p.reader.ways.log, p.reader.credentials.deps.log, p.reader.custody.log = p.log, p.log, p.log
	p.reader.credentials.deps.keys = func() *keys.Keys { return p.reader.custody.keys }
	p.reader.load, p.reader.feeds = newLoad(p.log), newFeeds(p.log)
	p.metrics = metrics.New(p.config.Version, p.snapshot)
	p.notify = inherit.NewNotifier(p.config.Look)
	var err error
	if p.heritage.systemd, err = inherit.FromSystemd(p.config.Look); err != nil {
		return err
	}
	p.gate = gate.New(gate.Options{Sink: p.metrics.Sink(p.telemetry), Tap: &p.events.tap, Log: p.log})
	d := p.reader.read()
	if d.faults.err() == nil {
		d.survey()
		p.inherit(d)
	}
	if err := p.install(d); err != nil {
		return err
	}
	p.note(nil, p.happened(gate.Started, "", nil, d))
	p.succeed()
	p.idleSockets(d.config)
	p.tell(p.notify.Ready)
	// A big document leaves many times the plan's size behind.
	debug.FreeOSMemory()
	return nil
}

// install makes a draft what serves: whatever it needs of the system is opened
// first, then the plans are swapped, then what is not needed any more is closed.
// When anything is wrong everything stays as it is. The first draft is
// announced by the banner.
func (p *Program) install(d *draft) error {
	f := &d.faults
	if f.err() != nil {
		p.reader.release(d)
		return f.err()
	}
	out, err := openEvents(d.config.Record.Events, p.config.Stdout)
	if err != nil {
		f.add(eventsFault(d.config.Record.Place, err))
	}
	shelf, wrong := p.openArchive(d)
	f.add(wrong)
	sends, sendsKey, wrong := d.exporting()
	f.add(wrong)
	fresh, wrong := p.events.sinks.open(d, p.reader.custody.sealer())
	f.add(wrong)
	post, wrong := p.openMaintenance(&d.config.Maintenance)
	f.add(wrong)
	office, wrong := p.openAdmin(d)
	f.add(wrong)
	over, wrong := p.openOffer(d.config)
	f.add(wrong)
	if err := p.reader.keeper.hold(p.heritage.taken != nil); err != nil {
		f.add(&fault{at: d.config.At("store"), text: err.Error(), remedy: "end that gate before, give this one a file of its own, or let it take over by handover"})
	}
	if err := p.reader.book.open(p.heritage.taken != nil); err != nil {
		f.add(&fault{at: d.config.Record.Place.At("ledger"), text: "the ledger cannot be opened: " + err.Error(), remedy: ledgerRemedy(err)})
	}
	f.add(p.notarize(d))
	rules, wrong := p.loadAlerts(d)
	f.add(wrong)
	ds := p.open(d.config, f)
	if f.err() != nil {
		ds.undo()
		p.undoOffer(over)
		p.undoMaintenance(post)
		p.undoAdmin(office)
		out.close()
		p.undoArchive(shelf)
		fresh.undo()
		p.reader.release(d)
		return f.err()
	}
	p.events.sinks.use(fresh)
	p.events.use(out, shelf, d.config.Record.Format)
	p.events.bound(d.config.Record.Archive)
	p.reader.book.settle(d.config)
	p.notary.settle(d.config.Admin)
	p.useAlerts(rules)
	p.reader.load.settle(d.config)
	p.reader.feeds.settle(d.config)
	p.reader.keeper.use()
	p.reader.chronicle()
	p.reader.tell(d.config)
	p.watchKeys(d.config)
	p.reader.shared.settle(d)
	before := p.live
	p.metrics.Enable(post != nil || sends != nil && d.config.Record.OTLP.Sends("metrics"))
	p.export(sends, sendsKey, d.config)
	p.metrics.Prepare(d.plan)
	p.events.tap.Know(segments(d.plan))
	p.gate.Swap(d.plan)
	p.metrics.Settle(d.plan)
	p.live, p.count = d, p.count+1
	p.reader.ways.start(d.ways)
	p.reader.custody.settle(d)
	p.settleCounters(d)
	p.swapDoors(ds, d)
	p.show()
	p.ready.Store(true)
	p.swapMaintenance(post)
	p.swapAdmin(office, d)
	p.swapOffer(over)
	if before == nil && !p.config.Quiet {
		io.WriteString(p.lines, p.banner(d))
	}
	d.forget()
	if before != nil {
		p.reader.release(before)
	}
	return nil
}

// swapDoors serves new doors and drains those that no listener of the
// configuration is any more.
func (p *Program) swapDoors(ds *doors, d *draft) {
	for door, settings := range ds.kept {
		door.update(settings)
	}
	for _, door := range ds.opened {
		p.serving.Go(func() {
			door.obtain(ds.all)
			if err := door.serve(); err != nil {
				p.fail(err)
			}
		})
	}
	p.mu.Lock()
	old := p.doors
	p.doors = ds.all
	p.mu.Unlock()
	for _, door := range old {
		if _, kept := ds.kept[door]; !kept {
			p.retire(door, d.config.Drain)
		}
	}
}

// tell tells systemd how things are.
func (p *Program) tell(word func() error) {
	if err := word(); err != nil {
		p.log.Warn("systemd cannot be told how things are", "cause", err)
	}
}

// fail makes Wait end the program.
func (p *Program) fail(err error) {
	select {
	case p.failed <- err:
	default: // one is enough to end
	}
}

// URL is where clients connect: at the first listener.
func (p *Program) URL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.doors[0].URL()
}

// URLs are where clients connect, in the order of the configuration.
func (p *Program) URLs() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]string, len(p.doors))
	for i, d := range p.doors {
		list[i] = d.URL()
	}
	return list
}
