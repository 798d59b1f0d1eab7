package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// sqliteDialect is one file on one node. Other processes of the node, such as
// the command, use it at the same time.
type sqliteDialect struct{}

// open makes the file, readable by its owner alone; SQLite gives the files that
// it puts beside it the same mode.
func (sqliteDialect) open(s *Settings) (reader, writer *sql.DB, err error) {
	if err := os.MkdirAll(filepath.Dir(s.SQLite), 0o700); err != nil {
		return nil, nil, &fault{"open", nil, err}
	}
	f, err := os.OpenFile(s.SQLite, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, &fault{"open", nil, err}
	}
	s.kept = &kept{s.SQLite, f}
	if reader, err = sql.Open("sqlite", address(s, "query_only(1)")); err != nil {
		return nil, nil, &fault{"open", nil, err}
	}
	reader.SetMaxOpenConns(s.Connections)
	reader.SetMaxIdleConns(s.Connections)
	// SQLite has one writer at a time; others of this process wait for the
	// connection, in order, those of other processes for busy_timeout.
	if writer, err = sql.Open("sqlite", address(s)); err != nil {
		return nil, nil, &fault{"open", nil, err}
	}
	writer.SetMaxOpenConns(1)
	return reader, writer, nil
}

// address is the file with what each connection is told. With synchronous FULL
// a commit is on the disk before it is acknowledged: a revocation that was
// answered with "done" must not come back to life when the power fails. NORMAL
// would be faster and lose the last of them.
func address(s *Settings, more ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, pragma := range append([]string{fmt.Sprintf("busy_timeout(%d)", s.Timeout.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "trusted_schema(0)"}, more...) {
		q.Add("_pragma", pragma)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: s.SQLite}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// migrate holds a lock beside the file: SQLite has none for more than one
// transaction.
func (sqliteDialect) migrate(ctx context.Context, writer *sql.DB, up func(context.Context) error) error {
	var path string
	if err := writer.QueryRowContext(ctx, `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path); err != nil {
		return err
	}
	lock, err := WaitLock(ctx, path+".migrate")
	if err != nil {
		return err
	}
	defer lock.Release()
	return up(ctx)
}

func (sqliteDialect) snapshot() string { return `BEGIN` }

func (sqliteDialect) words(statement string) string { return statement }

// kind reads the code of an error (https://www.sqlite.org/rescode.html).
func (sqliteDialect) kind(err error) error {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return nil
	}
	switch code := failed.Code(); code {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ErrConflict
	default:
		switch code & 0xff {
		case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_IOERR, codes.SQLITE_FULL, codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY,
			codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB, codes.SQLITE_NOMEM, codes.SQLITE_PERM, codes.SQLITE_INTERRUPT, codes.SQLITE_PROTOCOL:
			return ErrUnavailable
		}
	}
	return nil
}

// troubles are errors of files in words that say which, and what to do.
var troubles = map[int]string{
	codes.SQLITE_FULL:     "there is no room on the disk of %s: make room, and the store goes on by itself (%w)",
	codes.SQLITE_IOERR:    "the disk of %s fails: look at the disk and make room on it, and where that is not enough start the gate anew (%w)",
	codes.SQLITE_READONLY: "%s may not be written: have its disk, its folder and the file be writable for the user of the gate, and start the gate anew (%w)",
	codes.SQLITE_CANTOPEN: "%s and the files beside it cannot be opened: see that there is room on the disk and that the user of the gate may use the folder (%w)",
	codes.SQLITE_BUSY:     "another program holds %s: wait until it has ended (%w)",
}

// cause names the file, for whoever has to see to it.
func (sqliteDialect) cause(s *Settings, err error) error {
	var failed *sqlite.Error
	if errors.As(err, &failed) {
		code := failed.Code() & 0xff
		if failed.Code() == codes.SQLITE_IOERR_SHMSIZE { // the file beside it found no room
			code = codes.SQLITE_FULL
		}
		if words := troubles[code]; words != "" {
			return fmt.Errorf(words, s.SQLite, err)
		}
	}
	return err
}

// hashes has one text of bytes taken apart, 32 for each row.
func (sqliteDialect) hashes(rows []*Owned, parameter int) (table string, args []any) {
	all := make([]byte, 0, 32*len(rows))
	for _, o := range rows {
		all = append(append(all, o.Object[:]...), o.Owner[:]...)
	}
	return strings.ReplaceAll(`(WITH RECURSIVE place (at) AS (SELECT 1 UNION ALL SELECT at + 32 FROM place WHERE at + 32 < length($N))
		SELECT substr($N, at, 16) AS object, substr($N, at + 16, 16) AS owner FROM place)`, "$N", fmt.Sprint("$", parameter)), []any{all}
}

// notify does nothing: other processes look at the change number.
func (sqliteDialect) notify(context.Context, *sql.Tx) error { return nil }

func (sqliteDialect) listen(context.Context, *Store) {}

func (sqliteDialect) every() time.Duration { return 200 * time.Millisecond }
