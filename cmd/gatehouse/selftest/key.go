package selftest

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// keyed are the API keys of the stores of copies, one for each credential, under
// a pepper that they alone have.
type keyed struct {
	pepper trust.Secret
	texts  map[string]string // by the names of credentials
	rows   []store.Key
}

// makeKeys makes keys that may do whatever operations ask for.
func (f *forge) makeKeys(c *config.Config, contracts []*contract.Contract) {
	f.keyed = keyed{pepper: trust.NewSecret(rand.Text() + rand.Text()), texts: map[string]string{}}
	pepper := apikey.NewPepper(f.keyed.pepper)
	var who caller
	for _, api := range contracts {
		for i := range operationsOf(api) {
			who.scopes = append(who.scopes, callerFor(api.Operations[i], c).scopes...)
		}
	}
	slices.Sort(who.scopes)
	for role := range c.Roles {
		who.roles = append(who.roles, role)
	}
	slices.Sort(who.roles)
	for i := range c.Credentials {
		k := &c.Credentials[i]
		if k.Keys == nil {
			continue
		}
		secret, id := apikey.New(k.Keys.Environment)
		sum := pepper.Hash([]byte(secret.Reveal()))
		f.keyed.texts[k.Name] = secret.Reveal()
		f.keyed.rows = append(f.keyed.rows, store.Key{ID: id, Name: "selftest", Environment: k.Keys.Environment, Hash: sum[:], Pepper: pepper.ID(), Issuer: apikey.Issuer,
			Subject: "selftest", Tenant: "selftest", Client: "selftest-client", Scopes: slices.Compact(who.scopes), Roles: who.roles, Created: time.Now().Add(-time.Minute)})
	}
}

func operationsOf(api *contract.Contract) []*contract.Operation {
	if api == nil {
		return nil
	}
	return api.Operations
}

// prepare makes a store that holds keys.
func prepare(path string, rows []store.Key) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	s, err := store.Open(store.Settings{SQLite: path})
	if err != nil {
		return err
	}
	err = s.Prepare(ctx)
	for i := range rows {
		if err == nil {
			row := rows[i]
			err = s.AddKey(ctx, &row)
		}
	}
	return errors.Join(err, s.Close())
}
