package console

import (
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Made is a new key, with what nobody can ask for again.
type Made struct {
	Secret string       `json:"secret"`
	Key    keyring.View `json:"key"`
}

// Page is some of the keys.
type Page struct {
	Keys []keyring.View `json:"keys"`
	Next string         `json:"next,omitempty"`
}

func (c *console) key(k *store.Key) keyring.View { return keyring.ViewOf(k, c.Now()) }

func (c *console) made(secret trust.Secret, k *store.Key) Made {
	return Made{Secret: secret.Reveal(), Key: c.key(k)}
}

// ring is that of the environment in the path. The keys of this API are not
// among them: operators must not make admins.
func (c *console) ring(r *http.Request) (*keyring.Ring, error) {
	if ring := c.rings[r.PathValue("environment")]; ring != nil && ring.Environment != Environment {
		return ring, nil
	}
	return nil, noEnvironment
}

// defaultLimit is how many items a page has when nothing is said.
const defaultLimit = 100

func limit(r *http.Request) int {
	if n, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil && n > 0 {
		return n
	}
	return defaultLimit
}

// pageOf cuts a page out of keys, the oldest first.
func (c *console) pageOf(r *http.Request, list []*store.Key) Page {
	if after := r.URL.Query().Get("after"); after != "" {
		for i, k := range list {
			if k.ID == after {
				list = list[i+1:]
				break
			}
		}
	}
	p := Page{Keys: []keyring.View{}}
	for i, k := range list {
		if i == limit(r) {
			p.Next = list[i-1].ID
			break
		}
		p.Keys = append(p.Keys, c.key(k))
	}
	return p
}

func (c *console) listKeys(r *http.Request) (int, any, error) {
	ring, err := c.ring(r)
	if err != nil {
		return 0, nil, err
	}
	list, err := ring.List(r.Context())
	return http.StatusOK, c.pageOf(r, list), err
}

func (c *console) getKey(r *http.Request) (int, any, error) {
	ring, err := c.ring(r)
	if err != nil {
		return 0, nil, err
	}
	k, err := ring.Key(r.Context(), r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.key(k), nil
}

// NewKey is what a key is to be.
type NewKey struct {
	Name       string         `json:"name"`
	Issuer     string         `json:"issuer,omitempty"`
	Subject    string         `json:"subject,omitempty"`
	Tenant     string         `json:"tenant,omitempty"`
	Client     string         `json:"client,omitempty"`
	Scopes     []string       `json:"scopes,omitempty"`
	Roles      []string       `json:"roles,omitempty"`
	Operations []string       `json:"operations,omitempty"`
	Addresses  []netip.Prefix `json:"addresses,omitempty"`
	Expires    time.Time      `json:"expires,omitzero"`
}

func (c *console) createKey(r *http.Request) (int, any, error) {
	ring, err := c.ring(r)
	if err != nil {
		return 0, nil, err
	}
	var body NewKey
	if err := decode(r, &body); err != nil {
		return 0, nil, mistake("addresses must be networks, as in 192.0.2.0/24") // the contract cannot say so
	}
	q := keyring.Request{Name: body.Name, Issuer: body.Issuer, Subject: body.Subject, Tenant: body.Tenant, Client: body.Client,
		Scopes: body.Scopes, Roles: body.Roles, Operations: body.Operations, Expires: body.Expires}
	for _, network := range body.Addresses {
		q.Addresses = append(q.Addresses, network.Masked())
	}
	secret, k, err := ring.CreateIf(author(r), q, c.reserved(r))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.made(secret, k), nil
}

// Rotation is how a key is rotated.
type Rotation struct {
	Overlap int64 `json:"overlap_seconds"` // the old key is good still
}

func (c *console) rotateKey(r *http.Request) (int, any, error) {
	ring, err := c.ring(r)
	if err != nil {
		return 0, nil, err
	}
	var body Rotation
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	secret, k, err := ring.RotateIf(author(r), r.PathValue("id"), time.Duration(body.Overlap)*time.Second, c.reserved(r))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.made(secret, k), nil
}

func (c *console) revokeKey(r *http.Request) (int, any, error) {
	ring, err := c.ring(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, ring.Revoke(author(r), r.PathValue("id"))
}
