package upstream

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/textproto"
	"slices"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// Field is a header field that goes to the API with every request. The value
// is revealed to the connection and to nothing else.
type Field struct {
	Name  string
	Value trust.Secret
}

// fixed is a field as it is sent. The value is behind a pointer, so that no
// one prints it with what holds it.
type fixed struct {
	name  string // canonical
	value *string
}

// ofConnection are the fields that belong to one connection or say how a message
// ends: nobody may fix them.
var ofConnection = [...]string{
	"Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Via",
}

// fix checks the fields. Its errors hold names alone.
func fix(list []Field) ([]fixed, error) {
	var out []fixed
	for _, f := range list {
		name := []byte(f.Name)
		value := f.Value.Reveal()
		switch {
		case !octet.IsToken(name):
			return nil, errors.New("upstream: a field's name is not one of HTTP: use letters, digits and -")
		case isOwn(name) || slices.ContainsFunc(ofConnection[:], func(n string) bool { return gate.EqualFold(name, n) || gate.Twin(name, n) }):
			return nil, fmt.Errorf("upstream: the gate writes the field %s itself: remove it", f.Name)
		case value == "":
			return nil, fmt.Errorf("upstream: the field %s has no value", f.Name)
		case !octet.All([]byte(value), octet.Value) || value[0] == ' ' || value[0] == '\t' || value[len(value)-1] == ' ' || value[len(value)-1] == '\t':
			return nil, fmt.Errorf("upstream: the value of the field %s begins or ends with white space or holds a character that cannot be sent, such as the end of a line", f.Name)
		case slices.ContainsFunc(out, func(o fixed) bool { return gate.EqualFold(name, o.name) || gate.Twin(name, o.name) }):
			return nil, fmt.Errorf("upstream: the field %s stands twice", f.Name)
		}
		out = append(out, fixed{textproto.CanonicalMIMEHeaderKey(f.Name), &value})
	}
	return out, nil
}

// ReadRoots reads the PEM text of a file with one or more certificates of
// authorities. Anything else in it is an error: an authority that is left out
// in silence would be missed only when it is needed.
func ReadRoots(text []byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	n := 0
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("block %d is a %s: only certificates belong here", n+1, block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read: %w", n+1, err)
		}
		pool.AddCert(c)
		text, n = rest, n+1
	}
	if n == 0 {
		return nil, errors.New("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	}
	return pool, nil
}
