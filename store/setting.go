package store

import (
	"context"
	"database/sql"
)

// Setting returns the value of a name, or ErrNotFound.
func (s *Store) Setting(ctx context.Context, name string) (value []byte, err error) {
	found := false
	err = s.read(ctx, "setting", func(row *sql.Rows) error {
		found = true
		return row.Scan(&value)
	}, `SELECT value FROM settings WHERE name = $1`, name)
	if err == nil && !found {
		err = &fault{"setting", ErrNotFound, nil}
	}
	return value, err
}

// AddSetting keeps the first value of a name; ErrConflict when it has one, so
// that of two nodes that start together one wins and the other asks again.
func (s *Store) AddSetting(ctx context.Context, name string, value []byte) error {
	return s.write(ctx, "add setting", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, `INSERT INTO settings (name, value, changed) VALUES ($1, $2, $3)`, name, value, number)
		return err
	})
}

// SetSetting keeps the value of a name in the place of the one that it had.
func (s *Store) SetSetting(ctx context.Context, name string, value []byte) error {
	return s.write(ctx, "set setting", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		_, err = t.ExecContext(ctx, setting, name, value, number)
		return err
	})
}

// setting keeps a name's value in the place of the one that it had.
const setting = `INSERT INTO settings (name, value, changed) VALUES ($1, $2, $3)
	ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed = excluded.changed`
