package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
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

// ownedAtOnce is how many rows one statement takes or gives.
const ownedAtOnce = 1000

// KeepOwners keeps who owns objects that nobody owns yet, and returns who owns
// each of list then: the first one wins. All of them are kept or none.
func (s *Store) KeepOwners(ctx context.Context, list []Owned) (now []Owned, err error) {
	now = append([]Owned(nil), list...)
	err = s.write(ctx, "keep owners", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		for at := 0; at < len(list); at += ownedAtOnce {
			part := list[at:min(at+ownedAtOnce, len(list))]
			if err := t.keepOwners(ctx, part, number); err != nil {
				return err
			}
			if err := t.owners(ctx, part, now[at:]); err != nil {
				return err
			}
		}
		return nil
	})
	return now, err
}

func (t *tx) keepOwners(ctx context.Context, list []Owned, number int64) error {
	var text strings.Builder
	text.WriteString(`INSERT INTO owners (object, owner, version, changed) VALUES `)
	args := make([]any, 0, 3*len(list)+1)
	args = append(args, number)
	seen := make(map[OwnerHash]bool, len(list))
	for i := range list {
		o := &list[i]
		if seen[o.Object] {
			continue // one statement changes a row once
		}
		seen[o.Object] = true
		if len(args) > 1 {
			text.WriteString(", ")
		}
		n := len(args)
		fmt.Fprintf(&text, "($%d, $%d, $%d, $1)", n+1, n+2, n+3)
		args = append(args, o.Object[:], o.Owner[:], int64(o.Version))
	}
	text.WriteString(` ON CONFLICT (object) DO UPDATE SET owner = excluded.owner, version = excluded.version, changed = excluded.changed WHERE length(owners.owner) = 0`)
	_, err := t.ExecContext(ctx, text.String(), args...)
	return err
}

// owners fills in who owns the objects of list.
func (t *tx) owners(ctx context.Context, list, now []Owned) error {
	known := make(map[OwnerHash]Owned, len(list))
	args := make([]any, len(list))
	for i := range list {
		args[i] = list[i].Object[:]
	}
	rows, err := t.QueryContext(ctx, `SELECT object, owner, version, changed FROM owners WHERE object IN (`+places(len(list))+`)`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		o, err := scanOwned(rows)
		if err != nil {
			return err
		}
		known[o.Object] = o
	}
	for i := range list {
		now[i] = known[list[i].Object]
	}
	return rows.Err()
}

// places are n parameters from $1.
func places(n int) string {
	var text strings.Builder
	for i := range n {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "$%d", i+1)
	}
	return text.String()
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
