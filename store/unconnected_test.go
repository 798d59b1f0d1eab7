package store_test

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
)

// TestUnconnected: a server that cannot be used is named in one line, and no
// password with it.
func TestUnconnected(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := free.Addr().String()
	free.Close()
	ask := func(address string) error {
		s, err := store.Open(store.Settings{Postgres: trust.NewSecret(address), Timeout: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		_, _, err = s.Version(t.Context())
		return err
	}
	check := func(address, want string) {
		t.Helper()
		err := ask(address)
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if text := err.Error(); strings.ContainsAny(text, "\n\t") || strings.Contains(text, "s3cret") || strings.Contains(text, "gatekeeper") {
			t.Errorf("%q", text)
		}
	}
	check("postgres://gatekeeper:s3cret@"+nobody+"/gate?sslmode=disable", "PostgreSQL at "+nobody+" cannot be reached: connection refused")
	check("postgres://gatekeeper:s3cret@nowhere.invalid/gate", "PostgreSQL at nowhere.invalid:5432 has no address: there is no host nowhere.invalid")
	server := testdata.SharedPostgres(t)
	u, err := url.Parse(server.Database())
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/gone"
	check(u.String(), `says: database "gone" does not exist`)
}
