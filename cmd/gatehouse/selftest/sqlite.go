package selftest

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/store"
)

// storeFiles is how a store of SQLite fails.
var storeFiles = withoutJam(&kind{
	ways: []way{garbage, unreadable, locked, busy, gone, stale, spoiled, jammed},
	says: map[way]declaration{
		garbage: noStore, unreadable: noStore, locked: noStore,
		busy:    goesOn("what is read goes on", steady),
		gone:    goesOn("what is known goes on for max_stale", steady),
		stale:   closed.found(broken(untilRefused)),
		spoiled: closed.found(broken(untilRefused)),
		jammed:  goesOn("what is read goes on", steady),
	},
})

var noStore = noStart.saying("store: ")

// stored has a copy keep its state in a file, which fails by w.
func (c *copied) stored(s *config.Store, w way, rows []store.Key) {
	path := filepath.Join(c.folder, "state.db")
	s.Postgres, s.SQLite = nil, &config.SQLiteStore{Path: config.File(path)}
	if w == locked || len(rows) > 0 && w != garbage && w != unreadable {
		c.err = errors.Join(c.err, prepare(path, rows))
	}
	if w == well {
		return
	}
	s.Timeout = min(s.Timeout, waits)
	switch w {
	case garbage:
		c.file(w, "state.db", nil)
	case unreadable:
		c.err = errors.Join(c.err, os.Mkdir(path, 0o700))
	case locked:
		c.err = errors.Join(c.err, c.hold(path))
	case busy:
		c.breaks = func() { c.err = errors.Join(c.err, c.hold(path)) }
	case jammed:
		c.breaks = c.jam
	case gone:
		c.breaks = func() { os.Remove(path) }
	case stale:
		s.MaxStale = holds
		c.breaks = func() { os.Remove(path) }
	case spoiled:
		s.MaxStale = holds
		c.breaks = func() { c.file(garbage, "state.db", nil) }
	}
}

// hold is another program that writes to a store, and does not come to an end
// before the copy does.
func (c *copied) hold(path string) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=exclusive")
	if err != nil {
		return err
	}
	c.ends = append(c.ends, func() { db.Close() })
	_, err = db.Begin()
	return err
}
