//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// figures are what one run of one subject gave; NaN where it gives none.
type figures struct {
	cpu  float64 // microseconds a request, of the whole tree of processes
	user float64 // the share of it that is not the kernel's
	rate float64 // requests a second
	p50  float64 // microseconds
	p99  float64
	peak float64 // MiB: the most that was resident
	heap float64 // bytes a request, as Go's runtime counts them
	idle float64 // KiB a connection
	busy float64 // share of the machine
}

// none are figures of which nothing is known.
func none() figures {
	n := math.NaN()
	return figures{n, n, n, n, n, n, n, n, n}
}

// bench is one run of the whole.
type bench struct {
	at      *stage
	lock    string
	rounds  int
	length  time.Duration // of one measurement
	warm    time.Duration
	say     func(format string, args ...any)
	profile *profiler // nil without
	keep    bool      // programs run on from round to round
}

// measure starts the subject, looks whether it answers rightly, warms it up,
// measures and ends it, while nobody else on the machine measures.
func (b *bench) measure(ctx context.Context, s *scenario, sub *subject) (f figures, err error) {
	f = none()
	unlock, err := lock(ctx, b.lock)
	if err != nil {
		return f, err
	}
	defer unlock()
	stop := func(p *process) { err = errors.Join(err, p.stop()) }
	b.at.env = b.profile.env(s, sub)
	p, err := sub.start(ctx, b.at)
	if err != nil {
		return f, err
	}
	defer stop(p)
	if err := verify(ctx, s, sub, b.at); err != nil {
		return f, err
	}
	switch s.kind {
	case steady:
		f, err = b.steady(ctx, s, p)
	case idle:
		f, err = b.idle(ctx, s, p)
	default:
		f, err = b.saturated(ctx, s, p)
	}
	f.peak = float64(treeMemory(p.pid(), "VmHWM")) / (1 << 20)
	return f, errors.Join(err, b.profile.finish(ctx, sub, p), p.alive(), b.at.upstream.alive())
}

// saturated drives as fast as answers come.
func (b *bench) saturated(ctx context.Context, s *scenario, p *process) (figures, error) {
	f := none()
	_, err := drive(ctx, s, b.at, b.warm)
	if err != nil {
		return f, err
	}
	first, begin := load{}, readRuntime(ctx, b.at)
	if !math.IsNaN(begin.allocated) {
		if begin, err = b.settle(ctx, s, begin); err != nil {
			return f, err
		}
		if first, err = drive(ctx, s, b.at, time.Second); err != nil {
			return f, err
		}
	}
	middle, before := readRuntime(ctx, b.at), treeUsage(p.pid())
	l, err := drive(ctx, s, b.at, b.length)
	used, end := treeUsage(p.pid()).since(before), readRuntime(ctx, b.at)
	if err != nil {
		return f, err
	}
	if err := f.spent(used, l.requests); err != nil {
		return f, err
	}
	f.rate = l.rate
	f.heap = perRequest(middle.allocated-begin.allocated, first.requests, end.allocated-middle.allocated, l.requests)
	return f, nil
}

// settle asks the gate until its garbage was collected, and lets it fill its pools
// again, which that emptied: half a MB that the questions themselves bring about
// and that would else fall into the run which is measured. A gate whose requests
// allocate collects during that run all the same, and has it counted.
func (b *bench) settle(ctx context.Context, s *scenario, begin runtimeFigures) (runtimeFigures, error) {
	const most = 200 // a collection comes after 4 MB, a question takes 0.15
	for f, i := begin, 0; i < most && f.collections == begin.collections; i++ {
		f = readRuntime(ctx, b.at)
	}
	_, err := drive(ctx, s, b.at, b.warm)
	return readRuntime(ctx, b.at), err
}

// perRequest is what one request allocated, of two runs of which the second was
// longer: what both took alike, as for connections and for telling, cancels.
// It is NaN where the second was not long enough. Go's runtime counts memory when
// it takes pages for it, some hundred KB late or early: a figure of one round is
// off by that, to either side, and medians of long rounds are not.
func perRequest(first float64, n int, second float64, m int) float64 {
	if m < n+n/4+1 {
		return math.NaN()
	}
	return (second - first) / float64(m-n)
}

// spent notes the time used for n requests. Linux counts it in hundredths of a
// second: too few of them say nothing.
func (f *figures) spent(used usage, n int) error {
	const least = 100 * time.Millisecond
	if n == 0 || used.total() < least {
		return fmt.Errorf("too short to be told: %d requests, %v", n, used.total())
	}
	f.cpu = float64(used.total().Microseconds()) / float64(n)
	f.user = float64(used.user) / float64(used.total())
	return nil
}
