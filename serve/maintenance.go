package serve

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/record/metrics"
	"github.com/gatehouse-api/gatehouse/wire/edge"
	"github.com/gatehouse-api/gatehouse/wire/maintenance"
)

// watchpost is the listener for those who watch over the gate. It stays open as
// long as a configuration names its address.
type watchpost struct {
	address  string // as it was configured
	listener *edge.Listener
	server   *maintenance.Server
	serving  sync.WaitGroup
	left     atomic.Bool // another gate has the socket
}

// openMaintenance finds the post of a configuration: the one that is open, a
// new one, or nil where none is wanted. Nobody is answered before
// swapMaintenance.
func (p *Program) openMaintenance(m *config.Maintenance) (*watchpost, *fault) {
	switch {
	case m.Address == "":
		return nil, nil
	case p.watch != nil && p.watch.address == m.Address:
		return p.watch, nil
	}
	// Plain HTTP beyond loopback is meant: the answers hold no secret and
	// nothing of a call, but they name operations and upstreams.
	o := edge.Options{Address: m.Address, PlainHTTP: true, Log: p.log, Socket: p.heritage.socket(forWatching, m.Address, 0),
		MaxConnections: maintenance.Connections, MaxPerAddress: maintenance.PerAddress}
	if d := p.doorAt(m.Address, 0); d != nil && !anyPort(m.Address) {
		o.Beside = d.listener // the address changes hands
	}
	l, err := edge.Listen(o)
	if err != nil {
		return nil, listenFault(&config.Listener{Place: m.Place, Address: m.Address}, err)
	}
	return &watchpost{address: m.Address, listener: l, server: maintenance.New(p.ready.Load, maintenance.Page{ContentType: metrics.ContentType, Write: p.metrics.Write}, p.log)}, nil
}

// undoMaintenance closes what openMaintenance has opened.
func (p *Program) undoMaintenance(w *watchpost) {
	if w != nil && w != p.watch {
		w.listener.Close()
	}
}

// swapMaintenance answers at w from now on, nil for nowhere, and closes the
// post before it.
func (p *Program) swapMaintenance(w *watchpost) {
	old := p.watch
	if old == w {
		return
	}
	p.watch = w
	if w != nil {
		w.serving.Go(func() {
			if err := w.server.Serve(w.listener); err != nil && !w.left.Load() {
				p.fail(fmt.Errorf("the maintenance listener failed: %w", err))
			}
		})
	}
	if old != nil {
		p.serving.Go(func() {
			old.server.Shutdown()
			old.serving.Wait()
		})
	}
}

// leaveMaintenance leaves the socket to another gate, which those who watch
// are to ask from now on.
func (p *Program) leaveMaintenance() {
	w := p.watch
	if w == nil {
		return
	}
	p.watch = nil
	w.left.Store(true)
	w.listener.Leave()
	w.listener.Close()
	p.serving.Go(func() {
		w.server.Leave()
		w.serving.Wait()
	})
}

// closeMaintenance ends the post at once.
func (p *Program) closeMaintenance() {
	if p.watch != nil {
		p.watch.server.Close()
		p.watch.serving.Wait()
	}
}

// MaintenanceURL is where the post answers, "" when there is none.
func (p *Program) MaintenanceURL() string {
	if p.watch == nil {
		return ""
	}
	return "http://" + p.watch.listener.Addr().String()
}
