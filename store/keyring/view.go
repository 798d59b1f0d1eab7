package keyring

import (
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
)

// View is a key as those see it who administer it, in JSON too: the command and
// the API of administration show the same. It never holds the key itself, nor its
// hash.
type View struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Environment string         `json:"environment"`
	State       Condition      `json:"state"`
	Issuer      string         `json:"issuer,omitempty"`
	Subject     string         `json:"subject,omitempty"`
	Tenant      string         `json:"tenant,omitempty"`
	Client      string         `json:"client,omitempty"`
	Scopes      []string       `json:"scopes,omitempty"`
	Roles       []string       `json:"roles,omitempty"`
	Operations  []string       `json:"operations,omitempty"`
	Addresses   []netip.Prefix `json:"addresses,omitempty"`
	Created     time.Time      `json:"created"`
	Expires     time.Time      `json:"expires,omitzero"`
	Revoked     time.Time      `json:"revoked,omitzero"`
	Used        time.Time      `json:"used,omitzero"`
	Successor   string         `json:"successor,omitempty"`
}

// Strange counts the keys that were hashed with a pepper that is none of the
// ring's: gates refuse them. 0 where not all peppers are known.
func (r *Ring) Strange(list []*store.Key) (n int) {
	if r.Former == nil {
		return 0
	}
	good := map[string]bool{r.Pepper.ID(): true}
	for _, p := range r.Former {
		good[p.ID()] = true
	}
	now := r.Now()
	for _, k := range list {
		if s := State(k, now); !good[k.Pepper] && s != Revoked && s != Expired {
			n++
		}
	}
	return n
}

// ViewOf shows a key as it is at a time.
func ViewOf(k *store.Key, now time.Time) View {
	return View{ID: k.ID, Name: k.Name, Environment: k.Environment, State: State(k, now), Issuer: k.Issuer, Subject: k.Subject, Tenant: k.Tenant, Client: k.Client,
		Scopes: k.Scopes, Roles: k.Roles, Operations: k.Operations, Addresses: k.Addresses, Created: k.Created.UTC(), Expires: k.Expires.UTC(),
		Revoked: k.Revoked.UTC(), Used: k.Used.UTC(), Successor: k.Successor}
}
