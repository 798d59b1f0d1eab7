package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/serve"
)

func newTrust(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "trust",
		Short: "Show, rotate and destroy the gate's own keys",
		Long: `Works on the gate's own keys, which stand sealed in the keys_file of a
gatehouse.yaml. A gate that serves takes changes up within seconds.`,
	},
		newTrustStatus(w),
		newTrustRotate(w),
		newTrustRewrap(w),
		newTrustReseal(w),
		newTrustDestroy(w),
	)
}

func newTrustStatus(w *world) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "status [--config FILE]",
		Short: "List the gate's own keys and their versions",
		Long: `Lists the gate's own keys with their versions and when they were made, and what
seals them. It opens them, and so shows that a gate could start. Of the keys
themselves nothing is shown.`,
		Example: `  gatehouse trust status --config gatehouse.yaml`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "open"); err != nil {
				return err
			}
			c, problems := serve.OpenKeys(cmd.Context(), config)
			if err := w.reported(problems); err != nil {
				return err
			}
			w.keys(c)
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	return cmd
}

func newTrustRotate(w *world) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "rotate [--config FILE] [KEY...]",
		Short: "Make new versions of the gate's own keys",
		Long: `Makes a new version of the keys that are named, or of all: pepper (API keys),
owners (the owners' table), nonces, tokens (what tells APIs who calls), data (what
the store seals). From then on the new version is used (of tokens ten minutes
later, when APIs know it), and what was made with earlier ones is still known,
until gatehouse trust destroy.`,
		Example: `  gatehouse trust rotate --config gatehouse.yaml
  gatehouse trust rotate --config gatehouse.yaml data tokens`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.source(cmd, &config, "open"); err != nil {
				return err
			}
			c, problems := serve.RotateKeys(asCommand(cmd.Context()), config, args)
			if err := w.reported(problems); err != nil {
				return err
			}
			w.keys(c)
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	return cmd
}

func newTrustRewrap(w *world) *cobra.Command {
	var config, before string
	cmd := &cobra.Command{
		Use:   "rewrap [--config FILE] [--before FILE]",
		Short: "Seal the gate's own keys anew",
		Long: `Seals the gate's own keys anew under the key that trust.key of the configuration
names: after that key was rotated where it is kept, or to move to another one. Then
--before is a configuration that still names the old one. The keys themselves stay
as they are.`,
		Example: `  gatehouse trust rewrap --config gatehouse.yaml
  gatehouse trust rewrap --before old.yaml --config gatehouse.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "open", "before"); err != nil {
				return err
			}
			if before == "" {
				before = config
			}
			c, problems := serve.RewrapKeys(asCommand(cmd.Context()), before, config)
			if err := w.reported(problems); err != nil {
				return err
			}
			fmt.Fprintf(w.stdout, "The keys in %s are sealed anew by %s.\n", nearFile(c.File), c.By)
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	cmd.Flags().StringVar(&before, "before", "", "`FILE` that names the key that seals them now")
	return cmd
}

// reported says problems, and whether any of them is an error.
func (w *world) reported(problems source.Problems) error {
	if len(problems) > 0 {
		w.problems(nearby(problems))
	}
	if problems.Err() != nil {
		return errReported
	}
	return nil
}

// keys lists keys and versions.
func (w *world) keys(c *serve.KeyStatus) {
	fmt.Fprintf(w.stdout, "%s, sealed by %s\n", nearFile(c.File), c.By)
	var rows [][]string
	for _, k := range c.Keys {
		var older []string
		for _, v := range k.Versions[1:] {
			older = append(older, v.Text)
		}
		row := []string{"  " + string(k.Name), "version " + k.Versions[0].Text, "made " + k.Versions[0].Made.Format(time.DateOnly)}
		if len(older) > 0 {
			row = append(row, "older: "+strings.Join(older, ", "))
		}
		rows = append(rows, row)
	}
	fmt.Fprint(w.stdout, table(rows))
}
