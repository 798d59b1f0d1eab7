package challenge

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"net/netip"
	"strconv"
	"sync"

	"github.com/gatehouse-api/gatehouse/guard/internal/count"
)

// Key seals puzzles and passes. Many goroutines may use it at once.
type Key struct {
	key  [32]byte
	macs sync.Pool
}

// NewKey derives a key from a secret that gates share (RFC 5869). Each takes what
// the others asked, and one that starts anew what it asked before.
func NewKey(secret []byte) *Key {
	k := new(Key)
	derived, err := hkdf.Key(sha256.New, secret, nil, "gatehouse proof of work 1", len(k.key))
	if err != nil {
		return randomKey() // more than the function gives was asked for: it is not
	}
	copy(k.key[:], derived)
	return k.ready()
}

func randomKey() *Key {
	k := new(Key)
	rand.Read(k.key[:]) // never fails
	return k.ready()
}

func (k *Key) ready() *Key {
	k.macs.New = func() any { return &mac{Hash: hmac.New(sha256.New, k.key[:])} }
	return k
}

// mac is a keyed hash with room for what goes in and out.
type mac struct {
	hash.Hash
	room [64]byte
}

// sum is the keyed hash of parts, the network and a text.
func (k *Key) sum(out *[macBytes]byte, kind, api, operation string, from netip.Addr, text []byte) {
	m := k.macs.Get().(*mac)
	defer k.macs.Put(m)
	m.Reset()
	for _, part := range [...]string{kind, api, operation} { // lengths keep (a, bc) from being (ab, c)
		b := strconv.AppendInt(m.room[:0], int64(len(part)), 10)
		m.Write(append(b, ':'))
		for len(part) > 0 {
			n := copy(m.room[:], part)
			m.Write(m.room[:n])
			part = part[n:]
		}
	}
	address := count.Wide(from).Addr().As16()
	copy(m.room[:], address[:])
	m.Write(m.room[:16])
	m.Write(text)
	copy(out[:], m.Sum(m.room[:0]))
}
