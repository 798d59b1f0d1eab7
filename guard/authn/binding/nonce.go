package binding

import (
	"bytes"
	"crypto/hmac"
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

// nonces makes the nonces that proofs must hold (RFC 9449 section 9). Nothing
// is kept of them: each is the MAC of its time under the key, so that all who
// have the key know all of them.
type nonces struct {
	key  []byte
	live atomic.Pointer[window]
}

// window is a stretch of time with its nonce and the one before.
type window struct {
	number      int64
	now, before []byte
}

func newNonces(key []byte) *nonces { return &nonces{key: key} }

// at is the window of a time.
func (n *nonces) at(t time.Time) *window {
	number := t.UnixNano() / int64(nonceLife)
	if w := n.live.Load(); w != nil && w.number == number {
		return w
	}
	w := &window{number, n.make(number), n.make(number - 1)}
	n.live.Store(w)
	return w
}

func (n *nonces) make(number int64) []byte {
	mac := hmac.New(sha256.New, n.key)
	mac.Write([]byte("DPoP-Nonce"))
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(number)))
	return base64.RawURLEncoding.AppendEncode(nil, mac.Sum(nil)[:18])
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
	return nonce == string(w.before)
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
