package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// target is the table that rows of a backup go into.
type target struct {
	name      string
	columns   int
	statement *sql.Stmt
}

// target prepares a table, which must be empty. Its columns must be those that
// the table has: they become part of a statement.
func (t *tx) target(ctx context.Context, table *backupTable) (*target, error) {
	has, err := t.columnsOf(ctx, table.Table)
	if err != nil {
		return nil, err
	}
	want := slices.Sorted(slices.Values(table.Columns))
	if slices.Sort(has); !slices.Equal(has, want) {
		return nil, broken("the table %s has other columns", table.Table)
	}
	var n int64
	if err := t.QueryRowContext(ctx, `SELECT count(*) FROM `+table.Table).Scan(&n); err != nil {
		return nil, err
	}
	if n > 0 {
		return nil, &fault{"restore", ErrConflict, fmt.Errorf("the table %s is not empty", table.Table)}
	}
	statement, err := t.PrepareContext(ctx, insertion(table.Table, table.Columns))
	if err != nil {
		return nil, err
	}
	return &target{table.Table, len(table.Columns), statement}, nil
}

// insert puts one row in. It may be called on nil.
func (to *target) insert(ctx context.Context, line []byte) error {
	var list []json.RawMessage
	if to == nil || strict(line, &list) != nil || len(list) != to.columns {
		return broken("a row fits no table")
	}
	values := make([]any, len(list))
	for i, raw := range list {
		v, err := value(raw)
		if err != nil {
			return broken("a row of %s has a value that is none", to.name)
		}
		values[i] = v
	}
	_, err := to.statement.ExecContext(ctx, values...)
	return err
}

func (to *target) close() {
	if to != nil {
		to.statement.Close()
	}
}

// value reads text, a number or bytes.
func value(raw json.RawMessage) (v any, err error) {
	switch raw[0] {
	case '"':
		var text string
		err = strict(raw, &text)
		return text, err
	case '{':
		b := backupBytes{}
		err = strict(raw, &b)
		return append([]byte{}, b.Bytes...), err
	}
	var n *int64
	if err = strict(raw, &n); err == nil && n == nil {
		err = errors.New("null")
	}
	if err != nil {
		return nil, err
	}
	return *n, nil
}
