package urlsecret

import "bytes"

// shortest is below the length of anything that has a shape.
const shortest = 12

// prefix is how keys of a service begin, and how many letters and digits follow
// at least.
type prefix struct {
	text string
	tail int
}

// prefixes are those that services document so that leaked keys are found, by
// their first byte.
var prefixes = func() (t [256][]prefix) {
	for _, p := range []prefix{
		{"ghk_", 20}, // of this gate
		{"AKIA", 16}, {"ASIA", 16}, {"ghp_", 36}, {"gho_", 36}, {"ghu_", 36}, {"ghs_", 36}, {"ghr_", 36}, {"github_pat_", 22}, {"glpat-", 20}, {"gldt-", 20},
		{"sk_live_", 16}, {"rk_live_", 16}, {"sk_test_", 16}, {"whsec_", 24}, {"xoxb-", 20}, {"xoxp-", 20}, {"xoxa-", 20}, {"xoxs-", 20}, {"xapp-", 20},
		{"AIza", 35}, {"ya29.", 20}, {"GOCSPX-", 20}, {"sk-", 32}, {"npm_", 36}, {"pypi-", 32}, {"SG.", 20}, {"dop_v1_", 40}, {"shpat_", 32}, {"shpss_", 32}, {"hf_", 30},
		{"hvs.", 24}, {"AGE-SECRET-KEY-1", 50},
	} {
		t[p.text[0]] = append(t[p.text[0]], p)
	}
	return t
}()

var pem = []byte("-----BEGIN ")

// holdsKey reports whether b holds a key that says by its beginning what it is,
// and whose rest is as random as a key's.
func holdsKey(b []byte) bool {
	for i := 0; i+shortest <= len(b); i++ {
		if i > 0 && isWord(b[i-1]) {
			continue
		}
		for _, p := range prefixes[b[i]] {
			if len(b)-i >= len(p.text)+p.tail && string(b[i:i+len(p.text)]) == p.text && random(b[i+len(p.text):], p.tail) {
				return true
			}
		}
		if b[i] == '-' && bytes.HasPrefix(b[i:], pem) && bytes.Contains(b[i:], []byte("PRIVATE KEY")) {
			return true
		}
	}
	return false
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
}

// random reports whether b begins with at least n characters of keys, among them
// as many different ones as words do not have.
func random(b []byte, n int) bool {
	var seen [128]bool
	kinds, length := 0, 0
	digits, upper, lower := false, false, false
	for _, c := range b {
		if !isWord(c) && c != '-' && c != '.' {
			break
		}
		if length++; !seen[c] {
			seen[c] = true
			kinds++
		}
		digits = digits || '0' <= c && c <= '9'
		upper = upper || 'A' <= c && c <= 'Z'
		lower = lower || 'a' <= c && c <= 'z'
	}
	return length >= n && kinds >= 8 && (digits || upper && lower)
}

// holdsToken reports whether b holds a signed or an encrypted token in its
// compact form (RFC 7515 section 3.1, RFC 7516 section 3.1): three or five parts
// in base64url, the first of which is a JSON object.
func holdsToken(b []byte) bool {
	for at := bytes.Index(b, head); at >= 0; {
		rest := b[at:]
		dots, end := 0, 0
		for end < len(rest) && (isWord(rest[end]) || rest[end] == '-' || rest[end] == '.') {
			if rest[end] == '.' {
				dots++
			}
			end++
		}
		if (dots == 2 || dots == 4) && end >= 40 && (at == 0 || !isWord(b[at-1])) {
			return true
		}
		next := bytes.Index(rest[1:], head)
		if next < 0 {
			return false
		}
		at += 1 + next
	}
	return false
}

var head = []byte("eyJ") // of {" in base64url

// holdsCard reports whether b holds the number of a payment card: as many digits
// as its issuer's have, in groups or not, with the right check digit (ISO/IEC
// 7812-1).
func holdsCard(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if c := b[i]; c < '2' || c > '6' || i > 0 && (isWord(b[i-1]) || b[i-1] == '.' || b[i-1] == '-') {
			continue
		}
		var digits [20]byte
		n, j := 0, i
		for ; j < len(b) && n < len(digits); j++ {
			if c := b[j]; '0' <= c && c <= '9' {
				digits[n] = c - '0'
				n++
			} else if c != ' ' && c != '-' && c != '+' || j+1 == len(b) || b[j+1] < '0' || b[j+1] > '9' {
				break
			}
		}
		if n >= 13 && (j == len(b) || !isWord(b[j]) && b[j] != '.') && issued(digits[:n]) && luhn(digits[:n]) {
			return true
		}
	}
	return false
}

// issued reports whether an issuer of cards gives out numbers that begin so and
// are so long.
func issued(d []byte) bool {
	two := 10*int(d[0]) + int(d[1])
	four := 100*two + 10*int(d[2]) + int(d[3])
	switch n := len(d); {
	case d[0] == 4:
		return n == 13 || n == 16 || n == 19
	case 51 <= two && two <= 55, 2221 <= four && four <= 2720:
		return n == 16
	case two == 34, two == 37:
		return n == 15
	case two == 36, two == 38, 300 <= four/10 && four/10 <= 305:
		return n == 14
	case four == 6011, two == 65, 644 <= four/10 && four/10 <= 649, 3528 <= four && four <= 3589, two == 62:
		return n == 16
	}
	return false
}

// luhn checks the last digit (ISO/IEC 7812-1 annex B). Numbers of one digit
// alone are nobody's.
func luhn(d []byte) bool {
	sum, same := 0, true
	for i := range d {
		v := int(d[len(d)-1-i])
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
		same = same && d[i] == d[0]
	}
	return sum%10 == 0 && !same
}
