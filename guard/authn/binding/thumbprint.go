package binding

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"sync/atomic"
)

// Thumbprint is x5t#S256 of a certificate (RFC 8705 section 3.1).
func Thumbprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// prints remembers the thumbprints of certificates of live connections, so
// that a call does not hash the certificate of its connection again. It reads
// without a lock; certificates that meet in a place drive each other out.
type prints [256]atomic.Pointer[print]

type print struct {
	of   *x509.Certificate
	text string
}

func (p *prints) of(c *x509.Certificate) string {
	place := &p[0]
	if n := len(c.Signature); n >= 8 { // as good as random
		place = &p[binary.LittleEndian.Uint64(c.Signature[n-8:])%uint64(len(p))]
	}
	if known := place.Load(); known != nil && known.of == c {
		return known.text
	}
	fresh := &print{c, Thumbprint(c)}
	place.Store(fresh)
	return fresh.text
}
