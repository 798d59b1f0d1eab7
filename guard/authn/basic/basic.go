// Package basic verifies user names and passwords (RFC 7617) for operations
// that cannot do without. The assembly makes its verifiers from gatehouse.yaml;
// it knows the words of gate and nothing of where users stand.
package basic

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/party"
	"github.com/gatehouse-api/gatehouse/guard/authn/remember"
)

// Options are the users, and where they are known.
type Options struct {
	Name string // of the entry of gatehouse.yaml
	// Users are hashes of passwords by user; see ReadUsers.
	Users map[string]Hash
	// Operations are those that take passwords, by their ids or as in
	// "GET /export"; at least one.
	Operations []string
	// Parallel bounds the passwords that are hashed at once, each of which takes
	// memory as its hash says; 0 for DefaultParallel.
	Parallel int
	// Remember is how long a password that was good is not hashed again; 0 for
	// never.
	Remember time.Duration
	// Wait is how long a call waits for its turn; 0 for DefaultWait.
	Wait time.Duration
}

// Defaults of Options.
const (
	DefaultParallel = 2
	DefaultWait     = time.Second
)

// Bounds.
const (
	maxCredential = 1024 // bytes of user, colon and password
	entries       = 4096 // passwords that are remembered
)

// Verifier verifies passwords. Many goroutines use it at once.
type Verifier struct {
	options Options
	users   map[string]*user
	nobody  Hash // the dearest: in place of users that are not known
	room    chan struct{}
	key     [32]byte
	known   *remember.Table[known]
}

type user struct {
	hash      Hash
	principal *gate.Principal
}

// known is a password that was good.
type known struct {
	principal *gate.Principal
	until     time.Time
}

var (
	_ gate.NamingVerifier  = (*Verifier)(nil)
	_ gate.RecheckVerifier = (*Verifier)(nil)
)

// New returns a verifier.
func New(o Options) (*Verifier, error) {
	switch {
	case len(o.Users) == 0:
		return nil, errors.New("there is no user")
	case len(o.Operations) == 0:
		return nil, errors.New("no operation takes passwords")
	}
	if o.Parallel <= 0 {
		o.Parallel = DefaultParallel
	}
	if o.Wait <= 0 {
		o.Wait = DefaultWait
	}
	o.Operations = slices.Clone(o.Operations)
	v := &Verifier{options: o, users: map[string]*user{}, room: make(chan struct{}, o.Parallel), known: remember.New[known](entries)}
	rand.Read(v.key[:]) // never fails
	for name, hash := range o.Users {
		if !isName([]byte(name)) {
			return nil, fmt.Errorf("the user %q has a name that is empty, or holds a colon or signs that cannot be seen", name)
		}
		who := party.Party{ID: name}
		v.users[name] = &user{hash, who.Principal(o.Name, gate.Person, slices.Concat(hash.salt, hash.sum))}
		if hash.work() > v.nobody.work() {
			v.nobody = hash
		}
	}
	return v, nil
}

// The refusals; all are shared. Which of user and password is wrong is told to
// nobody.
var (
	elsewhere = &gate.Refusal{Code: gate.CredentialRestricted, Cause: errors.New("the operation is not among those that take passwords")}
	badForm   = party.Invalid("the credentials are not base64 of a user, a colon and a password")
	wrong     = party.Invalid("there is no such user with this password")
	busy      = &gate.Refusal{Code: gate.CredentialUnverified, Retry: 1, Cause: errors.New("as many passwords are hashed as there is room for")}
)

// Verify implements gate.Verifier.
func (v *Verifier) Verify(x *gate.Exchange, _ *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	if x.Operation == nil || !v.takes(x.Operation) {
		return nil, elsewhere
	}
	var room [maxCredential]byte
	text, ok := decode(room[:], raw)
	defer clear(room[:])
	if !ok {
		return nil, badForm
	}
	name, password, ok := bytes.Cut(text, []byte(":"))
	if !ok || !isName(name) || !isPlain(password) {
		return nil, badForm
	}
	sum := v.sum(text)
	if k := v.known.Get(sum[:]); k != nil && x.Received.Before(k.until) {
		return k.principal, nil
	}
	u, good := v.users[string(name)], false
	hash := v.nobody
	if u != nil {
		hash = u.hash
	}
	if !v.enter(x) {
		return nil, busy
	}
	func() {
		defer func() { <-v.room }()
		good = hash.is(password)
	}()
	if u == nil || !good {
		return nil, wrong
	}
	if v.options.Remember > 0 {
		v.known.Put(string(sum[:]), known{u.principal, x.Received.Add(v.options.Remember)})
	}
	return u.principal, nil
}

// Recheck implements gate.RecheckVerifier: a call that takes long ends when its
// user is taken away or gets another password, or its operation takes none any
// more.
func (v *Verifier) Recheck(x *gate.Exchange, _ *gate.Use, p *gate.Principal) *gate.Refusal {
	if x.Operation == nil || !v.takes(x.Operation) {
		return elsewhere
	}
	if u := v.users[p.Subject]; u != nil && party.Same(p, u.principal) {
		return nil
	}
	return party.Gone
}

// takes reports whether an operation takes passwords: it is named by its id, or
// as in "GET /export".
func (v *Verifier) takes(o *gate.Operation) bool {
	for _, name := range v.options.Operations {
		if name == o.Name {
			return true
		}
		if method, path, ok := strings.Cut(name, " "); ok && method == o.Method && path == o.Template {
			return true
		}
	}
	return false
}

// sum is what is remembered in place of a password: nobody who has it can try
// passwords, since the key is of this process.
func (v *Verifier) sum(text []byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, v.key[:])
	mac.Write(text)
	mac.Sum(sum[:0])
	return sum
}

// enter waits for a turn to hash.
func (v *Verifier) enter(x *gate.Exchange) bool {
	select {
	case v.room <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(v.options.Wait)
	defer timer.Stop()
	var gone <-chan struct{}
	if x.Context != nil {
		gone = x.Context.Done()
	}
	select {
	case v.room <- struct{}{}:
		return true
	case <-timer.C:
	case <-gone:
	}
	return false
}

// Names implements gate.NamingVerifier.
func (v *Verifier) Names(_ *gate.Exchange, _ *gate.Use, raw []byte) []byte {
	text, ok := decode(make([]byte, maxCredential), raw)
	name, _, found := bytes.Cut(text, []byte(":"))
	if !ok || !found {
		return nil
	}
	return name
}

// decode reads base64 (RFC 7617 section 2) into room.
func decode(room, raw []byte) ([]byte, bool) {
	if base64.StdEncoding.DecodedLen(len(raw)) > len(room) {
		return nil, false
	}
	n, err := base64.StdEncoding.Strict().Decode(room, raw)
	return room[:max(n, 0)], err == nil
}

func isName(name []byte) bool {
	return len(name) > 0 && len(name) <= 255 && isPlain(name) && !bytes.Contains(name, []byte(":"))
}

// isPlain keeps control characters out (RFC 7617 section 2).
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return utf8.Valid(text)
}
