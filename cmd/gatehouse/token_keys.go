package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/trust/jose"
)

func newTokenKeys(w *world) *cobra.Command {
	var private, kid, algorithm string
	cmd := &cobra.Command{
		Use:   "keys --private FILE",
		Short: "Make a key pair that signs tokens, and print its public part as a key set",
		Long: `Makes a key pair and writes the private part to a file that you alone can read;
one that is there is used and never overwritten. The public part is printed as a
JWK Set (RFC 7517), for jwks of gatehouse.yaml and for token verify.`,
		Example: `  gatehouse token keys --private signer.pem >keys.json
  gatehouse token keys --private signer.pem --alg EdDSA --kid 2027-01`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			return w.tokenKeys(private, kid, jose.Algorithm(algorithm))
		},
	}
	f := cmd.Flags()
	f.StringVar(&private, "private", "", "`FILE` of the private key, PEM")
	f.StringVar(&kid, "kid", "", "`ID` of the key (default its thumbprint)")
	f.StringVar(&algorithm, "alg", "", "`ALGORITHM` of the key (default ES256 for a new one)")
	return cmd
}

func (w *world) tokenKeys(path, kid string, algorithm jose.Algorithm) error {
	if path == "" {
		return &usageError{"--private: is missing", "name the file of the private key: --private signer.pem"}
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(path, algorithm); err != nil {
			return err
		}
		fmt.Fprintf(w.stderr, "gatehouse: %s is a new private key: whoever reads it can make tokens\n", path)
	}
	signer, err := readSigner("private", path, kid, algorithm)
	if err != nil {
		return err
	}
	set, err := jose.Public(signer)
	if err != nil {
		return &usageError{"--private: " + path + ": " + err.Error(), "name a private key"}
	}
	pretty, err := jsontext.AppendFormat(nil, set, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	fmt.Fprintln(w.stdout, string(pretty))
	return nil
}

// makeKey writes a new private key to a file that is not there yet.
func makeKey(path string, algorithm jose.Algorithm) error {
	if algorithm == "" {
		algorithm = "ES256"
	}
	key, err := jose.GenerateKey(algorithm)
	if err != nil {
		return &usageError{"--alg: " + err.Error(), "write --alg ES256"}
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
