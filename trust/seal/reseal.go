package seal

import (
	"context"
	"errors"
	"fmt"
)

// Row is one sealed value and where it stands.
type Row struct {
	At     At
	Sealed []byte
}

// Change is a value sealed anew.
type Change struct {
	At       At
	Old, New []byte
}

// Rows are the sealed values of one table, or of several, in an order that stays
// the same while they change.
type Rows interface {
	// Sealed returns at most most rows behind a cursor, and the cursor behind the
	// last of them. The first cursor is "". No rows mean the end.
	Sealed(ctx context.Context, behind string, most int) (rows []Row, next string, err error)
	// Replace puts new values in the place of old ones, in one transaction, each
	// only where its row still holds the old one: a row that was changed or
	// removed in the meantime is left as it is. It says how many were replaced.
	Replace(ctx context.Context, changes []Change) (replaced int, err error)
}

// Progress is how far a walk over sealed values has come. Walked again from a
// Progress that was kept, it goes on behind its cursor; from the zero Progress it
// begins anew, which does no harm: what is sealed with the newest key is passed by.
type Progress struct {
	Cursor   string // of Rows
	Seen     int    // values that were looked at
	Resealed int    // values that the newest key seals now
	Raced    int    // values that changed meanwhile and are to be looked at again
	Done     bool   // the end was reached
}

// batch is how many rows one transaction has: few enough that writers wait for
// milliseconds.
const batch = 100

// ErrUnopened says that values do not open: a key is lost or they were changed.
var ErrUnopened = errors.New("a sealed value does not open")

// Reseal seals with the newest key what older ones sealed, while others read and
// write. It tells report how far it is after every transaction; report may be
// nil. A value that does not open ends the walk with an error that is
// ErrUnopened and names the place, so that no key is destroyed that might be the
// missing one.
func Reseal(ctx context.Context, ring *Ring, rows Rows, from Progress, report func(Progress)) (Progress, error) {
	p := from
	for p.Done = false; !p.Done; {
		list, next, err := rows.Sealed(ctx, p.Cursor, batch)
		if err != nil {
			return p, err
		}
		changes, err := resealed(ring, list)
		if err != nil {
			return p, err
		}
		n := 0
		if len(changes) > 0 {
			if n, err = rows.Replace(ctx, changes); err != nil {
				return p, err
			}
		}
		p.Seen += len(list)
		p.Resealed += n
		p.Raced += len(changes) - n
		p.Cursor, p.Done = next, len(list) == 0
		if report != nil {
			report(p)
		}
		if err := ctx.Err(); err != nil && !p.Done {
			return p, err
		}
	}
	return p, nil
}

// resealed seals those rows anew that older keys sealed.
func resealed(ring *Ring, list []Row) (changes []Change, err error) {
	for _, row := range list {
		if v, ok := VersionOf(row.Sealed); ok && v == ring.Newest() {
			continue
		}
		plain, err := ring.Open(row.Sealed, row.At)
		if err != nil {
			return nil, fmt.Errorf("%w: table %s, column %s, row %q", ErrUnopened, row.At.Table, row.At.Column, row.At.Row)
		}
		fresh, err := ring.Seal(plain, row.At)
		clear(plain)
		if err != nil {
			return nil, err
		}
		changes = append(changes, Change{At: row.At, Old: row.Sealed, New: fresh})
	}
	return changes, nil
}

// InUse counts the values that each version seals. A version that is not in it
// may be destroyed once no program seals with it any more.
func InUse(ctx context.Context, rows Rows) (map[Version]int, error) {
	count := map[Version]int{}
	for cursor := ""; ; {
		list, next, err := rows.Sealed(ctx, cursor, batch)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return count, nil
		}
		for _, row := range list {
			v, ok := VersionOf(row.Sealed)
			if !ok {
				return nil, fmt.Errorf("%w: table %s, column %s, row %q", ErrUnopened, row.At.Table, row.At.Column, row.At.Row)
			}
			count[v]++
		}
		cursor = next
	}
}
