package edge

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// pair is a certificate with its key, read from two files and read again when
// they change. The live one is only replaced by one that was checked.
type pair struct {
	certFile, keyFile string
	log               *slog.Logger
	live              atomic.Pointer[tls.Certificate]
	said              atomic.Pointer[statement]

	mu   sync.Mutex
	seen [sha256.Size]byte // guarded by mu; of both files' content when last tried
	bad  error             // guarded by mu; why that content was not taken
}

// openPair reads and checks the pair.
func openPair(certFile, keyFile string, log *slog.Logger) (*pair, error) {
	p := &pair{certFile: certFile, keyFile: keyFile, log: log}
	if _, err := p.refresh(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(keyFile); err == nil && info.Mode().Perm()&0o004 != 0 {
		log.Warn("everyone on this machine can read the TLS key: take the permission away", "file", keyFile, "mode", info.Mode().Perm().String())
	}
	p.warn(time.Now())
	return p, nil
}

// soon is how long before its end a certificate is warned of.
const soon = 14 * 24 * time.Hour

// warn says once that the certificate in use ends soon, and once that it has
// ended. It serves on: clients decide what they trust.
func (p *pair) warn(now time.Time) {
	leaf := p.live.Load().Leaf
	age := fresh
	switch left := leaf.NotAfter.Sub(now); {
	case left <= 0:
		age = expired
	case left < soon:
		age = ending
	}
	if said := p.said.Swap(&statement{leaf, age}); said != nil && *said == (statement{leaf, age}) {
		return
	}
	switch age {
	case expired:
		p.log.Error("the TLS certificate has expired: renew it", "file", p.certFile, "expired", leaf.NotAfter)
	case ending:
		p.log.Warn("the TLS certificate expires soon: renew it", "file", p.certFile, "expires", leaf.NotAfter)
	}
}

// statement is what was last said about which certificate.
type statement struct {
	leaf *x509.Certificate
	age  age
}

type age uint8

const (
	fresh age = iota
	ending
	expired
)

// reload takes the files' content when it changed and logs what came of it,
// once for each content.
func (p *pair) reload() error {
	changed, err := p.refresh()
	switch {
	case !changed:
	case err != nil:
		p.log.Error("the changed TLS certificate is not used, the one before serves on", "cause", err)
	default:
		leaf := p.live.Load().Leaf
		p.log.Info("the TLS certificate was changed", "file", p.certFile, "serial", leaf.SerialNumber.String(), "expires", leaf.NotAfter)
	}
	return err
}

// refresh reports whether the content differs from the last one tried, and
// why the present one is not in use.
func (p *pair) refresh() (changed bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cert, err := readFile(p.certFile, maxFile)
	key, keyErr := readFile(p.keyFile, maxFile)
	sum := digest(cert, key, errors.Join(err, keyErr))
	if sum == p.seen {
		return false, p.bad
	}
	p.seen = sum
	if p.bad = errors.Join(err, keyErr); p.bad == nil {
		var c *tls.Certificate
		if c, p.bad = p.check(cert, key); p.bad == nil {
			p.live.Store(c)
		}
	}
	return true, p.bad
}

// digest tells contents of two files and failures to read them apart.
func digest(one, two []byte, err error) [sha256.Size]byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %v\n", len(one), len(two), err)
	h.Write(one)
	h.Write(two)
	return [sha256.Size]byte(h.Sum(nil))
}

// check makes a certificate of the files' content.
func (p *pair) check(cert, key []byte) (*tls.Certificate, error) {
	c, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s and key %s are not a pair: %w", p.certFile, p.keyFile, err)
	}
	now := time.Now()
	switch {
	case now.After(c.Leaf.NotAfter):
		return nil, fmt.Errorf("certificate %s expired on %s: renew it", p.certFile, c.Leaf.NotAfter.Format(time.DateTime))
	case now.Before(c.Leaf.NotBefore):
		return nil, fmt.Errorf("certificate %s is valid from %s on: check this machine's clock", p.certFile, c.Leaf.NotBefore.Format(time.DateTime))
	}
	return &c, nil
}

// maxFile bounds what is read of a file with certificates or a key.
const maxFile = 1 << 20

// readFile reads a regular file of at most so many bytes; a named pipe would
// block.
func readFile(name string, most int) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("not a regular file")}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s is larger than %d bytes: it is not what it should be", name, most)
	}
	return b, err
}
