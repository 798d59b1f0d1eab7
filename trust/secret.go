// Package trust keeps what must not be seen: the type of secrets, and the
// references by which a configuration names them. Configuration and whatever
// uses a secret import it; it imports nothing of ours and knows no file format.
package trust

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"unsafe"
)

// Secret is a value that cannot be printed: fmt, slog, JSON, YAML and errors
// write "[redacted]". Only Reveal gives it away. The zero Secret is empty. The
// value sits behind a pointer because fmt skips methods on a struct's
// unexported fields, and behind one without a type because printers that go by
// reflection follow every other.
type Secret struct{ p unsafe.Pointer } // *string

// NewSecret returns a secret that holds value.
func NewSecret(value string) Secret { return Secret{unsafe.Pointer(&value)} }

// Reveal returns the value, for the one place that uses it.
func (s Secret) Reveal() string {
	if s.p == nil {
		return ""
	}
	return *(*string)(s.p)
}

// IsZero reports whether there is no value.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal reports whether value is the secret's, in a time that tells nothing of
// either.
func (s Secret) Equal(value string) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(value))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

const redacted = "[redacted]"

// Format implements fmt.Formatter for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// MarshalText implements encoding.TextMarshaler, for JSON, YAML and slog.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
