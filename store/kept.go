package store

import (
	"bytes"
	"errors"
	"os"
)

// kept is the file of a SQLite store as it was opened. SQLite goes on with a file
// that was removed, with one whose name another has now, and for a while with one
// that was overwritten: what it is told then is lost, and what other programs
// write under the name is never seen.
//
// The file stays open for as long as the store: to close it would take the locks
// away that SQLite holds on it for this process
// (https://www.sqlite.org/howtocorrupt.html, section 2.2).
type kept struct {
	path string
	file *os.File
}

// sqliteMark begins every file of SQLite
// (https://www.sqlite.org/fileformat2.html, section 1.3.1).
var sqliteMark = []byte("SQLite format 3\x00")

var (
	errGone     = errors.New("its file was removed: put it back, or start the gate anew")
	errReplaced = errors.New("another file has the name of the one that was opened: start the gate anew")
	errDamaged  = errors.New("its file was overwritten: restore a backup into a new one, and start the gate anew")
)

// intact says what became of the file; nil when it is there. It may be called on
// nil.
func (k *kept) intact() error {
	if k == nil {
		return nil
	}
	now, err := os.Stat(k.path)
	if err != nil {
		return errGone
	}
	opened, err := k.file.Stat()
	if err != nil || !os.SameFile(now, opened) {
		return errReplaced
	}
	mark := make([]byte, len(sqliteMark))
	if _, err := k.file.ReadAt(mark, 0); err != nil || !bytes.Equal(mark, sqliteMark) {
		return errDamaged
	}
	return nil
}

// close ends it, once no connection is left. It may be called on nil.
func (k *kept) close() {
	if k != nil {
		k.file.Close()
	}
}
