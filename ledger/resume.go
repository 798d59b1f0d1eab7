package ledger

import (
	"fmt"

	"github.com/gatehouse-api/gatehouse/ledger/tile"
)

// deletingFile says below which index entries are about to be deleted, and behind
// how many entries the log will say so. Where that was said and the gate stopped,
// nothing else is to show what the next start has to go on with.
const deletingFile = "deleting"

// intend writes down a deletion that is about to be.
func (l *Log) intend(below int64) error {
	return replace(l.files, deletingFile, fmt.Appendf(nil, "%d %d", below, l.Stats().Synced))
}

// resume takes up a deletion that was about to be, where the log says that it is
// done. Everything is in the tree.
func (l *Log) resume() error {
	text, err := l.files.Read(deletingFile, 64)
	if err != nil {
		return nil
	}
	var below, from int64
	said := false
	if _, err := fmt.Sscanf(string(text), "%d %d", &below, &from); err == nil && below > l.minimum() && below%tile.Width == 0 && from >= below {
		err := Entries(l.files, from, l.size, func(_ int64, entry []byte) error {
			said = said || saidBy(entry).DeletedBelow == below
			return nil
		})
		if err != nil {
			return err
		}
	}
	if said {
		if err := replace(l.files, minimumFile, fmt.Append(nil, below)); err != nil {
			return err
		}
		l.repaired("entries below %d go, as the log said before the gate stopped", below)
	}
	l.files.Remove(deletingFile)
	return nil
}
