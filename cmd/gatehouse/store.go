package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/store"
)

func newStore(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "store",
		Short: "Look after what outlives the gate: back it up, restore it, migrate it",
		Long: `Looks after the store of a gatehouse.yaml, which has API keys, revocations and
owners of objects, in a file of SQLite or in PostgreSQL.`,
	},
		newStoreStatus(w),
		newStoreMigrate(w),
		newStoreBackup(w),
		newStoreRestore(w),
	)
}

// storeReport is the store in JSON.
type storeReport struct {
	Kind    string `json:"kind"`
	Path    string `json:"path,omitempty"`
	Version int64  `json:"version"`
	Knows   int64  `json:"knows"`
}

func (d *desk) report(ctx context.Context, at *serve.Desk) (*storeReport, error) {
	r := &storeReport{Kind: "postgres"}
	if file := at.Config.Store.SQLite; file != nil {
		r.Kind, r.Path = "sqlite", nearFile(string(file.Path))
	}
	var err error
	r.Version, r.Knows, err = at.Store.Version(ctx)
	return r, err
}

func (d *desk) say(r *storeReport) error {
	if d.json {
		return d.w.encode(r)
	}
	where := "PostgreSQL"
	if r.Path != "" {
		where = "SQLite, " + r.Path
	}
	state := "the one that this program knows"
	switch {
	case r.Version == 0:
		state = "nothing is in it yet"
	case r.Version < r.Knows:
		state = fmt.Sprintf("this program brings it to %d when it starts", r.Knows)
	case r.Version > r.Knows:
		state = fmt.Sprintf("this program knows %d: update it", r.Knows)
	}
	fmt.Fprint(d.w.stdout, table([][]string{{"store", where}, {"schema", fmt.Sprintf("version %d, %s", r.Version, state)}}))
	return nil
}

func newStoreStatus(w *world) *cobra.Command {
	d := &desk{w: w}
	return d.describing(&cobra.Command{
		Use:     "status",
		Short:   "Say where the store is and which version its schema has",
		Long:    `Says where the store is, whether it answers, and which version its schema has.`,
		Example: `  gatehouse store status`,
	}, d.raw)
}

func newStoreMigrate(w *world) *cobra.Command {
	d := &desk{w: w}
	return d.describing(&cobra.Command{
		Use:   "migrate",
		Short: "Bring the store to the version that this program knows",
		Long: `Brings the schema of the store to the version that this program knows. A gate
does the same when it starts; by hand it can be done before. Gates of the version
before go on, but do not start again.`,
		Example: `  gatehouse store migrate`,
	}, d.with)
}

// describing completes a verb that says how the store is once open has opened it.
func (d *desk) describing(cmd *cobra.Command, open func(context.Context, func(context.Context, *serve.Desk) error) error) *cobra.Command {
	cmd.Args = noArguments
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return open(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
			r, err := d.report(ctx, at)
			if err != nil {
				return err
			}
			return d.say(r)
		})
	}
	d.flags(cmd)
	return cmd
}

func newStoreBackup(w *world) *cobra.Command {
	d := &desk{w: w}
	return d.file(&cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything that the store has, while gates serve",
		Long: `Writes everything that the store has at one moment to a file, which only you can
read; gates go on. The file has lines of text, the same for SQLite and for
PostgreSQL. It holds hashes of API keys, and what is secret as it was encrypted;
the pepper and other secrets of gatehouse.yaml are not in it.

FILE is "-" for standard output. A file that is there already is not overwritten.`,
		Example: `  gatehouse store backup gatehouse.backup`,
		Args:    oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.raw(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
				if err := asItIs(ctx, at); err != nil {
					return err
				}
				if args[0] == "-" {
					return at.Store.Backup(ctx, w.stdout)
				}
				if err := backupTo(ctx, at.Store, args[0]); err != nil {
					return err
				}
				fmt.Fprintf(w.stderr, "The store is in %s.\n", args[0])
				return nil
			})
		},
	})
}

// asItIs prepares a store that needs no migration: a backup changes nothing.
func asItIs(ctx context.Context, at *serve.Desk) error {
	has, knows, err := at.Store.Version(ctx)
	if err == nil && has != knows && has > 0 {
		return &serve.DeskError{Text: fmt.Sprintf("the store has version %d of the schema, and this program knows %d", has, knows),
			Hint: "back it up with the program that has written it"}
	}
	if err != nil {
		return err
	}
	return at.Prepare(ctx)
}

// oneFile wants one argument.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) == 1 && args[0] != "" {
		return nil
	}
	return &usageError{cmd.CommandPath() + " takes one file", cmd.CommandPath() + " --help shows examples"}
}

// backupTo writes a file that is there whole or not at all.
func backupTo(ctx context.Context, s *store.Store, name string) (err error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return &serve.DeskError{Text: name + " is there already", Hint: "name another file, or move that one away"}
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err := s.Backup(ctx, f); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func newStoreRestore(w *world) *cobra.Command {
	d := &desk{w: w}
	return d.file(&cobra.Command{
		Use:   "restore FILE",
		Short: "Fill an empty store with a backup",
		Long: `Fills an empty store with a backup: all of it, or nothing. The backup may come
from a store of the other kind, which moves a gate from SQLite to PostgreSQL, and
from an older version of the program. Gates that use the store take it over
within a second. The pepper of gatehouse.yaml must be the one of before.

FILE is "-" for standard input.`,
		Example: `  gatehouse store restore gatehouse.backup`,
		Args:    oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.raw(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
				from := w.stdin
				if args[0] != "-" {
					f, err := os.Open(args[0])
					if err != nil {
						return err
					}
					defer f.Close()
					from = f
				}
				return restoreFrom(ctx, at.Store, from, w)
			})
		},
	})
}

func restoreFrom(ctx context.Context, s *store.Store, from io.Reader, w *world) error {
	err := s.Restore(ctx, from)
	switch {
	case err == nil:
		fmt.Fprintln(w.stderr, "The store has what the backup has.")
		return nil
	case errors.Is(err, store.ErrConflict):
		return &serve.DeskError{Text: "the store is not empty", Hint: "restore into a new file or a new database, and name that in gatehouse.yaml"}
	}
	return err
}
