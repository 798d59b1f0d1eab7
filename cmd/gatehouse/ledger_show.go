package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/ledger"
)

func newLedgerShow(w *world) *cobra.Command {
	from, to, config := index(0), index(math.MaxInt64), ""
	cmd := &cobra.Command{
		Use:   "show DIR [--config FILE] [--from INDEX] [--to INDEX]",
		Short: "Decrypt the entries of a ledger",
		Long: `Prints the entries of a ledger as lines of JSON, each with its index, decrypted with
the keys of the gate that --config describes. Entries that were deleted are passed
over. It does not verify the log: gatehouse ledger verify does.`,
		Example: `  gatehouse ledger show /var/lib/gatehouse/ledger --config gatehouse.yaml
  gatehouse ledger show /var/lib/gatehouse/ledger --from 4700 --to 4720`,
		Args: oneFolder(1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			return w.showLedger(cmd.Context(), args[0], config, int64(from), int64(to))
		},
	}
	cmd.Flags().StringVar(&config, "config", usual, "`FILE` that says which keys decrypt, a gatehouse.yaml")
	cmd.Flags().Var(&from, "from", "`INDEX` of the first entry")
	cmd.Flags().Var(&to, "to", "`INDEX` before which it ends (default the end of the log)")
	return cmd
}

// ledgerEntry is a line of what show prints: entries that are JSON as what they
// are, others as text.
type ledgerEntry struct {
	Index int64           `json:"index"`
	Entry json.RawMessage `json:"entry,omitempty"`
	Text  string          `json:"text,omitempty"`
}

func (w *world) showLedger(ctx context.Context, dir, config string, from, to int64) error {
	return inLedger(dir, func(f *ledger.Folder) error { return w.showEntries(ctx, f, config, from, to) })
}

func (w *world) showEntries(ctx context.Context, f *ledger.Folder, config string, from, to int64) error {
	open, err := w.opener(ctx, f, config)
	if err != nil {
		return err
	}
	out, shown := bufio.NewWriter(w.stdout), false
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	err = ledger.Entries(f, from, to, func(i int64, sealed []byte) error {
		shown = true
		plain, err := open(sealed)
		if err != nil {
			return err
		}
		line := ledgerEntry{Index: i}
		if json.Valid(plain) {
			line.Entry = plain
		} else {
			line.Text = string(plain)
		}
		return e.Encode(line)
	})
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil || shown {
		return err
	}
	return noneShown(f, from, to)
}

// noneShown says why there was nothing to show.
func noneShown(f *ledger.Folder, from, to int64) error {
	c, _, err := ledger.Head(f)
	switch {
	case err != nil:
		return err
	case from >= to:
		return &usageError{"--from is not before --to", "entries are shown from --from on and end before --to"}
	case from >= c.Size:
		return fmt.Errorf("the log has %s", entriesOf(c.Size))
	}
	return errors.New("none of these entries is there any more: they were deleted, as gatehouse ledger verify says")
}

// entriesOf says which entries a log has.
func entriesOf(size int64) string {
	switch size {
	case 0:
		return "no entries yet"
	case 1:
		return "1 entry, 0"
	}
	return strconv.FormatInt(size, 10) + " entries, from 0 to " + strconv.FormatInt(size-1, 10)
}
