package selftest

import (
	"context"
	"errors"
	"time"
)

// probe finds out what becomes of the call of w in a copy.
type probe func(ctx context.Context, c *copied, w *witness) (outcome, error)

// probed is how it is found out whether d holds.
func (d declaration) probed() probe {
	if d.probe == nil {
		return once
	}
	return d.probe
}

func once(ctx context.Context, c *copied, w *witness) (outcome, error) { return c.send(ctx, w) }

// broken breaks what is to fail later, once the call is let through.
func broken(then probe) probe {
	return func(ctx context.Context, c *copied, w *witness) (outcome, error) {
		if o, err := c.settled(ctx, w); err != nil || o != w.well {
			return o, err
		}
		return atOnce(then)(ctx, c, w)
	}
}

// atOnce breaks it without a call before.
func atOnce(then probe) probe {
	return func(ctx context.Context, c *copied, w *witness) (outcome, error) {
		if c.breaks == nil {
			return outcome{}, errors.New("nothing was broken")
		}
		if c.breaks(); c.err != nil {
			return outcome{}, c.err
		}
		return then(ctx, c, w)
	}
}

// What becomes of a reload.
const (
	reloadRefused = "a reload is refused"
	reloadTaken   = "a reload is taken over"
)

// reloading has the gate read everything again before.
func reloading(then probe) probe {
	return func(ctx context.Context, c *copied, w *witness) (outcome, error) {
		taken := c.program.Reload()
		o, err := then(ctx, c, w)
		if o.reload = reloadRefused; taken {
			o.reload = reloadTaken
		}
		return o, err
	}
}

// holds is for how long what is read holds, in copies where it is to end.
const holds = time.Second

// steady looks whether it stays as it was.
func steady(ctx context.Context, c *copied, w *witness) (outcome, error) {
	return c.watch(ctx, w, 10*looks, func(o outcome) bool { return o != w.well })
}

// pastStale is steady for so long that nothing holds any more.
func pastStale(ctx context.Context, c *copied, w *witness) (outcome, error) {
	return c.watch(ctx, w, 2*holds, func(o outcome) bool { return !o.reached })
}

// answered is for how long lists and answers on client certificates hold there.
// The time in them is of whole seconds.
const answered = 4 * holds

// pastAnswer is steady for longer than that.
func pastAnswer(ctx context.Context, c *copied, w *witness) (outcome, error) {
	return c.watch(ctx, w, answered+2*holds, func(o outcome) bool { return !o.reached })
}

// untilRefused waits until calls are not let through any more.
func untilRefused(ctx context.Context, c *copied, w *witness) (outcome, error) {
	return c.watch(ctx, w, 8*holds, func(o outcome) bool { return !o.reached })
}

const looks = 50 * time.Millisecond // between two looks

// watch sends the call again and again for a time, until what becomes of it is
// what was waited for.
func (c *copied) watch(ctx context.Context, w *witness, most time.Duration, over func(outcome) bool) (o outcome, err error) {
	tick := time.NewTicker(looks)
	defer tick.Stop()
	for began := time.Now(); ; {
		if o, err = c.send(ctx, w); err != nil || over(o) || time.Since(began) > most {
			return o, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return o, ctx.Err()
		}
	}
}

// fewCalls is how many calls the limit of a copy lets through, for two gates
// together.
const fewCalls = 8

// spend makes calls until one is refused, or all gates' parts must be spent.
func spend(ctx context.Context, c *copied, w *witness) (outcome, error) {
	first, err := c.send(ctx, w)
	if err != nil || !first.reached {
		return first, err
	}
	for range fewCalls + 1 {
		o, err := c.send(ctx, w)
		switch {
		case err != nil:
			return first, err
		case !o.reached:
			first.later = o.String()
			return first, nil
		}
	}
	return first, nil
}

// spent spends a limit, has it forgotten, and looks whether it is spent still.
func spent(ctx context.Context, c *copied, w *witness) (outcome, error) {
	o, err := spend(ctx, c, w)
	switch {
	case err != nil || !o.reached:
		return o, err
	case o.later == "":
		return o, errors.New("the limit was never reached")
	}
	return atOnce(once)(ctx, c, w)
}
