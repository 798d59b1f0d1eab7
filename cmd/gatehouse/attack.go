package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/probe/attack"
	"github.com/gatehouse-api/gatehouse/serve"
)

// attackFlags are what the command line says.
type attackFlags struct {
	contract, corpus, page string
	authorities            string
	header                 []string
	asJSON                 bool
	least, most            float64
	options                attack.Options
}

func newAttack(w *world) *cobra.Command {
	a := new(attackFlags)
	cmd := &cobra.Command{
		Use:   "attack --corpus DIR --contract FILE URL",
		Short: "Send labelled attacks through a gate, and count what it refuses",
		Long: `Sends the values of a corpus to a gate that runs, in each place of the contract
that holds a string: parameters of path, query, header and cookie, strings of
JSON, forms, multipart, texts and variables of GraphQL. All else of a call is as the
contract wants it. Values that the schema of a place does not take are not sent.

A corpus is a folder of files: *.csv with the columns payload, and attack_type or
label; *.jsonl of {"id", "payload", "label": "attack|benign", "class", "field"}.

What is let through comes to the API: use one that may be harmed. A place where
the gate refuses a call without an attack is named and left out.

Exit status: 0 when all was sent and judged, 1 when it was not or when a
threshold is missed, 2 when the command line or the corpus is wrong.`,
		Example: `  gatehouse attack --corpus corpus --contract openapi.yaml http://127.0.0.1:8080
  gatehouse attack --corpus corpus --contract openapi.yaml --least-detection 95 --most-alarms 0.5 http://127.0.0.1:8080`,
		Args: oneGate,
		RunE: func(cmd *cobra.Command, args []string) error {
			return w.attack(cmd.Context(), a, args[0])
		},
	}
	f, o := cmd.Flags(), &a.options
	f.SortFlags = false
	f.StringVar(&a.corpus, "corpus", "", "`DIR` with the values")
	f.StringVar(&a.contract, "contract", "", "`FILE` with the API's OpenAPI document, YAML or JSON")
	f.StringVar(&a.authorities, "ca", "", "`FILE` with the authorities, in PEM, that vouch for the gate; otherwise the system's")
	f.StringArrayVar(&a.header, "header", nil, "`\"NAME: VALUE\"` for all calls, such as a credential; may be repeated")
	f.IntVar(&o.Rate, "rate", 200, "`CALLS` a second, at most 10000")
	f.IntVar(&o.Count, "count", 10_000, "`NUMBER` of values in places that are tried, spread evenly, at most 1000000")
	f.DurationVar(&o.Time, "time", 2*time.Minute, "`TIME` after which nothing more is sent, at most 24h")
	f.BoolVar(&o.Beyond, "beyond-loopback", false, "the gate may be on another machine: only for gates that are yours")
	f.Float64Var(&a.least, "least-detection", 0, "`PERCENT` of attacks that must be refused")
	f.Float64Var(&a.most, "most-alarms", 100, "`PERCENT` of benign values that may be refused")
	f.IntVar(&o.Show, "show", 0, "`NUMBER` of missed attacks that are printed whole")
	f.BoolVar(&a.asJSON, "json", false, "write JSON")
	f.StringVar(&a.page, "html", "", "`FILE` that the report is written to as a page besides")
	return cmd
}

func oneGate(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return &usageError{cmd.CommandPath() + " takes the URL of one gate", "write it behind the flags, such as http://127.0.0.1:8080"}
}

// mistake says what is wrong with the flags.
func (a *attackFlags) mistake(gate string) (text, hint string) {
	o := &a.options
	_, err := attack.Target(gate, o.Beyond)
	switch {
	case a.corpus == "":
		return "--corpus: is missing", "write the folder that holds the values"
	case err != nil:
		return "URL: " + err.Error(), ""
	case o.Rate < 1 || o.Rate > 10_000:
		return "--rate: must be 1 to 10000", ""
	case o.Count < 1 || o.Count > 1_000_000:
		return "--count: must be 1 to 1000000", ""
	case o.Time <= 0 || o.Time > 24*time.Hour:
		return "--time: must be at most 24h", ""
	case o.Show < 0 || o.Show > 10_000:
		return "--show: must be 0 to 10000", ""
	case !(a.least >= 0 && a.least <= 100) || !(a.most >= 0 && a.most <= 100):
		return "--least-detection and --most-alarms: must be 0 to 100", ""
	}
	for _, h := range a.header {
		name, value, ok := strings.Cut(h, ":")
		if value = strings.TrimSpace(value); !ok || name == "" || value == "" || strings.ContainsAny(h, "\r\n\x00") || strings.ContainsAny(name, " \t") {
			return "--header: must be \"Name: value\"", ""
		}
		o.Header = append(o.Header, [2]string{name, value})
	}
	return "", ""
}

func (w *world) attack(ctx context.Context, a *attackFlags, gate string) error {
	if text, hint := a.mistake(gate); text != "" {
		return &usageError{text, hint}
	}
	if err := serve.CheckContractPath(a.contract); err != nil {
		return err
	}
	o := a.options
	var err error
	if o.Corpus, err = attack.ReadCorpus(a.corpus); err != nil {
		return &usageError{"--corpus: " + cause(err).Error(), ""}
	}
	if a.authorities != "" {
		text, err := os.ReadFile(a.authorities)
		if err != nil {
			return &usageError{"--ca: " + reason(err), "name a file with certificates in PEM"}
		}
		if o.Roots = x509.NewCertPool(); !o.Roots.AppendCertsFromPEM(text) {
			return &usageError{"--ca: " + a.authorities + " has no certificate in PEM", "it begins with -----BEGIN CERTIFICATE-----"}
		}
	}
	c, problems := openapi.Load(a.contract)
	if c != nil {
		defer c.Files.Close()
	}
	if problems.Err() != nil {
		w.problems(problems)
		return errReported
	}
	o.Contract, o.URL = c, gate
	if onTerminal(w.stderr) {
		o.Tell = func(done, all int) { fmt.Fprintf(w.stderr, "\r%d of %d", done, all) }
		defer fmt.Fprint(w.stderr, "\r                        \r")
	}
	r, err := attack.Run(ctx, o)
	if r == nil {
		return err
	}
	return errors.Join(w.showAttack(a, r, err), a.write(r))
}

// write writes the page.
func (a *attackFlags) write(r *attack.Report) error {
	if a.page == "" {
		return nil
	}
	f, err := os.OpenFile(a.page, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(r.HTML(f), f.Close())
}

// showAttack prints the report and says whether it is as it must be.
func (w *world) showAttack(a *attackFlags, r *attack.Report, failed error) error {
	if a.asJSON {
		if err := w.encode(r); err != nil {
			return err
		}
	} else {
		w.attackText(r)
	}
	missed := false
	if got := r.Total.Detection(); got < a.least {
		missed = true
		fmt.Fprintf(w.stderr, "detection is %.2f%%, and must be at least %g%%\n", got, a.least)
	}
	if got := r.Total.Alarms(); got > a.most {
		missed = true
		fmt.Fprintf(w.stderr, "false alarms are %.2f%%, and may be at most %g%%\n", got, a.most)
	}
	switch {
	case failed != nil:
		return failed
	case missed:
		return errReported
	case !r.Complete():
		fmt.Fprintln(w.stderr, "not all that was chosen was sent and judged")
		return errReported
	}
	return nil
}

func (w *world) attackText(r *attack.Report) {
	for _, line := range r.Summary() {
		fmt.Fprintln(w.stdout, line)
	}
	p := w.paint(w.stdout)
	for _, part := range []struct {
		name string
		rows []attack.Row
	}{{"class", append([]attack.Row{r.Total}, r.Classes...)}, {"place", r.Places}} {
		rows := [][]string{append([]string{p.bold(part.name)}, attack.Columns...)}
		for i := range part.rows {
			rows = append(rows, append([]string{part.rows[i].Name}, part.rows[i].Cells()...))
		}
		fmt.Fprintf(w.stdout, "\n%s", table(rows))
	}
	if len(r.Missed) > 0 {
		rows := [][]string{}
		for _, m := range r.Missed {
			rows = append(rows, []string{"  " + shown(m.From), m.Class, shown(m.Place), attack.Quoted(m.Value)})
		}
		fmt.Fprintf(w.stdout, "\nlet through, the first %d:\n%s", len(rows), table(rows))
	}
	if len(r.Untried) > 0 {
		rows := [][]string{}
		for _, u := range r.Untried {
			rows = append(rows, []string{"  " + shown(u.What), shown(u.Why)})
		}
		fmt.Fprintf(w.stdout, "\nnot tried:\n%s", table(rows))
	}
}
