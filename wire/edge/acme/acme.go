// Package acme obtains certificates from an authority that speaks ACME (RFC
// 8555), proves to it that the names are the gate's, and renews them in time
// with the keys that they have. The work is certmagic's; this package holds it
// to the listeners that are there.
//
// Package serve imports it and nothing else does: programs that embed the gate
// do not link it. It knows nothing of the gate or of engines.
package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// Protocol is what an authority asks for by ALPN when it looks for the proof of
// TLS-ALPN-01 (RFC 8737 section 3).
const Protocol = "acme-tls/1"

// Options say whose certificates are wanted from whom.
type Options struct {
	Domains   []string
	Email     string // that the authority may write to; may be empty
	Directory string // URL of the authority
	CAFile    string // PEM file with who may vouch for the authority's own connection; "" for the system's
	Storage   string // folder for accounts, keys and certificates
	Log       *slog.Logger
}

// Manager has the certificates of its domains. Start begins the work, Close
// ends it.
type Manager struct {
	o     Options
	roots *x509.CertPool
	names map[string]bool
	live  *certmagic.Config
	cache *certmagic.Cache
	end   context.CancelFunc
	once  sync.Once
}

// Ports are where the authority finds the proofs, when nothing in front of the
// gate changes them.
type Ports struct {
	Host string // of the listener
	TLS  int    // of the listener with the certificates; 0 when it has none
	HTTP int    // of one that redirects and answers Challenge; 0 when there is none
}

// New returns a manager that holds nothing of the system yet. Its errors are
// those of CAFile.
func New(o Options) (*Manager, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	m := &Manager{o: o, names: map[string]bool{}}
	for _, name := range o.Domains {
		m.names[strings.ToLower(name)] = true
	}
	if o.CAFile != "" {
		text, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, err
		}
		if m.roots = x509.NewCertPool(); !m.roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: there is no certificate in the file", o.CAFile)
		}
	}
	return m, nil
}

// Prepare makes the folder where there is none, and finds what this user cannot
// read or write of one that is there, such as what another user has made: from
// then on nobody would hear of it.
func (m *Manager) Prepare() error {
	if err := os.MkdirAll(m.o.Storage, 0o700); err != nil {
		return err
	}
	return filepath.WalkDir(m.o.Storage, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path != m.o.Storage: // another gate has removed it
			return nil
		case err != nil || !d.IsDir():
			return err
		}
		return writable(path)
	})
}

// writable makes a file in a folder and takes it away again.
func writable(folder string) error {
	f, err := os.CreateTemp(folder, ".gatehouse-")
	var why *fs.PathError
	if errors.As(err, &why) {
		return &fs.PathError{Op: why.Op, Path: folder, Err: why.Err}
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Start loads what the folder has and obtains what is missing, in the
// background. Whoever calls it serves Certificate at Ports.
func (m *Manager) Start(p Ports) error {
	silent := zap.NewNop() // its words are for its developers; ours are in say
	var magic *certmagic.Config
	m.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return magic, nil }, Logger: silent,
	})
	magic = certmagic.New(m.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: m.o.Storage}, Logger: silent, OnEvent: m.say,
		ReusePrivateKeys: true, // clients may pin them
	})
	magic.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(magic, certmagic.ACMEIssuer{
		CA: m.o.Directory, Email: m.o.Email, Agreed: true, TrustedRoots: m.roots, Logger: silent,
		ListenHost: p.Host, AltTLSALPNPort: p.TLS, AltHTTPPort: p.HTTP,
		DisableTLSALPNChallenge: p.TLS == 0, DisableHTTPChallenge: p.HTTP == 0, // certmagic would listen by itself
		DisableDistributedSolvers: true,
	})}
	ctx, end := context.WithCancel(context.Background())
	m.live, m.end = magic, end
	return magic.ManageAsync(ctx, m.o.Domains)
}

// Close ends all work. What was obtained stays in the folder.
func (m *Manager) Close() {
	m.once.Do(func() {
		if m.end != nil {
			m.end()
			m.cache.Stop()
		}
	})
}

// errNone keeps a handshake from going on.
var errNone = errors.New("there is no certificate for the name yet")

// Certificate returns the certificate for the name that a client asks for, or
// the proof for an authority that asks for Protocol. It reads no file.
func (m *Manager) Certificate(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(h.ServerName)
	if m.live == nil || !m.names[name] {
		return nil, errNone
	}
	if len(h.SupportedProtos) == 1 && h.SupportedProtos[0] == Protocol {
		// Without this, certmagic would look for a proof in its storage.
		if _, waiting := certmagic.GetACMEChallenge(name); !waiting {
			return nil, errNone
		}
	}
	c, err := m.live.GetCertificate(h)
	if err != nil || c == nil || len(c.Certificate) == 0 {
		return nil, errNone
	}
	return c, nil
}

// challenges is where an authority looks for the proof of HTTP-01 (RFC 8555
// section 8.3).
const challenges = "/.well-known/acme-challenge/"

// Challenge returns what an authority wants to hear at a path of a host; nil
// for everybody and everything else.
func Challenge(host, path []byte) []byte {
	if !strings.HasPrefix(string(path), challenges) {
		return nil
	}
	name := strings.ToLower(string(host))
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	c, ok := certmagic.GetACMEChallenge(name)
	if !ok || c.Type != "http-01" || string(path) != challenges+c.Token {
		return nil
	}
	return []byte(c.KeyAuthorization)
}

// say tells the operator what became of a certificate.
func (m *Manager) say(_ context.Context, event string, data map[string]any) error {
	name, renewal := data["identifier"], data["renewal"]
	switch event {
	case "cert_obtaining":
		m.o.Log.Info("a certificate is asked for", "name", name, "directory", m.o.Directory)
	case "cert_obtained":
		m.o.Log.Info("a certificate was obtained", "name", name, "in place of an earlier one", renewal)
	case "cert_failed":
		m.o.Log.Error("a certificate could not be obtained, and will be tried again", "name", name, "cause", data["error"])
	}
	return nil
}

// Files are the files with the certificate of a domain in a folder, one for each
// authority that was asked.
func Files(storage, domain string) ([]string, error) {
	return filepath.Glob(filepath.Join(storage, "certificates", "*", domain, domain+".crt"))
}
