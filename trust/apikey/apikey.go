// Package apikey is the form of the keys that the gate gives out: how one is
// made, read and hashed. The command makes
// keys with it and the verifier of keys reads them; it imports the type of
// secrets and knows no store and no request.
//
// A key is ghk_<environment>_<id>_<secret>_<checksum>. The checksum lets typing
// errors be refused without asking anybody, and scanners tell a key from other
// text. Letters and digits alone stand between the separators, so that a double
// click marks a whole key.
package apikey

import (
	"crypto/rand"
	"hash/crc32"

	"github.com/gatehouse-api/gatehouse/trust"
)

// The lengths of the parts. 43 letters and digits are 256 bits.
const (
	prefix         = "ghk_"
	maxEnvironment = 16
	IDLength       = 12
	secretLength   = 43
	checksumLength = 6

	tail    = 1 + IDLength + 1 + secretLength + 1 + checksumLength // from the separator behind the environment
	Longest = len(prefix) + maxEnvironment + tail
)

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Issuer is who vouches for what a key speaks for, where nobody else is named.
const Issuer = "gatehouse"

// Parts are those of a key, views of its text.
type Parts struct {
	Environment, ID []byte
}

// Parse reads a key strictly. It tells whether the text is one that New could
// have made, and nothing of whether anybody made it.
func Parse(raw []byte) (Parts, bool) {
	least := len(prefix) + 1 + tail
	if len(raw) < least || len(raw) > Longest || string(raw[:len(prefix)]) != prefix {
		return Parts{}, false
	}
	at := len(raw) - tail
	p := Parts{Environment: raw[len(prefix):at], ID: raw[at+1 : at+1+IDLength]}
	secret := at + 1 + IDLength + 1
	sum := secret + secretLength + 1
	if raw[at] != '_' || raw[secret-1] != '_' || raw[sum-1] != '_' ||
		!Environment(p.Environment) || !plain(p.ID) || !plain(raw[secret:sum-1]) {
		return Parts{}, false
	}
	var want [checksumLength]byte
	checksum(&want, raw[:sum-1])
	if string(raw[sum:]) != string(want[:]) {
		return Parts{}, false
	}
	return p, true
}

// Environment reports whether a text may stand in keys as their environment: a
// small letter and up to 15 more small letters and digits.
func Environment[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > maxEnvironment || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func plain(b []byte) bool {
	ok := true
	for _, c := range b {
		ok = ok && isDigit[c]
	}
	return ok
}

// isDigit is by byte.
var isDigit = func() (is [256]bool) {
	for _, c := range []byte(digits) {
		is[c] = true
	}
	return is
}()

// checksum is CRC-32 (IEEE 802.3) in digits, the highest first.
func checksum(to *[checksumLength]byte, text []byte) {
	sum := crc32.ChecksumIEEE(text)
	for i := checksumLength - 1; i >= 0; i-- {
		to[i] = digits[sum%uint32(len(digits))]
		sum /= uint32(len(digits))
	}
}

// PeekID returns where the id of a key stands, if the text is one, for a look-up
// before it is read: 0 for no key.
func PeekID(raw []byte) int {
	if len(raw) < len(prefix)+1+tail {
		return 0
	}
	return len(raw) - tail + 1
}

// New makes a key of an environment, which must be one.
func New(environment string) (key trust.Secret, id string) {
	if !Environment(environment) {
		panic("apikey: the environment cannot stand in a key")
	}
	text := []byte(prefix + environment + "_")
	start := len(text)
	text = append(random(text, IDLength), '_')
	id = string(text[start : start+IDLength])
	text = random(text, secretLength)
	var sum [checksumLength]byte
	checksum(&sum, text)
	text = append(append(text, '_'), sum[:]...)
	return trust.NewSecret(string(text)), id
}

// random appends n digits, each as likely as the others.
func random(to []byte, n int) []byte {
	const fair = 256 / len(digits) * len(digits) // bytes from there on would favour some digits
	var some [64]byte
	for n > 0 {
		rand.Read(some[:]) // never fails
		for _, b := range some {
			if int(b) < fair && n > 0 {
				to = append(to, digits[int(b)%len(digits)])
				n--
			}
		}
	}
	return to
}
