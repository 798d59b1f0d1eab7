package serve

import (
	"net"
	"slices"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/edge/acme"
)

// acmeOptions say whose certificates are wanted from whom.
func acmeOptions(a *config.ACME) acme.Options {
	return acme.Options{Domains: a.Domains, Email: a.Email, Directory: a.Directory, CAFile: string(a.CA), Storage: string(a.Storage)}
}

// sourceOf is what a listener says of certificates that are obtained; whoever
// opens it fills in the rest.
func sourceOf(a *config.ACME) *edge.Source {
	if a == nil {
		return nil
	}
	return &edge.Source{Names: slices.Clone(a.Domains), Challenge: acme.Protocol}
}

// sameACME reports whether two listeners want the same of the same authority.
func sameACME(a, b *config.ACME) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.Domains, b.Domains) && a.Email == b.Email && a.Directory == b.Directory && a.CA == b.CA && a.Storage == b.Storage
}

// newManager returns what obtains the certificates of a listener; nil where
// none are wanted.
func newManager(l *config.Listener, o acme.Options) (*acme.Manager, *fault) {
	m, err := acme.New(o)
	if err != nil {
		return nil, &fault{at: l.TLS.ACME.Place.At("ca"), text: causes(err), remedy: "name a PEM file with the authorities that vouch for the directory"}
	}
	return m, nil
}

// manage makes what obtains the certificates of the door, where any are
// wanted, and its folder.
func (d *door) manage(o *edge.Options) *fault {
	if o.TLS == nil || o.TLS.Source == nil {
		return nil
	}
	options := acmeOptions(d.settings.TLS.ACME)
	options.Log = d.log
	m, wrong := newManager(d.settings, options)
	if wrong != nil {
		return wrong
	}
	if err := m.Prepare(); err != nil {
		return storageFault(d.settings.TLS.ACME, err)
	}
	d.manager, o.TLS.Source.Get = m, m.Certificate
	return nil
}

// storageFault is for a folder that cannot be used.
func storageFault(a *config.ACME, err error) *fault {
	return &fault{at: a.Place.At("storage"), text: causes(err), remedy: "name a folder that this user can write to", cause: err}
}

// port is that of an address, 0 when it has none.
func port(a net.Addr) int {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.Port
	}
	return 0
}

// obtain begins to obtain the certificates of a door, with the proofs that
// the others of all can show.
func (d *door) obtain(all []*door) {
	if d.manager == nil {
		return
	}
	p := acme.Ports{TLS: port(d.listener.Addr())}
	if host, _, err := net.SplitHostPort(d.settings.Address); err == nil {
		p.Host = host
	}
	for _, other := range all {
		if other.settings.RedirectToHTTPS && p.HTTP == 0 {
			p.HTTP = port(other.listener.Addr())
		}
	}
	if err := d.manager.Start(p); err != nil {
		d.log.Error("certificates cannot be obtained", "cause", err)
	}
}
