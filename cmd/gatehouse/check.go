package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newCheck(w *world) *cobra.Command {
	var config, contract string
	var asJSON, inspect bool
	cmd := &cobra.Command{
		Use:   "check [--config FILE | --contract FILE]",
		Short: "Read a configuration or a contract and say what is wrong, open, public or loose",
		Long: `Reads a gatehouse.yaml with its contracts, certificates and secrets, or one
OpenAPI document with everything that it refers to, and compiles it as serve
would, answers included. Nothing is opened or written. Without any flag it is
the gatehouse.yaml of the folder.

Problems are listed with file, line and column; when there is an error, the exit
status is 1. Otherwise the operations are listed: the credential each asks for,
and where the contract would let through more than its words say:

  public   everybody may call it
  open     an object takes any property, or a schema any value
  loose    content, or a parameter, is not described

With --inspect, each text of a request is listed besides: as what it is searched
for attacks and from which score it is refused, or why it is not.

Last come the settings of gatehouse.yaml that loosen what the contracts say.`,
		Example: `  gatehouse check --config gatehouse.yaml
  gatehouse check --contract openapi.yaml
  gatehouse check --contract openapi.yaml --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "check", "json", "inspect"); err != nil {
				return err
			}
			if config != "" {
				return w.checkConfig(config, asJSON, inspect)
			}
			if err := serve.CheckContractPath(contract); err != nil {
				return err
			}
			return w.check(contract, asJSON, inspect)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	cmd.Flags().StringVar(&contract, "contract", "", "`FILE` with the API's OpenAPI document, YAML or JSON")
	cmd.Flags().BoolVar(&inspect, "inspect", false, "list how each text of a request is searched for attacks")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

func (w *world) check(path string, asJSON, inspect bool) error {
	c, problems := openapi.Load(path)
	var survey []gatehouse.Exposure
	var texts []gatehouse.InspectedTexts
	if c != nil {
		// Who verifies credentials is decided when the contract is served.
		_, more := gatehouse.Compile(gatehouse.API{Contract: c, Options: gatehouse.Options{Authentication: gatehouse.Upstream}})
		problems = append(problems, more...).Sort()
		if problems.Err() == nil {
			survey = gatehouse.Survey(c, nil)
			if inspect {
				texts = gatehouse.Texts(c, nil)
			}
		}
		c.Files.Close()
	}
	if asJSON {
		if err := w.checkJSON(path, c, problems, survey, texts); err != nil {
			return err
		}
	} else {
		w.checkText(c, problems, survey)
		w.texts(texts)
	}
	if problems.Err() != nil {
		return errReported
	}
	return nil
}

func (w *world) checkText(c *contract.Contract, problems source.Problems, survey []gatehouse.Exposure) {
	if len(problems) > 0 {
		w.problems(problems)
	}
	if problems.Err() != nil {
		return
	}
	fmt.Fprintf(w.stdout, "%s, %s: %s\n\n", strings.TrimSpace(c.Title+" "+c.Version), c.Language(), plural(len(survey), "operation"))
	w.operations(survey)
}

// operations lists operations and counts what is said of them.
func (w *world) operations(survey []gatehouse.Exposure) {
	p := w.paint(w.stdout)
	rows := [][]string{{p.bold("METHOD"), p.bold("PATH"), p.bold("OPERATION"), p.bold("CREDENTIAL"), p.bold("REMARKS")}}
	for _, e := range survey {
		credential := e.Credential
		if e.Public {
			credential = p.red(credential)
		}
		rows = append(rows, []string{e.Method, e.Path, e.Operation, credential, strings.Join(e.Remarks(), "; ")})
	}
	fmt.Fprint(w.stdout, table(rows))
	public, open, loose := 0, 0, 0
	for _, e := range survey {
		public += one(e.Public)
		open += one(len(e.Open) > 0)
		loose += one(len(e.Loose) > 0)
	}
	fmt.Fprintf(w.stdout, "\npublic: %d, open: %d, loose: %d\n", public, open, loose)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// report is what check --json writes.
type report struct {
	Contract   string                     `json:"contract"`
	Title      string                     `json:"title,omitempty"`
	Version    string                     `json:"version,omitempty"`
	OpenAPI    string                     `json:"openapi,omitempty"`
	Errors     int                        `json:"errors"`
	Warnings   int                        `json:"warnings"`
	Problems   []finding                  `json:"problems"`
	Operations []gatehouse.Exposure       `json:"operations"`
	Texts      []gatehouse.InspectedTexts `json:"texts,omitempty"`
}

// finding is one problem for machines.
type finding struct {
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Pointer  string `json:"pointer,omitempty"`
	Severity string `json:"severity"`
	Text     string `json:"text"`
	Hint     string `json:"hint,omitempty"`
}

func (w *world) checkJSON(path string, c *contract.Contract, problems source.Problems, survey []gatehouse.Exposure, texts []gatehouse.InspectedTexts) error {
	r := report{Contract: path, Operations: survey, Texts: texts}
	if survey == nil {
		r.Operations = []gatehouse.Exposure{}
	}
	if c != nil {
		r.Title, r.Version, r.OpenAPI = c.Title, c.Version, c.Spec
	}
	r.Errors, r.Warnings = count(problems)
	r.Problems = w.findings(problems)
	return w.encode(r)
}

// findings are problems for machines.
func (w *world) findings(problems source.Problems) []finding {
	list := []finding{}
	for _, p := range problems {
		severity := "error"
		if p.Severity == source.Warning {
			severity = "warning"
		}
		list = append(list, finding{p.File, p.Line, p.Column, p.Pointer, severity, p.Text, p.Hint})
	}
	return list
}

// encode writes v as one line of JSON.
func (w *world) encode(v any) error {
	e := json.NewEncoder(w.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
