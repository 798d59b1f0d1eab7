package certificate

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Bounds of a certificate's names.
const (
	maxNames  = 100  // of one certificate
	maxName   = 2048 // bytes (SPIFFE ID, section 2.3)
	maxDomain = 255  // bytes (SPIFFE ID, section 2.1)
)

var kinds = [...]gate.PrincipalKind{SPIFFE: gate.Workload, URI: gate.Workload, DNS: gate.Program, Email: gate.Person, Subject: gate.Program, CommonName: gate.Program}

// separators part the pieces of a name in which a "*" of a pattern stays.
var separators = [...]string{SPIFFE: "/", URI: "/", DNS: ".", Email: "@", Subject: "", CommonName: ""}

var commonName = asn1.ObjectIdentifier{2, 5, 4, 3}

// name returns the caller's name as its certificate has it.
func (v *Verifier) name(c *x509.Certificate) (string, *gate.Refusal) {
	if len(c.URIs)+len(c.DNSNames)+len(c.EmailAddresses)+len(c.Subject.Names) > maxNames {
		return "", tooMany
	}
	var names []string
	switch v.options.Identity {
	case SPIFFE, URI:
		for _, u := range c.URIs {
			names = append(names, u.String())
		}
	case DNS:
		for _, name := range c.DNSNames {
			names = append(names, strings.ToLower(name))
		}
	case Email:
		names = c.EmailAddresses
	case Subject:
		names = []string{c.Subject.String()}
	case CommonName:
		for _, n := range c.Subject.Names {
			if text, ok := n.Value.(string); n.Type.Equal(commonName) && ok {
				names = append(names, text)
			}
		}
	}
	if len(names) != 1 || !isPlain(names[0]) {
		return "", nameless
	}
	name := names[0]
	switch v.options.Identity {
	case SPIFFE:
		if !isSPIFFE(name) || !slices.Contains(v.options.TrustDomains, trustDomain(name)[len(spiffe):]) {
			return "", notSPIFFE
		}
	case DNS:
		if strings.Contains(name, "*") { // of servers, not of a client
			return "", nameless
		}
	}
	return name, nil
}

// isPlain keeps names out that logs and rules could read differently.
func isPlain(name string) bool {
	if name == "" || len(name) > maxName {
		return false
	}
	for _, c := range []byte(name) {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return strings.ToValidUTF8(name, "") == name
}

const spiffe = "spiffe://"

// isSPIFFE is SPIFFE ID, section 2: a trust domain and a path of plain
// segments, and neither user, port, query nor fragment.
func isSPIFFE(id string) bool {
	rest, ok := strings.CutPrefix(id, spiffe)
	if !ok {
		return false
	}
	domain, path, ok := strings.Cut(rest, "/")
	if !ok || !isTrustDomain(domain) {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
		for _, c := range []byte(segment) {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
				return false
			}
		}
	}
	return true
}

func isTrustDomain(domain string) bool {
	for _, c := range []byte(domain) {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return domain != "" && len(domain) <= maxDomain
}

// trustDomain returns "spiffe://example.org" of a SPIFFE ID.
func trustDomain(id string) string {
	if n := strings.IndexByte(id[len(spiffe):], '/'); n >= 0 {
		return id[:len(spiffe)+n]
	}
	return id
}

// pattern is a name, or one with pieces that may be anything: "*" is one whole
// piece, "**" at the end is one or more.
type pattern struct {
	separator string
	pieces    []string
}

func compile(text, separator string) (pattern, error) {
	p := pattern{separator: separator, pieces: []string{text}}
	if separator != "" {
		p.pieces = strings.Split(text, separator)
	}
	for i, piece := range p.pieces {
		last := i == len(p.pieces)-1
		switch {
		case text == "":
			return p, errors.New("a client has no name to match")
		case piece == "**" && !last:
			return p, errors.New(`"**" stands at the end of a pattern only`)
		case piece != "*" && piece != "**" && strings.Contains(piece, "*"):
			return p, errors.New(`"*" stands for a whole piece of a name only`)
		}
	}
	return p, nil
}

func (p *pattern) matches(name string) bool {
	pieces := []string{name}
	if p.separator != "" {
		pieces = strings.Split(name, p.separator)
	}
	for i, want := range p.pieces {
		if i >= len(pieces) || want != pieces[i] && (pieces[i] == "" || want != "*" && want != "**") {
			return false
		}
		if want == "**" {
			return true
		}
	}
	return len(pieces) == len(p.pieces)
}
