package apikey

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"sync"

	"github.com/gatehouse-api/gatehouse/trust"
)

// Pepper hashes keys, so that the store alone, or a copy of it, opens nothing
// and lets nobody try keys. Many goroutines use it at once.
type Pepper struct {
	id   string
	macs sync.Pool // of *mac
}

type mac struct {
	hash.Hash
	sum [sha256.Size]byte
}

// NewPepper returns the pepper of a secret.
func NewPepper(secret trust.Secret) *Pepper {
	key := []byte(secret.Reveal())
	p := &Pepper{macs: sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha256.New, key)} }}}
	m := hmac.New(sha256.New, key)
	m.Write([]byte("gatehouse: name of a pepper"))
	p.id = hex.EncodeToString(m.Sum(nil)[:8])
	return p
}

// ID names the pepper beside the hashes that it made. It tells nothing of the
// secret.
func (p *Pepper) ID() string { return p.id }

// Hash is HMAC-SHA-256 (RFC 2104) of a whole key.
func (p *Pepper) Hash(key []byte) (sum [sha256.Size]byte) {
	m := p.macs.Get().(*mac)
	m.Reset()
	m.Write(key)
	m.Sum(m.sum[:0])
	sum = m.sum
	p.macs.Put(m)
	return sum
}

// Matches reports whether a hash is that of a key, in a time that tells nothing
// of either.
func (p *Pepper) Matches(sum *[sha256.Size]byte, key []byte) bool {
	got := p.Hash(key)
	return subtle.ConstantTimeCompare(got[:], sum[:]) == 1
}
