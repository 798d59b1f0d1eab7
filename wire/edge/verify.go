package edge

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/revoke"
)

// Standing is what becomes of a call by the connection that it came on. The
// zero Standing is that of a certificate that does not hold.
type Standing uint8

const (
	// Invalid is a client whose certificate is missing, is not valid any more
	// or was taken back.
	Invalid Standing = iota
	// Unchecked is one of whom it cannot be known now.
	Unchecked
	// Misdirected is a call for a host whose clients meet another policy than
	// those who ask for the name that this connection was made for: it is to be
	// made on a connection of its own (RFC 9110 section 15.5.20).
	Misdirected
	// InOrder is everything else.
	InOrder
)

var standingWords = [...]string{Invalid: "the client certificate is not valid", Unchecked: "whether the client certificate was revoked is not known", Misdirected: "another policy holds for the host", InOrder: "in order"}

// String says it in words.
func (s Standing) String() string { return standingWords[s] }

// Asks reports whether clients are asked for certificates under any name.
func (l *Listener) Asks() bool { return l.secure != nil && len(l.secure.o.Clients) > 0 }

// Verify judges a call for host, the authority as it was sent, that came on a
// connection of this listener. Handshakes are judged by the settings of TLS; on
// a connection that is kept a certificate may have ended since, and a host may
// be asked for that the connection was not made for. It may be called by many
// goroutines at once, takes no lock and allocates nothing.
func (l *Listener) Verify(state *tls.ConnectionState, host []byte) Standing {
	if l.secure == nil {
		return InOrder
	}
	if state == nil {
		return Invalid
	}
	return l.secure.verify(state, host, time.Now())
}

func (s *secure) verify(state *tls.ConnectionState, host []byte, now time.Time) Standing {
	p := s.rest
	if len(s.policies) > 1 {
		if named, ok := find(&s.table, host); ok {
			p = named
		}
		if p != s.policyOf(state.ServerName) {
			return Misdirected
		}
	}
	return p.judge(state, now)
}

// admit judges a handshake, also one that resumes a session: that is when
// tls.Config.VerifyPeerCertificate is not asked.
func (p *policy) admit(state tls.ConnectionState) error {
	if p.asked != nil {
		for _, chain := range state.VerifiedChains {
			if len(chain) > 1 {
				p.asked.Wait(chain[0], chain[1], admitTime)
			}
		}
	}
	if s := p.judge(&state, time.Now()); s != InOrder {
		return errors.New(s.String())
	}
	return nil
}

// admitTime is how long a handshake waits for a responder.
const admitTime = 3 * time.Second

// judge holds the certificate of a client to the policy. The chains were
// verified when they were shown; here is judged what time changes. One chain
// must hold; a certificate that was taken back makes all of them fall.
func (p *policy) judge(state *tls.ConnectionState, now time.Time) Standing {
	switch {
	case !p.asks():
		return InOrder
	case len(state.PeerCertificates) == 0 && p.set.Optional:
		return InOrder
	}
	t, best := p.trusted.Load(), Invalid
	for _, chain := range state.VerifiedChains {
		s, revoked := t.chain(chain, now)
		if s == InOrder && p.asked != nil && len(chain) > 1 {
			s, revoked = p.ask(chain[0], chain[1], now)
		}
		if revoked {
			return Invalid
		}
		best = max(best, s)
	}
	return best
}

// ask holds a certificate of a client to what its responder says.
func (p *policy) ask(c, issuer *x509.Certificate, now time.Time) (s Standing, revoked bool) {
	switch p.asked.Status(c, issuer, now) {
	case revoke.Revoked:
		return Invalid, true
	case revoke.Good:
		return InOrder, false
	}
	if p.set.OCSP.Open {
		return InOrder, false
	}
	return Unchecked, false
}

// chain judges one chain, the client's own certificate first and an authority
// last.
func (t *trusted) chain(chain []*x509.Certificate, now time.Time) (s Standing, revoked bool) {
	if len(chain) == 0 {
		return Invalid, false
	}
	if _, ok := t.keys[string(chain[len(chain)-1].RawSubjectPublicKeyInfo)]; !ok {
		return Invalid, false // the authority is trusted no more
	}
	s = InOrder
	for i, c := range chain {
		if now.After(c.NotAfter) || now.Before(c.NotBefore) {
			return Invalid, false
		}
		if t.lists == nil || i == len(chain)-1 {
			continue
		}
		switch t.lists.Status(c, chain[i+1], now) {
		case revoke.Revoked:
			return Invalid, true
		case revoke.Good:
		default:
			s = Unchecked
		}
	}
	return s, false
}
