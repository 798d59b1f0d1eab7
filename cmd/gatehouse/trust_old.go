package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func newTrustReseal(w *world) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "reseal [--config FILE]",
		Short: "Seal anew what the store holds sealed",
		Long: `Seals anew, with the newest version of the key data, what the store holds sealed
by earlier ones. Gates serve on. When it is ended half-way nothing is lost, and it
can be done again. Do it a minute after the rotation, so that every gate has the
newer version; then gatehouse trust destroy can destroy the earlier ones.`,
		Example: `  gatehouse trust rotate --config gatehouse.yaml data
  gatehouse trust reseal --config gatehouse.yaml`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "open"); err != nil {
				return err
			}
			told := time.Now()
			p, problems := serve.ResealStore(asCommand(cmd.Context()), config, func(p seal.Progress) {
				if time.Since(told) > time.Second && onTerminal(w.stderr) {
					told = time.Now()
					fmt.Fprintf(w.stderr, "%d values were looked at, %d are sealed anew\n", p.Seen, p.Resealed)
				}
			})
			if err := w.reported(problems); err != nil {
				return err
			}
			if p.Seen == 0 {
				fmt.Fprintln(w.stdout, "The store holds nothing sealed.")
				return nil
			}
			fmt.Fprintf(w.stdout, "%s: %d sealed anew, %d were by the newest version already.\n", plural(p.Seen, "sealed value"), p.Resealed, p.Seen-p.Resealed)
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	return cmd
}

func newTrustDestroy(w *world) *cobra.Command {
	var d serve.Destruction
	var unused bool
	cmd := &cobra.Command{
		Use:   "destroy [--config FILE] (KEY VERSION | --unused) [--now]",
		Short: "Destroy earlier versions of the gate's own keys that nothing needs",
		Long: `Destroys an earlier version of one of the gate's own keys, for ever, or with
--unused all that nothing needs any more. A version is kept while an API key that is
good, an object's owner or a sealed value in the store needs it, and as long as a
gate may not have taken the newer version up. What is kept, and why, is said.

The newest versions stay. Copies of the keys_file, in backups, are not touched.`,
		Example: `  gatehouse trust destroy --config gatehouse.yaml pepper 1
  gatehouse trust destroy --config gatehouse.yaml --unused`,
		Args: func(cmd *cobra.Command, args []string) error {
			if unused && len(args) == 0 || !unused && len(args) == 2 {
				return nil
			}
			return &usageError{"say which version of which key, or --unused", "gatehouse trust status lists them"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := w.source(cmd, &d.File, "open", "unused", "now"); err != nil {
				return err
			}
			if !unused {
				d.Key, d.Version = args[0], args[1]
			}
			list, problems := serve.DestroyKeys(asCommand(cmd.Context()), d)
			w.destroyed(list)
			if err := w.reported(problems); err != nil {
				return err
			}
			switch {
			case len(list) == 0:
				fmt.Fprintln(w.stdout, "There are no earlier versions.")
			case !unused && !list[0].Destroyed:
				return errReported
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.File, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	f.BoolVar(&unused, "unused", false, "destroy all versions that nothing needs")
	f.BoolVar(&d.Now, "now", false, "do not wait for gates to take newer versions up: none runs")
	return cmd
}

// destroyed says what became of versions.
func (w *world) destroyed(list []serve.OldKey) {
	var rows [][]string
	var hints []string
	for i := range list {
		o := &list[i]
		row := []string{"kept", string(o.Key), "version " + o.Version, o.Because}
		if o.Destroyed {
			row = []string{"destroyed", string(o.Key), "version " + o.Version}
		} else if len(hints) == 0 || hints[len(hints)-1] != o.Hint {
			hints = append(hints, o.Hint)
		}
		rows = append(rows, row)
	}
	fmt.Fprint(w.stdout, table(rows))
	for _, hint := range hints {
		fmt.Fprintln(w.stderr, "  hint: "+hint)
	}
}
