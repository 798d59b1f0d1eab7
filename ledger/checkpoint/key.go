package checkpoint

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Kinds of keys in names of keys.
const (
	kindLog     = 1 // Ed25519 over the text (C2SP signed-note)
	kindWitness = 4 // Ed25519 with a time (C2SP tlog-cosignature)
)

// keyHash is the key ID (C2SP signed-note, "Signatures").
func keyHash(name string, kind byte, public ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append(append([]byte(name), '\n', kind), public...))
	return binary.BigEndian.Uint32(sum[:])
}

// encode is a key as it is given to others (C2SP signed-note, "Verifier keys").
func encode(name string, kind byte, public ed25519.PublicKey) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, kind, public), base64.StdEncoding.EncodeToString(append([]byte{kind}, public...)))
}

// signer signs checkpoints with an Ed25519 key. It prints nothing of it.
type signer struct {
	name string
	key  ed25519.PrivateKey
	kind byte
	now  func() time.Time // of a witness
}

// NewSigner makes what signs the checkpoints of a log, which has that name.
func NewSigner(name string, key ed25519.PrivateKey) (note.Signer, error) {
	return &signer{name: name, key: key, kind: kindLog}, CheckName(name)
}

// NewWitness makes what cosigns checkpoints of other logs, at the time that now
// says. A key must be for one witness alone and sign nothing else (C2SP
// tlog-cosignature, "Ed25519 signed message").
func NewWitness(name string, key ed25519.PrivateKey, now func() time.Time) (note.Signer, error) {
	return &signer{name: name, key: key, kind: kindWitness, now: now}, CheckName(name)
}

func (s *signer) Name() string    { return s.name }
func (s *signer) KeyHash() uint32 { return keyHash(s.name, s.kind, s.public()) }

func (s *signer) public() ed25519.PublicKey { return s.key.Public().(ed25519.PublicKey) }

// Sign implements note.Signer.
func (s *signer) Sign(text []byte) ([]byte, error) {
	if s.kind == kindLog {
		return ed25519.Sign(s.key, text), nil
	}
	at := s.now().Unix()
	if at < 0 {
		return nil, errors.New("the clock is before 1970")
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(at))
	return append(b, ed25519.Sign(s.key, cosigned(uint64(at), text))...), nil
}

// Format implements fmt.Formatter, so that no printer walks into the key.
func (s *signer) Format(f fmt.State, _ rune) { fmt.Fprint(f, VerifierKey(s)) }

// VerifierKey is the public half of a signer that this package made, as others
// are given it.
func VerifierKey(s note.Signer) string {
	own := s.(*signer)
	return encode(own.name, own.kind, own.public())
}

// cosigned is what a witness signs (C2SP tlog-cosignature, "Ed25519 signed
// message").
func cosigned(at uint64, text []byte) []byte {
	b := strconv.AppendUint([]byte("cosignature/v1\ntime "), at, 10)
	return append(append(b, '\n'), text...)
}

type verifier struct {
	name string
	key  ed25519.PublicKey
	kind byte
}

// NewVerifier reads the key of a log or of a witness.
func NewVerifier(text string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(text, "+")
	hash, key, _ := strings.Cut(rest, "+")
	bad := errors.New("not the key of a log: it reads as NAME+HASH+KEY")
	b, err := base64.StdEncoding.DecodeString(key)
	if err != nil || CheckName(name) != nil || len(b) != 1+ed25519.PublicKeySize || (b[0] != kindLog && b[0] != kindWitness) {
		return nil, bad
	}
	v := &verifier{name, b[1:], b[0]}
	if hash != fmt.Sprintf("%08x", v.KeyHash()) {
		return nil, bad
	}
	return v, nil
}

func (v *verifier) Name() string    { return v.name }
func (v *verifier) KeyHash() uint32 { return keyHash(v.name, v.kind, v.key) }

// Verify implements note.Verifier.
func (v *verifier) Verify(text, sig []byte) bool {
	if v.kind == kindLog {
		return ed25519.Verify(v.key, text, sig)
	}
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at < 1<<63 && ed25519.Verify(v.key, cosigned(at, text), sig[8:])
}

// IsWitness reports whether the key is one of a witness.
func IsWitness(v note.Verifier) bool {
	own, ok := v.(*verifier)
	return ok && own.kind == kindWitness
}
