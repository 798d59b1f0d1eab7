package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
)

func newLedgerProve(w *world) *cobra.Command {
	p := &ledgerProver{w: w}
	cmd := &cobra.Command{
		Use:   "prove DIR (INDEX | --id ID [--config FILE]) [--checkpoint FILE] [--entry FILE]",
		Short: "Prove that an entry is in a ledger",
		Long: `Prints the proof that an entry is in a ledger, in the form of C2SP tlog-proof, which
verifies without the ledger: against its public key and the entry as it stands in
the log, encrypted, which --entry writes to a file.

The entry is named by its index, or by the id of the event that it is; for that the
entries are decrypted with the keys of the gate that --config describes. --checkpoint
is one of the log that was kept, such as one that witnesses cosigned: the proof is
for that in the place of the newest one.`,
		Example: `  gatehouse ledger prove /var/lib/gatehouse/ledger 4711 > 4711.tlog-proof
  gatehouse ledger prove /var/lib/gatehouse/ledger --id 0KXRQJ5D4V8E --config gatehouse.yaml`,
		Args: oneFolder(2, " and the index of an entry"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd.Context(), args) },
	}
	cmd.Flags().StringVar(&p.id, "id", "", "`ID` of the event that the entry is")
	cmd.Flags().StringVar(&p.config, "config", usual, "`FILE` that says which keys decrypt, a gatehouse.yaml")
	cmd.Flags().StringVar(&p.checkpoint, "checkpoint", "", "`FILE` of the checkpoint that the proof is for (default the newest)")
	cmd.Flags().StringVar(&p.entry, "entry", "", "`FILE` to write the entry to, as it stands in the log")
	return cmd
}

// ledgerProver is the verb and its flags.
type ledgerProver struct {
	w                             *world
	id, config, checkpoint, entry string
}

func (p *ledgerProver) run(ctx context.Context, args []string) error {
	if (len(args) == 2) == (p.id != "") {
		return &usageError{"say which entry", "name its index behind the folder, or the id of its event with --id"}
	}
	return inLedger(args[0], func(f *ledger.Folder) error { return p.prove(ctx, f, args) })
}

func (p *ledgerProver) prove(ctx context.Context, f *ledger.Folder, args []string) (err error) {
	var at index
	if p.id == "" {
		if err := at.Set(args[1]); err != nil {
			return &usageError{strconv.Quote(args[1]) + " is no index: " + err.Error(), "gatehouse ledger show lists entries with theirs"}
		}
	} else if at, err = p.find(ctx, f); err != nil {
		return err
	}
	var head []byte
	if p.checkpoint != "" {
		if head, err = readSmall(p.checkpoint); err != nil {
			return err
		}
	} else if _, head, err = ledger.Head(f); err != nil {
		return err
	}
	proof, err := ledger.Prove(f, head, int64(at))
	if errors.Is(err, ledger.ErrNoEntry) {
		return noEntry(head, at)
	} else if err != nil {
		return err
	}
	if p.entry != "" {
		if err := writeEntry(f, int64(at), p.entry); err != nil {
			return err
		}
	}
	_, err = p.w.stdout.Write(proof.Text())
	return err
}

// noEntry says which entries there are.
func noEntry(head []byte, at index) error {
	c, err := checkpoint.Unverified(head)
	if err != nil {
		return err
	}
	return fmt.Errorf("the log has no entry %d: the checkpoint is of %s", at, entriesOf(c.Size))
}

// writeEntry writes an entry to a file, as it stands in the log.
func writeEntry(f ledger.Files, at int64, name string) error {
	found := false
	err := ledger.Entries(f, at, at+1, func(_ int64, sealed []byte) error {
		found = true
		return os.WriteFile(name, sealed, 0o600)
	})
	if err == nil && !found {
		err = ledger.ErrDeleted
	}
	return err
}

// find looks for the entry of an event, the newest first.
func (p *ledgerProver) find(ctx context.Context, f ledger.Files) (index, error) {
	open, err := p.w.opener(ctx, f, p.config)
	if err != nil {
		return 0, err
	}
	want := strconv.AppendQuote(nil, p.id)
	at := index(-1)
	err = ledger.Entries(f, 0, math.MaxInt64, func(i int64, sealed []byte) error {
		plain, err := open(sealed)
		if err == nil && bytes.Contains(plain, want) {
			at = index(i)
		}
		return err
	})
	if err == nil && at < 0 {
		err = &remedied{fmt.Errorf("no entry of the log has the id %s", p.id),
			"ids have 26 letters and digits; what was refused before it was forwarded, and calls without audit, are events alone: gatehouse events --id"}
	}
	return at, err
}

// opener decrypts entries with the keys of the gate that a file describes.
func (w *world) opener(ctx context.Context, f ledger.Files, config string) (func([]byte) ([]byte, error), error) {
	by, err := w.gateKeys(ctx, config, "decrypt")
	if err != nil {
		return nil, err
	}
	return ledger.Opener(f, by)
}
