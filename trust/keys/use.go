package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/seal"
)

// macNames are the keys that MAC gives out, in the order of state.macs.
var macNames = [...]Name{Pepper, Owners, Nonces, Callers}

// MAC makes keyed hashes with one of the keys Pepper, Owners, Nonces and Callers. It
// follows rotations and may be used by many goroutines.
type MAC struct {
	keys *Keys
	at   int
}

// MAC returns the handle of one of these keys; another name is a programmer's
// mistake.
func (k *Keys) MAC(n Name) MAC {
	i := slices.Index(macNames[:], n)
	if i < 0 {
		panic("keys: no hash is made with " + string(n))
	}
	return MAC{k, i}
}

// Newest is the version with which new hashes are to be made. It is kept beside
// them.
func (m MAC) Newest() uint32 {
	list := m.keys.now.Load().macs[m.at]
	return list[len(list)-1].version
}

// Versions are all versions, the newest first.
func (m MAC) Versions() (list []uint32) {
	for _, v := range slices.Backward(m.keys.now.Load().macs[m.at]) {
		list = append(list, v.version)
	}
	return list
}

// Sum is HMAC-SHA-256 (RFC 2104) of message with one version; ok is false for a
// version that is not there any more. It allocates nothing; message is not kept.
// Who hashes several parts writes their lengths between them. Compare sums with
// crypto/subtle.
func (m MAC) Sum(version uint32, message []byte) (sum [sha256.Size]byte, ok bool) {
	list := m.keys.now.Load().macs[m.at]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].version == version {
			return list[i].sum(message), true
		}
	}
	return sum, false
}

// Derive returns secrets for one purpose, one for each version, the newest first:
// for what has its own way to use a secret and to name versions.
func (m MAC) Derive(purpose string) (list []trust.Secret) {
	for _, v := range slices.Backward(m.keys.now.Load().macs[m.at]) {
		sum := v.sum([]byte("gatehouse derived 1\x00" + purpose))
		list = append(list, trust.NewSecret(base64.RawStdEncoding.EncodeToString(sum[:])))
	}
	return list
}

// macs are the versions of one key, the newest last.
type macs []*mac

type mac struct {
	version uint32
	pool    sync.Pool // of *hasher
}

type hasher struct {
	hash hash.Hash
	out  [sha256.Size]byte
}

func newMAC(version uint32, key []byte) *mac {
	m := &mac{version: version}
	m.pool.New = func() any { return &hasher{hash: hmac.New(sha256.New, key)} }
	return m
}

func (m *mac) sum(message []byte) [sha256.Size]byte {
	h := m.pool.Get().(*hasher)
	h.hash.Reset()
	h.hash.Write(message)
	h.hash.Sum(h.out[:0])
	out := h.out
	m.pool.Put(h)
	return out
}

// Data returns what seals and opens values of the store. It follows rotations.
func (k *Keys) Data() seal.Sealer { return data{k} }

// Ring is the ring that seals values now, for seal.Reseal.
func (k *Keys) Ring() *seal.Ring { return k.now.Load().ring }

type data struct{ keys *Keys }

func (d data) Seal(plain []byte, at seal.At) ([]byte, error) { return d.keys.Ring().Seal(plain, at) }
func (d data) Open(text []byte, at seal.At) ([]byte, error)  { return d.keys.Ring().Open(text, at) }
func (data) Format(f fmt.State, _ rune)                      { io.WriteString(f, "keys of the gate") }

// SigningKey signs what tells APIs who calls, with ES256 (RFC 7518 section 3.4).
type SigningKey struct {
	ID   string // "kid": names the key, says nothing of it
	Made time.Time
	key  *ecdsa.PrivateKey
}

// Private returns the key, for the one place that signs.
func (k SigningKey) Private() *ecdsa.PrivateKey { return k.key }

// Public returns the half that anybody may have.
func (k SigningKey) Public() *ecdsa.PublicKey { return &k.key.PublicKey }

// Format implements fmt.Formatter, so that no printer walks into the key.
func (k SigningKey) Format(f fmt.State, _ rune) { io.WriteString(f, "signing key "+k.ID) }

// Lead is how long a key is published before it signs: whoever keeps what is
// published for no longer knows a key before its first token comes.
const Lead = 10 * time.Minute

// Signing is the key that signs at a time: the newest one that was published for
// long enough, or the oldest where none was. All gates that have the keys choose
// the same.
func (k *Keys) Signing(at time.Time) SigningKey {
	list := k.now.Load().tokens
	for i := len(list) - 1; i > 0; i-- {
		if at.Sub(list[i].Made) >= Lead {
			return list[i]
		}
	}
	return list[0]
}

// Verifying are the keys whose public halves are published, the newest first:
// the first ones may be to sign soon, the last ones signed before.
func (k *Keys) Verifying() []SigningKey {
	list := slices.Clone(k.now.Load().tokens)
	slices.Reverse(list)
	return list
}

func newSigningKey(e entry) (SigningKey, error) {
	any, err := x509.ParsePKCS8PrivateKey(e.Key)
	key, ok := any.(*ecdsa.PrivateKey)
	if err != nil || !ok || key.Curve != elliptic.P256() {
		return SigningKey{}, errBody
	}
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return SigningKey{}, errBody
	}
	sum := sha256.Sum256(spki)
	return SigningKey{ID: hex.EncodeToString(sum[:8]), Made: e.Made, key: key}, nil
}
