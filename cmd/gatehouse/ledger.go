package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

func newLedger(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "ledger",
		Short: "Verify, prove and show what a gate recorded",
		Long: `Works on a ledger, the folder in which a gate records what nobody may take away or
change unseen. Its forms are those of C2SP (tlog-tiles, tlog-checkpoint, tlog-proof,
tlog-cosignature), so that tools of others verify it as well.`,
	},
		newLedgerVerify(w),
		newLedgerProve(w),
		newLedgerShow(w),
		newLedgerWitness(w),
		newLedgerExport(w),
		newLedgerRetain(w),
	)
}

// oneFolder takes the folder of a ledger, and what is named behind it.
func oneFolder(most int, more string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= 1 && len(args) <= most && args[0] != "" {
			return nil
		}
		return &usageError{cmd.CommandPath() + " takes the folder of a ledger" + more, cmd.CommandPath() + " --help shows examples"}
	}
}

// whichLedger says where a ledger is.
const whichLedger = "name the folder that record.ledger.path of gatehouse.yaml names, which is state/ledger beside it where nothing is said"

// openLedger opens a folder to read; a gate may write to it meanwhile.
func openLedger(dir string) (*ledger.Folder, error) {
	f, err := ledger.ReadFolder(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &remedied{fmt.Errorf("there is no folder %s", dir), whichLedger}
	} else if err != nil {
		return nil, err
	}
	if _, _, err := ledger.Head(f); errors.Is(err, fs.ErrNotExist) {
		f.Close()
		return nil, &remedied{fmt.Errorf("%s is no ledger: it has no checkpoint", dir), whichLedger}
	}
	return f, nil
}

// inLedger does something with the folder of a ledger.
func inLedger(dir string, do func(f *ledger.Folder) error) error {
	f, err := openLedger(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return do(f)
}

// gateKeys are the keys of the gate that a file describes, whose ledger it is. what
// says what they are for.
func (w *world) gateKeys(ctx context.Context, config, what string) (seal.Sealer, error) {
	if _, err := os.Stat(config); errors.Is(err, fs.ErrNotExist) {
		return nil, &usageError{"--config: there is no file " + config, "name the gatehouse.yaml of the gate whose ledger it is: its keys " + what}
	}
	by, problems := serve.DataKeys(ctx, config)
	return by, w.reported(problems)
}

// ledgerKey reads --key. Without it, the key beside the log is taken, which is as
// good as the folder.
func (w *world) ledgerKey(f ledger.Files, key string) (note.Verifier, error) {
	beside := key == ""
	if beside {
		var err error
		if key, err = ledger.Verifier(f); err != nil {
			return nil, errors.New("there is no key beside the ledger: give --key")
		}
		fmt.Fprintf(w.stderr, "gatehouse: the key is the one beside the ledger, %s: whoever changed the ledger may have changed it too\n  hint: keep the key elsewhere, and give it with --key\n", key)
	}
	v, err := checkpoint.NewVerifier(key)
	if err != nil && beside {
		return nil, fmt.Errorf("vkey: %w", err)
	} else if err != nil {
		return nil, &usageError{"--key: " + err.Error(), "the gate prints it, and it stands in the file vkey of the ledger"}
	}
	return v, nil
}

// readSmall reads a file of one checkpoint or proof.
func readSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > 2*checkpoint.MaxText {
		return nil, fmt.Errorf("%s is larger than a checkpoint", name)
	}
	return os.ReadFile(name)
}

// index is a flag that names an entry.
type index int64

func (x *index) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return errors.New("it is the number of an entry, from 0 on")
	}
	*x = index(n)
	return nil
}

func (x *index) Type() string { return "INDEX" }

func (x *index) String() string {
	if *x == math.MaxInt64 {
		return ""
	}
	return strconv.FormatInt(int64(*x), 10)
}
