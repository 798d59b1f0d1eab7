// Package keyring gives API keys out and takes them back: it makes them, keeps
// what must be kept in the store, and holds what is asked for to what a key can
// be. The command and the console use it; it imports the store, the form of keys
// and the type of secrets, and knows no configuration and no request.
package keyring

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// Ring is the keys of one environment. Its Store is prepared.
type Ring struct {
	Store       *store.Store
	Environment string
	Pepper      *apikey.Pepper // for new keys
	// Former are the peppers of older keys, where all of them are known.
	Former []*apikey.Pepper
	Now    func() time.Time
	// Known returns the names by which the gate knows what somebody calls an
	// operation, or a *Mistake: a key for an operation that there is not would be
	// good for nothing. nil has names taken as they are.
	Known func(operation string) ([]string, error)
}

// Request is what a key is to be. Without Subject it speaks for itself.
type Request struct {
	Name                            string // for people; required
	Issuer, Subject, Tenant, Client string
	Scopes, Roles, Operations       []string
	Addresses                       []netip.Prefix
	Expires                         time.Time // zero for never
}

// ownSubject is what the subject of a key begins with that speaks for itself; its
// id follows.
const ownSubject = "key:"

// Bounds of a key.
const (
	maxText  = 256 // bytes of a name
	maxWords = 100 // items of a list
)

// Mistake is what is wrong with a request, for whoever made it.
type Mistake struct {
	Field, Text string
	Hint        string // what to do next; "" when the text says it
}

func (m *Mistake) Error() string { return m.Field + " " + m.Text }

// Check finds the first thing that is wrong with a request; nil for none.
func (r *Request) Check(now time.Time) error {
	if r.Name == "" {
		return &Mistake{Field: "name", Text: "is missing"}
	}
	for _, f := range []struct{ name, text string }{{"name", r.Name}, {"issuer", r.Issuer}, {"subject", r.Subject}, {"tenant", r.Tenant}, {"client", r.Client}} {
		if !plain(f.text) {
			return &Mistake{Field: f.name, Text: fmt.Sprintf("must be plain text of at most %d bytes", maxText)}
		}
	}
	if strings.Contains(r.Issuer, "|") {
		return &Mistake{Field: "issuer", Text: `must not hold "|", which stands between issuer and subject`}
	}
	if r.Issuer != "" && r.Subject == "" {
		return &Mistake{Field: "subject", Text: "is missing beside issuer"}
	}
	if strings.HasPrefix(r.Subject, ownSubject) && (r.Issuer == "" || r.Issuer == apikey.Issuer) {
		return &Mistake{Field: "subject", Text: `must not begin with "` + ownSubject + `", by which keys are called that speak for themselves`}
	}
	for _, f := range []struct {
		name string
		list []string
	}{{"scopes", r.Scopes}, {"roles", r.Roles}, {"operations", r.Operations}} {
		if len(f.list) > maxWords || len(r.Addresses) > maxWords {
			return &Mistake{Field: f.name, Text: fmt.Sprintf("must be at most %d", maxWords)}
		}
		for _, word := range f.list {
			if word == "" || !plain(word) || f.name == "scopes" && !scope(word) {
				return &Mistake{Field: f.name, Text: fmt.Sprintf("must be plain words, and %q is none", clip(word))}
			}
		}
	}
	if !r.Expires.IsZero() && !r.Expires.After(now) {
		return &Mistake{Field: "expires", Text: "must be in the future"}
	}
	return nil
}

// scope is RFC 6749 section 3.3: printable ASCII without space, quote and
// backslash.
func scope(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' })
}

func plain(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && s == strings.TrimSpace(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// Create makes a key and keeps it. The key itself is returned once and kept
// nowhere.
func (r *Ring) Create(ctx context.Context, q Request) (trust.Secret, *store.Key, error) {
	return r.CreateIf(ctx, q, anyKey)
}

func anyKey(*store.Key) error { return nil }

// CreateIf is Create, if may returns nil of the key.
func (r *Ring) CreateIf(ctx context.Context, q Request, may func(*store.Key) error) (trust.Secret, *store.Key, error) {
	now := r.Now()
	if err := q.Check(now); err != nil {
		return trust.Secret{}, nil, err
	}
	if err := r.know(&q); err != nil {
		return trust.Secret{}, nil, err
	}
	k := &store.Key{Name: q.Name, Issuer: q.Issuer, Subject: q.Subject, Tenant: q.Tenant, Client: q.Client,
		Scopes: tidy(q.Scopes), Roles: tidy(q.Roles), Operations: tidy(q.Operations), Addresses: q.Addresses, Created: now, Expires: q.Expires}
	secret := r.cut(k)
	if k.Issuer == "" {
		k.Issuer = apikey.Issuer
	}
	if k.Subject == "" {
		k.Subject = ownSubject + k.ID
	}
	if err := may(k); err != nil {
		return trust.Secret{}, nil, err
	}
	if err := r.Store.AddKey(ctx, k); err != nil {
		return trust.Secret{}, nil, err
	}
	return secret, k, nil
}

// know replaces what operations are called by what the gate calls them.
func (r *Ring) know(q *Request) error {
	if r.Known == nil {
		return nil
	}
	var names []string
	for _, written := range q.Operations {
		list, err := r.Known(written)
		if err != nil {
			return err
		}
		names = append(names, list...)
	}
	q.Operations = names
	return nil
}

// cut gives k an id, and the hash of the key that is returned.
func (r *Ring) cut(k *store.Key) trust.Secret {
	secret, id := apikey.New(r.Environment)
	sum := r.Pepper.Hash([]byte(secret.Reveal()))
	k.ID, k.Environment, k.Hash, k.Pepper = id, r.Environment, sum[:], r.Pepper.ID()
	return secret
}

// tidy sorts words, each once.
func tidy(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// ErrDead is a key that is revoked or has expired.
var ErrDead = errors.New("the key is revoked or has expired")

// Rotate makes a successor of a key, which speaks for the same caller with the
// same rights and the same end. The key itself is good for overlap still, so that
// whoever uses it can change.
func (r *Ring) Rotate(ctx context.Context, id string, overlap time.Duration) (trust.Secret, *store.Key, error) {
	return r.RotateIf(ctx, id, overlap, anyKey)
}

// RotateIf is Rotate, if may returns nil of the successor.
func (r *Ring) RotateIf(ctx context.Context, id string, overlap time.Duration, may func(*store.Key) error) (trust.Secret, *store.Key, error) {
	k, err := r.Key(ctx, id)
	if err != nil {
		return trust.Secret{}, nil, err
	}
	now := r.Now()
	if State(k, now) == Revoked || State(k, now) == Expired {
		return trust.Secret{}, nil, ErrDead
	}
	next := *k
	next.Created, next.Used, next.Successor = now, time.Time{}, ""
	secret := r.cut(&next)
	if err := may(&next); err != nil {
		return trust.Secret{}, nil, err
	}
	if err := r.Store.ReplaceKey(ctx, id, now.Add(overlap), &next); err != nil {
		return trust.Secret{}, nil, err
	}
	return secret, &next, nil
}

// Key returns the key of an id, if it is of this environment; else
// store.ErrNotFound.
func (r *Ring) Key(ctx context.Context, id string) (*store.Key, error) {
	k, err := r.Store.Key(ctx, id)
	if err == nil && k.Environment != r.Environment {
		return nil, store.ErrNotFound
	}
	return k, err
}

// Revoke makes a key void now.
func (r *Ring) Revoke(ctx context.Context, id string) error {
	if _, err := r.Key(ctx, id); err != nil {
		return err
	}
	return r.Store.RevokeKey(ctx, id, r.Now())
}

// RevokeIf is Revoke, if may returns nil of all keys as they are then: nobody
// changes one in between, at any gate.
func (r *Ring) RevokeIf(ctx context.Context, id string, may func(all []*store.Key) error) error {
	if _, err := r.Key(ctx, id); err != nil {
		return err
	}
	return r.Store.RevokeKeyIf(ctx, r.Environment, id, r.Now(), may)
}

// List returns all keys, the oldest first.
func (r *Ring) List(ctx context.Context) (list []*store.Key, err error) {
	err = r.Store.Keys(ctx, r.Environment, 0, func(k *store.Key) error {
		list = append(list, k)
		return nil
	})
	slices.SortFunc(list, func(a, b *store.Key) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, err
}

// Condition is how a key is.
type Condition string

// The conditions.
const (
	Good     Condition = "good"
	Replaced Condition = "replaced" // has a successor and is still good
	Expired  Condition = "expired"
	Revoked  Condition = "revoked"
)

// State says how a key is at a time.
func State(k *store.Key, now time.Time) Condition {
	switch {
	case !k.Revoked.IsZero() && !now.Before(k.Revoked):
		return Revoked
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return Expired
	case k.Successor != "":
		return Replaced
	}
	return Good
}
