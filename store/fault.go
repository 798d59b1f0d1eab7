package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
)

// What a call may end with, for errors.Is.
var (
	ErrUnavailable = errors.New("the store cannot be used for the moment")
	ErrConflict    = errors.New("it is there already")
	ErrNotFound    = errors.New("there is none")
	ErrNewer       = errors.New("the store was written by a newer version of gatehouse")
)

// fault is an error of a call: which call, of which kind, and why.
type fault struct {
	call  string
	kind  error // nil for a mistake of ours
	cause error // nil when kind says it all
}

func (f *fault) Error() string {
	text := "store: " + f.call
	if f.kind != nil {
		text += ": " + f.kind.Error()
	}
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	return text
}

func (f *fault) Unwrap() []error {
	list := make([]error, 0, 2)
	for _, err := range []error{f.kind, f.cause} {
		if err != nil {
			list = append(list, err)
		}
	}
	return list
}

// fault says what kind of error one is; a fault stays what it is.
func (s *Store) fault(call string, err error) error {
	var known *fault
	if err == nil || errors.As(err, &known) {
		return err
	}
	kind := s.kind(err)
	if kind == errAgain {
		kind = ErrUnavailable
	}
	return &fault{call, kind, s.dialect.cause(&s.settings, err)}
}

func (s *Store) kind(err error) error {
	if kind := s.dialect.kind(err); kind != nil {
		return kind
	}
	var network net.Error
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.As(err, &network):
		return ErrUnavailable
	}
	return nil
}

// errAgain is a transaction that did nothing and may be tried again.
var errAgain = errors.New("the transaction did nothing")
