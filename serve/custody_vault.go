package serve

import (
	"context"
	"reflect"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/vault"
	"github.com/gatehouse-api/gatehouse/trust/wrap"
)

// vaultSecrets are the secrets that one configuration has of Vault.
type vaultSecrets struct {
	server  *vault.Client
	key     sum // of the settings of the server
	refresh time.Duration
	read    map[string]map[string]string // fields by path
	asked   time.Time
}

// Vault implements trust.Remote. Where the server is down, what the live
// configuration has goes on.
func (q *inquiry) Vault(path, field string) (string, *trust.Note) {
	if err := q.connect(); err != nil {
		return "", &trust.Note{Text: err.Error()}
	}
	fields, ok := q.secrets.read[path]
	var warning *trust.Note
	if !ok {
		var err error
		fields, err = q.secrets.server.Read(q.ctx, path)
		if before := q.custody.kept(q.secrets.key, path); wrap.Down(err) && before != nil {
			warning = &trust.Note{Text: "the secret " + path + " that was read before goes on: " + err.Error(), Warning: true}
			fields, err = before, nil
		}
		if err != nil {
			note := &trust.Note{Text: "the secret " + path + " cannot be read: " + err.Error(), Hint: "is the path mount/name, and may the gate read it?"}
			if wrap.Down(err) {
				note.Hint = "the gate starts when it answers again"
			}
			return "", note
		}
		q.secrets.read[path] = fields
	}
	value, ok := fields[field]
	if !ok {
		return "", &trust.Note{Text: "the secret " + path + " in Vault has no text in a field " + field, Hint: "name one of its fields behind the #"}
	}
	return value, warning
}

// connect has the client of the server; that of the live configuration when the
// settings are the same.
func (q *inquiry) connect() error {
	if q.secrets != nil {
		return nil
	}
	k := newKey()
	fingerprint(k, reflect.ValueOf(*q.vault), q.draft.files)
	s := &vaultSecrets{key: k.sum(), refresh: q.vault.Refresh, read: map[string]map[string]string{}, asked: time.Now()}
	if live := q.custody.live(); live != nil && live.key == s.key {
		s.server = live.server
	} else {
		var err error
		if s.server, err = newVault(q.vault); err != nil {
			return err
		}
	}
	q.secrets = s
	return nil
}

func (c *custody) live() *vaultSecrets {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.vault
}

// kept are the fields that the live configuration has of a secret of the same
// server; nil for none.
func (c *custody) kept(server sum, path string) map[string]string {
	live := c.live()
	if live == nil || live.key != server {
		return nil
	}
	return live.read[path]
}

// look asks Vault for the secrets of the live configuration when it is time to,
// and notes whether any is another one now. It does not wait for the answer.
func (c *custody) look(ctx context.Context, now time.Time) {
	s := c.live()
	if s == nil || now.Sub(s.asked) < s.refresh {
		return
	}
	s.asked = now
	go func() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		for path, before := range s.read {
			fields, err := s.server.Read(ctx, path)
			if err != nil {
				if ctx.Err() == nil {
					c.warn("secrets of Vault cannot be read again: those that the gate has go on", err)
				}
				return
			}
			if !reflect.DeepEqual(fields, before) {
				c.stale.Store(true)
			}
		}
	}()
}

// newVault makes the client of a server.
func newVault(v *config.Vault) (*vault.Client, error) {
	roots, err := rootsOf(v.CA)
	if err != nil {
		return nil, err
	}
	o := vault.Options{Address: v.Address, Roots: roots, Namespace: v.Namespace, Token: v.Token, Timeout: v.Timeout}
	if a := v.AppRole; a != nil {
		o.AppRole = &vault.AppRole{RoleID: a.RoleID, SecretID: a.SecretID, Mount: a.Mount}
	}
	if k := v.Kubernetes; k != nil {
		o.Kubernetes = &vault.Kubernetes{Role: k.Role, TokenFile: string(k.TokenFile), Mount: k.Mount}
	}
	return vault.New(o)
}
