package main

import (
	"bytes"
	"database/sql"
	"os"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// readDatabase reads every value of a file of SQLite, in which large ones lie in
// pieces.
func readDatabase(name, copied string, _ seal.Sealer, out *bytes.Buffer) error {
	for _, end := range []string{"", "-wal"} {
		text, err := os.ReadFile(name + end)
		if err != nil && end == "" {
			return err
		}
		if err == nil {
			if err := os.WriteFile(copied+end, text, 0o600); err != nil {
				return err
			}
		}
	}
	db, err := sql.Open("sqlite", copied)
	if err != nil {
		return err
	}
	defer db.Close()
	tables, err := column(db, `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		return err
	}
	for _, table := range tables {
		rows, err := db.Query(`SELECT * FROM "` + string(table) + `"`)
		if err != nil {
			return err
		}
		if err := dump(rows, out); err != nil {
			return err
		}
	}
	return nil
}

func column(db *sql.DB, query string) (list [][]byte, err error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value []byte
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, rows.Err()
}

// dump writes all values of rows.
func dump(rows *sql.Rows, out *bytes.Buffer) error {
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for _, value := range values {
			out.Write(value)
			out.WriteByte('\n')
		}
	}
	return rows.Err()
}
