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

// made is a new key, with what nobody can ask for again.
type made struct {
	Secret string       `json:"secret"`
	Key    keyring.View `json:"key"`
}

type page struct {
	Keys []keyring.View `json:"keys"`
	Next string         `json:"next,omitempty"`
}

func (c *console) key(k *store.Key) keyring.View { return keyring.ViewOf(k, c.Now()) }

func (c *console) made(secret trust.Secret, k *store.Key) made {
	return made{Secret: secret.Reveal(), Key: c.key(k)}
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
func (c *console) pageOf(r *http.Request, list []*store.Key) page {
	if after := r.URL.Query().Get("after"); after != "" {
		for i, k := range list {
			if k.ID == after {
				list = list[i+1:]
				break
			}
		}
	}
	p := page{Keys: []keyring.View{}}
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

func (c *console) createKey(r *http.Request) (int, any, error) {
	ring, err := c.ring(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Name, Issuer, Subject, Tenant, Client string
		Scopes, Roles, Operations, Addresses  []string
		Expires                               time.Time
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	q := keyring.Request{Name: body.Name, Issuer: body.Issuer, Subject: body.Subject, Tenant: body.Tenant, Client: body.Client,
		Scopes: body.Scopes, Roles: body.Roles, Operations: body.Operations, Expires: body.Expires}
	for _, text := range body.Addresses {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return 0, nil, mistake("addresses must be networks, as in 192.0.2.0/24")
		}
		q.Addresses = append(q.Addresses, network.Masked())
	}
	secret, k, err := ring.Create(author(r), q)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.made(secret, k), nil
}

func (c *console) rotateKey(r *http.Request) (int, any, error) {
	ring, err := c.ring(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Overlap int64 `json:"overlap_seconds"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	secret, k, err := ring.Rotate(author(r), r.PathValue("id"), time.Duration(body.Overlap)*time.Second)
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
