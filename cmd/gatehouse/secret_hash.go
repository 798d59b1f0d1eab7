package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/guard/authn/basic"
)

func newSecretHash(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "hash < PASSWORD",
		Short: "Hash a password, for the users of a credential of the kind basic",
		Long: `Reads a password from standard input and prints its hash by Argon2id, as it stands
behind the name and a colon in the file of users of a credential of the kind basic.
One newline at the end is not part of the password.`,
		Example: `  gatehouse secret hash < password`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			text, err := io.ReadAll(io.LimitReader(w.stdin, basic.MaxPassword+3))
			if err != nil {
				return errors.New("the password on standard input cannot be read")
			}
			text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
			hash, err := basic.NewHash(text)
			if err != nil {
				return err
			}
			fmt.Fprintln(w.stdout, hash)
			return nil
		},
	}
}
