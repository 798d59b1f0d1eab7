package serve

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/inherit"
)

// heritage is what the program has from whoever was there before it.
type heritage struct {
	systemd []inherit.Socket // held for as long as the program lives
	taken   *inherit.Taken   // of the gate before, until this one serves; nil when there is none
}

// What a socket is for, in front of its address when it is handed over.
const (
	forClients  = "clients "
	forWatching = "maintenance "
	forAdmin    = "admin "
	forHandover = "handover "
)

// socket returns the nth socket that was opened for an address and what it is
// for, nil when there is none: by what the gate before was told, by the name
// that systemd has for it, or by where it is.
func (h *heritage) socket(what, address string, nth int) net.Listener {
	var found []net.Listener
	if h.taken != nil {
		for _, s := range h.taken.Sockets {
			if s.Name == what+address {
				found = append(found, s.Listener)
			}
		}
	}
	name, named := strings.CutPrefix(address, "systemd:")
	for _, s := range h.systemd {
		if named && s.Name == name || !named && isAt(s.Listener.Addr(), address) {
			found = append(found, s.Listener)
		}
	}
	if nth >= len(found) {
		return nil
	}
	return found[nth]
}

// isAt reports whether a socket is where a configuration says.
func isAt(a net.Addr, address string) bool {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return a.Network() == "unix" && a.String() == path
	}
	host, port, err := net.SplitHostPort(address)
	if host == "" {
		host = "::"
	}
	return err == nil && a.Network() == "tcp" && a.String() == net.JoinHostPort(host, port)
}

// inherit takes what there is, before anything is opened.
func (p *Program) inherit(d *draft) {
	path := string(d.config.Handover)
	if path == "" || d.faults.err() != nil {
		return
	}
	taken, err := inherit.Take(path)
	if err != nil {
		d.faults.add(&fault{at: d.config.At("handover"), text: err.Error(),
			remedy: "see what the log of that gate says, or end it before this one is started"})
		return
	}
	p.heritage.taken = taken
}

// succeed tells the gate before that this one serves. Its sockets are this
// one's from then on.
func (p *Program) succeed() {
	if p.heritage.taken == nil {
		return
	}
	if err := p.heritage.taken.Ready(); err != nil {
		p.log.Warn("the gate before may not have ended", "cause", err)
	} else {
		p.log.Info("the listeners of the gate before were taken over, and it finishes its calls")
	}
	for _, l := range p.listeners() {
		l.Adopt()
	}
	p.heritage.taken.Close()
	p.heritage.taken = nil
}

// listeners are all that are open.
func (p *Program) listeners() (list []*edge.Listener) {
	for _, d := range p.doors {
		list = append(list, d.listener)
	}
	if p.watch != nil {
		list = append(list, p.watch.listener)
	}
	if p.admin != nil {
		list = append(list, p.admin.listener)
	}
	if p.offer != nil {
		list = append(list, p.offer.listener)
	}
	return list
}

// idleSockets warns of what systemd holds and nobody serves: clients that
// connect there wait for ever.
func (p *Program) idleSockets(c *config.Config) {
	used := map[net.Listener]bool{}
	for i := range c.Listeners {
		used[p.heritage.socket(forClients, c.Listeners[i].Address, 0)] = true
	}
	used[p.heritage.socket(forWatching, c.Maintenance.Address, 0)] = true
	if c.Admin != nil {
		used[p.heritage.socket(forAdmin, c.Admin.Address, 0)] = true
	}
	for _, s := range p.heritage.systemd {
		if !used[s.Listener] {
			p.log.Warn("systemd holds a socket that no listener serves", "name", s.Name, "address", s.Listener.Addr().String(),
				"hint", fmt.Sprintf("give a listener the address systemd:%s, or remove it from the socket unit", s.Name))
		}
	}
}

// offer is the socket by which the listeners are handed over.
type offer struct {
	path     string
	listener *edge.Listener
	live     context.Context // until the socket is closed
	end      context.CancelFunc
	ended    chan struct{} // closed when nobody is spoken with any more
}

// openOffer finds the socket of a configuration: the one that is open, a new
// one, or nil where none is wanted.
func (p *Program) openOffer(c *config.Config) (*offer, *fault) {
	path := string(c.Handover)
	switch {
	case path == "":
		return nil, nil
	case p.offer != nil && p.offer.path == path:
		return p.offer, nil
	}
	l, err := edge.Listen(edge.Options{Address: "unix:" + path, Mode: 0o600, Socket: p.heritage.socket(forHandover, "unix:"+path, 0), MaxConnections: 4, Log: p.log})
	if err != nil {
		return nil, handoverFault(c, err)
	}
	o := &offer{path: path, listener: l, ended: make(chan struct{})}
	o.live, o.end = context.WithCancel(p.ending)
	return o, nil
}

// handoverFault says what to do about a socket that cannot be opened.
func handoverFault(c *config.Config, err error) *fault {
	f := listenFault(&config.Listener{Address: "unix:" + string(c.Handover)}, err)
	f.at = c.At("handover")
	return f
}

// undoOffer closes what openOffer has opened.
func (p *Program) undoOffer(o *offer) {
	if o != nil && o != p.offer {
		o.end()
		o.listener.Close()
	}
}

// swapOffer offers the listeners at o from now on, nil for nowhere.
func (p *Program) swapOffer(o *offer) {
	old := p.offer
	if old == o {
		return
	}
	p.offer = o
	if o != nil {
		go func() {
			defer close(o.ended)
			give := func() ([]inherit.Given, error) { return p.give(o.live) }
			if err := inherit.Offer(o.live, o.listener, give, func() { p.over(o.live) }); err != nil {
				p.log.Error("the listeners can be handed over no more", "cause", err)
			}
		}()
	}
	old.close()
}

func (o *offer) close() {
	if o != nil {
		o.end()
		o.listener.Close()
		<-o.ended
	}
}

// ask has Wait call f, and reports whether it did before ctx ended.
func (p *Program) ask(ctx context.Context, f func()) bool {
	done := make(chan struct{})
	select {
	case p.asked <- func() { defer close(done); f() }:
		<-done
		return true
	case <-ctx.Done():
		return false
	}
}

// give opens all sockets once more, for the program that comes after.
func (p *Program) give(ctx context.Context) (list []inherit.Given, err error) {
	p.ask(ctx, func() {
		add := func(name string, l *edge.Listener) {
			file, failed := l.File()
			if failed != nil {
				err = failed
				return
			}
			list = append(list, inherit.Given{Name: name, File: file})
		}
		for _, d := range p.doors {
			add(forClients+d.settings.Address, d.listener)
		}
		if p.watch != nil {
			add(forWatching+p.watch.address, p.watch.listener)
		}
		if p.admin != nil {
			add(forAdmin+p.admin.address, p.admin.listener)
		}
		if p.offer != nil {
			add(forHandover+"unix:"+p.offer.path, p.offer.listener)
		}
	})
	return list, err
}

// over is called when another program listens: it returns when this one has
// stopped to. Wait then ends the program.
func (p *Program) over(ctx context.Context) {
	p.ask(ctx, func() {
		p.log.Info("another gate has taken the listeners over; this one finishes its calls and ends")
		p.handed = true
		p.leaveMaintenance()
		p.leaveAdmin()
		p.offer.listener.Leave()
		for _, d := range p.doors {
			d.leave()
		}
	})
}
