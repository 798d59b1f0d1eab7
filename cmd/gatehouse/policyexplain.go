package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/trial"
	"github.com/gatehouse-api/gatehouse/guard/policy"
)

func newPolicyExplain(w *world) *cobra.Command {
	var config string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [--config FILE] (FILE | - | CALL) [--json]",
		Short: "Say what becomes of one call, which rules decide, and what others lack",
		Long: `Tries one call, as a table of gatehouse policy test has them, and says what each
rule says of it that could speak of the operation: whether it applies, and if
not, which of its conditions do not hold. The call is a file, standard input, or
the argument itself, in braces.

The exit status is 0 when the call is allowed, and 1 when it is denied.`,
		Example: `  gatehouse policy explain call.yaml
  gatehouse policy explain '{who: {subject: alice, roles: [clerk]}, call: placeOrder, body: {amount: 9}}'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{"one call is explained at a time", "name its file, or write it in quotes and braces: '{who: nobody, call: listOrders}'"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.source(cmd, &config, "explain", "json"); err != nil {
				return err
			}
			return w.explain(config, args[0], asJSON)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// explanation is what explain --json writes.
type explanation struct {
	API        string           `json:"api"`
	Operation  string           `json:"operation"`
	Caller     string           `json:"caller,omitempty"`
	Decision   string           `json:"decision"`
	Code       string           `json:"code,omitempty"`
	Guard      string           `json:"guard,omitempty"`
	Policies   []string         `json:"policies,omitempty"`
	Unreadable bool             `json:"unreadable,omitempty"`
	Rules      []policy.Account `json:"rules,omitempty"`
}

func (w *world) explain(config, call string, asJSON bool) error {
	stage, err := w.stage(config)
	if err != nil {
		return err
	}
	defer stage.Close()
	name, text := "the call", []byte("--- "+call) // with these dashes braces are YAML, which needs no quotes
	if !strings.HasPrefix(strings.TrimSpace(call), "{") {
		name = call
		if text, err = w.read(call); err != nil {
			return err
		}
	}
	c, problems := trial.ReadCase(name, text, time.Now())
	if c == nil || problems.Err() != nil {
		w.problems(problems)
		return errReported
	}
	out, wrong := stage.Try(c)
	if wrong != nil {
		w.problems(append(problems, *wrong))
		return errReported
	}
	for i := range out.Accounts {
		out.Accounts[i].File = nearFile(out.Accounts[i].File)
	}
	e := explanation{API: out.API, Operation: out.Operation, Decision: word(out.Allowed), Policies: out.Rules, Unreadable: out.Unreadable, Rules: out.Accounts}
	if c.Who != nil {
		e.Caller = c.Who.ID
	}
	if !out.Allowed {
		e.Code, e.Guard = out.Code.String(), out.Guard
	}
	if asJSON {
		err = w.encode(e)
	} else {
		w.explainText(&e, out)
	}
	if err == nil && !out.Allowed {
		err = errReported
	}
	return err
}

func (w *world) explainText(e *explanation, out *trial.Outcome) {
	p := w.paint(w.stdout)
	who := e.Caller
	if who == "" {
		who = "nobody"
	}
	fmt.Fprintf(w.stdout, "%s of %s, called by %s: %s\n", p.bold(e.Operation), e.API, who, out.Words())
	if place := out.Place(); place != "" {
		fmt.Fprintf(w.stdout, "  %s\n", place)
	}
	switch {
	case e.Unreadable:
		fmt.Fprintln(w.stdout, "\nThe rules cannot judge the call: a value that they ask for is not what the contract, or claims in gatehouse.yaml, says.")
		return
	case !out.Ruled:
		fmt.Fprintln(w.stdout, "\nNo rule is needed for it, and none can speak of it.")
		return
	case len(e.Rules) == 0:
		fmt.Fprintln(w.stdout, "\nNo rule can speak of it: write one that permits it.")
		return
	}
	fmt.Fprintln(w.stdout, "\nThe rules that can speak of it:")
	for _, a := range e.Rules {
		said := map[string]string{"permit": "permits", "forbid": "forbids"}[a.Effect]
		switch {
		case a.Fails && a.Effect == "forbid":
			said = "forbids, since it fails"
		case !a.Applies:
			said = "would " + a.Effect + ", but this does not hold:"
			if a.Fails {
				said = "would permit, but fails:"
			}
		}
		fmt.Fprintf(w.stdout, "  %s (%s:%d) %s\n", p.bold(a.ID), a.File, a.Line, said)
		for _, m := range a.Missing {
			fmt.Fprintf(w.stdout, "    %s\n", strings.TrimPrefix(m, "fails: "))
		}
	}
}
