// Package ja4 tells programs apart by the first message of their TLS: it makes
// the fingerprint that FoxIO's "JA4: TLS Client Fingerprinting" describes
// (technical_details/JA4.md; of the JA4+ family the part that is free for all),
// and notes what else of the message tells a browser. Package wire/server
// imports it, once a connection. It knows nothing of HTTP and of what programs
// say of themselves.
package ja4

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Extensions by their numbers (IANA, TLS ExtensionType Values).
const (
	serverName      = 0
	protocols       = 16
	encryptThenMAC  = 22
	recordSizeLimit = 28
)

// Of returns what h says. It keeps nothing of it.
func Of(h *tls.ClientHelloInfo) *gate.Hello {
	suites, grease := plain(h.CipherSuites)
	extensions, more := plain(h.Extensions)
	out := &gate.Hello{
		Grease: grease || more, HTTP2: slices.Contains(h.SupportedProtos, "h2"),
		EncryptThenMAC: slices.Contains(extensions, encryptThenMAC), RecordSizeLimit: slices.Contains(extensions, recordSizeLimit),
	}
	b := make([]byte, 0, 36)
	b = append(b, 't')
	b = append(b, version(h.SupportedVersions)...)
	if slices.Contains(extensions, serverName) {
		b = append(b, 'd')
	} else {
		b = append(b, 'i')
	}
	b = count(b, len(suites))
	b = count(b, len(extensions))
	b = protocol(b, h.SupportedProtos)

	slices.Sort(suites)
	b = digest(append(b, '_'), list(nil, suites))

	named := slices.DeleteFunc(extensions, func(n uint16) bool { return n == serverName || n == protocols })
	slices.Sort(named)
	text := list(nil, named)
	if len(text) > 0 && len(h.SignatureSchemes) > 0 {
		schemes := make([]uint16, 0, len(h.SignatureSchemes))
		for _, s := range h.SignatureSchemes { // in their order
			if !meaningless(uint16(s)) {
				schemes = append(schemes, uint16(s))
			}
		}
		if len(schemes) > 0 {
			text = list(append(text, '_'), schemes)
		}
	}
	out.JA4 = string(digest(append(b, '_'), text))
	return out
}

// meaningless reports whether n is one of the values that stand for nothing (RFC
// 8701 section 2): 0x0a0a, 0x1a1a and so on.
func meaningless(n uint16) bool { return n&0x0f0f == 0x0a0a && n>>8 == n&0xff }

// plain returns list without such values, and whether there were any.
func plain(list []uint16) ([]uint16, bool) {
	out := slices.DeleteFunc(slices.Clone(list), meaningless)
	return out, len(out) < len(list)
}

// version names the highest version that is offered.
func version(offered []uint16) string {
	highest := uint16(0)
	for _, v := range offered {
		if !meaningless(v) {
			highest = max(highest, v)
		}
	}
	switch highest {
	case tls.VersionTLS13:
		return "13"
	case tls.VersionTLS12:
		return "12"
	case tls.VersionTLS11:
		return "11"
	case tls.VersionTLS10:
		return "10"
	}
	return "00"
}

// count writes n with two digits, 99 at most.
func count(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

// protocol writes the first and the last character of what is offered first by
// ALPN, of its hexadecimal form where one of them is no letter or digit.
func protocol(b []byte, offered []string) []byte {
	if len(offered) == 0 || offered[0] == "" {
		return append(b, "00"...)
	}
	first := offered[0]
	if !alphanumeric(first[0]) || !alphanumeric(first[len(first)-1]) {
		first = hex.EncodeToString([]byte(first))
	}
	return append(b, first[0], first[len(first)-1])
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// list writes numbers as four hexadecimal digits, with commas between.
func list(b []byte, numbers []uint16) []byte {
	for i, n := range numbers {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, []byte{byte(n >> 8), byte(n)})
	}
	return b
}

// digest writes the first 12 digits of the SHA-256 of text, zeros for none.
func digest(b, text []byte) []byte {
	if len(text) == 0 {
		return append(b, "000000000000"...)
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(b, sum[:6])
}
