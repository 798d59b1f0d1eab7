package devca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// signer is a certificate with its key.
type signer struct {
	cert            *x509.Certificate
	key             *ecdsa.PrivateKey
	certPEM, keyPEM []byte
}

// newSigner makes a key and its certificate as t describes it, vouched for by
// ca, or by itself when that is nil.
func newSigner(t *x509.Certificate, ca *signer) (*signer, error) {
	s := &signer{}
	var err error
	if s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	parent, by := t, s.key
	if ca != nil {
		parent, by = ca.cert, ca.key
	}
	der, err := x509.CreateCertificate(rand.Reader, t, parent, s.key.Public(), by)
	if err != nil {
		return nil, err
	}
	if s.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return nil, err
	}
	s.certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	return s, nil
}

// openSigner reads an authority that was made before.
func openSigner(certFile, keyFile string) (*signer, error) {
	cert, err := readCertificate(certFile)
	if err != nil {
		return nil, fmt.Errorf("the authority cannot be used: %w: take another folder", err)
	}
	b, err := readBlock(keyFile, "PRIVATE KEY")
	if err != nil {
		return nil, fmt.Errorf("the key of the authority in %s cannot be used: %w: take another folder, or remove %s and trust a new authority", certFile, err, caFile)
	}
	key, err := x509.ParsePKCS8PrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("%s holds no private key: take another folder", keyFile)
	}
	own, ok := key.(*ecdsa.PrivateKey)
	if public, same := cert.PublicKey.(*ecdsa.PublicKey); !ok || !same || !own.PublicKey.Equal(public) {
		return nil, fmt.Errorf("%s is not the key of %s: take another folder", keyFile, certFile)
	}
	return &signer{cert: cert, key: own}, nil
}

func readCertificate(name string) (*x509.Certificate, error) {
	b, err := readBlock(name, "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(b)
	if err != nil {
		return nil, fmt.Errorf("%s holds no certificate", name)
	}
	return cert, nil
}

// maxFile bounds what is read of a file.
const maxFile = 64 << 10

// readBlock returns the one PEM block of a file. Errors say nothing of its
// content.
func readBlock(name, kind string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind || len(text) > maxFile {
		return nil, fmt.Errorf("%s is no PEM file with a %s", name, kind)
	}
	return block.Bytes, nil
}

// create writes a file that must not be there yet; links are not followed.
func create(name string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// replace puts a new file in the place of an old one, in one step.
func replace(name string, content []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
