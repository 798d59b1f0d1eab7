package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/console"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/guard/authn/lock"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
	"github.com/gatehouse-api/gatehouse/wire/edge"
)

// adminpost is the listener of the API of administration. It stays open as long
// as a configuration describes it alike.
type adminpost struct {
	address  string // as it was configured
	key      sum    // of its settings
	listener *edge.Listener
	server   *console.Server
	locks    gatehouse.Locks // its own: whoever tries at the APIs locks out no administrator
	locking  lock.Options    // of locks
	serving  sync.WaitGroup
	left     atomic.Bool // another gate has the socket
}

// adminCredential is the name of the verifier of credentials for administration
// among those of a draft; no entry of a configuration can have it.
const adminCredential = " administration"

// staleAdmins is how long known credentials are good while the store cannot be
// asked.
const staleAdmins = 5 * time.Minute

// verifyAdmins acquires what verifies credentials for administration.
func (r *reader) verifyAdmins(d *draft) {
	a := d.config.Admin
	if a == nil {
		return
	}
	c, wrong := r.credentials.acquire(&config.Credential{Name: console.Environment,
		Keys: &config.KeysCredential{Place: a.Place, Environment: console.Environment, Pepper: a.Pepper, MaxStale: staleAdmins}}, d.files)
	d.faults.add(wrong)
	if c != nil {
		d.credentials[adminCredential] = c
	}
}

// openAdmin finds the post of a configuration: the one that is open, a new one,
// or nil where none is wanted. Nobody is answered before swapAdmin.
func (p *Program) openAdmin(d *draft) (*adminpost, *fault) {
	a := d.config.Admin
	if a == nil {
		return nil, nil
	}
	k := newKey()
	k.value(a.Address, a.Certificate, a.Key)
	if p.admin != nil && p.admin.key == k.sum() {
		p.admin.listener.Reread()
		return p.admin, nil
	}
	o := adminOptions(a)
	o.Log, o.Socket = p.log, p.heritage.socket(forAdmin, a.Address, 0)
	if p.admin != nil && p.admin.address == a.Address && !anyPort(a.Address) {
		o.Beside = p.admin.listener
	}
	l, err := edge.Listen(o)
	if err != nil {
		return nil, adminFault(a, err)
	}
	return &adminpost{address: a.Address, key: k.sum(), listener: l, server: console.NewServer(p.log)}, nil
}

// adminOptions are those of the listener for administration.
func adminOptions(a *config.Admin) edge.Options {
	o := edge.Options{Address: a.Address, MaxConnections: console.Connections, MaxPerAddress: console.PerAddress}
	if a.Certificate != "" {
		o.TLS = &edge.TLS{Pairs: []edge.Pair{{CertFile: string(a.Certificate), KeyFile: string(a.Key)}}}
	}
	return o
}

// adminFault says what is wrong with the listener.
func adminFault(a *config.Admin, err error) *fault {
	f := listenFault(&config.Listener{Place: a.Place, Address: a.Address}, err)
	if a.Certificate == "" && errors.Is(err, edge.ErrExposed) {
		f.remedy = "give admin a certificate and a key, or an address on loopback"
	}
	return f
}

// undoAdmin closes what openAdmin has opened.
func (p *Program) undoAdmin(w *adminpost) {
	if w != nil && w != p.admin {
		w.listener.Close()
	}
}

// swapAdmin answers at w from now on, nil for nowhere, by the configuration of
// d; and closes the post before it.
func (p *Program) swapAdmin(w *adminpost, d *draft) {
	old := p.admin
	p.admin = w
	if w != nil {
		p.office(w, d)
		if p.live == nil || p.count == 1 || w != old {
			p.firstAdmin(d.config.Admin)
		}
	}
	if old == w {
		return
	}
	if w != nil {
		w.serving.Go(func() {
			if err := w.server.Serve(w.listener, w.listener.TLS()); err != nil && !w.left.Load() {
				p.fail(fmt.Errorf("the listener for administration failed: %w", err))
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

// office has the API of administration answer as d describes the gate.
func (p *Program) office(w *adminpost, d *draft) {
	o := console.Options{Store: p.reader.keeper.Store, Pepper: apikey.NewPepper(d.config.Admin.Pepper), Keys: map[string]console.Keys{}, Signals: d.signals(), Room: room(p.reader.credentials.revocations), CallerKeys: callerSet(p.reader.custody.keys), Version: p.config.Version, Now: time.Now}
	o.Locks, o.Recorder, o.Cosign = w.lock(&d.config.Locks), d.recorder, p.notary.cosign()
	if d.recorder != nil {
		o.Reserve = p.reader.book.reserve
	}
	known := d.operations().known
	for i := range d.config.Credentials {
		c := &d.config.Credentials[i]
		if c.Keys == nil {
			continue
		}
		if secrets := peppers(c, p.reader.credentials.deps.own()); len(secrets) > 0 {
			o.Keys[c.Keys.Environment] = console.Keys{Credential: c.Name, Pepper: apikey.NewPepper(secrets[0]), Known: known, Reserved: newReservation(d.config, c.Name).because}
		}
	}
	if err := w.server.Use(o, d.credentials[adminCredential].Verifier, p.events.Record, p.log); err != nil { // the contract is ours, and a test reads it
		p.log.Error("the API of administration cannot be guarded, so it answers nothing", "cause", err)
	}
}

// lock returns the counters of failures here, which stay while their settings
// do; nil when they are disabled.
func (w *adminpost) lock(l *config.Locks) gatehouse.Locks {
	switch o := lockOptions(l); {
	case l.Disabled:
		w.locks = nil
	case w.locks == nil || w.locking != o:
		w.locks, w.locking = lock.New(o), o
	}
	return w.locks
}

// firstAdmin makes the first credential where there never was one, and shows it
// once. A credential that nobody would see is not made.
func (p *Program) firstAdmin(a *config.Admin) {
	if a.FirstCredential == "" && !p.config.Person {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	ring := console.Admins(p.reader.keeper.Store, apikey.NewPepper(a.Pepper), time.Now)
	file := io.Writer(p.lines)
	if a.FirstCredential != "" {
		if some, err := ring.List(ctx); err != nil || len(some) > 0 {
			if err != nil {
				p.log.Warn("whether there is a credential for administration is not known", "cause", err)
			}
			return
		}
		f, err := os.OpenFile(string(a.FirstCredential), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			p.log.Error("the first credential for administration cannot be written down, so it is not made", "cause", err)
			return
		}
		defer f.Close()
		file = f
	}
	secret, err := console.First(ctx, ring)
	switch {
	case err != nil:
		p.log.Error("the first credential for administration cannot be made", "cause", err, "hint", "gatehouse admin create --role admin makes one when the store answers")
	case secret.IsZero():
	case a.FirstCredential != "":
		if _, err := io.WriteString(file, secret.Reveal()+"\n"); err != nil {
			p.log.Error("the first credential for administration was made and cannot be written down", "cause", err, "hint", "gatehouse admin create --role admin makes another one")
			return
		}
		p.log.Info("the first credential for administration was made", "file", string(a.FirstCredential))
	default:
		fmt.Fprintf(file, "\n  The first credential for administration, shown this once:\n\n      %s\n\n", secret.Reveal())
	}
}

// leaveAdmin leaves the socket to another gate.
func (p *Program) leaveAdmin() {
	w := p.admin
	if w == nil {
		return
	}
	p.admin = nil
	w.left.Store(true)
	w.listener.Leave()
	w.listener.Close()
	p.serving.Go(func() {
		w.server.Shutdown()
		w.serving.Wait()
	})
}

// closeAdmin ends the post at once.
func (p *Program) closeAdmin() {
	if p.admin != nil {
		p.admin.server.Close()
		p.admin.serving.Wait()
	}
}

// URL is where the API of administration answers.
func (w *adminpost) URL() string {
	scheme := "http"
	if w.listener.TLS() != nil {
		scheme = "https"
	}
	return scheme + "://" + w.listener.Addr().String()
}

// AdminURL is where the API of administration answers; "" when it does not.
func (p *Program) AdminURL() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.admin == nil {
		return ""
	}
	return p.admin.URL()
}

// Admins returns the credentials for administration.
func (d *Desk) Admins() (*keyring.Ring, error) {
	a := d.Config.Admin
	if a == nil {
		return nil, source.Problems{d.Config.Place.Problem(`add one, as in admin: {address: "127.0.0.1:9091", pepper: "${file:pepper.txt}"}`, "there is no API of administration")}
	}
	return console.Admins(d.Store, apikey.NewPepper(a.Pepper), time.Now), nil
}

// NewAdmin makes a credential for administration.
func NewAdmin(ctx context.Context, ring *keyring.Ring, name, role string, expires time.Time) (trust.Secret, *store.Key, error) {
	return console.NewAdmin(ctx, ring, name, role, expires)
}
