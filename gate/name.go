package gate

// EqualFold compares ASCII without case; bytes beyond ASCII compare exactly.
func EqualFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	if string(b) == s {
		return true
	}
	for i := range b {
		if b[i] != s[i] && lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

// Twin reports whether name is another spelling of known that servers which
// hand fields on as variables cannot tell from it (RFC 3875 section 4.1.18):
// equal without case, but for characters that are neither letter nor digit,
// which all become "_". known itself, in any case, is no twin.
func Twin(name []byte, known string) bool {
	if len(name) != len(known) || EqualFold(name, known) {
		return false
	}
	for i, c := range name {
		if !isAlphanumeric(known[i]) {
			if isAlphanumeric(c) {
				return false
			}
		} else if lower(c) != lower(known[i]) {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= lower(c) && lower(c) <= 'z'
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Sieve is a quick look at a name before EqualFold and Twin are asked: may it
// be one of a set, or the twin of one? It is never wrong when it says no. The
// zero Sieve holds nothing; it is immutable once its names are in.
//
// Twins have the length of their names, and the same letters and digits.
type Sieve [32]struct{ first, last uint32 }

// Add puts a name into s.
func (s *Sieve) Add(name string) {
	if n := len(name); n > 0 {
		at := &s[n%len(s)]
		at.first |= sieveBits(name[0])
		at.last |= sieveBits(name[n-1])
	}
}

// sieveBits has the bit of a letter or a digit; all bits of what has twins.
func sieveBits(c byte) uint32 {
	if isAlphanumeric(c) {
		return 1 << (c & 31)
	}
	return ^uint32(0)
}

// May reports whether name may be in s, or be the twin of what is.
func (s *Sieve) May(name []byte) bool {
	n := len(name)
	if n == 0 {
		return false
	}
	at := &s[n%len(s)]
	return at.first>>(name[0]&31)&(at.last>>(name[n-1]&31))&1 != 0
}

// NewSieve returns a sieve of all names of the lists.
func NewSieve(lists ...[]string) *Sieve {
	s := new(Sieve)
	for _, list := range lists {
		for _, name := range list {
			s.Add(name)
		}
	}
	return s
}
