package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/cmd/gatehouse/trial"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newPolicy(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "policy",
		Short: "Try roles and rules without serving: test them, explain one call, print their schema",
		Long: `Tries who may call what, by the guards that serve, without serving: credentials
are taken as good, what their holders may is judged for real. Modes are of no
account: what is only observed is judged as if it were enforced.`,
	},
		newPolicyTest(w),
		newPolicyExplain(w),
		newPolicySchema(w),
	)
}

func newPolicySchema(w *world) *cobra.Command {
	var config, contract, api string
	cmd := &cobra.Command{
		Use:   "schema [--config FILE | --contract FILE] [--api NAME]",
		Short: "Print what rules can ask for, as Cedar writes schemas",
		Long: `Prints the schema that is made of an API's contract, in the syntax of Cedar:
its operations as actions, and what each has in its context. Rules are checked
against it before they serve; editors with a plugin for Cedar read it as well.`,
		Example: `  gatehouse policy schema --config gatehouse.yaml --api Orders
  gatehouse policy schema --contract openapi.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "read", "api"); err != nil {
				return err
			}
			if config == "" {
				return w.schemaOfContract(contract)
			}
			return w.schemaOfConfig(config, api)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	cmd.Flags().StringVar(&contract, "contract", "", "`FILE` with the API's OpenAPI document, YAML or JSON")
	cmd.Flags().StringVar(&api, "api", "", "`NAME` of the API, where the configuration has several")
	return cmd
}

func (w *world) schemaOfContract(path string) error {
	if err := serve.CheckContractPath(path); err != nil {
		return err
	}
	c, problems := openapi.Load(path)
	if problems.Err() != nil || c == nil {
		w.problems(nearby(problems))
		return errReported
	}
	defer c.Files.Close()
	return w.printSchema(&gatehouse.Callers{}, gatehouse.API{Contract: c})
}

func (w *world) schemaOfConfig(file, name string) error {
	stage, err := w.stage(file)
	if err != nil {
		return err
	}
	defer stage.Close()
	var names []string
	for i := range stage.APIs {
		if a := &stage.APIs[i]; a.Name == name || name == "" && len(stage.APIs) == 1 {
			return w.printSchema(stage.Callers, gatehouse.API{Contract: a.Contract, Options: a.Settings.Policy, Place: a.Settings.Place, Countries: a.Countries})
		}
		names = append(names, stage.APIs[i].Name)
	}
	if name == "" {
		return &usageError{"there are several APIs", "say which: --api " + quoted(names[0])}
	}
	return &usageError{"there is no API " + name, "there are " + strings.Join(names, ", ")}
}

func quoted(name string) string {
	if strings.ContainsAny(name, " '\"$&;()<>|*?") {
		return fmt.Sprintf("%q", name)
	}
	return name
}

func (w *world) printSchema(who *gatehouse.Callers, a gatehouse.API) error {
	text, problems := gatehouse.RuleSchema(who, a)
	if problems.Err() != nil {
		w.problems(nearby(problems))
		return errReported
	}
	_, err := io.WriteString(w.stdout, text)
	return err
}

// stage compiles a configuration to try calls on, or says what is wrong with it.
func (w *world) stage(file string) (*trial.Stage, error) {
	s := trial.Open(file)
	if s.Problems.Err() != nil {
		w.problems(nearby(s.Problems))
		s.Close()
		return nil, errReported
	}
	return s, nil
}

// read reads a file of a call or of a table; "-" is standard input.
func (w *world) read(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(w.stdin, maxTrial))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, cause(err))
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxTrial))
}

// maxTrial is more than a table of calls may have.
const maxTrial = 4<<20 + 1
