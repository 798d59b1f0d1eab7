package store

import (
	"context"
	"database/sql"
	"math"
	"time"
)

// Change is one that somebody made: by a verb of the command or through the API
// of administration.
type Change struct {
	Number    int64 // of the change
	At        time.Time
	By        string // id of the credential, or what the program calls itself
	Operation string // as "revoke key"
	On        string // id of what was changed; no secret and no personal data
}

type authorKey struct{}

// By returns a context in which every change that others follow is written down
// as made by author, in the transaction of the change: there is none without the
// other.
func By(ctx context.Context, author string) context.Context {
	return context.WithValue(ctx, authorKey{}, author)
}

// audit writes down who made the change of a transaction, if somebody is named.
func (t *tx) audit(ctx context.Context, operation string) error {
	author, ok := ctx.Value(authorKey{}).(string)
	if !ok || t.number == 0 {
		return nil
	}
	_, err := t.ExecContext(ctx, `INSERT INTO audit (number, made, author, operation, subject) VALUES ($1, $2, $3, $4, $5)`,
		t.number, stamp(time.Now()), author, operation, t.on)
	return err
}

// ChangesSince calls each with at most most changes that were written down, of
// numbers above since, the first first.
func (s *Store) ChangesSince(ctx context.Context, since int64, most int, each func(Change) error) error {
	return s.changes(ctx, each, `SELECT number, made, author, operation, subject FROM audit WHERE number > $1 ORDER BY number LIMIT $2`, since, most)
}

// Changes calls each with at most most changes that were written down, of
// numbers below before, the last first; before 0 begins at the last.
func (s *Store) Changes(ctx context.Context, before int64, most int, each func(Change) error) error {
	if before == 0 {
		before = math.MaxInt64
	}
	return s.changes(ctx, each, `SELECT number, made, author, operation, subject FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2`, before, most)
}

func (s *Store) changes(ctx context.Context, each func(Change) error, query string, args ...any) error {
	return s.read(ctx, "changes", func(row *sql.Rows) error {
		var c Change
		var made int64
		if err := row.Scan(&c.Number, &made, &c.By, &c.Operation, &c.On); err != nil {
			return err
		}
		c.At = moment(made)
		return each(c)
	}, query, args...)
}
