//go:build !unix

package testdata

import "testing"

// Postgres is a PostgreSQL server of a test; there is none on this system.
type Postgres struct{}

// StartPostgres ends the test.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	Lack(t, "PostgreSQL is started on Unix alone")
	return nil
}

func (*Postgres) Start() {}

func (*Postgres) Stop() {}

func (*Postgres) Database() string { return "" }

// SharedPostgres ends the test.
func SharedPostgres(t testing.TB) *Postgres { return StartPostgres(t) }

// EndSharedPostgres does nothing.
func EndSharedPostgres() {}
