// Package revoke says whether a certificate was taken back by its authority.
// Engines and listeners ask it at each handshake and for each request, so that
// an answer that is known costs no lock and no memory. It knows nothing of who
// asks; package wire/edge imports it.
package revoke

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Status is what is known of a certificate. The zero Status is nothing, and
// whoever asks decides what to make of it.
type Status uint8

const (
	Unknown Status = iota
	Good
	Revoked
)

// Lists are certificate revocation lists (RFC 5280 section 5), one of each
// authority. They are read-only.
type Lists struct {
	by   map[string]*list // by the public key of the authority, as it stands in a certificate
	ends time.Time
}

// list is what one authority has taken back.
type list struct {
	from, until time.Time
	serials     map[serial]struct{}
}

// serial is the number of a certificate (RFC 5280 section 4.1.2.2: at most 20
// octets).
type serial [20]byte

// serialOf reports false for a number that no authority may give.
func serialOf(n *big.Int) (s serial, ok bool) {
	if n == nil || n.Sign() < 0 || n.BitLen() > 8*len(s) {
		return s, false
	}
	n.FillBytes(s[:])
	return s, true
}

// ReadLists reads lists as PEM or one as DER. Each must be signed by one of the
// authorities and hold now. A list that says something critical that is not
// understood here, as that it is a part of another one, is refused: what it
// does not name would be taken for good.
func ReadLists(text []byte, authorities []*x509.Certificate, now time.Time) (*Lists, error) {
	l := &Lists{by: map[string]*list{}}
	if !bytes.Contains(text, []byte("-----BEGIN")) {
		if err := l.add(text, authorities, now); err != nil {
			return nil, err
		}
		return l, nil
	}
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "X509 CRL" {
			continue
		}
		if err := l.add(block.Bytes, authorities, now); err != nil {
			return nil, err
		}
	}
	if len(l.by) == 0 {
		return nil, errors.New("there is no revocation list in the file")
	}
	return l, nil
}

// add reads one list. Of two lists of one authority the later one counts.
func (l *Lists) add(der []byte, authorities []*x509.Certificate, now time.Time) error {
	r, err := x509.ParseRevocationList(der)
	if err != nil {
		return fmt.Errorf("a revocation list in the file cannot be read: %s", strings.TrimPrefix(err.Error(), "x509: "))
	}
	issuer := issuerOf(r, authorities)
	if issuer == nil {
		return fmt.Errorf("the revocation list of %q is signed by none of the authorities", clip(r.Issuer.String()))
	}
	switch {
	case r.NextUpdate.IsZero(): // RFC 5280 section 5.1.2.5 demands it
		return fmt.Errorf("the revocation list of %q does not say when it ends", clip(r.Issuer.String()))
	case now.After(r.NextUpdate):
		return fmt.Errorf("the revocation list of %q ended on %s: fetch the current one", clip(r.Issuer.String()), r.NextUpdate.Format(time.DateTime))
	case r.ThisUpdate.After(now.Add(skew)):
		return fmt.Errorf("the revocation list of %q holds from %s on: check this machine's clock", clip(r.Issuer.String()), r.ThisUpdate.Format(time.DateTime))
	}
	made, err := compile(r)
	if err != nil {
		return fmt.Errorf("the revocation list of %q %w", clip(r.Issuer.String()), err)
	}
	key := string(issuer.RawSubjectPublicKeyInfo)
	if before := l.by[key]; before == nil || before.from.Before(made.from) {
		l.by[key] = made
	}
	l.ends = time.Time{}
	for _, one := range l.by {
		if l.ends.IsZero() || one.until.Before(l.ends) {
			l.ends = one.until
		}
	}
	return nil
}

func issuerOf(r *x509.RevocationList, authorities []*x509.Certificate) *x509.Certificate {
	for _, a := range authorities {
		if bytes.Equal(a.RawSubject, r.RawIssuer) && r.CheckSignatureFrom(a) == nil {
			return a
		}
	}
	return nil
}

func compile(r *x509.RevocationList) (*list, error) {
	for _, e := range r.Extensions {
		if e.Critical { // RFC 5280 section 5.2: not to be used when it is not understood
			return nil, fmt.Errorf("says something critical that the gate does not know (%v): it may be a part of the whole list", e.Id)
		}
	}
	l := &list{from: r.ThisUpdate, until: r.NextUpdate, serials: make(map[serial]struct{}, len(r.RevokedCertificateEntries))}
	for i := range r.RevokedCertificateEntries {
		entry := &r.RevokedCertificateEntries[i]
		for _, e := range entry.Extensions {
			if e.Critical { // as that the certificate is of another authority, section 5.3.3
				return nil, fmt.Errorf("says something critical of a certificate that the gate does not know (%v)", e.Id)
			}
		}
		s, ok := serialOf(entry.SerialNumber)
		if !ok {
			return nil, errors.New("names a certificate by a number that none can have")
		}
		l.serials[s] = struct{}{}
	}
	return l, nil
}

// Status says what is known at a time of a certificate that issuer has signed:
// Unknown where there is no list of the issuer that holds at that time. It may
// be asked by many goroutines at once, takes no lock and allocates nothing.
func (l *Lists) Status(c, issuer *x509.Certificate, now time.Time) Status {
	one := l.by[string(issuer.RawSubjectPublicKeyInfo)]
	s, ok := serialOf(c.SerialNumber)
	if one == nil || !ok {
		return Unknown
	}
	if _, found := one.serials[s]; found {
		return Revoked // also when the list is old
	}
	if now.After(one.until) {
		return Unknown
	}
	return Good
}

// Ends is when the first of the lists does.
func (l *Lists) Ends() time.Time { return l.ends }

// Covers reports whether there is a list of an authority.
func (l *Lists) Covers(authority *x509.Certificate) bool {
	return l.by[string(authority.RawSubjectPublicKeyInfo)] != nil
}

// clip shortens what is shown of a name in a file.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "..."
	}
	return s
}
