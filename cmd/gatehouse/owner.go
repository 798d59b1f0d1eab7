package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehouse-api/gatehouse/serve"
)

func newOwner(w *world) *cobra.Command {
	return noun(&cobra.Command{
		Use:   "owner",
		Short: "Say whose objects are, count them, and tell what would be refused",
		Long: `Tells the gate whose objects are that it did not see being made, and how many it
knows, in the store of a gatehouse.yaml. The store holds keyed hashes alone: which
objects there are, and whose, cannot be listed. Gates that serve know of each
change within a second.`,
	},
		newOwnerReport(w),
		newOwnerImport(w),
		newOwnerStats(w),
		newOwnerForget(w),
	)
}

// ownerDesk is that of the verbs of owner.
type ownerDesk struct {
	desk
	api string
}

func (o *ownerDesk) flags(cmd *cobra.Command) *cobra.Command {
	o.desk.flags(cmd)
	cmd.Flags().StringVar(&o.api, "api", "", "`NAME` of the API whose objects they are, where there are several")
	return cmd
}

// owners opens the owners of the API and calls do.
func (o *ownerDesk) owners(cmd *cobra.Command, do func(ctx context.Context, owners *serve.Owners) error) error {
	return o.with(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
		owners, err := at.OwnersOf(ctx, o.api)
		if err != nil {
			return err
		}
		return do(ctx, owners)
	})
}

// importReport is what became of a file, in JSON.
type importReport struct {
	Lines     int `json:"lines"`
	Kept      int `json:"kept"`
	Conflicts int `json:"conflicts"`
	Wrong     int `json:"wrong"`
}

func newOwnerImport(w *world) *cobra.Command {
	o := &ownerDesk{desk: desk{w: w}}
	return o.flags(&cobra.Command{
		Use:   "import FILE [flags]",
		Short: "Read whose objects are from a file",
		Long: `Reads a file of CSV whose first line names the columns kind, id and owner, or of
one JSON object with these members a line; - is standard input. kind is one of
those that gatehouse.yaml and the contract name. owner is the id of a caller as
issuer|subject; where a tenant owns, issuer|tenant. An object that somebody owns
already keeps its owner, and the line is told. The same file may be read again.`,
		Example: `  gatehouse owner import orders.csv
  gatehouse owner import --api Shop -`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.owners(cmd, func(ctx context.Context, owners *serve.Owners) error {
				from, name := w.stdin, "standard input"
				if args[0] != "-" {
					file, err := os.Open(args[0])
					if err != nil {
						return err
					}
					defer file.Close()
					from, name = file, args[0]
				}
				return o.take(ctx, owners, from, name)
			})
		},
	})
}

// take reads a file and says what became of it.
func (o *ownerDesk) take(ctx context.Context, owners *serve.Owners, from io.Reader, name string) error {
	begun := time.Now()
	told := begun
	if onTerminal(o.w.stderr) {
		owners.Progress = func(lines int) {
			if time.Since(told) > time.Second/4 {
				told = time.Now()
				fmt.Fprintf(o.w.stderr, "\r\x1b[K%d lines, %.0f a second", lines, float64(lines)/time.Since(begun).Seconds())
			}
		}
	}
	done, err := owners.Import(ctx, from)
	if told.After(begun) {
		fmt.Fprint(o.w.stderr, "\r\x1b[K")
	}
	if done != nil {
		for _, m := range done.First {
			fmt.Fprintf(o.w.stderr, "%s:%d: %s\n", name, m.Line, m.Text)
		}
		if more := done.Conflicts + done.Wrong - len(done.First); more > 0 {
			fmt.Fprintf(o.w.stderr, "and %d more\n", more)
		}
	}
	switch {
	case err != nil && done != nil && done.Kept > 0:
		return fmt.Errorf("%w; %d objects were kept before that: read the file again", err, done.Kept)
	case err != nil:
		return err
	case o.json:
		err = o.w.encode(importReport{done.Lines, done.Kept, done.Conflicts, done.Wrong})
	default:
		_, err = fmt.Fprintf(o.w.stdout, "%d objects are kept, %d have another owner already, %d lines say nothing\n", done.Kept, done.Conflicts, done.Wrong)
	}
	if err == nil && done.Conflicts+done.Wrong > 0 {
		return errReported
	}
	return err
}

func newOwnerStats(w *world) *cobra.Command {
	o := &ownerDesk{desk: desk{w: w}}
	cmd := &cobra.Command{
		Use:     "stats",
		Short:   "Count the objects that somebody is known to own",
		Long:    `Counts the objects of all APIs, in all and by the version of the gate's key that hides them.`,
		Example: `  gatehouse owner stats`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd.Context(), func(ctx context.Context, at *serve.Desk) error {
				all, by, err := at.Objects(ctx)
				if err != nil {
					return err
				}
				if o.json {
					return w.encode(map[string]any{"objects": all, "max": at.Config.Store.MaxObjects, "versions": by})
				}
				fmt.Fprintf(w.stdout, "objects: %d of %d\n", all, at.Config.Store.MaxObjects)
				for v := uint32(1); len(by) > 0; v++ {
					if n, ok := by[v]; ok {
						fmt.Fprintf(w.stdout, "version %d of the key: %d\n", v, n)
						delete(by, v)
					}
				}
				return nil
			})
		},
	}
	o.desk.flags(cmd)
	return cmd
}

func newOwnerForget(w *world) *cobra.Command {
	o := &ownerDesk{desk: desk{w: w}}
	var kind, id string
	cmd := o.flags(&cobra.Command{
		Use:     "forget --kind KIND --id ID [flags]",
		Short:   "Forget whose an object is",
		Long:    `Makes an object nobody's: whoever makes one with its id next owns it.`,
		Example: `  gatehouse owner forget --kind order --id 4711`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if kind == "" || id == "" {
				return &usageError{"say which object", "--kind and --id name it"}
			}
			return o.owners(cmd, func(ctx context.Context, owners *serve.Owners) error { return owners.Forget(ctx, kind, id) })
		},
	})
	cmd.Flags().StringVar(&kind, "kind", "", "`KIND` of the object, as gatehouse.yaml and the contract name it")
	cmd.Flags().StringVar(&id, "id", "", "`ID` of the object")
	return cmd
}
