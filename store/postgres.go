package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/lock"
)

// postgresDialect is a server for many nodes.
type postgresDialect struct{}

// open reads the URL. What pgx says of one that is wrong is not repeated: it
// quotes the URL.
func (postgresDialect) open(s *Settings) (reader, writer *sql.DB, err error) {
	config, err := postgresConfig(s)
	if err != nil {
		return nil, nil, err
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(s.Connections)
	db.SetMaxIdleConns(s.Connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, db, nil
}

func postgresConfig(s *Settings) (*pgx.ConnConfig, error) {
	url := s.Postgres.Reveal()
	config, err := pgx.ParseConfig(url)
	if err != nil || !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, &fault{"open", nil, errors.New("the address is no URL of PostgreSQL, as postgres://user:password@host/database")}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = s.Timeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "gatehouse"
	}
	return config, nil
}

// migrations is the number of the advisory lock that is held while one migrates.
const migrations = 7_240_417_331

// migrate holds an advisory lock of the server.
func (postgresDialect) migrate(ctx context.Context, writer *sql.DB, up func(context.Context) error) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(migrations), lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	conn, err := writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return err
	}
	defer locker.SessionUnlock(context.WithoutCancel(ctx), conn)
	return up(ctx)
}

// types turns the schema, which is written for SQLite, into PostgreSQL's words.
var types = strings.NewReplacer(" INTEGER", " BIGINT", " BLOB", " BYTEA", ") STRICT, WITHOUT ROWID", ")", ") STRICT", ")")

func (postgresDialect) snapshot() string { return `BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY` }

func (postgresDialect) words(statement string) string { return types.Replace(statement) }

// hashes binds two arrays, which the server has as rows about as fast as by COPY;
// that needs a table between.
func (postgresDialect) hashes(rows []*Owned, parameter int) (table string, args []any) {
	objects, owners := make([][]byte, len(rows)), make([][]byte, len(rows))
	for i, o := range rows {
		objects[i], owners[i] = o.Object[:], o.Owner[:]
	}
	return fmt.Sprintf(`(SELECT object, owner FROM unnest($%d::bytea[], $%d::bytea[]) AS both_of (object, owner))`, parameter, parameter+1), []any{objects, owners}
}

func (postgresDialect) cause(_ *Settings, err error) error { return inOneLine(err) }

// kind reads the class of an error (PostgreSQL, appendix A).
func (postgresDialect) kind(err error) error {
	var unconnected *pgconn.ConnectError
	switch {
	case errors.As(err, &unconnected), pgconn.Timeout(err):
		return ErrUnavailable
	case pgconn.SafeToRetry(err):
		return errAgain
	}
	var failed *pgconn.PgError
	if !errors.As(err, &failed) {
		return nil
	}
	switch code := failed.Code; {
	case code == "23505": // unique_violation
		return ErrConflict
	case code == "40001", code == "40P01": // serialization_failure, deadlock_detected
		return errAgain
	case len(code) == 5:
		switch code[:2] {
		case "08", "25", "28", "3D", "53", "55", "57", "58": // connection, read-only, login, no database, resources, not available, intervention, system
			return ErrUnavailable
		}
	}
	return nil
}

// channel is the one of notices. They hold nothing: whoever hears one looks at
// the change number.
const channel = "gatehouse_changes"

func (postgresDialect) notify(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_notify('`+channel+`', '')`)
	return err
}

// every is for servers behind a pooler that loses LISTEN.
func (postgresDialect) every() time.Duration { return 750 * time.Millisecond }

// listen waits for notices on a connection of its own, and connects anew when
// that breaks, less often the longer it does not succeed.
func (postgresDialect) listen(ctx context.Context, s *Store) {
	const first, last = 100 * time.Millisecond, 5 * time.Second
	pause := first
	for ctx.Err() == nil {
		heard := false
		err := hear(ctx, s, func() {
			heard = true
			s.hub.poke()
		})
		if ctx.Err() != nil {
			return
		}
		if heard {
			pause = first
		}
		s.settings.Log.Warn("notices of the store are not heard; changes are looked for instead", "cause", inOneLine(err))
		wait(ctx, pause/2+rand.N(pause/2))
		pause = min(2*pause, last)
	}
}

// hear calls notice once it listens, since something may have changed before,
// and for each notice.
func hear(ctx context.Context, s *Store, notice func()) error {
	config, err := postgresConfig(&s.settings)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		conn.Close(ending)
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	notice()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		notice()
	}
}
