package signature

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"

	"github.com/gatehouse-api/gatehouse/guard/internal/sfv"
)

// Digested reports whether a value of Content-Digest holds for a body (RFC 9530
// section 2). All digests in it that are of a sound algorithm must, and one must
// be; others say nothing (section 5).
func Digested(value string, body []byte) bool {
	list, ok := sfv.Dictionary(value)
	if !ok {
		return false
	}
	sound := false
	for i := range list {
		m := &list[i]
		if m.Inner || m.Item.Kind != sfv.Bytes {
			return false
		}
		var sum []byte
		switch m.Key {
		case "sha-256":
			s := sha256.Sum256(body)
			sum = s[:]
		case "sha-512":
			s := sha512.Sum512(body)
			sum = s[:]
		default:
			continue
		}
		if subtle.ConstantTimeCompare(sum, []byte(m.Item.Text)) != 1 {
			return false
		}
		sound = true
	}
	return sound
}
