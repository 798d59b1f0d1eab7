package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// tries is how often a transaction is tried that lost against another, or whose
// connection had broken before it began. As many connections may have broken.
const tries = 10

// tx is a transaction that writes.
type tx struct {
	*sql.Tx
	s      *Store
	number int64  // the change number that it took; 0 for none
	on     string // what was changed, for whoever looks it up later
}

// change returns the change number of the transaction. The first call takes it
// and holds its row to the end, so that numbers become visible in their order.
func (t *tx) change(ctx context.Context) (int64, error) {
	if t.number != 0 {
		return t.number, nil
	}
	if err := t.QueryRowContext(ctx, `UPDATE changes SET number = number + 1 RETURNING number`).Scan(&t.number); err != nil {
		return 0, err
	}
	return t.number, t.s.dialect.notify(ctx, t.Tx)
}

// one runs a statement that must touch exactly one row; ErrNotFound when it
// touches none.
func (t *tx) one(ctx context.Context, statement string, args ...any) error {
	result, err := t.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return sql.ErrNoRows
}

// write runs do in a transaction: all of it happened or nothing. do may run more
// than once.
func (s *Store) write(ctx context.Context, call string, do func(ctx context.Context, t *tx) error) error {
	if err := s.usable(call); err != nil {
		return err
	}
	asked := ctx
	ctx, cancel := s.bound(ctx)
	defer cancel()
	var err error
	defer func() { s.stuck.say(s.settings.Log, asked, s.fault(call, err)) }()
	for range tries {
		var number int64
		if number, err = s.attempt(ctx, call, do); err == nil {
			if number != 0 {
				s.hub.poke()
			}
			return nil
		}
		if s.kind(err) != errAgain {
			break
		}
	}
	return s.fault(call, err)
}

func (s *Store) attempt(ctx context.Context, call string, do func(ctx context.Context, t *tx) error) (int64, error) {
	begun, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer begun.Rollback() // after a commit it does nothing
	t := &tx{Tx: begun, s: s}
	if err := do(ctx, t); err != nil {
		return 0, err
	}
	if err := t.audit(ctx, call); err != nil {
		return 0, err
	}
	return t.number, begun.Commit()
}

// usable says why nothing can be asked of the store; nil when something can.
func (s *Store) usable(call string) error {
	if !s.ready.Load() {
		return &fault{call, ErrUnavailable, errUnprepared}
	}
	if err := s.settings.kept.intact(); err != nil {
		return &fault{call, ErrUnavailable, err}
	}
	return nil
}

var errUnprepared = errors.New("its schema was not looked at yet")

// read asks for a row or a few, and calls scan for each.
func (s *Store) read(ctx context.Context, call string, scan func(row *sql.Rows) error, query string, args ...any) error {
	return s.readWithin(ctx, s.settings.Timeout, call, scan, query, args...)
}

// readTable asks for what may be a whole table.
func (s *Store) readTable(ctx context.Context, call string, scan func(row *sql.Rows) error, query string, args ...any) error {
	return s.readWithin(ctx, max(s.settings.Timeout, tableTime), call, scan, query, args...)
}

// tableTime bounds the reading of a whole table.
const tableTime = time.Minute

func (s *Store) readWithin(ctx context.Context, limit time.Duration, call string, scan func(row *sql.Rows) error, query string, args ...any) error {
	if err := s.usable(call); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return s.fault(call, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return s.fault(call, err)
		}
	}
	return s.fault(call, rows.Err())
}

// stamp is a time as columns hold it: milliseconds since 1970, 0 for none.
func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment is the time of a column.
func moment(stamp int64) time.Time {
	if stamp == 0 {
		return time.Time{}
	}
	return time.UnixMilli(stamp).UTC()
}
