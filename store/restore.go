package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"
)

// maxLine bounds one row of a backup.
const maxLine = 4 << 20

// ErrBackup is a backup that is not whole, or none.
var ErrBackup = errors.New("the backup cannot be restored")

func broken(format string, args ...any) error {
	return &fault{"restore", ErrBackup, fmt.Errorf(format, args...)}
}

// Restore fills an empty store, which need not be prepared, with a backup: all
// of it, or nothing. ErrConflict is a store that is not empty, ErrNewer a backup
// of a newer program. Gates that use the store already take everything over. It is
// a change like others: where somebody is named by By, who has restored which
// backup stands among the changes, with the digest of the backup.
func (s *Store) Restore(ctx context.Context, from io.Reader) error {
	r := &backupReader{lines: bufio.NewScanner(from), sum: sha256.New()}
	r.lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	head, err := r.head()
	if err != nil {
		return err
	}
	has, _, err := s.Version(ctx)
	switch {
	case err != nil:
		return err
	case has == 0:
		err = s.migrateTo(ctx, head.Version)
	case has != head.Version:
		err = broken("the store has version %d of the schema and the backup %d: restore it into a new store", has, head.Version)
	}
	if err != nil {
		return err
	}
	if err := s.fill(ctx, r, head); err != nil {
		return s.fault("restore", err)
	}
	if err := s.migrateTo(ctx, latest); err != nil {
		return err
	}
	if err := s.use(ctx); err != nil || head.Version >= audited {
		return err
	}
	return s.write(ctx, restoring, func(ctx context.Context, t *tx) error {
		t.on = r.name(head)
		_, err := t.change(ctx)
		return err
	})
}

const (
	restoring = "restore"
	audited   = 3 // the version of the schema that has changes by somebody
)

// fill is the one transaction that restores everything.
func (s *Store) fill(ctx context.Context, r *backupReader, head *backupHead) error {
	begun, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer begun.Rollback() // after a commit it does nothing
	t := &tx{Tx: begun, s: s}
	// What is in every store goes; whoever changes something waits for its row.
	if err := t.one(ctx, `DELETE FROM changes`); err != nil {
		return err
	}
	if err := r.rows(ctx, t); err != nil {
		return err
	}
	// It is another store now than the one that it is a copy of, and than the
	// empty one that gates may have seen.
	of := origin{}
	if err := t.QueryRowContext(ctx, `SELECT number, epoch FROM changes`).Scan(&of.Number, &of.Epoch); err != nil {
		return err
	}
	if err := t.one(ctx, `UPDATE changes SET number = number + 1, epoch = $1`, rand.Text()); err != nil {
		return err
	}
	t.number, t.on = of.Number+1, r.name(head)
	if err := t.keepOrigin(ctx, of); err != nil {
		return err
	}
	if head.Version >= audited {
		if err := t.audit(ctx, restoring); err != nil {
			return err
		}
	}
	if err := s.dialect.notify(ctx, t.Tx); err != nil {
		return err
	}
	return begun.Commit()
}

// backupReader reads lines and sums them up.
type backupReader struct {
	lines  *bufio.Scanner
	sum    hash.Hash
	digest string // of all lines, once the foot was read
}

// name says which backup it is: when it was made, and the digest in its foot.
func (r *backupReader) name(head *backupHead) string {
	return head.Made.UTC().Format(time.RFC3339) + " sha256:" + r.digest
}

// next returns the next line; io.EOF behind the last one.
func (r *backupReader) next() ([]byte, error) {
	if !r.lines.Scan() {
		if err := r.lines.Err(); err != nil {
			return nil, broken("it cannot be read: %w", err)
		}
		return nil, io.EOF
	}
	return r.lines.Bytes(), nil
}

func (r *backupReader) add(line []byte) {
	r.sum.Write(line)
	r.sum.Write([]byte{'\n'})
}

func (r *backupReader) head() (*backupHead, error) {
	line, err := r.next()
	var head backupHead
	if err == io.EOF || err == nil && (strict(line, &head) != nil || head.Kind != "store" || head.Version < 1) {
		return nil, broken("it does not begin as one")
	}
	if err != nil {
		return nil, err
	}
	if head.Version > latest {
		return nil, &fault{"restore", ErrNewer, fmt.Errorf("the backup has version %d of the schema and this program knows %d", head.Version, latest)}
	}
	r.add(line)
	return &head, nil
}

// rows inserts everything up to the foot, which must be the last line.
func (r *backupReader) rows(ctx context.Context, t *tx) error {
	var into *target
	defer func() { into.close() }()
	var seen []string
	for n := int64(0); ; {
		line, err := r.next()
		if err == io.EOF {
			return broken("its end is missing")
		}
		if err != nil {
			return err
		}
		if bytes.HasPrefix(line, []byte("[")) {
			if err := into.insert(ctx, line); err != nil {
				return err
			}
			n++
			r.add(line)
			continue
		}
		if foot := new(backupFoot); strict(line, foot) == nil {
			return r.foot(foot, n, seen)
		}
		table := new(backupTable)
		if strict(line, table) != nil || !slices.Contains(tables, table.Table) || slices.Contains(seen, table.Table) {
			return broken("a line is neither a table that is known nor the end")
		}
		into.close()
		if into, err = t.target(ctx, table); err != nil {
			return err
		}
		seen = append(seen, table.Table)
		r.add(line)
	}
}

func (r *backupReader) foot(foot *backupFoot, n int64, seen []string) error {
	r.digest = hex.EncodeToString(r.sum.Sum(nil))
	if foot.Rows != n || foot.SHA256 != r.digest || !slices.Contains(seen, "changes") {
		return broken("it is not what was written: rows or digest differ")
	}
	if _, err := r.next(); err != io.EOF {
		return broken("something stands behind its end")
	}
	return nil
}

// strict decodes one value of known fields, with nothing behind it.
func strict(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more")
	}
	return nil
}

// columnsOf returns the columns of a table as it is.
func (t *tx) columnsOf(ctx context.Context, name string) ([]string, error) {
	rows, err := t.QueryContext(ctx, `SELECT * FROM `+name+` WHERE 1 = 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return rows.Columns()
}

// insertion is the statement for a table of columns.
func insertion(name string, columns []string) string {
	places := make([]string, len(columns))
	for i := range places {
		places[i] = fmt.Sprint("$", i+1)
	}
	return `INSERT INTO ` + name + ` (` + strings.Join(columns, ", ") + `) VALUES (` + strings.Join(places, ", ") + `)`
}
