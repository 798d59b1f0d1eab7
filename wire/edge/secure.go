package edge

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// TLS says how a listener speaks TLS.
type TLS struct {
	// Pairs are certificates with their keys; at least one where there is no
	// Source. A client gets the one whose names have the name that it asks for,
	// and the first when it asks for none that is there.
	Pairs []Pair
	// Source has more certificates, for names that are in no pair; nil has none.
	Source *Source
	// RefuseUnknown ends the handshake with a client that asks for a name which
	// no certificate has, or for none.
	RefuseUnknown bool
	// Allow12 speaks TLS 1.2 as well, with ephemeral keys and authenticated
	// encryption only.
	Allow12 bool
	// Protocols are offered by ALPN (RFC 7301), the preferred one first;
	// http/1.1 alone when there is none.
	Protocols []string
	// Clients say who is asked for a certificate. Each is for names of its own,
	// one at most for all others.
	Clients []Clients
}

// Source obtains certificates while the gate serves.
type Source struct {
	Names []string // that it has certificates for, or will have; at least one
	// Challenge is the protocol by which somebody asks it for a proof instead,
	// offered alone (RFC 8737 section 3). Such a connection is not asked for a
	// certificate and ends behind the handshake.
	Challenge string
	// Get returns what is shown for a name. Any goroutine may call it.
	Get func(*tls.ClientHelloInfo) (*tls.Certificate, error)
}

// Pair names two PEM files: a certificate chain and its private key.
type Pair struct{ CertFile, KeyFile string }

// FileError is what keeps files that TLS names from being used.
type FileError struct {
	Clients bool // the files are of one of TLS.Clients, not of TLS.Pairs
	Nth     int  // in that list
	Err     error
}

// Error implements error.
func (e *FileError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// CheckFiles finds what keeps the files that o names from being used now: they
// cannot be read, do not belong together, or are out of date.
func (o *TLS) CheckFiles() (faults []*FileError) {
	for i, files := range o.Pairs {
		p := &pair{certFile: files.CertFile, keyFile: files.KeyFile}
		if _, err := p.refresh(); err != nil {
			faults = append(faults, &FileError{Nth: i, Err: err})
		}
	}
	for i := range o.Clients {
		if _, err := openPolicy(&o.Clients[i], nil); err != nil {
			faults = append(faults, &FileError{Clients: true, Nth: i, Err: err})
		}
	}
	return faults
}

// secure is the TLS side of a listener: what may change while it serves, and
// the settings that are made of it.
type secure struct {
	o        *TLS
	pairs    []*pair
	index    atomic.Pointer[names[[]*pair]]
	policies []*policy
	table    names[*policy]
	rest     *policy // for names that are in no policy
	settings *tls.Config
	sourced  names[bool]
	proof    *tls.Config // for whoever asks the source for one

	mu   sync.Mutex // held while something is read again
	stop chan struct{}
	once sync.Once
	work sync.WaitGroup
}

// openSecure reads and checks all files.
func openSecure(o *TLS, log *slog.Logger) (*secure, error) {
	s := &secure{o: o, stop: make(chan struct{})}
	for i, files := range o.Pairs {
		p, err := openPair(files.CertFile, files.KeyFile, log)
		if err != nil {
			return nil, &FileError{Nth: i, Err: err}
		}
		s.pairs = append(s.pairs, p)
	}
	s.reindex()
	for i := range o.Clients {
		p, err := openPolicy(&o.Clients[i], log)
		if err != nil {
			return nil, &FileError{Clients: true, Nth: i, Err: err}
		}
		s.policies = append(s.policies, p)
		for _, name := range p.set.Hosts {
			s.table.add(name, p)
		}
		if len(p.set.Hosts) == 0 {
			s.rest = p
		}
	}
	if s.rest == nil {
		s.rest = &policy{}
		s.policies = append(s.policies, s.rest)
	}
	now := time.Now()
	for _, p := range s.policies {
		p.renew(s.base(), now)
	}
	s.settings = s.base()
	s.settings.GetConfigForClient = s.configFor
	if o.Source != nil {
		for _, name := range o.Source.Names {
			s.sourced.add(name, true)
		}
		s.proof = &tls.Config{MinVersion: s.settings.MinVersion, NextProtos: []string{o.Source.Challenge}, GetCertificate: o.Source.Get, SessionTicketsDisabled: true}
	}
	return s, nil
}

// configFor chooses the settings for a client.
func (s *secure) configFor(h *tls.ClientHelloInfo) (*tls.Config, error) {
	if s.proof != nil && len(h.SupportedProtos) == 1 && h.SupportedProtos[0] == s.o.Source.Challenge {
		return s.proof, nil
	}
	return s.policyOf(h.ServerName).live.Load(), nil
}

// strong are the suites of TLS 1.2 that are spoken: ephemeral keys (RFC 9325
// section 4.1) and authenticated encryption (RFC 7540 section 9.2.2 wants the
// same for HTTP/2). Those of TLS 1.3 are all like that.
var strong = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// base are settings that are the same for every client. The groups for the key
// exchange are Go's own, which prefer X25519MLKEM768.
func (s *secure) base() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: s.o.Protocols, GetCertificate: s.certificate}
	if s.o.Allow12 {
		c.MinVersion, c.CipherSuites = tls.VersionTLS12, strong
	}
	if len(c.NextProtos) == 0 {
		c.NextProtos = []string{"http/1.1"}
	}
	return c
}

// certificate chooses by the name that the client asks for (RFC 6066 section
// 3). None at all makes the handshake end with unrecognized_name.
func (s *secure) certificate(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	list, ok := find(s.index.Load(), h.ServerName)
	if !ok {
		_, sourced := find(&s.sourced, h.ServerName)
		switch {
		case sourced:
			return s.o.Source.Get(h)
		case s.o.RefuseUnknown:
			return nil, nil
		case len(s.pairs) == 0:
			first := *h
			first.ServerName = s.o.Source.Names[0]
			return s.o.Source.Get(&first)
		}
		list = s.pairs[:1]
	}
	for _, p := range list { // such as one with RSA beside one with ECDSA
		if c := p.live.Load(); h.SupportsCertificate(c) == nil {
			return c, nil
		}
	}
	return list[0].live.Load(), nil
}

// reindex finds anew which names the certificates have.
func (s *secure) reindex() {
	all := map[string][]*pair{}
	for _, p := range s.pairs {
		for _, name := range p.live.Load().Leaf.DNSNames {
			name = strings.ToLower(name)
			all[name] = append(all[name], p)
		}
	}
	index := &names[[]*pair]{}
	for name, list := range all {
		index.add(name, list)
	}
	s.index.Store(index)
}

// policyOf is the policy for the name of a host.
func (s *secure) policyOf(host string) *policy {
	if p, ok := find(&s.table, host); ok {
		return p
	}
	return s.rest
}

// reload takes over what has changed.
func (s *secure) reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []error
	now := time.Now()
	for _, p := range s.pairs {
		all = append(all, p.reload())
	}
	s.reindex()
	for _, p := range s.policies {
		anew, err := p.reload()
		if anew {
			p.renew(s.base(), now)
		} else {
			p.turn(now)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// watch starts to look for changes. It looks at the content, not at times and
// sizes: two small files are cheap to read, and a swapped symbolic link, a
// copied time or a change within one tick of the clock are not missed.
func (s *secure) watch(every time.Duration) {
	for _, p := range s.policies {
		p.start()
	}
	s.work.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-s.stop:
				return
			case <-tick.C:
				s.reload()
				s.warn(time.Now())
			}
		}
	})
}

// warn says what ends soon or has ended.
func (s *secure) warn(now time.Time) {
	for _, p := range s.pairs {
		p.warn(now)
	}
	for _, p := range s.policies {
		p.warn(now)
	}
}

// close ends watch.
func (s *secure) close() {
	s.once.Do(func() { close(s.stop) })
	s.work.Wait()
	for _, p := range s.policies {
		p.close()
	}
}
