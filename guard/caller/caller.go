// Package caller tells the API behind the gate who calls: in header fields, or
// in a short token that the gate signs. Whatever clients send in these fields is
// removed from every call, so that the API can believe them. The root package
// builds its guards; it imports gate, and knows nothing of other guards or of
// where keys come from.
package caller

import (
	"crypto/x509"
	"encoding/base64"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Options are how one API is told. A name that is "" is not told.
type Options struct {
	ID, Subject, Issuer, Client, Tenant, Scopes, Roles string // names of fields
	// Certificate tells the certificate of the client in Client-Cert (RFC 9440).
	Certificate bool
	Token       *Token // nil for none
}

// certificateField is RFC 9440 section 2.2; its chain (section 2.3) is never
// told, and never taken from a client.
const (
	certificateField = "Client-Cert"
	chainField       = "Client-Cert-Chain"
)

// Caller is the guard of all operations of one API.
type Caller struct {
	options Options
	names   []string    // of fields that are the gate's own
	sieve   *gate.Sieve // of names
	seed    maphash.Seed
	// told are what was made for principals, certs for certificates: fields by
	// a hash, one in each place. They live as long as their principal is used.
	told  []atomic.Pointer[told]
	certs []atomic.Pointer[certified]
}

type told struct {
	of     *gate.Principal
	fields []gate.Field
	until  time.Time // zero where nothing of it ends
}

type certified struct {
	of    *x509.Certificate
	field gate.Field
}

// Sizes of the tables.
const (
	places        = 1 << 14
	placesOfCerts = 1 << 10
)

// New returns the guard of an API.
func New(o Options) *Caller {
	c := &Caller{options: o, seed: maphash.MakeSeed()}
	for _, name := range []string{o.ID, o.Subject, o.Issuer, o.Client, o.Tenant, o.Scopes, o.Roles} {
		if name != "" {
			c.names = append(c.names, name)
		}
	}
	if o.Token != nil {
		c.names = append(c.names, o.Token.Field)
	}
	if len(c.names) > 0 {
		c.told = make([]atomic.Pointer[told], places)
	}
	if o.Certificate {
		c.names = append(c.names, certificateField, chainField)
		c.certs = make([]atomic.Pointer[certified], placesOfCerts)
	}
	c.sieve = gate.NewSieve(c.names)
	return c
}

var _ gate.HeadGuard = (*Caller)(nil)

// Names are the fields that are the gate's own.
func (c *Caller) Names() []string { return c.names }

// Head implements gate.HeadGuard. It removes what the client has sent in the
// fields, under any spelling that servers take for theirs, and adds what the
// gate has found out.
func (c *Caller) Head(x *gate.Exchange) gate.Verdict {
	for i := range x.Fields {
		f := &x.Fields[i]
		if !c.sieve.May(f.Name) {
			continue
		}
		for _, name := range c.names {
			switch {
			case gate.EqualFold(f.Name, name):
				f.Gone = true
			case gate.Twin(f.Name, name):
				f.Gone, x.Unremoved = true, true
			}
		}
	}
	if c.certs != nil && x.TLS != nil && len(x.TLS.VerifiedChains) > 0 && !x.Proxied() { // else it is the proxy's
		x.OutFields = append(x.OutFields, c.certificate(x.TLS.VerifiedChains[0][0]))
	}
	if c.told == nil || x.Principal == nil {
		return gate.Allow
	}
	t, err := c.tell(x.Principal, x.Received)
	if err != nil {
		return x.Deny(gate.Refusal{Code: gate.Internal, Cause: err})
	}
	x.OutFields = append(x.OutFields, t.fields...)
	return gate.Allow
}

// tell returns what an API is told of p, made anew when half of its time is
// over.
func (c *Caller) tell(p *gate.Principal, now time.Time) (*told, error) {
	at := &c.told[maphash.Comparable(c.seed, p)%places]
	if t := at.Load(); t != nil && t.of == p && (t.until.IsZero() || now.Before(t.until)) {
		return t, nil
	}
	o := &c.options
	t := &told{of: p}
	t.add(o.ID, p.ID)
	t.add(o.Subject, p.Subject)
	t.add(o.Issuer, p.Issuer)
	t.add(o.Client, p.Client)
	t.add(o.Tenant, p.Tenant)
	t.add(o.Scopes, p.Scopes...)
	t.add(o.Roles, p.Roles...)
	if o.Token != nil {
		text, err := o.Token.sign(p, now)
		if err != nil {
			return nil, err
		}
		t.fields = append(t.fields, gate.Field{Name: []byte(o.Token.Field), Value: text})
		t.until = now.Add(Lifetime / 2)
	}
	at.Store(t)
	return t, nil
}

// add adds a field unless there is nothing to tell. Several values have spaces
// between them.
func (t *told) add(name string, values ...string) {
	if name == "" {
		return
	}
	var b strings.Builder
	for _, v := range values {
		if v == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		escape(&b, v)
	}
	if b.Len() > 0 {
		t.fields = append(t.fields, gate.Field{Name: []byte(name), Value: []byte(b.String())})
	}
}

// escape writes what may not stand in a field as it is, and what separates
// values, as in a URL (RFC 3986 section 2.1): a name that an identity provider
// gives may hold anything.
func escape(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '%' || c == ',' {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
}

// certificate is Client-Cert: a byte sequence (RFC 8941 section 3.3.5).
func (c *Caller) certificate(leaf *x509.Certificate) gate.Field {
	at := &c.certs[maphash.Comparable(c.seed, leaf)%placesOfCerts]
	if known := at.Load(); known != nil && known.of == leaf {
		return known.field
	}
	f := gate.Field{Name: []byte(certificateField), Value: []byte(":" + base64.StdEncoding.EncodeToString(leaf.Raw) + ":")}
	at.Store(&certified{leaf, f})
	return f
}
