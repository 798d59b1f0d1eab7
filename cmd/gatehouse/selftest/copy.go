package selftest

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/serve"
	"github.com/gatehouse-api/gatehouse/trust"
)

// copied is a gate that serves a copy of the configuration on loopback.
type copied struct {
	program *serve.Program
	levers  []*lever
	ends    []func() // of programs that were started
	folder  string
	breaks  func()         // what is to fail later; nil where nothing is
	mend    func()         // what more than the copy stands in; nil for nothing
	reached atomic.Int64   // calls that came to a stand-in of an API
	asked   atomic.Int64   // names of requests that were asked for
	lookup  lookup         // nil for one that knows all names
	vault   *lever         // stands in for Vault; nil before it is asked
	altered *config.Config // what was made of the configuration when it was read first
	// transport makes calls over TLS; nil for a new one in plain text each time.
	transport *http.Transport
	err       error // of making stand-ins
}

// fault says what is broken in a copy; nil for nothing.
type fault struct {
	*dependency
	way way
}

// waits bounds in copies what the configuration bounds by more.
const waits = time.Second

// copy starts one in which f is broken and all else is well.
func (t *test) copy(f *fault) (*copied, error) {
	c := new(copied)
	var err error
	if c.folder, err = os.MkdirTemp("", "gatehouse-selftest-"); err != nil {
		return nil, err
	}
	patience := time.Duration(0)
	if f != nil && f.way == silent {
		patience = waits
	}
	c.program, err = serve.Start(serve.Config{
		File: t.options.File, Version: t.options.Version, Poll: -1, Quiet: true, Stderr: t.options.Log, Patience: patience,
		Alter:      func(s *config.Config) { c.alter(s, t, f) },
		AlterVault: func(s *config.Vault) { c.secrets(s, t, f) },
		Lookup:     c.find,
	})
	if err = errors.Join(c.err, err); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// close ends the copy and removes what it kept.
func (c *copied) close() {
	if c.mend != nil {
		c.mend()
	}
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
	if c.program != nil {
		c.program.Stop()
	}
	for _, l := range c.levers {
		l.close()
	}
	for _, end := range c.ends {
		end()
	}
	os.RemoveAll(c.folder)
}

// lever opens a stand-in.
func (c *copied) lever(w way, h http.Handler) *lever {
	l, err := newLever(w, h)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return nil
	}
	if c.levers = append(c.levers, l); w == gone || w == stale {
		c.breaks = l.close
	}
	return l
}

// file writes a stand-in of a file.
func (c *copied) file(w way, name string, text []byte) config.File {
	path := filepath.Join(c.folder, name)
	switch w {
	case absent:
		return config.File(path)
	case garbage:
		text = []byte("this is nothing of the kind\n")
	case gone, stale:
		c.breaks = func() { os.Remove(path) }
	case emptied:
		c.breaks = func() { os.Truncate(path, 0) }
	}
	c.err = errors.Join(c.err, os.WriteFile(path, text, 0o600))
	return config.File(path)
}

// ways says how what stands in for a dependency is broken.
type ways func(part string, at int) way

// alter has the copy speak to nothing but stand-ins, with nothing of value in
// its hands. Whatever is added to the configuration that leads elsewhere, or
// that a copy must not touch, has its line here.
func (c *copied) alter(s *config.Config, t *test, f *fault) {
	if c.altered != nil { // a reload: stand-ins are there
		*s = *c.altered
		return
	}
	broken := func(part string, at int) way {
		if f != nil && f.part == part && f.at == at {
			return f.way
		}
		return well
	}
	c.listen(s, f)
	s.Maintenance.Address, s.Admin, s.Handover, s.Drain = "", nil, "", time.Second
	c.record(&s.Record, f)
	if f == nil && s.Record.Ledger != nil || f != nil && slices.Contains(partsOfRecord, f.part) {
		s.Maintenance.Address = watched
	}
	c.ownKeys(s, f)
	if s.Store != nil {
		c.store(s.Store, t, broken)
	}
	c.feeds(s, broken)
	c.limits(s, t, f)
	for i := range s.APIs {
		a := &s.APIs[i]
		c.requests(a, i, broken, f == nil)
		a.Health, a.Mirror, a.Canary = nil, nil, nil
		for j := range a.Upstreams {
			c.upstream(&a.Upstreams[j], broken(partUpstream, i))
		}
		if w := broken(partCaller, i); w != well {
			a.Caller.Token.Key = c.file(w, "caller.pem", nil)
		}
	}
	for i := range s.Credentials {
		k := &s.Credentials[i]
		if j := k.JWT; j != nil && j.Secret.IsZero() {
			keys := config.JWTKeys{Place: j.JWKS.Place, MaxStale: j.JWKS.MaxStale}
			if w := broken(partKeyFile, i); w != well {
				keys.File = c.file(w, "keys"+needOf("", i), t.forge.set)
			} else {
				keys.URL = c.lever(broken(partKeys, i), t.forge.keys()).url("/keys")
			}
			j.JWKS = keys
			j.Algorithms, j.Signals, j.Binding = []config.JWTAlgorithm{algorithm}, nil, config.Binding{}
		}
		if k.Keys != nil {
			k.Keys.Pepper, k.Keys.FormerPeppers = t.forge.keyed.pepper, nil
		}
		if k.Introspection != nil {
			c.introspection(k.Introspection, t, broken(partIntrospection, i))
		}
	}
	kept := *s
	c.altered = &kept
}

func (c *copied) store(s *config.Store, t *test, broken ways) {
	w := broken(partStore, 0)
	if w != well && s.Postgres != nil {
		s.Postgres.URL = trust.NewSecret("postgres://selftest:selftest@" + c.lever(w, nil).address() + "/selftest?sslmode=disable")
		s.Timeout = min(s.Timeout, waits)
		return
	}
	c.stored(s, broken(partStoreFile, 0), t.forge.keyed.rows)
}

func (c *copied) upstream(u *config.Upstream, w way) {
	l := c.lever(w, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.reached.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	u.URL, u.Protocol, u.CA, u.ServerName, u.Pins, u.Certificate, u.Key, u.Fields = l.url(""), config.SpeakHTTP1, "", "", nil, "", "", nil
	u.ConnectTimeout, u.AnswerTimeout = min(u.ConnectTimeout, waits), min(u.AnswerTimeout, waits)
	u.Role = config.Live
}

func (c *copied) introspection(k *config.IntrospectionCredential, t *test, w way) {
	l := c.lever(w, t.forge.introspection(k, t.calls.who))
	k.URL, k.Timeout = l.url("/introspect"), min(k.Timeout, waits)
	k.ClientID, k.ClientSecret, k.ClientKey, k.ClientKeyID, k.Certificate, k.Key, k.CA = "", trust.Secret{}, trust.Secret{}, "", "", "", ""
	k.Binding = config.Binding{}
}
