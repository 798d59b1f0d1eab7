// Package keys has the gate's own keys: what peppers API keys, hashes the
// owners' table, makes nonces, signs internal tokens and seals what the store
// keeps. They are made at the first start, kept sealed under the configured
// wrapper (trust/wrap), have versions, and rotate while they are used.
//
// How to use it: take a handle once (MAC, Data, or the Keys itself for Signing)
// and keep it; a handle follows rotations. What is kept names the version it was
// made with: a hash is stored beside MAC.Newest and compared with MAC.Sum of that
// version; a sealed value names its version itself. Tests and programs without a
// place to keep keys use Generate, whose keys end with the program: see Durable.
//
// The store, guards that hash or sign, and serve import it; it knows no
// configuration, no service and no database.
package keys

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/trust/seal"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// Name is one of the gate's keys.
type Name string

// The keys.
const (
	Pepper  Name = "pepper"  // HMAC-SHA-256 over the secrets of API keys
	Owners  Name = "owners"  // HMAC-SHA-256 over the ids of objects
	Nonces  Name = "nonces"  // HMAC-SHA-256 in nonces that the gate gives out
	Callers Name = "callers" // HMAC-SHA-256 over who calls, for events
	Tokens  Name = "tokens"  // ES256, signs what tells APIs who calls
	Data    Name = "data"    // AES-256-GCM, seals values in the store
)

// Names are all keys, in the order in which people are told of them.
var Names = []Name{Pepper, Owners, Nonces, Callers, Tokens, Data}

// Storage is where sealed keys are kept: a File, or a row of a database.
type Storage interface {
	// Read returns what is kept, at most wrap.MaxText bytes; nothing yet is
	// fs.ErrNotExist.
	Read(ctx context.Context) ([]byte, error)
	// Replace puts fresh in the place of old, which is nil when there was
	// nothing, whole or not at all, so that it outlives a loss of power. It
	// returns ErrRaced when something else than old is kept.
	Replace(ctx context.Context, old, fresh []byte) error
}

// Errors of keeping keys.
var (
	ErrRaced    = errors.New("another program changed the keys at the same time")
	ErrInMemory = errors.New("the keys are in memory only: say trust.key and trust.keys_file in gatehouse.yaml to keep them")
	ErrInUse    = errors.New("the version is still in use")
)

// purpose binds the sealed keys to what they are.
const purpose = "keys of the gate"

// Keys are the gate's keys. They may be used by many goroutines, and print
// nothing of themselves.
type Keys struct {
	storage Storage // nil: in memory alone
	wrapper wrap.Wrapper

	mu  sync.Mutex // one change at a time
	now atomic.Pointer[state]
}

// state is what the keys are at a time. It does not change.
type state struct {
	macs   [len(macNames)]macs
	tokens []SigningKey
	ring   *seal.Ring
	body   body
	text   []byte // as it is kept
}

// Generate makes keys that end with the program.
func Generate() (*Keys, error) {
	b, err := complete(body{})
	if err != nil {
		return nil, err
	}
	k := &Keys{}
	return k, k.use(b, nil)
}

// Open reads the keys that storage keeps, and makes those that are missing: all
// of them at the first start. Errors that come from w are *wrap.Error.
func Open(ctx context.Context, storage Storage, w wrap.Wrapper) (*Keys, error) {
	k := &Keys{storage: storage, wrapper: w}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k, k.change(ctx, func(b body) (body, error) { return b, nil })
}

// Durable reports whether the keys outlive the program. What is stored under
// keys that do not is worthless after the next start: who stores refuses then.
func (k *Keys) Durable() bool { return k.storage != nil }

// Refresh reads the keys again if they were changed by another program, such as
// gatehouse trust rotate. When that fails the keys in memory go on.
func (k *Keys) Refresh(ctx context.Context) (changed bool, err error) {
	if !k.Durable() {
		return false, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.now.Load()
	text, err := k.storage.Read(ctx)
	if err != nil || string(text) == string(before.text) {
		return false, err
	}
	b, err := k.open(ctx, text)
	if err != nil {
		return false, err
	}
	return true, k.use(b, text)
}

// Reopen reads the keys again with another wrapper, which must open them, and
// wraps with it from now on. When that fails everything stays as it is.
func (k *Keys) Reopen(ctx context.Context, w wrap.Wrapper) error {
	if !k.Durable() {
		return ErrInMemory
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	text, err := k.storage.Read(ctx)
	if err != nil {
		return err
	}
	before := k.wrapper
	k.wrapper = w
	b, err := k.open(ctx, text)
	if err == nil {
		err = k.use(b, text)
	}
	if err != nil {
		k.wrapper = before
	}
	return err
}

// Rotate makes a new version of keys: from now on they are used, and what was
// made with earlier versions is still known. It, Destroy and Rewrap are written
// down among Acts, as done by whom By names.
func (k *Keys) Rotate(ctx context.Context, names ...Name) error {
	return k.locked(ctx, func(b body) (body, error) {
		for _, n := range names {
			var err error
			if b, err = b.rotated(n); err != nil {
				return b, err
			}
		}
		return b, nil
	})
}

// Destroy removes a version of a key for ever. used says how much is still made
// with it: when that is not 0 the error is ErrInUse. The newest version stays.
// On several nodes, let a while pass behind a rotation, so that none still makes
// something with the version.
func (k *Keys) Destroy(ctx context.Context, n Name, version uint32, used func(context.Context) (int, error)) error {
	count, err := used(ctx)
	if err != nil {
		return err
	}
	if count > 0 {
		return fmt.Errorf("%w: version %s of %s, %d times", ErrInUse, written(n, version), n, count)
	}
	return k.locked(ctx, func(b body) (body, error) { return b.without(n, version) })
}

// Rewrap seals the keys anew under w, which takes the place of the wrapper that
// they were opened with: another passphrase, another service, or the newest
// version of the same key.
func (k *Keys) Rewrap(ctx context.Context, w wrap.Wrapper) error {
	if !k.Durable() {
		return ErrInMemory
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.now.Load()
	b := before.body.clone()
	b.did(ctx, Rewrapped, w.Name())
	text, err := b.sealed(ctx, w)
	if err != nil {
		return err
	}
	if err := k.storage.Replace(ctx, before.text, text); err != nil {
		return err
	}
	k.wrapper = w
	return k.use(b, text)
}

// locked changes keys that are kept or in memory.
func (k *Keys) locked(ctx context.Context, f func(body) (body, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Durable() {
		return k.change(ctx, f)
	}
	b, err := f(k.now.Load().body.clone())
	if err != nil {
		return err
	}
	return k.use(b, nil)
}

// change reads what is kept, applies f, and keeps what came of it. The caller
// holds mu.
func (k *Keys) change(ctx context.Context, f func(body) (body, error)) error {
	for tries := 0; ; tries++ {
		old, err := k.storage.Read(ctx)
		var b body
		switch {
		case errors.Is(err, fs.ErrNotExist):
			old = nil
		case err != nil:
			return err
		default:
			if b, err = k.open(ctx, old); err != nil {
				return err
			}
		}
		had := b.versions()
		if b, err = complete(b); err != nil {
			return err
		}
		if b, err = f(b); err != nil {
			return err
		}
		if old != nil && slices.Equal(had, b.versions()) {
			return k.use(b, old)
		}
		b.note(ctx, had)
		fresh, err := b.sealed(ctx, k.wrapper)
		if err != nil {
			return err
		}
		err = k.storage.Replace(ctx, old, fresh)
		if errors.Is(err, ErrRaced) && tries < 3 {
			continue
		}
		if err != nil {
			return err
		}
		return k.use(b, fresh)
	}
}

func (k *Keys) open(ctx context.Context, text []byte) (body, error) {
	plain, err := wrap.Open(ctx, k.wrapper, text, purpose)
	if err != nil {
		return body{}, err
	}
	defer clear(plain)
	return readBody(plain)
}

// use makes b what the keys are.
func (k *Keys) use(b body, text []byte) error {
	s, err := b.state()
	if err != nil {
		return err
	}
	s.text = text
	k.now.Store(s)
	return nil
}

// Format implements fmt.Formatter, so that no printer walks into the keys.
func (k *Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, "keys of the gate") }

// Status is what may be known of one key.
type Status struct {
	Name     Name
	Versions []VersionStatus // the newest first
}

// VersionStatus is one version of a key.
type VersionStatus struct {
	Version uint32
	Text    string // as people are told
	Made    time.Time
}

// Status lists the keys and their versions, without the keys.
func (k *Keys) Status() (list []Status) {
	b := k.now.Load().body
	for _, n := range Names {
		s := Status{Name: n}
		for _, e := range slices.Backward(b.Keys[n]) {
			s.Versions = append(s.Versions, VersionStatus{e.Version, written(n, e.Version), e.Made})
		}
		list = append(list, s)
	}
	return list
}

// written is a version as people read it.
func written(n Name, version uint32) string {
	if n == Data {
		return seal.Version(version).String()
	}
	return fmt.Sprint(version)
}
