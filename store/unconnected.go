package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/jackc/pgx/v5/pgconn"
)

// unconnected is why no connection to PostgreSQL was made, in one line: the
// driver's own words name each try.
type unconnected struct {
	text string
	err  error
}

func (u *unconnected) Error() string { return u.text }
func (u *unconnected) Unwrap() error { return u.err }

// inOneLine returns err with the words of unconnected, if it is of a connection
// that was not made. It names the server, and no password.
func inOneLine(err error) error {
	var failed *pgconn.ConnectError
	var known *unconnected
	if !errors.As(err, &failed) || errors.As(err, &known) {
		return err
	}
	at := "PostgreSQL"
	if c := failed.Config; c != nil && c.Host != "" {
		at = fmt.Sprintf("PostgreSQL at %s", net.JoinHostPort(c.Host, fmt.Sprint(c.Port)))
		if c.Host[0] == '/' {
			at = "PostgreSQL at " + c.Host
		}
	}
	var said *pgconn.PgError
	var host *net.DNSError
	var system *os.SyscallError
	why := ""
	switch {
	case errors.As(err, &said):
		why = "says: " + said.Message
	case errors.As(err, &host):
		why = "has no address: there is no host " + host.Name
	case errors.Is(err, context.DeadlineExceeded):
		why = "does not answer in time"
	case errors.As(err, &system):
		why = "cannot be reached: " + system.Err.Error()
	default:
		return err
	}
	return &unconnected{at + " " + why, err}
}
