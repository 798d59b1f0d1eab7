//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// sample is what the gate held between two rounds of load.
type sample struct {
	memory      float64 // MiB resident
	descriptors float64
	goroutines  float64 // NaN while the gate does not say
}

// soak drives the gate with every scenario in turns for d, and demands that
// what it holds between them does not grow.
func (b *bench) soak(ctx context.Context, d time.Duration) (err error) {
	i := slices.IndexFunc(subjects, func(s subject) bool { return s.name == "gate-enforced" })
	sub := &subjects[i]
	p, err := sub.start(ctx, b.at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	list := make([]*scenario, 0, len(scenarios))
	for i := range scenarios {
		s := &scenarios[i]
		if s.kind != saturated {
			continue
		}
		switch err := verify(ctx, s, sub, b.at); {
		case errors.Is(err, errNoHTTP2):
			b.say("%s is left out: the gate %v", s.name, err)
		case err != nil:
			return fmt.Errorf("%s: %w", s.name, err)
		default:
			list = append(list, s)
		}
	}
	var samples []sample
	end := time.Now().Add(d)
	for len(samples) < 6 || time.Now().Before(end) {
		for _, s := range list {
			if _, err := drive(ctx, s, b.at, b.length); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		now := sample{
			memory:      float64(treeMemory(p.pid(), "VmRSS")) / (1 << 20),
			descriptors: float64(treeDescriptors(p.pid())),
			goroutines:  readRuntime(ctx, b.at).goroutines,
		}
		samples = append(samples, now)
		b.say("%d: %.1f MiB, %.0f descriptors, %.0f goroutines", len(samples), now.memory, now.descriptors, now.goroutines)
	}
	return errors.Join(p.alive(), grown(samples))
}

// grown compares the last third of the samples with the second: in the first,
// pools and heap take their size.
func grown(samples []sample) error {
	third := len(samples) / 3
	if third == 0 {
		return fmt.Errorf("%d samples say nothing", len(samples))
	}
	before, after := samples[third:2*third], samples[len(samples)-third:]
	var errs []error
	for _, f := range []struct {
		what  string
		value func(sample) float64
		slack float64
	}{
		{"MiB of memory", func(s sample) float64 { return s.memory }, 4},
		{"descriptors", func(s sample) float64 { return s.descriptors }, 16},
		{"goroutines", func(s sample) float64 { return s.goroutines }, 16},
	} {
		was, is := middle(before, f.value), middle(after, f.value)
		if is > was*1.1+f.slack { // false for NaN
			errs = append(errs, fmt.Errorf("the gate grows: %.1f %s, then %.1f", was, f.what, is))
		}
	}
	return errors.Join(errs...)
}

func middle(samples []sample, value func(sample) float64) float64 {
	list := series{}
	for _, s := range samples {
		list = append(list, value(s))
	}
	return list.median()
}
