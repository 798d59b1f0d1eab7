package edge

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/revoke"
)

// Clients is a policy: which clients are asked for a certificate, and whose.
type Clients struct {
	// Hosts are the names that clients ask for under this policy; "*.name" is
	// every name with one label more. Without any it is for all names that no
	// other policy has.
	Hosts []string
	// Authorities is a PEM file with the authorities that may vouch for clients.
	Authorities string
	// Optional lets clients without a certificate in. One that is shown must be
	// valid all the same.
	Optional bool
	// Lists is a file with the revocation lists of the authorities, PEM or DER;
	// "" for none.
	Lists string
	// OCSP asks responders what became of the certificates of clients; nil asks
	// nobody.
	OCSP *OCSP
}

// OCSP says whom to ask.
type OCSP struct {
	URL string // in place of the responder that each certificate names
	// Open lets clients in of whom no responder says anything.
	Open bool
}

// policy is one of Clients while it serves. The zero policy asks nobody.
type policy struct {
	set     Clients
	log     *slog.Logger
	tickets tickets
	asked   *revoke.Responders         // nil when nobody is
	live    atomic.Pointer[tls.Config] // for a client under this policy
	trusted atomic.Pointer[trusted]    // nil when nobody is asked

	seen  [sha256.Size]byte // of all files' content when last tried
	bad   error             // why that content was not taken
	ended bool              // it was said that a revocation list has ended
	held  held              // the file with revocation lists
}

// held is a file that is too large to be read now and then for nothing.
type held struct {
	info os.FileInfo // nil for one that may change without a new time
	sum  [sha256.Size]byte
	text []byte // until it was taken
}

// tick is the coarsest clock of a file system that is reckoned with.
const tick = 2 * time.Second

// look reads the file unless its attributes show that it is the same as before.
func (h *held) look(name string, now time.Time) error {
	info, err := os.Stat(name)
	if err == nil && h.info != nil && os.SameFile(info, h.info) && info.Size() == h.info.Size() && info.ModTime().Equal(h.info.ModTime()) {
		return nil
	}
	h.info, h.sum = nil, [sha256.Size]byte{}
	if h.text, err = readFile(name, maxLists); err != nil {
		return err
	}
	if h.sum = sha256.Sum256(h.text); info != nil && now.Sub(info.ModTime()) > tick {
		h.info = info
	}
	return nil
}

// take returns what the file holds and lets go of it.
func (h *held) take(name string) (text []byte, err error) {
	if text, h.text = h.text, nil; text == nil {
		text, err = readFile(name, maxLists)
	}
	return text, err
}

// trusted is what the files of a policy say; it is replaced as a whole.
type trusted struct {
	text  string // of the file with authorities
	pool  *x509.CertPool
	keys  map[string]struct{} // the public keys of the authorities
	lists *revoke.Lists       // nil when nobody asks for them
}

// asks reports whether clients are asked for a certificate.
func (p *policy) asks() bool { return p.set.Authorities != "" }

func openPolicy(set *Clients, log *slog.Logger) (*policy, error) {
	p := &policy{set: *set, log: log}
	if _, err := p.refresh(); err != nil {
		return nil, err
	}
	return p, nil
}

// start begins what close ends.
func (p *policy) start() {
	if p.set.OCSP != nil {
		p.asked = revoke.NewResponders(revoke.Options{URL: p.set.OCSP.URL, Log: p.log})
	}
}

func (p *policy) close() {
	if p.asked != nil {
		p.asked.Close()
	}
}

// renew makes settings of what the files say now, with keys for tickets that
// open none of those before.
func (p *policy) renew(c *tls.Config, now time.Time) {
	p.tickets.turn(now, true)
	p.tickets.hand(c)
	if p.asks() {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, p.trusted.Load().pool
		if p.set.Optional {
			c.ClientAuth = tls.VerifyClientCertIfGiven
		}
		c.VerifyConnection = p.admit
	}
	p.live.Store(c)
}

// turn makes a new key for tickets when it is time.
func (p *policy) turn(now time.Time) {
	if p.tickets.turn(now, false) {
		p.tickets.hand(p.live.Load())
	}
}

// reload takes the files' content when it changed and logs what came of it,
// once for each content. anew says that other authorities are trusted now.
func (p *policy) reload() (anew bool, err error) {
	if !p.asks() {
		return false, nil
	}
	before := p.trusted.Load()
	changed, err := p.refresh()
	now := p.trusted.Load()
	switch {
	case !changed:
	case err != nil:
		p.log.Error("the changed files on certificates of clients are not used, those before hold on", "cause", err)
	case now.text != before.text:
		p.log.Info("the authorities for certificates of clients were changed", "file", p.set.Authorities)
	default:
		p.log.Info("the revocation list was changed", "file", p.set.Lists, "holds until", now.lists.Ends())
	}
	return now.text != before.text, err
}

// warn says once that a revocation list has ended: from then on it vouches for
// nobody.
func (p *policy) warn(now time.Time) {
	if !p.asks() || p.set.Lists == "" {
		return
	}
	ends := p.trusted.Load().lists.Ends()
	ended := now.After(ends)
	if ended && !p.ended {
		p.log.Error("a revocation list has ended, and clients of its authority are refused: put the current one in its place", "file", p.set.Lists, "ended", ends)
	}
	p.ended = ended
}

// refresh reports whether the content differs from the last one tried, and
// why the present one is not in use.
func (p *policy) refresh() (changed bool, err error) {
	now := time.Now()
	text, err := readFile(p.set.Authorities, maxFile)
	if p.set.Lists != "" && err == nil {
		err = p.held.look(p.set.Lists, now)
	}
	sum := digest(text, p.held.sum[:], err)
	if sum == p.seen {
		p.held.text = nil
		return false, p.bad
	}
	p.seen, p.bad = sum, err
	if err != nil {
		return true, err
	}
	var t *trusted
	if t, p.bad = p.read(text, now); p.bad == nil {
		p.trusted.Store(t)
	}
	return true, p.bad
}

// maxLists bounds what is read of revocation lists: some 400,000 certificates.
const maxLists = 16 << 20

// read makes out what the files say.
func (p *policy) read(text []byte, now time.Time) (*trusted, error) {
	t := &trusted{text: string(text), pool: x509.NewCertPool(), keys: map[string]struct{}{}}
	authorities, err := readAuthorities(text, now)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.set.Authorities, err)
	}
	for _, a := range authorities {
		t.pool.AddCert(a)
		t.keys[string(a.RawSubjectPublicKeyInfo)] = struct{}{}
	}
	if p.set.Lists == "" {
		return t, nil
	}
	lists, err := p.held.take(p.set.Lists)
	if err != nil {
		return nil, err
	}
	if t.lists, err = revoke.ReadLists(lists, authorities, now); err != nil {
		return nil, fmt.Errorf("%s: %w", p.set.Lists, err)
	}
	return t, nil
}

// readAuthorities reads certificates of authorities. Each must be one now.
func readAuthorities(text []byte, now time.Time) (list []*x509.Certificate, err error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil:
			return nil, errors.New("a certificate in the file cannot be read")
		case !c.BasicConstraintsValid || !c.IsCA:
			return nil, errors.New("a certificate in the file is none of an authority")
		case now.After(c.NotAfter):
			return nil, fmt.Errorf("an authority expired on %s", c.NotAfter.Format(time.DateTime))
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errors.New("there is no certificate in the file")
	}
	return list, nil
}
