//go:build linux

// Command proxy measures the gate as a whole program beside nginx, HAProxy,
// Caddy and kin-openapi: one proxy at a time, all in turns, in front of the
// same API and driven by wrk and h2load. docs/performance.md says what the
// figures mean. It is started by make bench-proxy, make soak and make pgo;
// nothing imports it, and it knows the gate only as a program.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	root, gate, before, caddy, lock string
	only, who                       string
	rounds                          int
	length, soak                    time.Duration
	json, profile                   string
	keep                            bool
	scenarioPattern, subjectFilter  *regexp.Regexp
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("proxy", flag.ContinueOnError)
	f.StringVar(&o.root, "root", "..", "the repository")
	f.StringVar(&o.gate, "gate", "", "the gate to measure; by default it is built")
	f.BoolVar(&o.keep, "keep", false, "let the proxies run on from round to round, so that rounds can be as short as half a second: what disturbs a machine for seconds then meets all alike")
	f.StringVar(&o.before, "before", "", "another build of the gate, to measure beside it")
	f.StringVar(&o.caddy, "caddy", "", "Caddy; without it, it is left out")
	f.StringVar(&o.lock, "lock", filepath.Join(os.TempDir(), "bench.lock"), "the lock under which anybody on this machine measures")
	f.StringVar(&o.only, "only", ".", "scenarios, as a regular expression")
	f.StringVar(&o.who, "who", ".", "subjects, as a regular expression; nginx always takes part")
	f.IntVar(&o.rounds, "rounds", 5, "how often each is measured")
	f.DurationVar(&o.length, "length", 3*time.Second, "how long each time")
	f.StringVar(&o.json, "json", "", "a file to write all figures to, - for standard output in place of the tables")
	f.StringVar(&o.profile, "profile", "", "a file to write a profile of the gate to, instead of figures that count")
	f.DurationVar(&o.soak, "soak", 0, "instead of measuring, drive the gate for so long and look whether it grows")
	if err = f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("there is nothing to say but flags: %q", f.Args())
	}
	var errOnly, errWho error
	o.scenarioPattern, errOnly = regexp.Compile("^(" + o.only + ")")
	o.subjectFilter, errWho = regexp.Compile("^(" + o.who + ")")
	return o, errors.Join(errOnly, errWho)
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	allowFiles()
	tools, err := os.MkdirTemp("", "gatehouse-bench-tools-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tools)
	programs, err := o.build(ctx, tools)
	if err != nil {
		return err
	}
	at, err := setUp(ctx, programs)
	if err != nil {
		return err
	}
	defer at.tearDown()
	b := &bench{at: at, lock: o.lock, rounds: o.rounds, length: o.length, warm: time.Second, keep: o.keep,
		say: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	if o.profile != "" {
		b.profile = &profiler{dir: tools}
	}
	if o.soak > 0 {
		unlock, err := lock(ctx, o.lock)
		if err != nil {
			return err
		}
		defer unlock()
		return b.soak(ctx, o.soak)
	}
	r := b.all(ctx, &o)
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.profile != "" {
		return b.profile.merge(ctx, o.profile)
	}
	return o.write(r)
}

// build makes the programs that are not there yet.
func (o *options) build(ctx context.Context, tools string) (map[string]string, error) {
	programs := map[string]string{"gatehouse": o.gate, "before": o.before, "caddy": o.caddy, "kin": filepath.Join(tools, "kin"), "relay": filepath.Join(tools, "relay")}
	for name, path := range programs { // they are started elsewhere
		if abs, err := filepath.Abs(path); path != "" && err == nil {
			programs[name] = abs
		}
	}
	if o.gate == "" || o.profile != "" {
		programs["gatehouse"] = filepath.Join(tools, "gatehouse")
		if err := buildGate(ctx, o.root, programs["gatehouse"], o.profile != ""); err != nil {
			return nil, err
		}
	}
	module := filepath.Join(o.root, "bench")
	return programs, errors.Join(goBuild(ctx, module, programs["kin"], "./kin"), goBuild(ctx, module, programs["relay"], "./relay"))
}

// all measures what is asked for.
func (b *bench) all(ctx context.Context, o *options) *report {
	r := &report{Machine: machine(), Versions: map[string]string{}, Rounds: o.rounds, Seconds: o.length.Seconds()}
	for i := range scenarios {
		if s := &scenarios[i]; o.scenarioPattern.MatchString(s.name) {
			r.Tables = append(r.Tables, b.table(ctx, s, o, r.Versions))
		}
	}
	r.judge(bars)
	return r
}

// table measures one scenario, its subjects in turns. Who is first changes from
// round to round.
func (b *bench) table(ctx context.Context, s *scenario, o *options, versions map[string]string) *table {
	t := &table{Name: s.name, Title: s.title(), kind: s.kind}
	var takePart []*subject
	for _, name := range s.subjects {
		for i := range subjects {
			sub := &subjects[i]
			if sub.name != name || !o.takesPart(sub) {
				continue
			}
			takePart = append(takePart, sub)
			t.Rows = append(t.Rows, &row{Subject: name, Figures: map[string]series{}})
			if !slices.ContainsFunc(subjects[:i], func(earlier subject) bool { return earlier.program == sub.program }) {
				versions[name] = sub.versionOf(b.at)
			}
		}
	}
	measure := func(k int) (figures, error) { return b.measure(ctx, s, takePart[k]) }
	if b.keep && s.kind == saturated {
		kept := b.kept(ctx, s, takePart)
		defer kept.stop()
		measure = kept.measure
	}
	for round := range b.rounds {
		for i := range takePart {
			k := (i + round) % len(takePart)
			if ctx.Err() != nil {
				return t
			}
			if t.Rows[k].unable { // it will not learn it meanwhile
				t.Rows[k].add(none(), nil)
				continue
			}
			f, err := measure(k)
			t.Rows[k].add(f, err)
			b.say("%s %d/%d %s: %s", s.name, round+1, b.rounds, takePart[k].name, f.line(err))
		}
	}
	return t
}

func (o *options) takesPart(s *subject) bool {
	switch {
	case s.program == "caddy" && o.caddy == "", s.program == "before" && (o.before == "" || o.profile != ""):
		return false
	case o.profile != "":
		return s.gate && o.subjectFilter.MatchString(s.name)
	}
	return s.name == "nginx" || o.subjectFilter.MatchString(s.name)
}

// write prints the tables or the figures.
func (o *options) write(r *report) error {
	if o.json != "" {
		text, err := json.MarshalIndent(r, "", "\t")
		if err != nil {
			return err
		}
		text = append(text, '\n')
		if o.json == "-" {
			_, err = os.Stdout.Write(text)
			return err
		}
		if err := os.WriteFile(o.json, text, 0o644); err != nil {
			return err
		}
	}
	return r.print(os.Stdout)
}
