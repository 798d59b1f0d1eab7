package ledger

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/gatehouse-api/gatehouse/ledger/checkpoint"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// A ledger has keys of its own, which stand in its folder, sealed by the gate's:
// one signs checkpoints and never changes, the others encrypt entries, each a
// stretch of them. So the gate's keys may rotate while what stands in the tree
// stays as it is, and no key encrypts more than its nonces allow (NIST SP 800-38D
// section 8.3).

const (
	keysFile = "keys"
	vkeyFile = "vkey" // the public half, for auditors
	maxKeys  = 16 << 20

	// stretch is after how many entries the next key encrypts.
	stretch     = 1 << 20
	maxStretchs = 1 << 16
)

// The first byte of an entry is its kind.
const (
	kindPlain  = 0 // what the ledger says of itself, in JSON
	kindSealed = 1 // then the key's number, the nonce, the text, the tag
)

// sealOverhead is by how many bytes an entry grows when it is sealed.
const sealOverhead = 1 + 4 + 12 + 16

// keyring has the keys of a ledger. It prints nothing of them.
type keyring struct {
	origin string
	signer note.Signer
	now    atomic.Pointer[cipherKey] // that encrypts

	mu   sync.Mutex
	body keysBody              // guarded by mu
	by   seal.Version          // guarded by mu; of the gate's key that seals the file
	open map[uint32]*cipherKey // guarded by mu
}

// keysBody is what is sealed.
type keysBody struct {
	Format  int           `json:"version"` // 1
	Origin  string        `json:"origin"`
	Signing []byte        `json:"signing"` // seed of Ed25519
	Sealing []stretchBody `json:"sealing"` // the newest last
}

type stretchBody struct {
	Number uint32 `json:"number"`
	From   int64  `json:"from"`        // index of the first entry, at the earliest
	At     int64  `json:"at,omitzero"` // when it began, in seconds since 1970; 0 where nobody knows
	Key    []byte `json:"key"`         // AES-256
}

type cipherKey struct {
	number uint32
	from   int64
	aead   cipher.AEAD
	bind   []byte
}

var errKeys = errors.New("the keys of the ledger are of no form that this gate knows")

func keysAt(origin string) seal.At { return seal.At{Table: "ledger", Column: "keys", Row: origin} }

// readKeys opens the keys in a folder; where there are none it is fs.ErrNotExist.
func readKeys(f Files, by seal.Sealer, origin string) (*keyring, error) {
	sealed, err := f.Read(keysFile, maxKeys)
	if err != nil {
		return nil, err
	}
	text, err := by.Open(sealed, keysAt(origin))
	if err != nil {
		return nil, fmt.Errorf("the keys of the ledger %s cannot be opened: %w", origin, err)
	}
	defer clear(text)
	k := &keyring{origin: origin}
	k.by, _ = seal.VersionOf(sealed)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&k.body); err != nil {
		return nil, errKeys // what the decoder says could quote the text
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errKeys
	}
	return k, k.use()
}

// makeKeys makes those of a new ledger, and keeps them.
func makeKeys(f Files, by seal.Sealer, origin string) (*keyring, error) {
	k := &keyring{origin: origin, body: keysBody{Format: 1, Origin: origin, Signing: make([]byte, ed25519.SeedSize)}}
	rand.Read(k.body.Signing)
	k.body.Sealing = []stretchBody{freshKey(1, 0)}
	if err := k.use(); err != nil {
		return nil, err
	}
	return k, k.keep(f, by)
}

func freshKey(number uint32, from int64) stretchBody {
	s := stretchBody{Number: number, From: from, At: time.Now().Unix(), Key: make([]byte, 32)}
	rand.Read(s.Key)
	return s
}

// use makes of the body what signs and encrypts.
func (k *keyring) use() error {
	b := &k.body
	if b.Format != 1 || b.Origin != k.origin || len(b.Signing) != ed25519.SeedSize || len(b.Sealing) == 0 || len(b.Sealing) > maxStretchs {
		return errKeys
	}
	var err error
	if k.signer, err = checkpoint.NewSigner(k.origin, ed25519.NewKeyFromSeed(b.Signing)); err != nil {
		return err
	}
	for i, s := range b.Sealing {
		if len(s.Key) != 32 || (i > 0 && s.Number <= b.Sealing[i-1].Number) {
			return errKeys
		}
	}
	k.open = map[uint32]*cipherKey{}
	newest, err := k.find(b.Sealing[len(b.Sealing)-1].Number)
	k.now.Store(newest)
	return err
}

// keep writes the keys so that they outlive a loss of power.
func (k *keyring) keep(f Files, by seal.Sealer) error {
	text, err := json.Marshal(&k.body)
	if err != nil {
		return err
	}
	defer clear(text)
	sealed, err := by.Seal(text, keysAt(k.origin))
	if err != nil {
		return err
	}
	if err := replace(f, keysFile, sealed); err != nil {
		return err
	}
	k.by, _ = seal.VersionOf(sealed)
	return nil
}

// follow seals the keys anew where the gate's key was rotated, so that its earlier
// versions may be destroyed.
func (k *keyring) follow(f Files, by seal.Sealer) error {
	probe, err := by.Seal(nil, keysAt(k.origin))
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if v, ok := seal.VersionOf(probe); !ok || v == k.by {
		return nil
	}
	return k.keep(f, by)
}

// Reseal has the ledger's own keys sealed anew where the gate's key was rotated:
// now, and not with the next checkpoint.
func (l *Log) Reseal() error { return l.keys.follow(l.files, l.Keys) }

// SealedBy says which version of the gate's key seals the keys of a ledger, which
// nobody may have opened. Where there is no ledger it is fs.ErrNotExist.
func SealedBy(f Files) (seal.Version, error) {
	sealed, err := f.Read(keysFile, maxKeys)
	if err != nil {
		return 0, err
	}
	v, ok := seal.VersionOf(sealed)
	if !ok {
		return 0, errKeys
	}
	return v, nil
}

func (k *keyring) sealedBy() seal.Version {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.by
}

// key returns the key of a number.
func (k *keyring) key(number uint32) (*cipherKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.find(number)
}

func (k *keyring) find(number uint32) (*cipherKey, error) {
	if c := k.open[number]; c != nil {
		return c, nil
	}
	for _, s := range k.body.Sealing {
		if s.Number != number {
			continue
		}
		block, err := aes.NewCipher(s.Key)
		if err != nil {
			return nil, errKeys
		}
		c := &cipherKey{number: number, from: s.From}
		if c.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, errKeys
		}
		c.bind = binary.BigEndian.AppendUint32(append([]byte("gatehouse ledger entry 1\x00"), k.origin...), number)
		if len(k.open) > 64 {
			clear(k.open)
		}
		k.open[number] = c
		return c, nil
	}
	return nil, errors.New("the ledger has no key for this entry any more")
}

// seal appends an entry as the tree has it.
func (k *keyring) seal(b, plain []byte) []byte {
	c := k.now.Load()
	b = binary.BigEndian.AppendUint32(append(b, kindSealed), c.number)
	return c.aead.Seal(b, nil, plain, c.bind)
}

// unseal returns what was sealed. What the ledger says of itself is returned as
// it is.
func (k *keyring) unseal(entry []byte) ([]byte, error) {
	if len(entry) > 0 && entry[0] == kindPlain {
		return entry[1:], nil
	}
	if len(entry) < sealOverhead || entry[0] != kindSealed {
		return nil, errors.New("the entry is of no kind that this gate knows")
	}
	c, err := k.key(binary.BigEndian.Uint32(entry[1:]))
	if err != nil {
		return nil, err
	}
	plain, err := c.aead.Open(nil, nil, entry[5:], c.bind)
	if err != nil {
		return nil, errors.New("the entry does not open with the keys of this ledger")
	}
	return plain, nil
}

// Format implements fmt.Formatter, so that no printer walks into the keys.
func (k *keyring) Format(f fmt.State, _ rune) { io.WriteString(f, "keys of the ledger "+k.origin) }
