package serve

import (
	"crypto/tls"
	"errors"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/edge"
)

// tlsOptions is how a listener speaks TLS.
func tlsOptions(t *config.TLS) *edge.TLS {
	pair := func(p *config.Pair) edge.Pair {
		return edge.Pair{CertFile: string(p.Certificate), KeyFile: string(p.Key)}
	}
	o := &edge.TLS{RefuseUnknown: t.UnknownNames == config.RefuseNames, Allow12: t.Min == config.TLS12, Source: sourceOf(t.ACME)}
	if t.ACME == nil || t.Pair != (config.Pair{}) {
		o.Pairs = append(o.Pairs, pair(&t.Pair))
	}
	for i := range t.Certificates {
		o.Pairs = append(o.Pairs, pair(&t.Certificates[i].Pair))
	}
	for i := range t.ClientCertificates {
		c := &t.ClientCertificates[i]
		set := edge.Clients{Hosts: c.Hosts, Authorities: string(c.Authorities), Optional: c.Optional, Lists: string(c.CRL)}
		if c.OCSP != nil {
			set.OCSP = &edge.OCSP{URL: c.OCSP.Responder, Open: c.OCSP.OnFailure == config.FailOpen}
		}
		o.Clients = append(o.Clients, set)
	}
	return o
}

// standings are the refusals of calls by the connection that they came on.
var standings = [...]gate.Code{
	edge.InOrder: gate.Undecided, edge.Misdirected: gate.Misdirected, edge.Unchecked: gate.CertificateUnchecked, edge.Invalid: gate.CertificateInvalid,
}

// verify judges each call on a connection with TLS; nil where there is nothing
// to judge.
func verify(l *edge.Listener) func(*tls.ConnectionState, []byte) gate.Code {
	if !l.Asks() {
		return nil
	}
	return func(state *tls.ConnectionState, host []byte) gate.Code { return standings[l.Verify(state, host)] }
}

// filesPlace is where the files stand that an error of listening is about, and
// whether they are those for certificates of clients.
func filesPlace(l *config.Listener, err error) (at config.Place, clients bool) {
	at = l.Place.At("tls")
	var files *edge.FileError
	switch {
	case !errors.As(err, &files):
	case files.Clients:
		return at.At("client_certificates").Item(files.Nth), true
	case l.TLS.ACME != nil && l.TLS.Pair == (config.Pair{}):
		return at.At("certificates").Item(files.Nth), false
	case files.Nth > 0:
		return at.At("certificates").Item(files.Nth - 1), false
	}
	return at, false
}
