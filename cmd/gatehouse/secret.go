package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/serve"
)

func newSecret(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "secret",
		Short: "Seal secrets and hash passwords for a configuration",
	},
		newSecretSeal(w),
		newSecretHash(w),
	)
}

// maxSecretInput is more than a secret may have.
const maxSecretInput = 64<<10 + 2

func newSecretSeal(w *world) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "seal [--config FILE] < SECRET > SEALED",
		Short: "Seal a secret, for ${kms:SEALED} in a configuration",
		Long: `Reads a secret from standard input and writes it to standard output, sealed under
the key that trust.key of the configuration names. The result may stand beside the
configuration, in a repository too: a reference ${kms:FILE} opens it where the gate
may use that key. One newline at the end is not part of the secret.`,
		Example: `  gatehouse secret seal --config gatehouse.yaml < token > secrets/token.sealed`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := w.source(cmd, &config, "seal"); err != nil {
				return err
			}
			text, err := io.ReadAll(io.LimitReader(w.stdin, maxSecretInput))
			if err != nil {
				return errors.New("the secret on standard input cannot be read")
			}
			sealed, problems := serve.SealSecret(cmd.Context(), config, text)
			if err := w.reported(problems); err != nil {
				return err
			}
			_, err = w.stdout.Write(sealed)
			return err
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "`FILE` that says everything, a gatehouse.yaml")
	return cmd
}
