package remote

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/console"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// Ring is the keys of one environment, or the credentials for administration.
type Ring struct {
	gate *Gate
	path string // of the list
	read string // the role that reads it
	edit string // the role that changes it
}

// Keys returns the keys that one credential of the gate's configuration
// verifies; "" is for the only one.
func (g *Gate) Keys(ctx context.Context, credential string) (*Ring, error) {
	var s console.Status
	if err := g.ask(ctx, "viewer", "GET", "/v1/status", nil, &s); err != nil {
		return nil, err
	}
	var names []string
	var found *console.KeysStatus
	for i := range s.Keys {
		k := &s.Keys[i]
		names = append(names, printable(k.Credential))
		if credential == "" || k.Credential == credential {
			found = k
		}
	}
	switch {
	case len(names) == 0:
		return nil, &Error{Text: "no credential of the gate is of the kind keys", Hint: `add one to its gatehouse.yaml, as in credentials: [{name: keys, keys: {pepper: "${file:pepper.txt}"}}]`}
	case credential == "" && len(names) > 1:
		return nil, &Error{Text: "several credentials are of the kind keys", Hint: "say which with --credential: " + strings.Join(names, ", ")}
	case found == nil:
		return nil, &Error{Text: fmt.Sprintf("no credential %q is of the kind keys", credential), Hint: source.DidYouMean("those that are: "+strings.Join(names, ", "), credential, names...)}
	}
	return &Ring{g, "/v1/environments/" + url.PathEscape(found.Environment) + "/keys", "viewer", "operator"}, nil
}

// Admins returns the credentials for administration.
func (g *Gate) Admins() *Ring { return &Ring{g, "/v1/admins", "admin", "admin"} }

// List returns all keys, the oldest first.
func (r *Ring) List(ctx context.Context) (list []keyring.View, err error) {
	list = []keyring.View{}
	query := ""
	if r.edit != "admin" {
		query = fmt.Sprintf("?limit=%d", pageSize)
	}
	for after := ""; ; {
		var p console.Page
		if err := r.gate.ask(ctx, r.read, "GET", r.path+query+after, nil, &p); err != nil {
			return nil, err
		}
		for i := range p.Keys {
			clean(&p.Keys[i])
		}
		list = append(list, p.Keys...)
		switch {
		case p.Next == "":
			return list, nil
		case len(p.Keys) == 0:
			return nil, r.gate.strange("a page of keys is empty")
		}
		after = "&after=" + url.QueryEscape(p.Next)
	}
}

// Key returns the key of an id; else store.ErrNotFound.
func (r *Ring) Key(ctx context.Context, id string) (keyring.View, error) {
	var k keyring.View
	if !isID(id) {
		return k, store.ErrNotFound
	}
	err := r.gate.ask(ctx, r.read, "GET", r.path+"/"+id, nil, &k)
	clean(&k)
	return k, err
}

// Create makes a key.
func (r *Ring) Create(ctx context.Context, q keyring.Request) (trust.Secret, keyring.View, error) {
	if err := q.Check(time.Now()); err != nil {
		return trust.Secret{}, keyring.View{}, err
	}
	return r.made(ctx, r.path, console.NewKey{Name: q.Name, Issuer: q.Issuer, Subject: q.Subject, Tenant: q.Tenant, Client: q.Client,
		Scopes: q.Scopes, Roles: q.Roles, Operations: q.Operations, Addresses: q.Addresses, Expires: q.Expires})
}

// CreateAdmin makes a credential for administration.
func (r *Ring) CreateAdmin(ctx context.Context, name, role string, expires time.Time) (trust.Secret, keyring.View, error) {
	if err := (&keyring.Request{Name: name, Expires: expires}).Check(time.Now()); err != nil {
		return trust.Secret{}, keyring.View{}, err
	}
	return r.made(ctx, r.path, console.NewCredential{Name: name, Role: role, Expires: expires})
}

// Rotate makes the successor of a key.
func (r *Ring) Rotate(ctx context.Context, id string, overlap time.Duration) (trust.Secret, keyring.View, error) {
	if !isID(id) {
		return trust.Secret{}, keyring.View{}, store.ErrNotFound
	}
	return r.made(ctx, r.path+"/"+id+"/rotate", console.Rotation{Overlap: int64((overlap + time.Second - 1) / time.Second)})
}

func (r *Ring) made(ctx context.Context, path string, body any) (trust.Secret, keyring.View, error) {
	var m console.Made
	if err := r.gate.ask(ctx, r.edit, "POST", path, body, &m); err != nil {
		return trust.Secret{}, m.Key, err
	}
	if _, ok := apikey.Parse([]byte(m.Secret)); !ok {
		return trust.Secret{}, m.Key, r.gate.strange("what it made is no key")
	}
	clean(&m.Key)
	return trust.NewSecret(m.Secret), m.Key, nil
}

// Revoke makes a key void now.
func (r *Ring) Revoke(ctx context.Context, id string) error {
	if !isID(id) {
		return store.ErrNotFound
	}
	return r.gate.ask(ctx, r.edit, "POST", r.path+"/"+id+"/revoke", nil, nil)
}

// Revoke takes credentials back, and returns the time from before which.
func (g *Gate) Revoke(ctx context.Context, v store.Revocation) (time.Time, error) {
	var done console.Revocation
	err := g.ask(ctx, "operator", "POST", "/v1/revocations", console.Revocation{Kind: v.Kind, Issuer: v.Issuer, Value: v.Value, Expires: v.Expires}, &done)
	return done.At, err
}

// isID reports whether a text can be the id of a key: what cannot be is asked
// nobody, since it would be a part of a path.
func isID(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// clean has a terminal be able to show what a gate says of a key.
func clean(k *keyring.View) {
	for _, text := range []*string{&k.ID, &k.Name, &k.Environment, (*string)(&k.State), &k.Issuer, &k.Subject, &k.Tenant, &k.Client, &k.Successor} {
		*text = printable(*text)
	}
	for _, list := range [][]string{k.Scopes, k.Roles, k.Operations} {
		for i := range list {
			list[i] = printable(list[i])
		}
	}
}
