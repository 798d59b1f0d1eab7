package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/serve"
)

func newPins(w *world) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "pins [--config FILE]",
		Short: "Name the keys of the certificates, for clients that pin them",
		Long: `Names the public key of each certificate of a gatehouse.yaml, and the one that
backup_key keeps for the next certificate, as SHA-256 of its SubjectPublicKeyInfo
in base64: the form that apps and curl's --pinnedpubkey take. Private keys stay
where they are.

Clients that pin go on to trust the gate as long as it shows one of these keys.
Renew certificates with the same key, or change to the backup key and name a
new one before anybody needs it.`,
		Example: `  gatehouse pins --config gatehouse.yaml`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "pin"); err != nil {
				return err
			}
			return w.pins(config)
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	return cmd
}

func (w *world) pins(file string) error {
	list, problems := serve.Pins(file)
	if len(problems) > 0 {
		w.problems(nearby(problems))
	}
	if problems.Err() != nil {
		return errReported
	}
	if len(list) == 0 {
		fmt.Fprintf(w.stdout, "No listener of %s has a certificate; what acme obtains is named once it is there.\n", file)
	}
	for _, p := range list {
		rows := [][]string{{"  " + string(p.Pin), "the key in use"}}
		if p.Backup != "" {
			rows = append(rows, []string{"  " + string(p.Backup), "the backup key"})
		} else {
			rows = append(rows, []string{"  no backup key", "who pins this key alone is locked out when it is lost: name a backup_key"})
		}
		fmt.Fprintf(w.stdout, "%s: %s\n%s", p.Listener, nearFile(p.Certificate), table(rows))
	}
	return nil
}
