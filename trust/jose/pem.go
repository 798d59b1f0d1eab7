package jose

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// ReadPEM reads public keys, and those of certificates, as PEM into a set. The
// keys have no ids: they stand for whichever a token names. Private keys are
// left out and noted.
func ReadPEM(text []byte) (*Set, []string, error) {
	s, notes := new(Set), []string(nil)
	for n := 1; ; n++ {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		key, err := publicKey(block)
		var k *Key
		if err == nil {
			k, err = newKey("", "", key)
		}
		switch {
		case err != nil:
			notes = append(notes, fmt.Sprintf("block %d is left out: %v", n, err))
			continue
		case len(s.keys) == MaxKeys:
			return nil, notes, fmt.Errorf("the file has more than %d keys", MaxKeys)
		}
		if !slices.ContainsFunc(s.keys, k.same) {
			s.keys = append(s.keys, k)
		}
	}
	if len(s.keys) == 0 {
		return nil, notes, errors.New("there is no public key in the file")
	}
	return s, notes, nil
}

func publicKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("it cannot be read")
		}
		return key, nil
	case "RSA PUBLIC KEY":
		key, err := x509.ParsePKCS1PublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("it cannot be read")
		}
		return key, nil
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("it cannot be read")
		}
		return c.PublicKey, nil
	}
	return nil, errors.New("it is no public key")
}

// ReadFile reads a regular file of at most most bytes; a named pipe would block.
func ReadFile(path string, most int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s is larger than %d KiB", path, most>>10)
	}
	return text, err
}
