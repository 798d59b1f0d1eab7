// Package pseudonym makes the keyed hashes that stand in events for who calls and
// from where. The same name has the same hash on every gate that has the key, and
// after every restart; without the key nobody can find a name by trying names.
//
// Package serve makes one for each plan, and searches events of a name with it.
// It imports gate and trust; it knows neither configuration nor events.
package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"net/netip"
	"slices"
	"sync"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Hash makes HMAC-SHA-256 (RFC 2104) with versions of a key. Many goroutines use it
// at once.
type Hash interface {
	// Newest is the version that is used now.
	Newest() uint32
	// Versions are all, the newest first.
	Versions() []uint32
	// Sum hashes a message, which is not kept; ok is false for a version that is
	// not there.
	Sum(version uint32, message []byte) (sum [sha256.Size]byte, ok bool)
}

// Maker makes pseudonyms.
type Maker struct {
	hash      Hash
	addresses bool
	room      sync.Pool // of *[]byte
}

var _ gate.Pseudonyms = (*Maker)(nil)

// New returns a maker that hashes with h, addresses of clients as well if
// addresses is true.
func New(h Hash, addresses bool) *Maker {
	return &Maker{hash: h, addresses: addresses, room: sync.Pool{New: func() any { return new(make([]byte, 0, 256)) }}}
}

// Key implements gate.Pseudonyms.
func (m *Maker) Key() uint32 { return m.hash.Newest() }

// Of implements gate.Pseudonyms: the first half of HMAC-SHA-256, which is no
// weaker for that (RFC 2104 section 5).
func (m *Maker) Of(key uint32, what gate.Named, name string) gate.Pseudonym {
	room := m.room.Get().(*[]byte)
	b := append((*room)[:0], prefix...)
	b = append(b, byte(what), 0)
	b = append(b, name...)
	p := m.sum(key, b)
	m.give(room, b)
	return p
}

// Address implements gate.Pseudonyms.
func (m *Maker) Address(key uint32, client netip.Addr) (p gate.Pseudonym, ok bool) {
	if !m.addresses {
		return gate.Pseudonym{}, false
	}
	if !client.IsValid() {
		return gate.Pseudonym{}, true
	}
	room := m.room.Get().(*[]byte)
	b := append((*room)[:0], prefix...)
	b = append(b, byte(gate.NamedAddress), 0)
	b = client.Unmap().WithZone("").AppendTo(b)
	p = m.sum(key, b)
	m.give(room, b)
	return p, true
}

// prefix tells these hashes from others that are made with the key.
const prefix = "gatehouse pseudonym 1\x00"

func (m *Maker) sum(key uint32, message []byte) (p gate.Pseudonym) {
	sum, ok := m.hash.Sum(key, message)
	if ok {
		copy(p[:], sum[:])
	}
	return p
}

// mostRoom bounds what is kept to write into, in bytes.
const mostRoom = 4 << 10

// give takes memory back in which a name stood.
func (m *Maker) give(room *[]byte, b []byte) {
	clear(b)
	if cap(b) <= mostRoom {
		*room = b[:0]
		m.room.Put(room)
	}
}

// All are the pseudonyms of a name by every version of the key, the newest first.
func (m *Maker) All(what gate.Named, name string) (list []gate.Pseudonym) {
	for _, key := range m.hash.Versions() {
		if what == gate.NamedAddress {
			if a, err := netip.ParseAddr(name); err == nil {
				name = a.Unmap().WithZone("").String()
			}
		}
		list = append(list, m.Of(key, what, name))
	}
	return list
}

// secrets hash with texts, the newest first. The last one is version 1.
type secrets []*sync.Pool

// FromSecrets returns a Hash of texts that an operator keeps, the one that is used
// now first.
func FromSecrets(list []trust.Secret) Hash {
	s := make(secrets, len(list))
	for i, secret := range list {
		key := []byte(secret.Reveal())
		s[i] = &sync.Pool{New: func() any { return &hasher{hash: hmac.New(sha256.New, key)} }}
	}
	return s
}

type hasher struct {
	hash hash.Hash
	out  [sha256.Size]byte
}

// Newest implements Hash.
func (s secrets) Newest() uint32 { return uint32(len(s)) }

// Versions implements Hash.
func (s secrets) Versions() (list []uint32) {
	for v := range uint32(len(s)) {
		list = append(list, v+1)
	}
	slices.Reverse(list)
	return list
}

// Sum implements Hash.
func (s secrets) Sum(version uint32, message []byte) (sum [sha256.Size]byte, ok bool) {
	at := len(s) - int(version)
	if version == 0 || at < 0 || at >= len(s) {
		return sum, false
	}
	h := s[at].Get().(*hasher)
	h.hash.Reset()
	h.hash.Write(message)
	h.hash.Sum(h.out[:0])
	sum = h.out
	s[at].Put(h)
	return sum, true
}
