package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/selftest"
)

func newSelftest(w *world) *cobra.Command {
	var config string
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "selftest [--config FILE] [--json]",
		Short: "Break what the gate depends on, and see what becomes of calls",
		Long: `Starts copies of the gate of a gatehouse.yaml on loopback, each with one of the
things broken that it depends on: an API, the keys of an issuer, an authorization
server, the store, the gate's own keys and what opens them (Vault, AWS KMS, Google
KMS, a module), secrets in Vault, lists of addresses and of countries, DNS, the list
of breached passwords, the server of counters, the ledger, events, who is told of
them, and the disks for these. To each it sends a call that is let through while all
is well, and compares what becomes of it with what docs/reference/fail-states.md
declares.

Nothing that serves is touched, and nothing beyond this machine is spoken to, but
for services that open sealed files of secrets: copies keep a state of their own, all
else is a stand-in, and callers and their tokens are made up. Waits longer than a
second are shortened to one.

The exit status is 1 when anything became of a call that is not declared, or when
nothing could be tried.`,
		Example: `  gatehouse selftest --config gatehouse.yaml
  gatehouse selftest --config gatehouse.yaml --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "test", "json", "verbose"); err != nil {
				return err
			}
			return w.selftest(cmd.Context(), config, asJSON, verbose)
		},
	}
	f := cmd.Flags()
	f.StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	f.BoolVar(&asJSON, "json", false, "write what came of it as JSON")
	f.BoolVar(&verbose, "verbose", false, "show the log of the copies")
	return cmd
}

func (w *world) selftest(ctx context.Context, file string, asJSON, verbose bool) error {
	o := selftest.Options{File: file, Version: thisBuild().Version, Log: io.Discard}
	if verbose {
		o.Log = w.stderr
	}
	if onTerminal(w.stderr) {
		o.Tell = func(done, all int, _ selftest.Result) { fmt.Fprintf(w.stderr, "\r%d of %d", done, all) }
	}
	r, err := selftest.Run(ctx, o)
	if onTerminal(w.stderr) {
		fmt.Fprint(w.stderr, "\r          \r")
	}
	if err != nil {
		return err
	}
	if asJSON {
		err = w.encode(r)
	} else {
		w.showSelftest(r)
	}
	if err == nil && !r.Passed() {
		return errReported
	}
	return err
}

func (w *world) showSelftest(r *selftest.Report) {
	good := 0
	for i := 0; i < len(r.Results); {
		first, rows := &r.Results[i], [][]string(nil)
		for ; i < len(r.Results) && r.Results[i].Dependency == first.Dependency; i++ {
			one := &r.Results[i]
			mark := "as declared"
			if !one.OK {
				mark = "NOT AS DECLARED, which is " + one.Declared
			} else {
				good++
			}
			rows = append(rows, []string{"  " + one.Broken, one.Happened, mark})
		}
		says := ""
		if first.OnFailure != "" {
			says = ", on_failure: " + first.OnFailure
		}
		fmt.Fprintf(w.stdout, "%s%s, seen by %s\n%s", first.Dependency, says, first.Call, table(rows))
	}
	for _, u := range r.Untried {
		fmt.Fprintf(w.stdout, "%s\n  not tried: %s\n", u.Dependency, u.Why)
	}
	fmt.Fprintf(w.stdout, "%d of %d as declared, %d not tried\n", good, len(r.Results), len(r.Untried))
}
