package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/authorizer"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/edge/acme"
	"github.com/gatehouse-api/gatehouse/wire/h2"
	"github.com/gatehouse-api/gatehouse/wire/server"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// door is one open address with its engine. It stays open as long as a
// configuration has a listener with the same address and the same way to speak.
type door struct {
	settings *config.Listener
	nth      int // among listeners with the same address
	listener *edge.Listener
	engine   *server.Server
	left     atomic.Bool            // another gate has the socket
	asker    *authorizer.Authorizer // nil where clients call
	manager  *acme.Manager          // obtains certificates; nil where none are obtained
	log      *slog.Logger
}

// openDoor opens the address of a listener; beside is what listens there and
// is to be replaced, nil when nothing does. Nobody is served before serve.
func (p *Program) openDoor(settings *config.Listener, nth int, beside *edge.Listener) (*door, *fault) {
	o, log := edgeOptions(settings), p.log
	o.Log, o.Beside, o.Socket = log, beside, p.heritage.socket(forClients, settings.Address, nth)
	d := &door{settings: settings, nth: nth, log: log}
	if wrong := d.manage(o); wrong != nil {
		return nil, wrong
	}
	l, err := edge.Listen(*o)
	if err != nil {
		return nil, listenFault(settings, err)
	}
	on := &gate.Listener{Name: settings.Address, Redirect: settings.RedirectToHTTPS, HTTPSPort: settings.HTTPSPort}
	if on.Redirect {
		on.Challenge = acme.Challenge
	}
	d.listener = l
	if settings.Authorizer != nil {
		d.asker = authorizer.New(askerSettings(settings))
	}
	d.engine = server.NewServer(p.gate, server.Options{
		Limits: session.Limits{Recheck: p.config.recheck}, Listener: on, Asker: d.asks(),
		Proxies: settings.TrustedProxies, Log: log, Verify: verify(l),
		HTTP2: h2.New, PriorKnowledge: settings.HTTP2 == config.HTTP2Plain || askerKind(settings) == config.AskEnvoyGRPC,
	})
	return d, nil
}

// close ends what the door has opened.
func (d *door) close() {
	d.listener.Close()
	if d.manager != nil {
		d.manager.Close()
	}
}

// serve accepts clients until the engine is shut down or the door left; an
// error is the listener's.
func (d *door) serve() error {
	err := d.engine.Serve(d.listener, d.listener.TLS())
	if err != nil && !d.left.Load() {
		return fmt.Errorf("the listener failed: %w", err)
	}
	return nil
}

// leave stops to listen and leaves the socket to another gate.
func (d *door) leave() {
	d.left.Store(true)
	d.listener.Leave()
	d.listener.Close()
}

// speaksLike reports whether clients meet the same at both listeners: then the
// door stays open, with its connections.
func speaksLike(a, b *config.Listener) bool {
	if (a.TLS == nil) != (b.TLS == nil) || a.RedirectToHTTPS != b.RedirectToHTTPS || a.HTTPSPort != b.HTTPSPort || a.SocketAccess != b.SocketAccess ||
		askerKind(a) != askerKind(b) || (a.HTTP2 == config.HTTP2Plain) != (b.HTTP2 == config.HTTP2Plain) {
		return false
	}
	return a.TLS == nil || sameACME(a.TLS.ACME, b.TLS.ACME) && reflect.DeepEqual(edgeOptions(a).TLS, edgeOptions(b).TLS)
}

// update takes over what can change while the door is open, the certificate
// included.
func (d *door) update(settings *config.Listener) {
	d.settings = settings
	d.engine.SetProxies(settings.TrustedProxies)
	if d.asker != nil {
		d.asker.Set(askerSettings(settings))
	}
	d.listener.SetSenders(edgeOptions(settings).Senders)
	if settings.MaxConnections > 0 {
		d.listener.SetBounds(settings.MaxConnections, settings.MaxConnectionsPerAddress)
	}
	d.listener.Reread()
}

// place is the address of the socket.
func (d *door) place() string {
	if a := d.listener.Addr(); a.Network() == "unix" {
		return "unix:" + a.String()
	}
	return d.listener.Addr().String()
}

// URL is where clients connect.
func (d *door) URL() string {
	if d.listener.Addr().Network() == "unix" {
		return d.place()
	}
	scheme := "http"
	if d.listener.TLS() != nil {
		scheme = "https"
	}
	return scheme + "://" + d.listener.Addr().String()
}

// words say for the banner what clients meet here.
func (d *door) words() string {
	if !d.settings.RedirectToHTTPS {
		return d.URL() + asksAboutWords(d.settings) + obtainsWords(d.settings) + asksWords(d.settings) + believesWords(d.settings)
	}
	words := ", which only sends clients to https"
	if !redirectsAll(d.settings) {
		words = ", which sends clients to https unless a trusted proxy spoke TLS with them"
	}
	if d.settings.HTTPSPort != 443 {
		words += fmt.Sprintf(", port %d", d.settings.HTTPSPort)
	}
	return d.URL() + words
}

// obtainsWords say for the banner what certificates are wanted.
func obtainsWords(l *config.Listener) string {
	if l.TLS == nil || l.TLS.ACME == nil {
		return ""
	}
	return ", which obtains certificates for " + strings.Join(l.TLS.ACME.Domains, ", ")
}

// believesWords say for the banner who is believed about who a client is.
func believesWords(l *config.Listener) (words string) {
	switch p := l.ProxyProtocol; {
	case p == nil:
	case len(p.From) == 0:
		words = ", where connections begin with the PROXY protocol"
	default:
		words = ", where connections of " + joined(p.From) + " begin with the PROXY protocol"
	}
	if len(l.TrustedProxies) > 0 {
		words += ", where " + joined(l.TrustedProxies) + " is believed about clients"
	}
	return words
}

func joined(list []netip.Prefix) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.String()
	}
	return strings.Join(words, ", ")
}

// redirectsAll reports whether no call passes at a listener. Where a proxy is
// trusted, one passes that came to the proxy over TLS.
func redirectsAll(l *config.Listener) bool { return l.RedirectToHTTPS && len(l.TrustedProxies) == 0 }

// shut refuses new connections and lets exchanges end until ctx does.
func (d *door) shut(ctx context.Context) error { return d.engine.Shutdown(ctx) }

// doors is what a configuration wants of the addresses.
type doors struct {
	all    []*door // in the order of the configuration
	opened []*door // of all: new ones
	kept   map[*door]*config.Listener
}

// open finds the doors of a configuration: those that are open already stay,
// new ones are opened. When one cannot be opened none is.
func (p *Program) open(c *config.Config, f *faults) *doors {
	ds := &doors{kept: map[*door]*config.Listener{}}
	nth := map[string]int{}
	for i := range c.Listeners {
		settings := &c.Listeners[i]
		n := nth[settings.Address]
		nth[settings.Address]++
		now := p.doorAt(settings.Address, n)
		if now != nil && speaksLike(now.settings, settings) {
			ds.all, ds.kept[now] = append(ds.all, now), settings
			continue
		}
		d, wrong := p.openDoor(settings, n, p.listensAt(settings.Address, now))
		if f.add(wrong); wrong != nil {
			continue
		}
		ds.all, ds.opened = append(ds.all, d), append(ds.opened, d)
	}
	for _, d := range ds.all {
		for i := range c.APIs {
			for j := range c.APIs[i].Upstreams {
				f.add(loops(&c.APIs[i].Upstreams[j], d.listener.Addr()))
			}
		}
	}
	return ds
}

// doorAt returns the open door at an address, nil when there is none.
func (p *Program) doorAt(address string, nth int) *door {
	for _, d := range p.doors {
		if d.settings.Address == address && d.nth == nth {
			return d
		}
	}
	return nil
}

// listensAt returns what listens at an address and is to be replaced: the door
// now, or the maintenance of a configuration that had it there.
func (p *Program) listensAt(address string, now *door) *edge.Listener {
	switch {
	case now != nil:
		return now.listener
	case p.watch != nil && p.watch.address == address && !anyPort(address):
		return p.watch.listener
	}
	return nil
}

// anyPort reports whether the system chooses the port of an address, so that
// it is another one each time.
func anyPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	n, lookup := net.LookupPort("tcp", port)
	return err != nil || lookup != nil || n == 0
}

// undo closes what open has opened.
func (ds *doors) undo() {
	for _, d := range ds.opened {
		d.close()
	}
}
