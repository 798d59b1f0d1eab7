package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// RevocationKind is what a revocation is of.
type RevocationKind string

// The kinds.
const (
	RevokedToken   RevocationKind = "token"   // by its serial: jti, or the id of a key
	RevokedSession RevocationKind = "session" // by sid
	RevokedSubject RevocationKind = "subject"
	RevokedClient  RevocationKind = "client"
	RevokedIssuer  RevocationKind = "credential" // all that one entry of gatehouse.yaml vouches for, by its name
)

// Revocation makes what was issued until At void.
type Revocation struct {
	Kind   RevocationKind
	Issuer string // whose word it is that is taken back; "" for everybody's
	Value  string
	At     time.Time // what was issued later is good again
	// SameClock says that At is by the clock of the issuer, who says as well when
	// something was issued. Clocks that differ leave a doubt of seconds.
	SameClock bool
	Expires   time.Time // everything that it is of has expired by then, and the row goes; zero for never
	Changed   int64
}

// Revoke keeps a revocation. One that is there already only grows: the later
// times of both count, and the doubt of either.
func (s *Store) Revoke(ctx context.Context, r Revocation) error {
	switch r.Kind {
	case RevokedToken, RevokedSession, RevokedSubject, RevokedClient, RevokedIssuer:
	default:
		return &fault{"revoke", nil, fmt.Errorf("the kind %q is unknown", r.Kind)}
	}
	return s.write(ctx, "revoke", func(ctx context.Context, t *tx) error {
		number, err := t.change(ctx)
		if err != nil {
			return err
		}
		sameClock := int64(0)
		if r.SameClock {
			sameClock = 1
		}
		t.on = string(r.Kind) // the value may name a person
		_, err = t.ExecContext(ctx, `INSERT INTO revocations (kind, issuer, value, revoked, expires, changed, same_clock) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (kind, issuer, value) DO UPDATE SET changed = excluded.changed, same_clock = revocations.same_clock * excluded.same_clock,
				revoked = CASE WHEN excluded.revoked > revocations.revoked THEN excluded.revoked ELSE revocations.revoked END,
				expires = CASE WHEN excluded.expires = 0 OR revocations.expires = 0 THEN 0
					WHEN excluded.expires > revocations.expires THEN excluded.expires ELSE revocations.expires END`,
			string(r.Kind), r.Issuer, r.Value, stamp(r.At), stamp(r.Expires), number, sameClock)
		return err
	})
}

// Revocations calls each with the revocations whose change number is above
// since, in the order of that.
func (s *Store) Revocations(ctx context.Context, since int64, each func(Revocation) error) error {
	return s.readTable(ctx, "revocations", func(row *sql.Rows) error {
		var r Revocation
		var revoked, expires, sameClock int64
		if err := row.Scan((*string)(&r.Kind), &r.Issuer, &r.Value, &revoked, &expires, &r.Changed, &sameClock); err != nil {
			return err
		}
		r.At, r.Expires, r.SameClock = moment(revoked), moment(expires), sameClock == 1
		return each(r)
	}, `SELECT kind, issuer, value, revoked, expires, changed, same_clock FROM revocations WHERE changed > $1 ORDER BY changed`, since)
}

// ForgetRevocations removes those that are not needed any more. Whoever follows
// them forgets by the time in each, so it is no change.
func (s *Store) ForgetRevocations(ctx context.Context, now time.Time) error {
	return s.write(ctx, "forget revocations", func(ctx context.Context, t *tx) error {
		_, err := t.ExecContext(ctx, `DELETE FROM revocations WHERE expires <> 0 AND expires < $1`, stamp(now))
		return err
	})
}
