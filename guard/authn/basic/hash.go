package basic

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Bounds of a hash: what is less protects nothing, what is more lets one call
// take too much.
const (
	leastMemory, mostMemory = 8 << 10, 256 << 10 // KiB
	mostTime, mostThreads   = 10, 8
	leastSalt, leastSum     = 8, 16 // bytes
	mostSalt, mostSum       = 64, 64
)

// Hash is a password hashed with Argon2id (RFC 9106). The zero Hash is no
// password's.
type Hash struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

// ReadHash reads a hash as it stands in files: $argon2id$v=19$m=19456,t=2,p=1$SALT$SUM.
// The error holds nothing of it.
func ReadHash(text string) (h Hash, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return h, errors.New("is no hash of argon2id, version 19")
	}
	settings := strings.Split(parts[3], ",")
	if len(settings) != 3 {
		return h, errors.New("has not m, t and p")
	}
	for i, to := range []struct {
		name        string
		least, most uint64
		set         func(uint64)
	}{
		{"m=", leastMemory, mostMemory, func(n uint64) { h.memory = uint32(n) }},
		{"t=", 1, mostTime, func(n uint64) { h.time = uint32(n) }},
		{"p=", 1, mostThreads, func(n uint64) { h.threads = uint8(n) }},
	} {
		digits, ok := strings.CutPrefix(settings[i], to.name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || n < to.least || n > to.most {
			return Hash{}, fmt.Errorf("has not %sfrom %d to %d", to.name, to.least, to.most)
		}
		to.set(n)
	}
	h.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	if err == nil {
		h.sum, err = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	}
	if err != nil || len(h.salt) < leastSalt || len(h.salt) > mostSalt || len(h.sum) < leastSum || len(h.sum) > mostSum {
		return Hash{}, errors.New("has a salt or a sum that is none")
	}
	return h, nil
}

// MaxPassword bounds a password, in bytes: beside a name it fits a credential.
const MaxPassword = 512

// NewHash hashes a password that a client can send, with 19 MiB and twice, as
// OWASP advises. The error holds nothing of it.
func NewHash(password []byte) (string, error) {
	switch {
	case len(password) == 0:
		return "", errors.New("the password is empty")
	case len(password) > MaxPassword:
		return "", fmt.Errorf("the password has more than %d bytes", MaxPassword)
	case !isPlain(password):
		return "", errors.New("the password is not UTF-8, or holds control characters, which clients cannot send (RFC 7617 section 2)")
	}
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	sum := argon2.IDKey(password, salt, 2, 19<<10, 1, 32)
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=2,p=1$%s$%s", 19<<10, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)), nil
}

// is reports whether h is the hash of a password.
func (h *Hash) is(password []byte) bool {
	if len(h.sum) == 0 {
		return false
	}
	sum := argon2.IDKey(password, h.salt, h.time, h.memory, h.threads, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1
}

// work is how dear a hash is.
func (h *Hash) work() uint64 { return uint64(h.memory) * uint64(h.time) }

// maxUsers bounds a file.
const maxUsers = 10_000

// ReadUsers reads a file of users: one a line, as NAME:HASH; lines that are
// empty or begin with "#" are passed over. The error names the line and holds
// nothing of it.
func ReadUsers(text string) (map[string]Hash, error) {
	users := map[string]Hash{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		name, hash, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("line %d is not NAME:HASH", n)
		}
		if _, twice := users[name]; twice {
			return nil, fmt.Errorf("line %d names a user who stands above", n)
		}
		h, err := ReadHash(hash)
		if err != nil {
			return nil, fmt.Errorf("the hash of line %d %w", n, err)
		}
		if users[name] = h; len(users) > maxUsers {
			return nil, fmt.Errorf("the file has more than %d users", maxUsers)
		}
	}
	return users, nil
}
