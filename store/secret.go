package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// secretName is what the names of settings begin with whose values are sealed, so
// that whoever seals them anew finds them.
const secretName = "secret/"

// SecretSetting returns a value that was sealed.
func (s *Store) SecretSetting(ctx context.Context, by seal.Sealer, name string) ([]byte, error) {
	sealed, err := s.Setting(ctx, secretName+name)
	if err != nil {
		return nil, err
	}
	plain, err := by.Open(sealed, secretPlace(secretName+name))
	if err != nil {
		return nil, &fault{"setting", nil, err}
	}
	return plain, nil
}

// SetSecretSetting seals a value and keeps it.
func (s *Store) SetSecretSetting(ctx context.Context, by seal.Sealer, name string, plain []byte) error {
	sealed, err := by.Seal(plain, secretPlace(secretName+name))
	if err != nil {
		return &fault{"set setting", nil, err}
	}
	return s.SetSetting(ctx, secretName+name, sealed)
}

// secretPlace binds a value to its row, so that it is good for no other one.
func secretPlace(row string) seal.At { return seal.At{Table: "settings", Column: "value", Row: row} }

// Secrets are all values that the store holds sealed, for seal.Reseal and
// seal.InUse.
func (s *Store) Secrets() seal.Rows { return secrets{s} }

type secrets struct{ store *Store }

// Sealed implements seal.Rows. The cursor is a name.
func (t secrets) Sealed(ctx context.Context, behind string, most int) (rows []seal.Row, next string, err error) {
	next = behind
	err = t.store.read(ctx, "secrets", func(row *sql.Rows) error {
		var value []byte
		if err := row.Scan(&next, &value); err != nil {
			return err
		}
		rows = append(rows, seal.Row{At: secretPlace(next), Sealed: value})
		return nil
	}, `SELECT name, value FROM settings WHERE substr(name, 1, $1) = $2 AND name > $3 ORDER BY name LIMIT $4`, len(secretName), secretName, behind, most)
	return rows, next, err
}

// newest names the key with which values are sealed anew.
func newest(changes []seal.Change) string {
	for _, c := range changes {
		if v, ok := seal.VersionOf(c.New); ok {
			return "data " + v.String()
		}
	}
	return "data"
}

// Replace implements seal.Rows.
func (t secrets) Replace(ctx context.Context, changes []seal.Change) (replaced int, err error) {
	err = t.store.write(ctx, "seal anew", func(ctx context.Context, t *tx) error {
		replaced = 0 // of a try before
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		t.on = newest(changes)
		for _, c := range changes {
			if c.At.Table != "settings" || !strings.HasPrefix(c.At.Row, secretName) {
				return &fault{"seal anew", ErrNotFound, nil}
			}
			result, err := t.ExecContext(ctx, `UPDATE settings SET value = $1, changed = $2 WHERE name = $3 AND value = $4`, c.New, number, c.At.Row, c.Old)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			replaced += int(n)
		}
		return nil
	})
	return replaced, err
}
