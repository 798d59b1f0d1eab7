package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"
	"unicode/utf8"
)

// A backup is lines of JSON: a head, for each table a line with its columns and
// a list for each row, and a foot with the number of rows and the digest of all
// lines before it. Bytes are {"b": base64}.

// tables are those that a backup has, in the order in which they are restored. A
// test holds them to the schema.
var tables = []string{"changes", "api_keys", "revocations", "settings", "owners", "audit"}

// backupHead is the first line.
type backupHead struct {
	Kind    string    `json:"gatehouse"` // "store"
	Version int64     `json:"version"`   // of the schema
	Made    time.Time `json:"made"`
}

// backupTable comes before the rows of a table.
type backupTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// backupFoot is the last line.
type backupFoot struct {
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// backupBytes is a value of bytes.
type backupBytes struct {
	Bytes []byte `json:"b"`
}

// Backup writes everything that the store has, as it is at one moment; gates go
// on to write meanwhile. What was sealed stays sealed.
func (s *Store) Backup(ctx context.Context, to io.Writer) error {
	if !s.ready.Load() {
		return &fault{"backup", ErrUnavailable, errUnprepared}
	}
	conn, err := s.reader.Conn(ctx)
	if err != nil {
		return s.fault("backup", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, s.dialect.snapshot()); err != nil {
		return s.fault("backup", err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
	buffered := bufio.NewWriterSize(to, 1<<16)
	w := &backupWriter{to: buffered, sum: sha256.New()}
	w.line(backupHead{"store", latest, time.Now().UTC().Truncate(time.Second)})
	for _, name := range tables {
		if err := w.table(ctx, conn, name); err != nil {
			return s.fault("backup", err)
		}
	}
	w.line(backupFoot{w.rows, hex.EncodeToString(w.sum.Sum(nil))})
	if w.err == nil {
		w.err = buffered.Flush()
	}
	if w.err != nil {
		return &fault{"backup", nil, w.err}
	}
	return nil
}

// backupWriter writes lines; the first error stays.
type backupWriter struct {
	to   io.Writer
	sum  hash.Hash
	rows int64
	err  error
}

func (w *backupWriter) line(v any) {
	if w.err != nil {
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		w.err = err
		return
	}
	text = append(text, '\n')
	w.sum.Write(text)
	_, w.err = w.to.Write(text)
}

func (w *backupWriter) table(ctx context.Context, conn *sql.Conn, name string) error {
	rows, err := conn.QueryContext(ctx, `SELECT * FROM `+name)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	w.line(backupTable{name, columns})
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() && w.err == nil {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, v := range values {
			switch v := v.(type) {
			case []byte:
				values[i] = backupBytes{v}
			case string:
				if !utf8.ValidString(v) {
					return fmt.Errorf("a row of %s has text that is not UTF-8", name)
				}
			case int64:
			default:
				return fmt.Errorf("a row of %s has a value of another kind, %T", name, v)
			}
		}
		w.line(values)
		w.rows++
	}
	return rows.Err()
}
