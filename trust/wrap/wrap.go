// Package wrap seals keys with keys of others: a passphrase, or a key that a
// service keeps and never gives out. What it seals is small text of the gate's
// own: rings of keys and sealed files of secrets. Packages that keep keys and
// those that speak to such services import it; it knows neither the services nor
// what the text is for.
package wrap

import (
	"context"
	"errors"
)

// Wrapper has a key-encryption key. It may be used by many goroutines.
type Wrapper interface {
	// Name says whose key it is in the words of an operator, without secrets, as
	// in "passphrase" or "vault transit/gatehouse".
	Name() string
	// Wrap seals a key of 32 bytes, bound to ad. It returns an *Error.
	Wrap(ctx context.Context, key, ad []byte) ([]byte, error)
	// Unwrap returns the key that Wrap sealed with the same ad, in memory that is
	// the caller's. It returns an *Error.
	Unwrap(ctx context.Context, wrapped, ad []byte) ([]byte, error)
}

// Error says why a key was not wrapped or unwrapped. It holds nothing of the
// key, of credentials, or of what a service wrote.
type Error struct {
	Who  string // the wrapper's name
	Text string // what went wrong
	Hint string // what to do next; may be empty
	Down bool   // the service could not be asked, or did not answer in time: later it may
}

func (e *Error) Error() string {
	text := e.Who + ": " + e.Text
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

// Down reports whether err says that a service could not be asked, rather than
// that it refused.
func Down(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Down
}

// KeyLength is that of the keys that are wrapped.
const KeyLength = 32
