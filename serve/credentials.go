package serve

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/lock"
	"github.com/gatehouse-api/gatehouse/guard/bot"
	"github.com/gatehouse-api/gatehouse/guard/challenge"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/keys"
	"github.com/gatehouse-api/gatehouse/trust/revocation"
)

// dependencies are what verifiers may need of the program.
type dependencies struct {
	log   *slog.Logger      // of the program; nil for nobody
	store *store.Store      // nil where there is none, or none is to be opened
	keys  func() *keys.Keys // the gate's own, the same as long as the program runs; nil where nothing is served
}

// own are the gate's own keys; nil where nothing is served.
func (d *dependencies) own() *keys.Keys {
	if d.keys == nil {
		return nil
	}
	return d.keys()
}

// makeVerifier makes the verifier of one credential. What it does in the
// background it ends with ctx; close, which may be nil, is called then and gives
// back what it holds. Exchanges that began before still call Verify: it goes on
// to answer from what it knows. An error is what is wrong with the settings: a
// server that does not answer for now is none.
type makeVerifier func(ctx context.Context, s *config.Credential, d dependencies) (v gate.Verifier, close func(), err error)

// verifierKinds is the table of kinds: each part of package config that
// describes one has a row here.
var verifierKinds = map[string]makeVerifier{
	"certificate":   certificateVerifier,
	"keys":          keysVerifier,
	"jwt":           jwtVerifier,
	"introspection": introspectionVerifier,
	"hmac":          hmacVerifier,
	"signature":     signatureVerifier,
	"basic":         basicVerifier,
}

// credentials are the verifiers of all credentials. They outlive plans: a
// credential whose settings stay, also the files that they name, keeps its
// verifier with everything that it knows.
type credentials struct {
	open map[sum]*credential
	deps dependencies

	revocations *revocation.Table
	locks       map[lock.Options]*lock.Table // by settings: a reload forgets no failure
	counting    atomic.Pointer[lock.Table]   // the one of them, for metrics
	leaks       leaks

	logins     loginTables
	challenges atomic.Pointer[challenge.State]
	bots       atomic.Pointer[bot.State]
}

// credential is one verifier.
type credential struct {
	gate.Verifier
	key   sum
	users int
	end   context.CancelFunc
	close func()
}

func newCredentials() *credentials {
	return &credentials{open: map[sum]*credential{}, revocations: revocation.New(0), locks: map[lock.Options]*lock.Table{}}
}

// equip gives an API what judges its credentials.
func (cs *credentials) equip(a *gatehouse.API, l *config.Locks) {
	a.Revocations, a.Leaked = cs.revocations, cs.leaked
	if !l.Disabled && len(a.Verifiers) > 0 {
		a.Locks = cs.lock(l)
	}
}

func lockOptions(l *config.Locks) lock.Options {
	return lock.Options{Failures: l.Failures, NetworkFailures: l.NetworkFailures, Window: l.Window, First: l.First, Longest: l.Longest}
}

// lock returns the counters of failures. There is one table, which stays while
// its settings do.
func (cs *credentials) lock(l *config.Locks) *lock.Table {
	o := lockOptions(l)
	if cs.locks[o] == nil {
		clear(cs.locks)
		cs.locks[o] = lock.New(o)
		cs.counting.Store(cs.locks[o])
	}
	return cs.locks[o]
}

// leaks are the keys that were seen in URLs, so that each is told once.
type leaks struct {
	mu   sync.Mutex
	seen map[string]bool // guarded by mu; by public id
}

// maxLeaks bounds the ids that are remembered and told.
const maxLeaks = 1000

// leaked tells the operator of a key in a URL, by its public id.
func (cs *credentials) leaked(id string) {
	l := &cs.leaks
	l.mu.Lock()
	told := l.seen[id] || len(l.seen) >= maxLeaks
	if !told {
		if l.seen == nil {
			l.seen = map[string]bool{}
		}
		l.seen[id] = true
	}
	l.mu.Unlock()
	if !told && cs.deps.log != nil {
		cs.deps.log.Warn("a key stands in a URL, where others can read it: replace it", "key", id)
	}
}

// acquire returns the verifier of a credential. files learns which files its
// settings name.
func (cs *credentials) acquire(s *config.Credential, files watch) (*credential, *fault) {
	k := newKey()
	fingerprintOf(k, s, files)
	if own := cs.deps.own(); own != nil && s.Keys != nil {
		k.value(own.MAC(keys.Pepper).Versions())
	}
	key := k.sum()
	if c := cs.open[key]; c != nil {
		c.users++
		return c, nil
	}
	make := verifierKinds[s.Kind()]
	if make == nil {
		return nil, &fault{at: s.Place, text: "this gate cannot verify credentials of the kind " + s.Kind(), remedy: "update the gate"}
	}
	ctx, end := context.WithCancel(context.Background())
	v, close, err := make(ctx, s, cs.deps)
	if err != nil {
		end()
		return nil, &fault{at: s.Place.At(s.Kind()), text: err.Error()}
	}
	c := &credential{Verifier: v, key: key, users: 1, end: end, close: close}
	cs.open[key] = c
	return c, nil
}

// release gives verifiers back; what nobody wants any more ends what it does in
// the background.
func (cs *credentials) release(list []*credential) {
	for _, c := range list {
		if c.users--; c.users == 0 {
			delete(cs.open, c.key)
			c.stop()
		}
	}
}

func (c *credential) stop() {
	c.end()
	if c.close != nil {
		c.close()
	}
}

// closeAll ends everything, whoever wants it.
func (cs *credentials) closeAll() {
	for _, c := range cs.open {
		c.stop()
	}
	clear(cs.open)
}

func fingerprintOf(k key, s *config.Credential, files watch) {
	fingerprint(k, reflect.ValueOf(*s), files)
}

// fingerprint adds settings to a key: secrets by their values, files by what
// they hold. Where they stand in gatehouse.yaml is of no account.
func fingerprint(k key, v reflect.Value, files watch) {
	switch value := v.Interface().(type) {
	case config.Place:
		return
	case trust.Secret:
		k.text(value.Reveal())
		return
	case config.File:
		k.text(string(value))
		if value != "" {
			files.add(string(value))
			held := files[string(value)].sum
			k.text(string(held[:]))
		}
		return
	}
	k.text(v.Type().String())
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			fingerprint(k, v.Elem(), files)
		}
	case reflect.Slice, reflect.Array:
		k.value(v.Len())
		for i := range v.Len() {
			fingerprint(k, v.Index(i), files)
		}
	case reflect.Map:
		k.value(v.Len())
		names := v.MapKeys()
		slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, name := range names {
			k.text(name.String())
			fingerprint(k, v.MapIndex(name), files)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fingerprint(k, v.Field(i), files)
			}
		}
		if s, ok := v.Interface().(fmt.Stringer); ok { // types such as netip.Prefix hide their fields
			k.text(s.String())
		}
	default:
		k.value(v.Interface())
	}
}

// verifiers are those of an API by the schemes of its contract.
func (d *draft) verifiers(settings *config.API, c *contract.Contract, a *gatehouse.API) map[string]gate.Verifier {
	found := map[string]gate.Verifier{}
	var known []string
	for _, s := range c.Schemes {
		known = append(known, s.Name)
		name, said := settings.Schemes[s.Name]
		if !said {
			name = s.Name
		}
		if v := d.credentials[name]; v != nil {
			d.wanted[name] = true
			d.issuers(name, a)
			found[strings.Clone(s.Name)] = v.Verifier
			d.faults.add(d.keysInCookie(settings, s, name))
		}
	}
	for _, scheme := range slices.Sorted(maps.Keys(settings.Schemes)) {
		if !slices.Contains(known, scheme) {
			d.faults.problems = append(d.faults.problems, settings.Place.At("schemes", scheme).Problem(
				source.DidYouMean("name one that stands under components.securitySchemes", scheme, known...), "the contract has no security scheme %q", scheme))
		}
	}
	return found
}

// verify acquires the verifiers of all credentials.
func (r *reader) verify(d *draft) {
	d.credentials, d.wanted = map[string]*credential{}, map[string]bool{}
	for i := range d.config.Credentials {
		s := &d.config.Credentials[i]
		if r.stand != nil {
			d.credentials[s.Name] = &credential{Verifier: r.stand(s.Name), users: 1, end: func() {}}
			continue
		}
		c, wrong := r.credentials.acquire(s, d.files)
		if d.faults.add(wrong); c == nil {
			c = &credential{Verifier: unmade{}, users: 1, end: func() {}}
		}
		d.credentials[s.Name] = c
	}
}

// unmade stands in for a verifier that cannot be made, so that the one mistake
// is not told again of each operation that it would verify. Its draft serves
// nobody.
type unmade struct{}

var _ gate.UserVerifier = unmade{}

// Verify refuses.
func (unmade) Verify(*gate.Exchange, *gate.Use, []byte) (*gate.Principal, *gate.Refusal) {
	return nil, &gate.Refusal{Code: gate.CredentialUnverified, Retry: 1}
}

// TellsAuthentication says nothing of the verifier that is missing.
func (unmade) TellsAuthentication() {}

// release gives back what a draft holds.
func (r *reader) release(d *draft) {
	r.ways.release(d.ways)
	r.credentials.release(slices.Collect(maps.Values(d.credentials)))
	if d.shared != nil {
		d.shared.Close()
	}
	d.ways, d.credentials, d.shared = nil, nil, nil
}

// idle finds credentials that no API asks for: a mistake in a name, mostly.
func (d *draft) idle() {
	for i := range d.config.Credentials {
		s := &d.config.Credentials[i]
		if c := d.credentials[s.Name]; c != nil && !d.wanted[s.Name] && len(d.apis) > 0 {
			d.faults.problems = append(d.faults.problems, s.Place.At("name").Warning("name it in schemes of an API, or remove it", "no API uses the credential %q", s.Name))
		}
	}
}

// issuers notes whose tokens a credential takes.
func (d *draft) issuers(credential string, a *gatehouse.API) {
	for i := range d.config.Credentials {
		s := &d.config.Credentials[i]
		if s.Name == credential && s.JWT != nil && strings.HasPrefix(s.JWT.Issuer, "https://") && !slices.Contains(a.Issuers, s.JWT.Issuer) {
			a.Issuers = append(a.Issuers, s.JWT.Issuer)
		}
	}
}
