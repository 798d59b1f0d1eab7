package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// OwnerHash is a keyed hash of an object or of an owner. Of an owner the zero
// OwnerHash is nobody.
type OwnerHash [16]byte

// Owned says who owns an object.
type Owned struct {
	Object  OwnerHash
	Owner   OwnerHash // zero: the object is gone
	Version uint32    // of the key of both hashes
	Changed int64
}

// KeepOwners keeps who owns objects that nobody owns yet, and returns who owns
// each of list then: the first one wins. All of them are kept or none.
func (s *Store) KeepOwners(ctx context.Context, list []Owned) (now []Owned, err error) {
	// In the order of the table, which has room for a row where the one before
	// stands; of several rows of an object the first one.
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return bytes.Compare(list[a].Object[:], list[b].Object[:]) })
	first := slices.CompactFunc(slices.Clone(order), func(a, b int) bool { return list[a].Object == list[b].Object })
	now = make([]Owned, len(list))
	err = s.write(ctx, "keep owners", func(ctx context.Context, t *tx) error {
		copy(now, list)
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		kept := int64(0)
		for version, rows := range byVersion(list, first) {
			n, err := t.keepOwners(ctx, rows, version, number)
			if err != nil {
				return err
			}
			kept += n
		}
		if kept == int64(len(list)) { // nobody owned any of them
			for i := range now {
				now[i].Changed = number
			}
			return nil
		}
		return t.owners(ctx, list, first, order, now)
	})
	return now, err
}

// byVersion returns the rows of a list, in an order, by the version of their key.
func byVersion(list []Owned, order []int) map[uint32][]*Owned {
	all := make(map[uint32][]*Owned, 1)
	for _, i := range order {
		all[list[i].Version] = append(all[list[i].Version], &list[i])
	}
	return all
}

// keepOwners adds rows of one version, and returns how many there was no owner
// of.
func (t *tx) keepOwners(ctx context.Context, rows []*Owned, version uint32, number int64) (int64, error) {
	from, args := t.s.dialect.hashes(rows, 3)
	result, err := t.ExecContext(ctx, `INSERT INTO owners (object, owner, version, changed) SELECT object, owner, $1, $2 FROM `+from+` AS given WHERE true
		ON CONFLICT (object) DO UPDATE SET owner = excluded.owner, version = excluded.version, changed = excluded.changed WHERE length(owners.owner) = 0`,
		append([]any{int64(version), number}, args...)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// owners fills in who owns the objects of list: first has each object once, order
// has equal ones together.
func (t *tx) owners(ctx context.Context, list []Owned, first, order []int, now []Owned) error {
	rows := make([]*Owned, len(first))
	for i, at := range first {
		rows[i] = &list[at]
	}
	from, args := t.s.dialect.hashes(rows, 1)
	found, err := t.QueryContext(ctx, `SELECT o.object, o.owner, o.version, o.changed FROM `+from+` AS asked JOIN owners AS o ON o.object = asked.object`, args...)
	if err != nil {
		return err
	}
	defer found.Close()
	known := make(map[OwnerHash]Owned, len(first))
	for found.Next() {
		o, err := scanOwned(found)
		if err != nil {
			return err
		}
		known[o.Object] = o
	}
	for _, i := range order {
		now[i] = known[list[i].Object]
	}
	return found.Err()
}

func scanOwned(row interface{ Scan(...any) error }) (o Owned, err error) {
	var object, owner []byte
	var version int64
	if err := row.Scan(&object, &owner, &version, &o.Changed); err != nil {
		return o, err
	}
	if len(object) != len(o.Object) || len(owner) != len(o.Owner) && len(owner) != 0 {
		return o, fmt.Errorf("a row of owners has hashes of %d and %d bytes", len(object), len(owner))
	}
	copy(o.Object[:], object)
	copy(o.Owner[:], owner)
	o.Version = uint32(version)
	return o, nil
}

// ForgetOwners makes objects gone: whoever makes them next owns them. One that
// has an Owner is forgotten only where that one still owns it.
func (s *Store) ForgetOwners(ctx context.Context, list []Owned) error {
	return s.write(ctx, "forget owners", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		for i := range list {
			statement, args := `UPDATE owners SET owner = $1, changed = $2 WHERE object = $3 AND length(owner) > 0`, []any{[]byte{}, number, list[i].Object[:]}
			if list[i].Owner != (OwnerHash{}) {
				statement, args = statement+` AND owner = $4`, append(args, list[i].Owner[:])
			}
			if _, err := t.ExecContext(ctx, statement, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Owner returns who owns an object, the zero OwnerHash for nobody.
func (s *Store) Owner(ctx context.Context, object OwnerHash) (owner OwnerHash, err error) {
	err = s.read(ctx, "owner", func(row *sql.Rows) error {
		o, err := scanOwned(row)
		owner = o.Owner
		return err
	}, `SELECT object, owner, version, changed FROM owners WHERE object = $1`, object[:])
	return owner, err
}

// Owners calls each with what changed in the table above a change number, those
// that are gone among them, in the order of that, and returns the highest, or
// since. It asks in pieces, each with a deadline of its own.
func (s *Store) Owners(ctx context.Context, since int64, each func(Owned) error) (until int64, err error) {
	const piece = 20_000
	until = since
	last := Owned{Changed: since + 1} // no object sorts before the zero hash
	for first := true; ; first = false {
		n := 0
		comparison := `>`
		if first {
			comparison = `>=`
		}
		err := s.read(ctx, "owners", func(row *sql.Rows) error {
			o, err := scanOwned(row)
			if err != nil {
				return err
			}
			n, last, until = n+1, o, o.Changed
			return each(o)
		}, `SELECT object, owner, version, changed FROM owners WHERE (changed, object) `+comparison+` ($1, $2) ORDER BY changed, object LIMIT $3`, last.Changed, last.Object[:], piece)
		if err != nil || n < piece {
			return until, err
		}
	}
}

// OwnersOf counts the objects whose hashes were made with a version of the key,
// or all for 0.
func (s *Store) OwnersOf(ctx context.Context, version uint32) (n int, err error) {
	err = s.read(ctx, "count owners", func(row *sql.Rows) error { return row.Scan(&n) },
		`SELECT count(*) FROM owners WHERE length(owner) > 0 AND ($1 = 0 OR version = $1)`, int64(version))
	return n, err
}

// PurgeOwners removes the rows of objects that are gone and whose change number
// is at most until. Whoever follows the table must have seen them.
func (s *Store) PurgeOwners(ctx context.Context, until int64) error {
	return s.write(ctx, "purge owners", func(ctx context.Context, t *tx) error {
		_, err := t.ExecContext(ctx, `DELETE FROM owners WHERE changed <= $1 AND length(owner) = 0`, until)
		return err
	})
}
