package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatehouse-api/gatehouse/ledger"
	"github.com/gatehouse-api/gatehouse/record/archive"
	"github.com/gatehouse-api/gatehouse/record/backlog"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/seal"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// What is sealed hides what it holds from a search of files: it is opened with
// the gate's own keys, copies of it where opening changes something, and
// searched in plain.

// kept are the folders and files of a script that hold what is kept.
type kept struct {
	ledgers, archives, backlogs, seen, databases []string
}

func (k *kept) empty() bool {
	return len(k.ledgers)+len(k.archives)+len(k.backlogs)+len(k.seen)+len(k.databases) == 0
}

func keptIn(folder string) (k kept, err error) {
	known := map[string]bool{}
	note := func(list *[]string, name string) {
		if !known[name] {
			known[name] = true
			*list = append(*list, name)
		}
	}
	err = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		dir := filepath.Dir(name)
		switch {
		case d.Name() == "checkpoint" && exists(filepath.Join(dir, "keys")) && exists(filepath.Join(dir, "tile")):
			note(&k.ledgers, dir)
		case strings.HasSuffix(name, ".sealed"):
			note(&k.archives, dir)
		case strings.HasSuffix(name, ".lines"):
			note(&k.backlogs, dir)
		case strings.HasSuffix(name, ".seen"):
			note(&k.seen, name)
		case isDatabase(name):
			note(&k.databases, name)
		}
		return nil
	})
	return k, err
}

func isDatabase(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [16]byte
	f.Read(head[:])
	return string(head[:]) == "SQLite format 3\x00"
}

// searchSealed opens all that is kept below a folder and searches it. phrases
// open the gate's own keys, by their files.
func (p *planted) searchSealed(folder string, phrases map[string]string) (found []string) {
	k, err := keptIn(folder)
	if err != nil {
		return []string{err.Error()}
	}
	if k.empty() {
		return nil
	}
	scratch, err := os.MkdirTemp("", "opened")
	if err != nil {
		return []string{err.Error()}
	}
	defer os.RemoveAll(scratch)
	by, err := sealers(phrases, scratch)
	if err != nil {
		return []string{err.Error()}
	}
	for i, kind := range []struct {
		list []string
		open func(name, copied string, by seal.Sealer, out *bytes.Buffer) error
	}{{k.ledgers, readLedger}, {k.archives, readArchive}, {k.backlogs, readBacklog}, {k.seen, readSeen}, {k.databases, readDatabase}} {
		for n, name := range kind.list {
			text, err := openedByOne(name, filepath.Join(scratch, fmt.Sprintf("%d-%d", i, n)), by, kind.open)
			if err != nil {
				found = append(found, fmt.Sprintf("%s cannot be opened, and what is in it is not searched: %v", name, err))
			}
			found = append(found, p.leaks(name+", opened,", text)...)
		}
	}
	return found
}

// sealers are the gate's own keys of each file of which the passphrase is known.
func sealers(phrases map[string]string, scratch string) (list []seal.Sealer, err error) {
	list = append(list, nil) // for what is kept in plain
	for name, phrase := range phrases {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(scratch, fmt.Sprintf("%d.keys", len(list)))
		if err := os.WriteFile(file, text, 0o600); err != nil { // a copy: keys that are missing are made
			return nil, err
		}
		k, err := keys.Open(context.Background(), keys.File(file), wrap.Passphrase(trust.NewSecret(phrase)))
		if err != nil {
			return nil, err
		}
		list = append(list, k.Data())
	}
	return list, nil
}

// openedByOne returns what is in something, opened by the first keys that open it.
// The one of the last keys is the error.
func openedByOne(name, copied string, by []seal.Sealer, open func(name, copied string, by seal.Sealer, out *bytes.Buffer) error) (string, error) {
	var err error
	for n, s := range by {
		var out bytes.Buffer
		if err = open(name, fmt.Sprint(copied, "-", n), s, &out); err == nil {
			return out.String(), nil
		}
	}
	return "", err
}

// readLedger finds the entries of a ledger, also those that are not in the tree
// yet. Of one that was damaged on purpose those are found that can be read.
func readLedger(name, copied string, by seal.Sealer, out *bytes.Buffer) error {
	if by == nil {
		return seal.ErrOpen
	}
	if err := os.CopyFS(copied, os.DirFS(name)); err != nil {
		return err
	}
	folder, err := ledger.ReadFolder(copied)
	if err != nil {
		return err
	}
	defer folder.Close()
	head, _, err := ledger.Head(folder)
	if err != nil {
		return err
	}
	open, err := ledger.Opener(folder, by)
	if err != nil {
		return err
	}
	if l, err := ledger.Open(ledger.Options{Dir: copied, Origin: head.Origin, Keys: by, KeepFree: 1}); err == nil {
		if err := l.Close(); err != nil {
			return err
		}
	}
	ledger.Entries(folder, 0, 1<<40, func(_ int64, sealed []byte) error {
		if entry, err := open(sealed); err == nil {
			out.Write(append(entry, '\n'))
		}
		return nil
	})
	return nil
}

func readArchive(name, _ string, by seal.Sealer, out *bytes.Buffer) error {
	found, err := archive.Shelf{Dir: name, Sealer: by}.Search(context.Background(), archive.Query{}, 0, func(line []byte) error {
		out.Write(line)
		return nil
	})
	if err == nil && len(found.Unopened) > 0 {
		err = seal.ErrOpen
	}
	return err
}

// readBacklog reads all that waits in a backlog, and what was delivered and is
// still there.
func readBacklog(name, copied string, by seal.Sealer, out *bytes.Buffer) error {
	if err := os.CopyFS(copied, os.DirFS(name)); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(copied, "position")); err != nil {
		return err
	}
	b, err := backlog.Open(backlog.Options{Folder: copied, Max: 1 << 30, Sealer: by, Name: filepath.Base(filepath.Dir(name))})
	if err != nil {
		return err
	}
	defer b.Close()
	for {
		batch, more, err := b.Next(1 << 20)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		out.Write(batch.Lines)
		b.Done(batch)
	}
	if b.Stats().Dropped.Damaged > 0 {
		return seal.ErrOpen
	}
	return nil
}

// seenWord stands before what a rule of alerts remembers where it is sealed.
const seenWord = "gatehouse seen sealed 1\n"

// readSeen reads what a rule of alerts remembers. Where it is in plain the search
// of files has seen it.
func readSeen(name, _ string, by seal.Sealer, out *bytes.Buffer) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	sealed, is := bytes.CutPrefix(text, []byte(seenWord))
	switch {
	case !is:
		return nil
	case by == nil:
		return seal.ErrOpen
	}
	plain, err := by.Open(sealed, seal.At{Table: "alerts", Column: "seen", Row: strings.TrimSuffix(filepath.Base(name), ".seen")})
	out.Write(plain)
	return err
}
