package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed schema/*.sql
var schema embed.FS

// latest is the version of the schema that this program knows: the number of
// files in schema.
var latest = int64(len(schemaFiles()))

// schemaFiles are the steps of the schema, the first at 0.
func schemaFiles() []string {
	names, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		panic(err) // the pattern is ours
	}
	return names
}

// Version is the version of the schema that the store has, 0 for an empty one,
// and the one that this program knows.
func (s *Store) Version(ctx context.Context) (has, knows int64, err error) {
	p, err := s.provider()
	if err != nil {
		return 0, 0, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	has, err = p.GetDBVersion(ctx)
	return has, latest, s.fault("version", err)
}

// migrateTo brings the schema to a version, each step in a transaction.
func (s *Store) migrateTo(ctx context.Context, version int64) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	err = s.dialect.migrate(ctx, s.writer, func(ctx context.Context) error {
		has, err := p.GetDBVersion(ctx)
		if err != nil {
			return err
		}
		if has > latest {
			return &fault{"migrate", ErrNewer, fmt.Errorf("its schema has version %d and this program knows %d", has, latest)}
		}
		_, err = p.UpTo(ctx, version)
		return err
	})
	return s.fault("migrate", err)
}

func (s *Store) provider() (*goose.Provider, error) {
	kind := goose.DialectSQLite3
	if _, ok := s.dialect.(postgresDialect); ok {
		kind = goose.DialectPostgres
	}
	var steps []*goose.Migration
	for i, name := range schemaFiles() {
		text, err := schema.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(name, fmt.Sprintf("schema/%04d_", i+1)) {
			return nil, errors.New("store: the files of the schema are not numbered one by one: " + name)
		}
		statement := s.dialect.words(string(text))
		steps = append(steps, goose.NewGoMigration(int64(i+1), &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, statement)
			return err
		}}, nil))
	}
	return goose.NewProvider(kind, s.writer, nil, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true), goose.WithTableName("schema_versions"))
}
