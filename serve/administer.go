package serve

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/store/keyring"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// Desk is the store of a configuration for those who administer it, beside
// whatever gate serves.
type Desk struct {
	Config *config.Config
	Store  *store.Store
}

// OpenDesk opens the store that a gatehouse.yaml describes, without preparing
// it. Mistakes in the file are source.Problems.
func OpenDesk(file string) (*Desk, error) {
	c, err := deskSettings(file)
	if err != nil {
		return nil, err
	}
	if c.Store == nil {
		return nil, source.Problems{c.Place.Problem("add store: {} for a file of SQLite, or store: {postgres: {url: ...}}", "there is no store")}
	}
	s, err := store.Open(StoreSettings(c.Store))
	if err != nil {
		return nil, source.Problems{c.Store.Place.Problem("", "%v", err)}
	}
	return &Desk{c, s}, nil
}

// deskSettings reads a gatehouse.yaml for what the store needs. Whoever
// administers it need not have the secrets of a gate that serves.
func deskSettings(file string) (*config.Config, error) {
	return deskSettingsWith(file, func(*config.Config) []trust.Secret { return nil })
}

// deskSettingsWith is deskSettings for who needs more secrets.
func deskSettingsWith(file string, more func(*config.Config) []trust.Secret) (*config.Config, error) {
	r := reader{flags: &Config{File: file}, custody: newCustody(), standIn: standIn(rand.Text() + rand.Text())}
	d := &draft{files: watch{}, faults: faults{file: true}}
	r.settings(d)
	if d.faults.err() == nil && (r.standIn.in(d.config) || r.standIn.among(more(d.config))) {
		r.standIn = "" // what is needed is missing: say so
		r.settings(d)
	}
	if err := d.faults.err(); err != nil {
		return nil, err
	}
	return d.config, nil
}

// standIn stands in the place of secrets that are not there. Nobody can have
// written it.
type standIn string

// take has secrets that are not there replaced.
func (s standIn) take(look *trust.Lookup) {
	if s == "" {
		return
	}
	variable, file := look.Env, look.File
	look.Env = func(name string) (string, bool) {
		if value, ok := variable(name); ok && value != "" {
			return value, true
		}
		return string(s), true
	}
	look.File = func(path string, most int) ([]byte, bool, error) {
		if text, loose, err := file(path, most); err == nil {
			return text, loose, nil
		}
		return []byte(s), false, nil
	}
}

// in reports whether what administering needs is among what was replaced.
func (s standIn) in(c *config.Config) bool {
	var needed []trust.Secret
	if c.Store != nil && c.Store.Postgres != nil {
		needed = append(needed, c.Store.Postgres.URL)
	}
	for i := range c.Credentials {
		if k := c.Credentials[i].Keys; k != nil {
			needed = append(append(needed, k.Pepper), k.FormerPeppers...)
			if k.Pepper.IsZero() { // the gate's own keys are opened, or made
				needed = append(needed, openers(&c.Trust)...)
			}
		}
	}
	return s.among(needed)
}

// among reports whether one of some secrets was replaced.
func (s standIn) among(needed []trust.Secret) bool {
	return slices.ContainsFunc(needed, func(secret trust.Secret) bool { return strings.Contains(secret.Reveal(), string(s)) })
}

// Prepare makes the store ready to be used.
func (d *Desk) Prepare(ctx context.Context) error { return d.Store.Prepare(ctx) }

// Close closes the store.
func (d *Desk) Close() error { return d.Store.Close() }

// Ring returns the keys of a credential of the kind keys; "" is for the only one.
func (d *Desk) Ring(credential string) (*keyring.Ring, error) {
	var found *config.Credential
	var names []string
	for i := range d.Config.Credentials {
		k := &d.Config.Credentials[i]
		if k.Keys == nil {
			continue
		}
		names = append(names, k.Name)
		if credential == "" || k.Name == credential {
			found = k
		}
	}
	switch {
	case len(names) == 0:
		return nil, source.Problems{d.Config.Place.Problem(`add one, as in credentials: [{name: keys, keys: {pepper: "${file:pepper.txt}"}}]`, "no credential is of the kind keys")}
	case credential == "" && len(names) > 1:
		return nil, &DeskError{Text: "several credentials are of the kind keys", Hint: "say which with --credential: " + strings.Join(names, ", ")}
	case found == nil:
		return nil, &DeskError{Text: fmt.Sprintf("no credential %q is of the kind keys", credential), Hint: source.DidYouMean("those that are: "+strings.Join(names, ", "), credential, names...)}
	}
	secrets := peppers(found, nil)
	complete := len(secrets) == 0 || d.Config.Trust.KeysFile == "" // else the gate's own keys may have hashed some
	if len(secrets) == 0 {
		k, problems := ownKeys(d.Config)
		if problems != nil {
			return nil, problems
		}
		secrets = peppers(found, k)
	}
	r := &keyring.Ring{Store: d.Store, Environment: found.Keys.Environment, Pepper: apikey.NewPepper(secrets[0]), Now: time.Now, Known: operationsIn(d.Config)}
	if complete {
		r.Former = []*apikey.Pepper{}
		for _, secret := range secrets[1:] {
			r.Former = append(r.Former, apikey.NewPepper(secret))
		}
	}
	return r, nil
}

// DeskError is what somebody asked for that cannot be, with what to do next.
type DeskError struct{ Text, Hint string }

func (e *DeskError) Error() string { return e.Text }

// openers are the secrets that open the gate's own keys.
func openers(t *config.Trust) (list []trust.Secret) {
	if k := t.Key; k != nil {
		list = append(list, k.Passphrase)
		if k.AWSKMS != nil {
			list = append(list, k.AWSKMS.AccessKeyID, k.AWSKMS.SecretAccessKey, k.AWSKMS.SessionToken)
		}
		if k.PKCS11 != nil {
			list = append(list, k.PKCS11.PIN)
		}
	}
	if v := t.Vault; v != nil {
		list = append(list, v.Token)
		if v.AppRole != nil {
			list = append(list, v.AppRole.SecretID)
		}
	}
	return list
}
