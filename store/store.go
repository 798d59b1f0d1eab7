// Package store keeps what outlives the program: API keys, revocations, owners
// of objects and settings, in SQLite for one node or in PostgreSQL for many,
// with one set of queries for both. Guards, the console and the command import
// it; it imports the type of secrets and the form of sealed values, and knows no HTTP, no contract and no rule
// of who may do what.
//
// Every call takes a context and is bounded by Settings.Timeout besides. What it
// returns is nil or tells why by errors.Is: ErrUnavailable (ask again later),
// ErrConflict, ErrNotFound, ErrNewer; everything else is a mistake of ours.
//
// What changes rows that others keep in memory takes the next change number and
// writes it beside each row, in the same transaction. Whoever follows a table
// reads the rows above the number that it has: nothing is missed, whatever
// happens to notices on their way.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Settings say where a store is. Exactly one of SQLite and Postgres is set.
type Settings struct {
	// SQLite is the path of a file. It and its folder are made when missing.
	SQLite string
	// Postgres is a URL, postgres://user:password@host/database.
	Postgres trust.Secret
	// Timeout bounds one call; default 5s.
	Timeout time.Duration
	// Connections bounds those that are open at once; default 8.
	Connections int
	// Log is told of what goes wrong in the background; nil for nobody.
	Log *slog.Logger

	kept *kept // of SQLite, once it is open
}

// Store is an open store. Many goroutines use it at once.
type Store struct {
	settings Settings
	dialect  dialect
	reader   *sql.DB
	writer   *sql.DB // of SQLite one connection of its own, else reader

	preparing sync.Mutex
	ready     atomic.Bool // the schema is the one that this program knows

	stuck  stuck
	hub    hub
	end    context.CancelFunc // of the goroutines; nil before Start
	others sync.WaitGroup
}

// dialect is in what SQLite and PostgreSQL differ.
type dialect interface {
	// open returns the pools for reading and writing; they connect when used.
	open(s *Settings) (reader, writer *sql.DB, err error)
	// migrate runs up while no other process migrates.
	migrate(ctx context.Context, writer *sql.DB, up func(context.Context) error) error
	// words turns a statement of the schema into the dialect.
	words(statement string) string
	// snapshot begins a transaction that reads the store as it is at one moment.
	snapshot() string
	// kind classifies an error of the driver; nil when it is a mistake of ours.
	kind(err error) error
	// cause is an error of the driver in words that say what to do, where they
	// are known.
	cause(s *Settings, err error) error
	// hashes are the objects and owners of many rows as a table with these two
	// columns, and what is to be bound from the parameter of a number on: to bind
	// each by itself takes longer than to keep it.
	hashes(rows []*Owned, parameter int) (table string, args []any)
	// notify tells other processes, as part of a transaction.
	notify(ctx context.Context, tx *sql.Tx) error
	// listen calls poke when another process has told, until ctx ends; and says
	// how often the change number must be looked at besides.
	listen(ctx context.Context, s *Store)
	every() time.Duration
}

// Open makes a store of settings without connecting: the first use does.
func Open(settings Settings) (*Store, error) {
	s := &Store{settings: settings}
	if s.settings.Timeout <= 0 {
		s.settings.Timeout = 5 * time.Second
	}
	if s.settings.Connections <= 0 {
		s.settings.Connections = 8
	}
	if s.settings.Log == nil {
		s.settings.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s.dialect = sqliteDialect{}
	if !settings.Postgres.IsZero() {
		s.dialect = postgresDialect{}
	}
	s.hub.init()
	var err error
	s.reader, s.writer, err = s.dialect.open(&s.settings)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Prepare connects and brings the schema to the version that this program
// knows. A schema that is newer is refused with ErrNewer. Until it has succeeded
// once, every other call is refused with ErrUnavailable.
func (s *Store) Prepare(ctx context.Context) error {
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if s.ready.Load() {
		return nil
	}
	if err := s.migrateTo(ctx, latest); err != nil {
		return err
	}
	return s.use(ctx)
}

// use marks a store as ready whose schema is the latest. The first process
// gives it its name.
func (s *Store) use(ctx context.Context) error {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	_, err := s.writer.ExecContext(ctx, `UPDATE changes SET epoch = $1 WHERE epoch = ''`, rand.Text())
	if err != nil {
		return s.fault("prepare", err)
	}
	s.ready.Store(true)
	return nil
}

// Start follows what other processes change, until Close; and prepares the store
// where Prepare has not succeeded yet.
func (s *Store) Start() {
	ctx, end := context.WithCancel(context.Background())
	s.end = end
	s.others.Go(func() { s.watch(ctx) })
	s.others.Go(func() { s.dialect.listen(ctx, s) })
}

// Close ends the goroutines of the store and its connections. Followers must
// have ended before.
func (s *Store) Close() error {
	if s.end != nil {
		s.end()
	}
	s.others.Wait()
	err := s.reader.Close()
	if s.writer != s.reader {
		if e := s.writer.Close(); err == nil {
			err = e
		}
	}
	s.settings.kept.close()
	return err
}

// bound gives a call its deadline.
func (s *Store) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.settings.Timeout)
}
