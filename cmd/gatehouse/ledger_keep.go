package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
)

func newLedgerExport(w *world) *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR > FILE.tar",
		Short: "Write a ledger as an archive, for an auditor",
		Long: `Writes a ledger as it is now to standard output, as a tar archive: checkpoint, public
key, hashes and encrypted entries, and no key that decrypts. A gate may write to the
ledger meanwhile. What is unpacked verifies as the ledger does.`,
		Example: `  gatehouse ledger export /var/lib/gatehouse/ledger > ledger.tar`,
		Args:    oneFolder(1, ""),
		RunE: func(_ *cobra.Command, args []string) error {
			return inLedger(args[0], func(f *ledger.Folder) error { return ledger.Export(f, w.stdout) })
		},
	}
}

func newLedgerRetain(w *world) *cobra.Command {
	below, config := index(math.MaxInt64), ""
	cmd := &cobra.Command{
		Use:   "retain DIR --below INDEX [--config FILE]",
		Short: "Delete old entries of a ledger, provably",
		Long: `Deletes the entries below an index, 256 at a time, while no gate writes to the ledger.
That they were deleted becomes an entry of the log, and their hashes stay: the log
verifies as before, and every proof holds. It needs the keys of the gate that
--config describes.`,
		Example: `  gatehouse ledger retain /var/lib/gatehouse/ledger --below 1000000 --config gatehouse.yaml`,
		Args:    oneFolder(1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			if below == math.MaxInt64 {
				return &usageError{"--below: is missing", "say which entries stay: --below with the index of the first"}
			}
			return w.retain(cmd.Context(), args[0], config, int64(below))
		},
	}
	cmd.Flags().Var(&below, "below", "`INDEX` of the first entry that stays")
	cmd.Flags().StringVar(&config, "config", usual, "`FILE` that says whose keys sign, a gatehouse.yaml")
	return cmd
}

func (w *world) retain(ctx context.Context, dir, config string, below int64) error {
	var c checkpoint.Checkpoint
	err := inLedger(dir, func(f *ledger.Folder) (err error) {
		c, _, err = ledger.Head(f)
		return err
	})
	if err != nil {
		return err
	}
	by, err := w.gateKeys(ctx, config, "sign")
	if err != nil {
		return err
	}
	l, err := ledger.Open(ledger.Options{Dir: dir, Origin: c.Origin, Keys: by, KeepFree: 1, Say: func(text string) { w.complain(text, "") }})
	if errors.Is(err, ledger.ErrLocked) {
		return errors.New("a gate writes to the ledger: stop it first")
	} else if err != nil {
		return err
	}
	left, err := l.Retain(ctx, below)
	if err := errors.Join(err, l.Close()); err != nil {
		return err
	}
	if left == 0 {
		fmt.Fprintf(w.stdout, "Nothing was deleted: files of 256 entries are, and none of them is below %d.\n", below)
		return nil
	}
	fmt.Fprintf(w.stdout, "No entry below %d is left; their hashes are there.\n", left)
	return nil
}
