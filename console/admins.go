package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// Roles of those who administer; each may what those before it may.
var roles = []string{"viewer", "operator", "admin"}

// Roles returns the names of the roles, the least first.
func Roles() []string { return slices.Clone(roles) }

// Admins are the credentials for this API: API keys of an environment of their
// own, which no listener for clients takes.
func Admins(s *store.Store, p *apikey.Pepper, now func() time.Time) *keyring.Ring {
	return &keyring.Ring{Store: s, Environment: Environment, Pepper: p, Now: now}
}

// NewAdmin makes a credential of a role.
func NewAdmin(ctx context.Context, ring *keyring.Ring, name, role string, expires time.Time) (trust.Secret, *store.Key, error) {
	at := slices.Index(roles, role)
	if at < 0 {
		return trust.Secret{}, nil, &keyring.Mistake{Field: "role", Text: "must be viewer, operator or admin"}
	}
	return ring.Create(ctx, keyring.Request{Name: name, Roles: roles[:at+1], Expires: expires})
}

// lasting counts the credentials that are good and do not end by themselves,
// and whose role is the highest.
func lasting(list []*store.Key, now time.Time) (n int) {
	for _, k := range list {
		if state := keyring.State(k, now); state == keyring.Good && k.Expires.IsZero() && slices.Contains(k.Roles, "admin") {
			n++
		}
	}
	return n
}

// firstMade is the setting which says that there was a first credential.
const firstMade = "console: the first credential was made"

// First makes the first credential where there never was one, also when several
// gates start on one store at once. It returns the zero Secret when there was.
func First(ctx context.Context, ring *keyring.Ring) (trust.Secret, error) {
	list, err := ring.List(ctx)
	if err != nil || len(list) > 0 {
		return trust.Secret{}, err
	}
	switch err := ring.Store.AddSetting(ctx, firstMade, []byte{1}); {
	case errors.Is(err, store.ErrConflict):
		return trust.Secret{}, nil
	case err != nil:
		return trust.Secret{}, err
	}
	secret, _, err := NewAdmin(store.By(ctx, "first start"), ring, "first admin", "admin", time.Time{})
	return secret, err
}

func (c *console) listAdmins(r *http.Request) (int, any, error) {
	list, err := c.admins.List(r.Context())
	p := Page{Keys: []keyring.View{}}
	for _, k := range list {
		p.Keys = append(p.Keys, c.key(k))
	}
	return http.StatusOK, p, err
}

// NewCredential is what a credential for this API is to be.
type NewCredential struct {
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	Expires time.Time `json:"expires,omitzero"`
}

func (c *console) createAdmin(r *http.Request) (int, any, error) {
	var body NewCredential
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	secret, k, err := NewAdmin(author(r), c.admins, body.Name, body.Role, body.Expires)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.made(secret, k), nil
}

func (c *console) revokeAdmin(r *http.Request) (int, any, error) {
	id := r.PathValue("id")
	err := c.admins.RevokeIf(author(r), id, func(all []*store.Key) error { // two admins must not take each other's away at once
		others := slices.DeleteFunc(slices.Clone(all), func(k *store.Key) bool { return k.ID == id })
		if lasting(others, c.Now()) == 0 && lasting(all, c.Now()) > 0 {
			return lastAdmin
		}
		return nil
	})
	return http.StatusNoContent, nil, err
}
