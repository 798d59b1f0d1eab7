// Package ownkey finds keys that this gate gave out where they should not be.
// The guards that look at URLs import it: one refuses secrets of all kinds, the
// other verifies credentials, and both tell of the key. It knows the form of
// keys alone, and nothing of exchanges.
package ownkey

import "bytes"

var prefix = []byte("ghk_")

// Find returns the public id of the first key in b.
func Find(b []byte) (id []byte, ok bool) {
	for i := bytes.Index(b, prefix); i >= 0; i = bytes.Index(b, prefix) {
		b = b[i:]
		if id, ok := keyID(b); ok {
			return id, true
		}
		b = b[len(prefix):]
	}
	return nil, false
}

// keyID returns the public part of what looks like a key of this gate:
// ghk_<env>_<id>_<secret>_<checksum>.
func keyID(b []byte) (id []byte, ok bool) {
	var parts [5][]byte
	n := 0
	for start, i := 0, 0; i <= len(b); i++ {
		if i < len(b) && (isDigitOrLetter(b[i])) {
			continue
		}
		if n == len(parts) {
			break
		}
		parts[n] = b[start:i]
		n, start = n+1, i+1
		if i == len(b) || b[i] != '_' {
			break
		}
	}
	if n < 4 || len(parts[2]) == 0 || len(parts[2]) > 64 || len(parts[3]) < 16 {
		return nil, false
	}
	return parts[2], true
}

func isDigitOrLetter(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
