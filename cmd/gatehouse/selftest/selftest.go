// Package selftest breaks what a gate depends on, one thing in one way at a
// time, and compares what becomes of a call with what is declared. It does so in
// copies of the gate: on loopback, with a state of their own, stand-ins for all
// that the configuration names, and callers that it makes up. The command selftest
// uses it; what fails how is said by the table in dependency.go and in
// docs/reference/fail-states.md.
package selftest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/serve"
)

// Options say what is tested.
type Options struct {
	File    string                        // the gatehouse.yaml
	Version string                        // of the program
	Log     io.Writer                     // takes what the copies log; nil for nobody
	Tell    func(done, all int, r Result) // is told of each result, in order; may be nil
}

// Report is what came of it.
type Report struct {
	Results []Result `json:"results"`
	Untried []Untold `json:"untried"` // what it could not break, and why
}

// Result is one dependency that failed in one way.
type Result struct {
	Dependency string        `json:"dependency"`           // as "the API at http://127.0.0.1:9000"
	OnFailure  string        `json:"on_failure,omitempty"` // what the configuration says; "" where there is no choice
	Broken     string        `json:"broken"`               // how
	Call       string        `json:"call"`                 // method and template of the operation
	Declared   string        `json:"declared"`
	Happened   string        `json:"happened"`
	OK         bool          `json:"ok"`
	Took       time.Duration `json:"took_ns"`
}

// Untold is a dependency that was not tried.
type Untold struct {
	Dependency string `json:"dependency"`
	Why        string `json:"why"`
}

// Passed reports whether everything that was tried became of as declared, and
// something was.
func (r *Report) Passed() bool {
	for i := range r.Results {
		if !r.Results[i].OK {
			return false
		}
	}
	return len(r.Results) > 0
}

// Run tests a configuration. The error is of a configuration that cannot be
// served, or of ctx.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	t := &test{options: o}
	read := serve.Check(o.File)
	if err := read.Problems.Err(); err != nil {
		return nil, read.Problems
	}
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	defer t.calls.forget()
	trials := t.trials()
	for i := range trials {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := t.try(ctx, &trials[i])
		t.report.Results = append(t.report.Results, r)
		if o.Tell != nil {
			o.Tell(i+1, len(trials), r)
		}
	}
	return &t.report, nil
}

// test is a test under way.
type test struct {
	options Options
	config  *config.Config // as it is written, for reading
	forge   *forge
	calls   *witnesses
	report  Report

	secrets   *references // of the configuration to Vault
	realVault bool        // copies ask the server that the file names
}

// trial is one dependency, broken in one way.
type trial struct {
	*dependency
	way  way
	call *witness
}

// try breaks it and looks what becomes of the call.
func (t *test) try(ctx context.Context, one *trial) Result {
	d := one.dependency
	r := Result{Dependency: d.name, OnFailure: d.onFailure, Broken: one.way.String(), Declared: d.kind.declared(one.way)}
	r.Call = one.call.name
	began := time.Now()
	o, err := t.outcome(ctx, one)
	r.Took = time.Since(began)
	switch r.OK, r.Happened = d.kind.holds(one, o, err), o.String(); {
	case r.OK && err != nil:
		r.Happened = errNoStart.Error() // the cause names files of the copy
	case err != nil:
		r.Happened = err.Error()
	}
	return r
}

func (t *test) outcome(ctx context.Context, one *trial) (o outcome, err error) {
	b, err := t.copy(&fault{dependency: one.dependency, way: one.way})
	if err != nil {
		return o, fmt.Errorf("%w: %w", errNoStart, firstOf(err))
	}
	defer b.close()
	t.calls.become(one.call.caller)
	d := one.kind.says[one.way]
	return d.probed()(ctx, b, one.call)
}

var errNoStart = errors.New("the gate does not start")

// firstOf is the first line of the first of several problems.
func firstOf(err error) error {
	text := err.Error()
	if list, ok := err.(source.Problems); ok && len(list) > 0 {
		text = list[0].Text
	}
	text, _, _ = strings.Cut(text, "\n")
	return errors.New(text)
}
