package archive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// A box seals the parts of one file, with AES-256-GCM under a key that is drawn
// for it and stands at its beginning, sealed with the gate's own keys: numbers
// of parts are nonces, since no key has two files (NIST SP 800-38D section
// 8.2.1). A nil box seals nothing and finds what was changed by accident.
type box struct{ aead cipher.AEAD }

// boxHead begins a sealed file; the length of the key and the key follow.
const boxHead = "gatehouse sealed 1\n"

// maxBoxKey bounds a sealed key, in bytes.
const maxBoxKey = 4 << 10

var (
	errForm = errors.New("is no file of an archive of events, or was damaged")
	// ErrSealed is the error of files that are sealed where no keys are.
	ErrSealed = errors.New("is sealed with the gate's own keys")
)

func newBox(sealer seal.Sealer, name, what string) (b *box, head []byte, err error) {
	var key [32]byte
	rand.Read(key[:])
	defer clear(key[:])
	sealed, err := sealer.Seal(key[:], boxPlace(name, what))
	if err != nil {
		return nil, nil, err
	}
	head = binary.BigEndian.AppendUint16([]byte(boxHead), uint16(len(sealed)))
	head = append(head, sealed...)
	b, err = boxOf(key[:])
	return b, head, err
}

func boxPlace(name, what string) seal.At {
	return seal.At{Table: "archive of events", Column: what, Row: name}
}

func boxOf(key []byte) (*box, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &box{aead}, err
}

// openBox reads the key at the beginning of a sealed file and returns where the
// parts begin.
func openBox(from io.ReaderAt, sealer seal.Sealer, name, what string) (*box, int64, error) {
	sealed, err := boxKey(from)
	if err != nil {
		return nil, 0, err
	}
	if sealer == nil {
		return nil, 0, ErrSealed
	}
	key, err := sealer.Open(sealed, boxPlace(name, what))
	if err != nil {
		return nil, 0, fmt.Errorf("cannot be opened: %w", err)
	}
	defer clear(key)
	b, err := boxOf(key)
	return b, int64(len(boxHead) + 2 + len(sealed)), err
}

// boxKey reads the sealed key.
func boxKey(from io.ReaderAt) ([]byte, error) {
	head := make([]byte, len(boxHead)+2)
	if _, err := from.ReadAt(head, 0); err != nil || string(head[:len(boxHead)]) != boxHead {
		return nil, errForm
	}
	n := binary.BigEndian.Uint16(head[len(boxHead):])
	if n > maxBoxKey {
		return nil, errForm
	}
	sealed := make([]byte, n)
	if _, err := from.ReadAt(sealed, int64(len(head))); err != nil {
		return nil, errForm
	}
	return sealed, nil
}

// boxExtra is by how much a sealed part is longer than what it holds, and
// plainExtra that of a part with nothing but a sum.
const (
	boxExtra   = 16
	plainExtra = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (b *box) extra() int {
	if b == nil {
		return plainExtra
	}
	return boxExtra
}

func nonce(number uint64) (n [12]byte) {
	binary.BigEndian.PutUint64(n[4:], number)
	return n
}

// seal appends a part.
func (b *box) seal(dst, part []byte, number uint64) []byte {
	if b == nil {
		dst = append(dst, part...)
		return binary.BigEndian.AppendUint32(dst, crc32.Checksum(part, castagnoli))
	}
	n := nonce(number)
	return b.aead.Seal(dst, n[:], part, nil)
}

// open opens a part in its own place.
func (b *box) open(part []byte, number uint64) ([]byte, error) {
	if len(part) < b.extra() {
		return nil, errForm
	}
	if b == nil {
		text, sum := part[:len(part)-plainExtra], part[len(part)-plainExtra:]
		if crc32.Checksum(text, castagnoli) != binary.BigEndian.Uint32(sum) {
			return nil, errForm
		}
		return text, nil
	}
	n := nonce(number)
	text, err := b.aead.Open(part[:0], n[:], part, nil)
	if err != nil {
		return nil, errForm
	}
	return text, nil
}

// frameHead is the length of what stands before a sealed frame: its length and
// its number.
const frameHead = 4 + 8

// sealFrame appends lines as one frame.
func (b *box) sealFrame(dst, lines []byte, number uint64) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(lines)+boxExtra))
	dst = binary.BigEndian.AppendUint64(dst, number)
	return b.seal(dst, lines, number)
}

// sealedBy says which version of the gate's key opens a segment.
func (s *segment) sealedBy() (seal.Version, error) {
	f, err := os.Open(s.path())
	if err != nil {
		return 0, err
	}
	defer f.Close()
	sealed, err := boxKey(f)
	if err != nil {
		return 0, err
	}
	v, ok := seal.VersionOf(sealed)
	if !ok {
		return 0, errForm
	}
	return v, nil
}
