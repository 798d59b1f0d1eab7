package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/store"
)

func newLedgerWitness(w *world) *cobra.Command {
	v := &ledgerWitness{w: w}
	cmd := &cobra.Command{
		Use:   "witness DIR --key VKEY --state FILE --private FILE --name NAME",
		Short: "Cosign the checkpoint of another log that goes on as it was seen before",
		Long: `Reads the checkpoint of a log, holds it to the last one that this witness saw, and
prints it with a cosignature (C2SP tlog-cosignature, cosignature/v1). So whoever
trusts the witness knows that the log was not put back or rewritten since, not even
by whoever has its key. Where it was, nothing is signed, and the exit status is 1.

--state is the file that keeps the last checkpoint; it is made at the first time.
--private is the key of the witness; a new one is made where there is no such file,
and the public one is printed to standard error each time. Use it for nothing else.`,
		Example: `  gatehouse ledger witness /mnt/other/ledger --key "$(cat other.vkey)" \
    --state other.seen --private witness.pem --name witness.example/w1 > other.cosigned`,
		Args: oneFolder(1, ""),
		RunE: func(cmd *cobra.Command, args []string) error { return v.run(cmd.Context(), args[0]) },
	}
	cmd.Flags().StringVar(&v.key, "key", "", "`VKEY` of the log")
	cmd.Flags().StringVar(&v.state, "state", "", "`FILE` of the last checkpoint that was seen")
	cmd.Flags().StringVar(&v.private, "private", "", "`FILE` of the private key of the witness, PEM (Ed25519)")
	cmd.Flags().StringVar(&v.name, "name", "", "`NAME` of the witness, such as a URL without its scheme")
	return cmd
}

// ledgerWitness is the verb and its flags.
type ledgerWitness struct {
	w                         *world
	key, state, private, name string
}

func (v *ledgerWitness) run(ctx context.Context, dir string) error {
	for _, flag := range [][2]string{{"key", v.key}, {"state", v.state}, {"private", v.private}, {"name", v.name}} {
		if flag[1] == "" {
			return &usageError{"--" + flag[0] + ": is missing", "gatehouse ledger witness --help shows an example"}
		}
	}
	return inLedger(dir, func(f *ledger.Folder) error { return v.witness(ctx, f) })
}

func (v *ledgerWitness) witness(ctx context.Context, f *ledger.Folder) error {
	log, err := v.w.ledgerKey(f, v.key)
	if err != nil {
		return err
	}
	by, err := v.signer()
	if err != nil {
		return err
	}
	lock, err := store.WaitLock(ctx, v.state+".lock") // two at once would each sign what the other did not see
	if err != nil {
		return err
	}
	defer lock.Release()
	signed, err := v.cosign(f, log, by)
	if errors.Is(err, checkpoint.ErrFork) {
		return fmt.Errorf("NOT SIGNED: %w; the last one seen stays in %s", err, v.state)
	} else if err != nil {
		return err
	}
	_, err = v.w.stdout.Write(signed)
	return err
}

// cosign signs, and keeps what it signed before anybody else has it.
func (v *ledgerWitness) cosign(f ledger.Files, log note.Verifier, by note.Signer) ([]byte, error) {
	c, text, err := ledger.Head(f)
	if err != nil {
		return nil, err
	}
	last, err := readSmall(v.state)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	old := checkpoint.Checkpoint{}
	if len(last) > 0 {
		if old, err = checkpoint.Open(last, log); err != nil {
			return nil, fmt.Errorf("%s: %w", v.state, err)
		}
	}
	proof, err := ledger.Consistency(f, c, min(old.Size, c.Size))
	if err != nil {
		return nil, err
	}
	signed, err := checkpoint.Cosign(last, text, proof, log, by)
	if err != nil {
		return nil, err
	}
	return signed, ledger.Replace(v.state, signed)
}

// signer reads the key of the witness, or makes it.
func (v *ledgerWitness) signer() (note.Signer, error) {
	made := ""
	if _, err := os.Lstat(v.private); errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(v.private, "EdDSA"); err != nil {
			return nil, err
		}
		made = v.private + " was not there and has a new key now: "
	}
	text, err := os.ReadFile(v.private)
	if err != nil {
		return nil, err
	}
	bad := &usageError{"--private: " + v.private + " holds no private key of Ed25519", "name a file that is not there yet: a key is made"}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, bad
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := key.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, bad
	}
	by, err := checkpoint.NewWitness(v.name, private, time.Now)
	if err != nil {
		return nil, &usageError{"--name: " + err.Error(), "write a URL without its scheme: witness.example/w1"}
	}
	fmt.Fprintf(v.w.stderr, "gatehouse: %sthis witness is %s\n", made, checkpoint.VerifierKey(by))
	return by, nil
}
