package trust

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
)

// Pin is the name of a public key by which programs recognise it whatever the
// certificate around it: the SHA-256 of its SubjectPublicKeyInfo in base64 (RFC
// 7469 section 2.4).
type Pin string

// PinOf names the public key whose SubjectPublicKeyInfo is given in DER, as
// certificates hold it.
func PinOf(spki []byte) Pin {
	sum := sha256.Sum256(spki)
	return Pin("sha256/" + base64.StdEncoding.EncodeToString(sum[:]))
}

// ReadPin names the first key in a PEM text: that of a certificate, a public
// key, or the public half of a private one. Its errors hold nothing of the
// text.
func ReadPin(text []byte) (Pin, error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return "", errors.New("there is no key in the file")
		}
		if read, ok := keyReaders[block.Type]; ok {
			spki, err := read(block.Bytes)
			if err != nil {
				return "", errors.New("the key in the file cannot be read")
			}
			return PinOf(spki), nil
		}
	}
}

// keyReaders find the SubjectPublicKeyInfo, by the type of a PEM block.
var keyReaders = map[string]func(der []byte) ([]byte, error){
	"CERTIFICATE": func(der []byte) ([]byte, error) {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		return c.RawSubjectPublicKeyInfo, nil
	},
	"PUBLIC KEY": func(der []byte) ([]byte, error) {
		key, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKIXPublicKey(key)
	},
	"PRIVATE KEY": func(der []byte) ([]byte, error) {
		key, err := x509.ParsePKCS8PrivateKey(der)
		return publicHalf(key, err)
	},
	"EC PRIVATE KEY": func(der []byte) ([]byte, error) {
		key, err := x509.ParseECPrivateKey(der)
		return publicHalf(key, err)
	},
	"RSA PRIVATE KEY": func(der []byte) ([]byte, error) {
		key, err := x509.ParsePKCS1PrivateKey(der)
		return publicHalf(key, err)
	},
}

func publicHalf(key any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	private, ok := key.(interface{ Public() crypto.PublicKey })
	if !ok {
		return nil, errors.New("a key that signs nothing")
	}
	return x509.MarshalPKIXPublicKey(private.Public())
}
