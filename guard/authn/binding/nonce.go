package binding

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// nonceLife is how long one nonce is given out. It is accepted as long again.
const nonceLife = 2 * time.Minute

var fieldNonce = []byte("DPoP-Nonce")

// NonceMAC is the keyed hash that nonces are made with. Its key has versions,
// and all gates that have the same know each other's nonces. Many goroutines use
// it at once; Newest allocates nothing.
type NonceMAC interface {
	// Newest is the version that nonces are made with from now on.
	Newest() uint32
	// Versions are all versions, the newest first.
	Versions() []uint32
	// Sum hashes a message; ok is false for a version that is there no more.
	Sum(version uint32, message []byte) (sum [sha256.Size]byte, ok bool)
}

// fixed is a NonceMAC of one key, which stays.
type fixed []byte

func (fixed) Newest() uint32     { return 1 }
func (fixed) Versions() []uint32 { return []uint32{1} }

func (f fixed) Sum(_ uint32, message []byte) (sum [sha256.Size]byte, ok bool) {
	mac := hmac.New(sha256.New, f)
	mac.Write(message)
	return [sha256.Size]byte(mac.Sum(nil)), true
}

// nonces makes the nonces that proofs must hold (RFC 9449 section 9). Nothing
// is kept of them: each is the MAC of its time under the key, so that all who
// have the key know all of them.
type nonces struct {
	mac  NonceMAC
	live atomic.Pointer[window]
}

// window is a stretch of time, under one version of the key, with its nonce and
// the one before.
type window struct {
	number  int64
	version uint32
	since   int64 // the window in which the version was first seen
	now     []byte
	before  []byte
	former  []former // what was given out before the version was there
}

// former is a nonce of an older version of the key.
type former struct {
	version uint32
	nonce   []byte
}

// at is the window of a time. A key that was rotated is seen at once.
func (n *nonces) at(t time.Time) *window {
	number, version := t.UnixNano()/int64(nonceLife), n.mac.Newest()
	old := n.live.Load()
	if old != nil && old.number == number && old.version == version {
		return old
	}
	w := &window{number: number, version: version, since: number, now: n.make(version, number), before: n.make(version, number-1)}
	if old != nil && old.version == version {
		w.since = old.since
	}
	// Who rotates a key may do so because others know it: nonces that an older
	// one makes are good no longer than those that were given out.
	if number-w.since <= 1 {
		for _, v := range n.mac.Versions() {
			if v != version {
				w.former = append(w.former, former{v, n.make(v, number)}, former{v, n.make(v, number-1)})
			}
		}
	}
	n.live.Store(w)
	return w
}

func (n *nonces) make(version uint32, number int64) []byte {
	message := binary.BigEndian.AppendUint64([]byte("DPoP-Nonce"), uint64(number))
	sum, ok := n.mac.Sum(version, message)
	if !ok { // taken away just now: nobody has what is made of no key
		rand.Read(sum[:]) // never fails
	}
	return base64.RawURLEncoding.AppendEncode(nil, sum[:18])
}

// former reports whether a nonce was given out under an older version of the
// key, which is still there.
func (n *nonces) former(w *window, nonce string) bool {
	for i := range w.former {
		if f := &w.former[i]; nonce == string(f.nonce) {
			_, there := n.mac.Sum(f.version, nil)
			return there
		}
	}
	return false
}

// accept reports whether a proof's nonce is one that holds, and tells the
// client the one to use from now on unless that is what it used (RFC 9449
// section 8.2).
func (n *nonces) accept(x *gate.Exchange, nonce string) bool {
	w := n.at(x.Received)
	if nonce == string(w.now) {
		return true
	}
	n.give(x, w.now)
	return nonce == string(w.before) || n.former(w, nonce)
}

// give adds the nonce to what the client gets, once.
func (n *nonces) give(x *gate.Exchange, nonce []byte) {
	for i := range x.AddFields {
		if bytes.Equal(x.AddFields[i].Name, fieldNonce) {
			return
		}
	}
	x.AddFields = append(x.AddFields, gate.Field{Name: fieldNonce, Value: nonce})
}
