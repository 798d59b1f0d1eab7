package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
)

func newLedgerVerify(w *world) *cobra.Command {
	v := &ledgerVerifier{w: w}
	cmd := &cobra.Command{
		Use:   "verify DIR [--key VKEY] [--since FILE] [--witness VKEY]... [--json]",
		Short: "Hold every entry of a ledger to its hash, and the whole to its signature",
		Long: `Reads a whole ledger and holds every entry to its hash, every hash to those below
it, and the root to the signed checkpoint. No key that decrypts is needed. The first
fault is said with its file and the index of the entry. Entries that the log says it
deleted are no fault. Entries of a gate that stopped may wait on disk: they are
counted, and what was acknowledged of them and does not read any more is a fault.

--key is the public key of the log, from somewhere else than the ledger. --since is
a checkpoint that was kept: that the log goes on from it shows that nothing of
before was rewritten and its end was not removed. Without it, the last checkpoint
that witnesses cosigned is taken, where the log has any. --witness is the key of a
witness who must have cosigned that checkpoint.

The exit status is 0 when the log is whole, and 1 when it is not or cannot be read.`,
		Example: `  gatehouse ledger verify /var/lib/gatehouse/ledger --key "$(cat shop.vkey)"
  gatehouse ledger verify /mnt/audit/ledger --since checkpoint-2027-01 --json`,
		Args: oneFolder(1, ""),
		RunE: func(_ *cobra.Command, args []string) error { return inLedger(args[0], v.run) },
	}
	cmd.Flags().StringVar(&v.key, "key", "", "`VKEY` of the log (default the one beside it)")
	cmd.Flags().StringVar(&v.since, "since", "", "`FILE` of a checkpoint that the log must go on from")
	cmd.Flags().StringArrayVar(&v.witnesses, "witness", nil, "`VKEY` of a witness who must have cosigned (again for each)")
	cmd.Flags().BoolVar(&v.json, "json", false, "print JSON")
	return cmd
}

// ledgerVerifier is the verb and its flags.
type ledgerVerifier struct {
	w          *world
	key, since string
	witnesses  []string
	json       bool
	beside     *cosigned // what witnesses cosigned; nil where there is none, or --since says another
}

// ledgerReport is what --json prints.
type ledgerReport struct {
	Origin  string       `json:"origin"`
	Size    int64        `json:"size"`
	Root    string       `json:"root"`
	Deleted int64        `json:"deleted_below"`
	Keys    uint32       `json:"keys_destroyed_below"`
	Pending int64        `json:"pending"`
	Torn    int64        `json:"torn_bytes"`
	Cosign  *cosigned    `json:"cosigned,omitempty"`
	Whole   bool         `json:"whole"`
	Fault   *ledgerFault `json:"fault,omitempty"`
}

type ledgerFault struct {
	File  string `json:"file"`
	Index *int64 `json:"index,omitempty"`
	Text  string `json:"text"`
}

func (v *ledgerVerifier) run(f *ledger.Folder) (err error) {
	check := ledger.Check{Progress: v.progress()}
	if check.Verifier, err = v.w.ledgerKey(f, v.key); err != nil {
		return err
	}
	witnesses, err := v.keys()
	if err != nil {
		return err
	}
	if v.since != "" {
		check.Since, err = v.earlier(check.Verifier, witnesses)
	} else if v.beside, err = v.cosigned(f, check.Verifier, witnesses); v.beside != nil {
		check.Since = &v.beside.checkpoint
	}
	if err != nil {
		return err
	}
	r, err := ledger.Verify(f, check)
	if err != nil {
		return err
	}
	if err := v.print(r); err != nil {
		return err
	}
	if r.Fault != nil {
		return errReported
	}
	return nil
}

// keys reads those of the witnesses.
func (v *ledgerVerifier) keys() (list []note.Verifier, err error) {
	for _, key := range v.witnesses {
		k, err := checkpoint.NewVerifier(key)
		if err != nil || !checkpoint.IsWitness(k) {
			return nil, &usageError{"--witness: not the key of a witness", "gatehouse ledger witness prints it, and a gate has it in the file vkey of its witness"}
		}
		list = append(list, k)
	}
	return list, nil
}

// earlier reads the checkpoint that the log must go on from.
func (v *ledgerVerifier) earlier(log note.Verifier, witnesses []note.Verifier) (*checkpoint.Checkpoint, error) {
	text, err := readSmall(v.since)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &usageError{"--since: there is no file " + v.since, "name a copy of the ledger's file checkpoint, of an earlier day"}
	} else if err != nil {
		return nil, err
	}
	c, err := checkpoint.Open(text, log, witnesses...)
	if errors.Is(err, checkpoint.ErrSignature) && len(witnesses) > 0 {
		return nil, fmt.Errorf("%s: it is not signed by the log and all of its witnesses", v.since)
	} else if err != nil {
		return nil, &remedied{fmt.Errorf("--since: %s: %w", v.since, err), "name a copy of the ledger's file checkpoint, of an earlier day"}
	}
	return &c, nil
}

// progress tells whoever waits how far it is, every few seconds.
func (v *ledgerVerifier) progress() func(done, size int64) {
	next := time.Now().Add(5 * time.Second)
	return func(done, size int64) {
		if now := time.Now(); now.After(next) {
			next = now.Add(5 * time.Second)
			fmt.Fprintf(v.w.stderr, "gatehouse: %d of %d entries\n", done, size)
		}
	}
}

func (v *ledgerVerifier) print(r *ledger.Report) error {
	c, out := r.Checkpoint, v.w.stdout
	if v.json {
		report := ledgerReport{Origin: c.Origin, Size: c.Size, Root: c.Root.String(), Deleted: r.Deleted, Keys: r.KeysBelow, Pending: r.Pending, Torn: r.Torn, Cosign: v.beside, Whole: r.Fault == nil}
		if r.Fault != nil {
			report.Fault = &ledgerFault{File: r.Fault.File, Text: r.Fault.Text}
			if r.Fault.Index >= 0 {
				report.Fault.Index = &r.Fault.Index
			}
		}
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	if r.Fault != nil {
		fmt.Fprintf(out, "NOT WHOLE: %v\n", r.Fault)
		return nil
	}
	rows := [][]string{{"log", c.Origin}, {"entries", fmt.Sprint(c.Size)}, {"root", c.Root.String()}}
	if w := v.beside; w != nil {
		text := fmt.Sprintf("%d entries, by %s", w.Size, strings.Join(w.Witnesses, ", "))
		if !w.Verified {
			text += " (not verified: give their keys with --witness)"
		}
		rows = append(rows, []string{"cosigned", text})
	}
	fmt.Fprint(out, table(rows))
	if r.Pending > 0 {
		fmt.Fprintf(out, "%d entries more are on disk and wait for their place in the tree: no checkpoint has them yet, the gate brings them in.\n", r.Pending)
	}
	if r.Torn > 0 {
		fmt.Fprintf(out, "%d bytes behind them were being written when the gate stopped: nothing in them was acknowledged.\n", r.Torn)
	}
	if r.Deleted > 0 {
		fmt.Fprintf(out, "Entries below %d were deleted, as the log itself says; their hashes are there.\n", r.Deleted)
	}
	if r.KeysBelow > 1 {
		fmt.Fprintf(out, "Keys before number %d were destroyed with them: what copies have under these is not read any more.\n", r.KeysBelow)
	}
	fmt.Fprintln(out, "The log is whole: every entry is what it was when the log signed it.")
	return nil
}
