// Package seal encrypts values that the gate keeps: AES-256-GCM under a ring of
// keys, of which the newest seals and all open (Tink's keysets). A sealed value
// names the version of its key and opens only where it was sealed: in its table,
// column and row. Reseal moves values to the newest version while they are used.
// Packages that keep secrets import it; it knows no database and does not know
// how rings are kept: package trust/keys does that.
package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Version names one key of a ring. It is drawn at random when the key is made,
// so that two rings do not call different keys alike.
type Version uint32

// String writes a version as people read it.
func (v Version) String() string { return fmt.Sprintf("%08x", uint32(v)) }

// At is where a sealed value stands. What is sealed in one place does not open
// in another, so that values of rows cannot be exchanged in the database.
type At struct {
	Table, Column, Row string
}

// Sealer seals values and opens them. It may be used by many goroutines; a
// ring is one, and so is what trust/keys gives out, which follows rotations.
type Sealer interface {
	// Seal returns plain encrypted with the newest key, for one place.
	Seal(plain []byte, at At) ([]byte, error)
	// Open returns what was sealed for the same place with any key of the ring.
	// It returns ErrOpen when it was not, or was changed since.
	Open(sealed []byte, at At) ([]byte, error)
}

// Errors of opening. They hold nothing of the value.
var (
	ErrOpen = errors.New("the value was not sealed here with any key that there is, or was changed since")
	errRing = errors.New("the ring of keys cannot be read")
)

// MaxVersions bounds the keys of one ring.
const MaxVersions = 64

// Ring is a set of AES-256-GCM keys of which one seals. It does not change:
// Rotate and Without return others. It prints nothing of its keys.
//
// One key seals at most 2^32 values, since nonces are random (NIST SP 800-38D
// section 8.3): rotate long before.
type Ring struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary Version
}

var _ Sealer = (*Ring)(nil)

// New makes a ring with one fresh key.
func New() (*Ring, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	return ring(h)
}

func ring(h *keyset.Handle) (*Ring, error) {
	a, err := aead.New(h)
	if err != nil {
		return nil, errRing
	}
	first, err := h.Primary()
	if err != nil {
		return nil, errRing
	}
	return &Ring{handle: h, aead: a, primary: Version(first.KeyID())}, nil
}

// Read returns the ring that Reveal wrote. The text holds keys: whoever kept it
// had it encrypted and bound to its purpose.
func Read(text []byte) (*Ring, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(text)))
	if err != nil || h.Len() > MaxVersions {
		return nil, errRing // what Tink says could quote the text
	}
	for i := range h.Len() {
		if e, err := h.Entry(i); err != nil || !isAES256GCM(e) {
			return nil, errRing
		}
	}
	return ring(h)
}

// Reveal returns the keys themselves, for the one place that encrypts them.
func (r *Ring) Reveal() ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(r.handle, keyset.NewBinaryWriter(&b)); err != nil {
		return nil, errRing
	}
	return b.Bytes(), nil
}

// Seal implements Sealer.
func (r *Ring) Seal(plain []byte, at At) ([]byte, error) {
	var room [128]byte
	return r.aead.Encrypt(plain, at.bind(room[:0]))
}

// Open implements Sealer.
func (r *Ring) Open(sealed []byte, at At) ([]byte, error) {
	var room [128]byte
	plain, err := r.aead.Decrypt(sealed, at.bind(room[:0]))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// bind writes a place so that no two read alike.
func (a At) bind(b []byte) []byte {
	b = append(b, "gatehouse row 1"...)
	for _, part := range [...]string{a.Table, a.Column, a.Row} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}

// Newest is the version that seals.
func (r *Ring) Newest() Version { return r.primary }

// Versions are those of all keys, the newest first.
func (r *Ring) Versions() []Version {
	list := []Version{r.primary}
	for i := range r.handle.Len() {
		if e, err := r.handle.Entry(i); err == nil && Version(e.KeyID()) != r.primary {
			list = append(list, Version(e.KeyID()))
		}
	}
	slices.Reverse(list[1:]) // entries stand in the order in which they were made
	return list
}

// Rotate returns a ring with a fresh key that seals; what the others sealed
// still opens.
func (r *Ring) Rotate() (*Ring, error) {
	if r.handle.Len() >= MaxVersions {
		return nil, fmt.Errorf("the ring has %d keys: destroy those that seal nothing any more", MaxVersions)
	}
	m := keyset.NewManagerFromHandle(r.handle)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, err
	}
	h, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return ring(h)
}

// Without returns a ring without the key of a version: what it sealed never
// opens again. The newest key stays.
func (r *Ring) Without(v Version) (*Ring, error) {
	if v == r.primary {
		return nil, errors.New("the newest key stays: rotate first")
	}
	m := keyset.NewManagerFromHandle(r.handle)
	if err := m.Delete(uint32(v)); err != nil {
		return nil, fmt.Errorf("the ring has no key %v", v)
	}
	h, err := m.Handle()
	if err != nil {
		return nil, err
	}
	return ring(h)
}

// String implements fmt.Stringer.
func (r *Ring) String() string { return fmt.Sprintf("ring of %d keys", r.handle.Len()) }

// Format implements fmt.Formatter for every verb, so that no printer walks into
// the keys.
func (r *Ring) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.String()) }
