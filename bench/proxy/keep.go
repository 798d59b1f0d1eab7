//go:build linux

package main

import (
	"context"
	"errors"
	"os"
)

// kept are proxies that run on from round to round, each on ports and in a
// folder of its own, with the API of all. Their figures have no heap.
type kept struct {
	bench    *bench
	ctx      context.Context
	scenario *scenario
	each     []keptOne
}

type keptOne struct {
	at  *stage
	p   *process
	err error // why it does not run
}

// kept starts the subjects and warms them up.
func (b *bench) kept(ctx context.Context, s *scenario, subjects []*subject) *kept {
	k := &kept{bench: b, ctx: ctx, scenario: s}
	for _, sub := range subjects {
		var one keptOne
		if one.at, one.err = b.at.beside(); one.err == nil {
			one.p, one.err = sub.start(ctx, one.at)
		}
		if one.err == nil {
			one.err = verify(ctx, s, sub, one.at)
		}
		if one.err == nil {
			_, one.err = drive(ctx, s, one.at, b.warm)
		}
		k.each = append(k.each, one)
	}
	return k
}

// measure gives the figures of the subject at i, in a round of its own.
func (k *kept) measure(i int) (f figures, err error) {
	f = none()
	one, b := &k.each[i], k.bench
	if one.err != nil {
		return f, one.err
	}
	unlock, err := lock(k.ctx, b.lock)
	if err != nil {
		return f, err
	}
	defer unlock()
	before := treeUsage(one.p.pid())
	l, err := drive(k.ctx, k.scenario, one.at, b.length)
	used := treeUsage(one.p.pid()).since(before)
	if err != nil {
		return f, err
	}
	err = f.spent(used, l.requests)
	f.rate, f.peak = l.rate, float64(treeMemory(one.p.pid(), "VmHWM"))/(1<<20)
	return f, errors.Join(err, one.p.alive(), b.at.upstream.alive())
}

// stop ends the proxies.
func (k *kept) stop() {
	for i := range k.each {
		one := &k.each[i]
		if one.p != nil {
			one.p.stop()
		}
		if one.at != nil {
			os.RemoveAll(one.at.dir)
		}
	}
}

// beside returns a stage with ports and a folder of its own and the same API.
func (at *stage) beside() (*stage, error) {
	other := *at
	ports, err := freePorts(len(at.ports))
	if err != nil {
		return nil, err
	}
	ports[0], ports[4] = at.ports[0], at.ports[4]
	other.ports = [5]int(ports)
	if other.dir, err = os.MkdirTemp(at.dir, "beside-"); err != nil {
		return nil, err
	}
	return &other, other.files()
}
