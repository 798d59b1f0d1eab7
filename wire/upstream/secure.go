package upstream

import (
	"crypto/tls"
	"fmt"
	"slices"

	"github.com/gatehouse-api/gatehouse/trust"
)

// settings are those of the client's side of TLS to host.
func settings(o *Options, host string) *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.TLS != nil {
		t = o.TLS.Clone()
	}
	if o.Roots != nil {
		t.RootCAs = o.Roots
	}
	t.NextProtos = []string{"http/1.1"}
	if t.ServerName == "" {
		t.ServerName = host
	}
	if t.ClientSessionCache == nil { // what was agreed before saves half of a handshake
		t.ClientSessionCache = tls.NewLRUClientSessionCache(32)
	}
	if pins := slices.Clone(o.Pins); len(pins) > 0 {
		before := t.VerifyConnection
		t.VerifyConnection = func(s tls.ConnectionState) error {
			if !pinned(&s, pins) {
				return fmt.Errorf("no key in the certificate chain of the API is among the pins; its own is %s", trust.PinOf(s.PeerCertificates[0].RawSubjectPublicKeyInfo))
			}
			if before != nil {
				return before(s)
			}
			return nil
		}
	}
	return t
}

// pinned reports whether a chain that was verified has a key with a pin. It is
// asked for resumed connections, too.
func pinned(s *tls.ConnectionState, pins []trust.Pin) bool {
	for _, chain := range s.VerifiedChains {
		for _, c := range chain {
			if slices.Contains(pins, trust.PinOf(c.RawSubjectPublicKeyInfo)) {
				return true
			}
		}
	}
	return false
}
