package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Key is an API key as the store keeps it: everything but the key itself.
type Key struct {
	ID          string
	Environment string
	Name        string // for people
	Hash        []byte // HMAC-SHA-256 of the whole key
	Pepper      string // names the key of the HMAC

	// Whom it speaks for; see gate.Principal.
	Issuer, Subject, Tenant, Client string
	Scopes, Roles                   []string
	Operations                      []string       // that it is good for; none for all
	Addresses                       []netip.Prefix // of clients that may use it; none for all

	Created   time.Time
	Expires   time.Time // void from then on; zero for never
	Revoked   time.Time // void from then on; zero for never
	Successor string    // id of the key that took its place; "" for none
	Used      time.Time // last, to a minute or so; zero for never
	Changed   int64     // its change number
}

const keyColumns = `id, environment, name, hash, pepper, issuer, subject, tenant, client, scopes, roles, operations, addresses, created, expires, revoked, successor, used, changed`

func scanKey(row interface{ Scan(...any) error }) (*Key, error) {
	k := new(Key)
	var scopes, roles, operations, addresses string
	var created, expires, revoked, used int64
	err := row.Scan(&k.ID, &k.Environment, &k.Name, &k.Hash, &k.Pepper, &k.Issuer, &k.Subject, &k.Tenant, &k.Client,
		&scopes, &roles, &operations, &addresses, &created, &expires, &revoked, &k.Successor, &used, &k.Changed)
	if err != nil {
		return nil, err
	}
	k.Scopes, k.Roles, k.Operations = lines(scopes), lines(roles), lines(operations)
	k.Created, k.Expires, k.Revoked, k.Used = moment(created), moment(expires), moment(revoked), moment(used)
	for _, text := range lines(addresses) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			// Leaving it out would make a key that is good for fewer addresses
			// one that is good for all.
			return nil, fmt.Errorf("the key %s has an address that is none: %w", k.ID, err)
		}
		k.Addresses = append(k.Addresses, network)
	}
	return k, nil
}

// AddKey keeps a new key; ErrConflict when its id is taken.
func (s *Store) AddKey(ctx context.Context, k *Key) error {
	return s.write(ctx, "add key", func(ctx context.Context, t *tx) error { return t.addKey(ctx, k) })
}

func (t *tx) addKey(ctx context.Context, k *Key) error {
	var addresses []string
	for _, network := range k.Addresses {
		addresses = append(addresses, network.String())
	}
	list := [][]string{k.Scopes, k.Roles, k.Operations, addresses}
	text := make([]string, len(list))
	for i, words := range list {
		for _, word := range words {
			if word == "" || strings.ContainsRune(word, '\n') {
				return errors.New("a name in a list is empty or has a line break")
			}
		}
		text[i] = strings.Join(words, "\n")
	}
	number, err := t.change(ctx)
	if err != nil {
		return err
	}
	if t.on == "" {
		t.on = k.ID
	}
	_, err = t.ExecContext(ctx, `INSERT INTO api_keys (`+keyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		k.ID, k.Environment, k.Name, k.Hash, k.Pepper, k.Issuer, k.Subject, k.Tenant, k.Client, text[0], text[1], text[2], text[3],
		stamp(k.Created), stamp(k.Expires), stamp(k.Revoked), k.Successor, stamp(k.Used), number)
	return err
}

// Key returns the key of an id, or ErrNotFound.
func (s *Store) Key(ctx context.Context, id string) (k *Key, err error) {
	err = s.read(ctx, "key", func(row *sql.Rows) (err error) {
		k, err = scanKey(row)
		return err
	}, `SELECT `+keyColumns+` FROM api_keys WHERE id = $1`, id)
	if err == nil && k == nil {
		err = &fault{"key", ErrNotFound, nil}
	}
	return k, err
}

// Keys calls each with the keys of an environment, or of all for "", whose
// change number is above since, in the order of that.
func (s *Store) Keys(ctx context.Context, environment string, since int64, each func(*Key) error) error {
	return s.readTable(ctx, "keys", func(row *sql.Rows) error {
		k, err := scanKey(row)
		if err != nil {
			return err
		}
		return each(k)
	}, `SELECT `+keyColumns+` FROM api_keys WHERE changed > $1 AND ($2 = '' OR environment = $2) ORDER BY changed, id`, since, environment)
}

// ReplaceKey keeps next as the successor of the key of an id, which is good
// until end, if it does not expire before. A key has one successor: ErrConflict
// when there is one already, ErrNotFound when the key is not there or revoked.
func (s *Store) ReplaceKey(ctx context.Context, id string, end time.Time, next *Key) error {
	return s.write(ctx, "replace key", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		t.on = id
		var successor string
		if err := t.QueryRowContext(ctx, `SELECT successor FROM api_keys WHERE id = $1 AND revoked = 0`, id).Scan(&successor); err != nil {
			return err
		}
		if successor != "" {
			return &fault{"replace key", ErrConflict, nil}
		}
		err = t.one(ctx, `UPDATE api_keys SET successor = $1, changed = $2,
			expires = CASE WHEN expires = 0 OR expires > $3 THEN $3 ELSE expires END WHERE id = $4`, next.ID, number, stamp(end), id)
		if err != nil {
			return err
		}
		return t.addKey(ctx, next)
	})
}

// RevokeKey makes the key of an id void from at on. One that is revoked already
// stays as it is.
func (s *Store) RevokeKey(ctx context.Context, id string, at time.Time) error {
	return s.write(ctx, "revoke key", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		return t.revokeKey(ctx, number, id, at)
	})
}

func (t *tx) revokeKey(ctx context.Context, number int64, id string, at time.Time) error {
	t.on = id
	return t.one(ctx, `UPDATE api_keys SET changed = $1, revoked = CASE WHEN revoked = 0 OR revoked > $2 THEN $2 ELSE revoked END WHERE id = $3`,
		number, stamp(at), id)
}

// RevokeKeyIf is RevokeKey, if may returns nil of all keys of an environment.
// Nobody changes a key in between, on any node: of two calls that would each be
// right alone, the second sees what the first has done. may can be called more
// than once.
func (s *Store) RevokeKeyIf(ctx context.Context, environment, id string, at time.Time, may func(all []*Key) error) error {
	return s.write(ctx, "revoke key", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx) // whoever else changes something waits for the end
		if err != nil {
			return err
		}
		rows, err := t.QueryContext(ctx, `SELECT `+keyColumns+` FROM api_keys WHERE environment = $1 ORDER BY created, id`, environment)
		if err != nil {
			return err
		}
		defer rows.Close()
		var all []*Key
		for rows.Next() {
			k, err := scanKey(rows)
			if err != nil {
				return err
			}
			all = append(all, k)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		if err := may(all); err != nil {
			return err
		}
		return t.revokeKey(ctx, number, id, at)
	})
}

// KeysUnder counts the keys of all environments whose hashes were made under a
// pepper and which are not void at a time.
func (s *Store) KeysUnder(ctx context.Context, pepper string, at time.Time) (n int, err error) {
	err = s.readTable(ctx, "count keys", func(row *sql.Rows) error { return row.Scan(&n) },
		`SELECT count(*) FROM api_keys WHERE pepper = $1 AND (revoked = 0 OR revoked > $2) AND (expires = 0 OR expires > $2)`, pepper, stamp(at))
	return n, err
}

// Use is when a key was last used.
type Use struct {
	ID string
	At time.Time
}

// UseKeys notes when keys were used. That changes nothing which others follow.
func (s *Store) UseKeys(ctx context.Context, uses []Use) error {
	return s.write(ctx, "use keys", func(ctx context.Context, t *tx) error {
		statement, err := t.PrepareContext(ctx, `UPDATE api_keys SET used = $1 WHERE id = $2 AND used < $1`)
		if err != nil {
			return err
		}
		defer statement.Close()
		for _, u := range uses {
			if _, err := statement.ExecContext(ctx, stamp(u.At), u.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
