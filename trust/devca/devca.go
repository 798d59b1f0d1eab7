// Package devca makes a certificate authority for development and certificates
// of servers that it vouches for, so that TLS can be tried without a public
// authority. The authority vouches only for the hosts that it was made for and
// for this machine itself: a key that leaks opens no other name, even on
// machines that trust the authority. The command imports it; it imports nothing
// of ours and speaks to nobody.
package devca

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The names of the files in the authority's folder.
const (
	caFile        = "ca.pem"
	caKeyFile     = "ca-key.pem"
	serverFile    = "server.pem"
	serverKeyFile = "server-key.pem"
)

// Lifetimes. That of a server's certificate is below what browsers take.
const (
	caLife     = 365 * 24 * time.Hour
	serverLife = 90 * 24 * time.Hour
	backdated  = 5 * time.Minute // for clocks that are a little behind
)

// Files are what Make left in the folder, all PEM.
type Files struct {
	CA             string    // certificate of the authority, for those who are to trust it
	CAKey          string    // its key; needed for nothing but the next certificate, and may be deleted
	Certificate    string    // of the server
	Key            string    // of the server
	Hosts          []string  // that the server's certificate is for
	Expires        time.Time // the server's certificate
	CAExpires      time.Time
	MadeAuthority  bool // false when the folder's own was used
	ReplacedServer bool // true when another certificate of this authority was there
}

// HostsError is what is wrong with the hosts that Make was given.
type HostsError struct{ error }

// Unwrap returns the mistakes.
func (e *HostsError) Unwrap() error { return e.error }

// Make writes a certificate for hosts and its key into the folder dir, which
// it creates when it is not there. Hosts are names, "*." names or addresses;
// without any they are localhost, 127.0.0.1 and ::1.
//
// An authority that is in the folder already is never overwritten: it vouches
// for the new certificate, as long as it may do so for all hosts. A server's
// certificate is replaced only when that authority made it. No file that was
// not made here is touched. Keys can be read by their owner alone. Mistakes in
// hosts are a *HostsError, and nothing is written then.
func Make(dir string, hosts []string, now time.Time) (Files, error) {
	n, err := parse(hosts)
	if err != nil {
		return Files{}, &HostsError{err}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Files{}, err
	}
	f := Files{
		CA: filepath.Join(dir, caFile), CAKey: filepath.Join(dir, caKeyFile),
		Certificate: filepath.Join(dir, serverFile), Key: filepath.Join(dir, serverKeyFile),
		Hosts: n.all(),
	}
	ca, err := f.authority(n, now)
	if err != nil {
		return Files{}, err
	}
	if err := f.server(ca, n, now); err != nil {
		return Files{}, err
	}
	f.CAExpires = ca.cert.NotAfter
	return f, nil
}

// authority opens the folder's authority, or makes one where there is none.
func (f *Files) authority(n names, now time.Time) (*signer, error) {
	there, err := anyThere(f.CA, f.CAKey)
	if err != nil {
		return nil, err
	}
	if !there {
		f.MadeAuthority = true
		return f.newAuthority(n, now)
	}
	ca, err := openSigner(f.CA, f.CAKey)
	if err != nil {
		return nil, err
	}
	switch {
	case !ca.cert.IsCA || !ca.cert.BasicConstraintsValid:
		return nil, fmt.Errorf("%s is no authority: take another folder", f.CA)
	case now.Before(ca.cert.NotBefore) || now.After(ca.cert.NotAfter.Add(-time.Hour)):
		return nil, fmt.Errorf("the authority in %s is valid until %s: remove %s and %s, make a new one and trust it where this one was trusted",
			f.CA, ca.cert.NotAfter.Format(time.DateTime), caFile, caKeyFile)
	}
	if host := n.beyond(ca.cert); host != "" {
		return nil, fmt.Errorf("the authority in %s may not vouch for %s, since its names were fixed when it was made: take another folder, or remove %s and %s and name all hosts",
			f.CA, host, caFile, caKeyFile)
	}
	return ca, nil
}

// newAuthority makes an authority. Its key is written first: a certificate
// without its key would be of no use.
func (f *Files) newAuthority(n names, now time.Time) (*signer, error) {
	ca, err := newSigner(n.authority(now), nil)
	if err != nil {
		return nil, err
	}
	if err := create(f.CAKey, ca.keyPEM, 0o600); err != nil {
		return nil, err
	}
	if err := create(f.CA, ca.certPEM, 0o644); err != nil {
		return nil, errors.Join(err, os.Remove(f.CAKey))
	}
	return ca, nil
}

// server makes the server's certificate, in place of an older one.
func (f *Files) server(ca *signer, n names, now time.Time) error {
	there, err := anyThere(f.Certificate, f.Key)
	if err != nil {
		return err
	}
	if there {
		old, err := readCertificate(f.Certificate)
		if err != nil || old.CheckSignatureFrom(ca.cert) != nil {
			return fmt.Errorf("%s and %s were not made by the authority in %s: move them away, or take another folder", f.Certificate, serverKeyFile, f.CA)
		}
		f.ReplacedServer = true
	}
	s, err := newSigner(n.server(now, ca.cert.NotAfter), ca)
	if err != nil {
		return err
	}
	f.Expires = s.cert.NotAfter
	if err := check(s.cert, ca.cert, f.Hosts, now); err != nil {
		return err
	}
	if there {
		// Whoever reads between the two finds no pair and keeps what it has.
		return errors.Join(replace(f.Key, s.keyPEM, 0o600), replace(f.Certificate, s.certPEM, 0o644))
	}
	if err := create(f.Key, s.keyPEM, 0o600); err != nil {
		return err
	}
	if err := create(f.Certificate, s.certPEM, 0o644); err != nil {
		return errors.Join(err, os.Remove(f.Key))
	}
	return nil
}

// check holds a new certificate against its authority as a client would.
func check(cert, ca *x509.Certificate, hosts []string, now time.Time) error {
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for _, h := range hosts {
		if _, err := cert.Verify(x509.VerifyOptions{DNSName: sample(h), Roots: roots, CurrentTime: now}); err != nil {
			return fmt.Errorf("the authority may not vouch for %s: %w", h, err)
		}
	}
	return nil
}

// anyThere reports whether one of the files is there, as anything.
func anyThere(names ...string) (bool, error) {
	for _, name := range names {
		_, err := os.Lstat(name)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}
