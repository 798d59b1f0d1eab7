package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/record/backlog"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// keepText keeps a text as the gate keeps events, sealed with the keys of
// gatehouse.yaml, or in a store as it keeps settings.
func keepText(ts *testscript.TestScript, neg bool, args []string) {
	plain(ts, neg, args, 3)
	keys, problems := serve.DataKeys(context.Background(), ts.MkAbs("gatehouse.yaml"))
	ts.Check(problems.Err())
	keep, known := keepers[args[0]]
	if !known {
		ts.Fatalf("keep: there is no %q", args[0])
	}
	line := fmt.Appendf(nil, "{\"time\":\"2031-02-03T04:05:06.007Z\",\"event\":\"exchange\",\"id\":\"01jd0000000000000000000000\",\"path\":%q}\n", args[2])
	ts.Check(keep(ts.MkAbs(args[1]), line, keys))
}

var keepers = map[string]func(name string, line []byte, keys seal.Sealer) error{
	"ledger": func(name string, line []byte, keys seal.Sealer) error {
		l, err := ledger.Open(ledger.Options{Dir: name, Origin: "shop/n1", Keys: keys, KeepFree: 1})
		if err != nil {
			return err
		}
		ticket, err := l.Reserve(len(line) + ledger.Overhead)
		if err != nil {
			return err
		}
		if err := ticket.Commit(line); err != nil {
			return err
		}
		ticket.Release()
		return l.Close()
	},
	"archive": func(name string, line []byte, keys seal.Sealer) error {
		a, err := archive.Open(archive.Options{Dir: name, MaxBytes: archive.MinBytes, MaxAge: 1000 * time.Hour, Sealer: keys, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		if _, err := a.Write(line); err != nil {
			return err
		}
		return a.Close()
	},
	"backlog": func(name string, line []byte, keys seal.Sealer) error {
		b, err := backlog.Open(backlog.Options{Folder: name + "/0", Max: backlog.MinBytes, Sealer: keys, Name: "late"})
		if err != nil {
			return err
		}
		if err := b.Append(line, 1, time.Now()); err != nil {
			return err
		}
		return b.Close()
	},
	"seen": func(name string, line []byte, keys seal.Sealer) error {
		sealed, err := keys.Seal(line, seal.At{Table: "alerts", Column: "seen", Row: filepath.Base(name)})
		if err != nil {
			return err
		}
		return os.WriteFile(name+".seen", append([]byte(seenWord), sealed...), 0o600)
	},
	"store": func(name string, line []byte, _ seal.Sealer) error {
		s, err := store.Open(store.Settings{SQLite: name})
		if err != nil {
			return err
		}
		if err := s.Prepare(context.Background()); err != nil {
			return err
		}
		long := make([]byte, 5000) // more than a page: what follows it lies elsewhere in the file
		if err := s.SetSetting(context.Background(), "name", append(long, line...)); err != nil {
			return err
		}
		return s.Close()
	},
}
