package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/trial"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

func newPolicyTest(w *world) *cobra.Command {
	var config string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test [--config FILE] FILE... [--json]",
		Short: "Hold roles and rules to tables of who, what and what is expected",
		Long: `Tries each call of the tables and compares what becomes of it with what is
expected. A table is YAML or JSON:

  callers:
    alice: {subject: alice, roles: [clerk], claims: {department: sales}}
  tests:
    - {who: alice, call: placeOrder, body: {amount: 9}, expect: allow, by: [clerks]}
    - {who: alice, call: getOrder, path: {id: 7}, time: 2031-02-03T22:00:00Z, expect: deny}
    - {who: nobody, call: GET /orders, expect: deny, code: credential-missing}

The exit status is 1 when a call does not become what is expected.`,
		Example: `  gatehouse policy test orders.test.yaml
  gatehouse policy test --config gatehouse.yaml tests/*.yaml --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{"no table is named", "name one: gatehouse policy test orders.test.yaml"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.source(cmd, &config, "test", "json"); err != nil {
				return err
			}
			return w.policyTest(config, args, asJSON)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// tried is what became of one test.
type tried struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Name     string   `json:"name"`
	OK       bool     `json:"ok"`
	Expected string   `json:"expected"`
	Got      string   `json:"got"`
	Code     string   `json:"code,omitempty"`
	Guard    string   `json:"guard,omitempty"`
	Policies []string `json:"policies,omitempty"`
	Why      string   `json:"why,omitempty"` // why it is not what is expected
}

func (w *world) policyTest(config string, files []string, asJSON bool) error {
	stage, err := w.stage(config)
	if err != nil {
		return err
	}
	defer stage.Close()
	now := time.Now()
	var all []tried
	var problems source.Problems
	for _, name := range files {
		text, err := w.read(name)
		if err != nil {
			return err
		}
		table, wrong := trial.Read(name, text, now)
		problems = append(problems, wrong...)
		if table == nil || wrong.Err() != nil {
			continue
		}
		for _, c := range table.Cases {
			out, wrong := stage.Try(c)
			if wrong != nil {
				problems = append(problems, *wrong)
				continue
			}
			all = append(all, compare(name, c, out))
		}
	}
	if len(problems) > 0 {
		w.problems(problems)
	}
	if asJSON {
		if all == nil {
			all = []tried{}
		}
		if err := w.encode(struct {
			Tests []tried `json:"tests"`
		}{all}); err != nil {
			return err
		}
	} else {
		w.testText(all)
	}
	if problems.Err() != nil || slices.ContainsFunc(all, func(t tried) bool { return !t.OK }) {
		return errReported
	}
	return nil
}

// compare holds what became of a call to what is expected.
func compare(file string, c *trial.Case, out *trial.Outcome) tried {
	t := tried{File: file, Line: c.Line(), Name: c.Name, Expected: word(c.Allow), Got: word(out.Allowed), Policies: out.Rules}
	if !out.Allowed {
		t.Code, t.Guard = out.Code.String(), out.Guard
	}
	switch {
	case c.Allow != out.Allowed:
		t.Why = "is " + out.Words()
		if place := out.Place(); place != "" {
			t.Why += " (" + place + ")"
		}
	case c.Code != "" && c.Code != t.Code:
		t.Why = "is denied as " + t.Code + ", not as " + c.Code
	case c.By != nil && !slices.Equal(c.By, out.Rules):
		t.Why = "is decided by " + listed(out.Rules) + ", not by " + listed(c.By)
	}
	t.OK = t.Why == ""
	return t
}

func word(allow bool) string {
	if allow {
		return "allow"
	}
	return "deny"
}

func listed(names []string) string {
	if len(names) == 0 {
		return "no rule"
	}
	return strings.Join(names, ", ")
}

func (w *world) testText(all []tried) {
	p := w.paint(w.stdout)
	failed := 0
	for _, t := range all {
		if t.OK {
			continue
		}
		failed++
		fmt.Fprintf(w.stdout, "%s:%d: %s: expected %s, and it %s\n", t.File, t.Line, p.bold(t.Name), t.Expected, p.red(t.Why))
	}
	switch {
	case failed > 0:
		fmt.Fprintf(w.stdout, "%d of %s failed\n", failed, plural(len(all), "test"))
	case len(all) > 0:
		fmt.Fprintf(w.stdout, "%s passed\n", plural(len(all), "test"))
	}
}
