package serve

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/login"
	"github.com/gatehouse-api/gatehouse/record/pseudonym"
	"github.com/gatehouse-api/gatehouse/trust"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
	"github.com/gatehouse-api/gatehouse/trust/keys"
)

// pseudonyms makes those of a configuration; nil where events do not say who
// calls, or there is no key that lasts.
func pseudonyms(c *config.Config, own *keys.Keys) *pseudonym.Maker {
	p := c.Record.Pseudonyms
	switch {
	case p == nil:
		return nil
	case !p.Key.IsZero():
		return pseudonym.New(pseudonym.FromSecrets(slices.Concat([]trust.Secret{p.Key}, p.FormerKeys)), p.Addresses)
	case own == nil || !own.Durable():
		return nil
	}
	return pseudonym.New(own.MAC(keys.Callers), p.Addresses)
}

// pseudonyms are those of a plan; nil for none.
func (r *reader) pseudonyms(c *config.Config) gate.Pseudonyms {
	var own *keys.Keys
	if r.custody != nil {
		own = r.custody.keys
	}
	if m := pseudonyms(c, own); m != nil {
		return m
	}
	return nil
}

// pseudonymWords say what events have of who calls, for the banner.
func pseudonymWords(p *config.Pseudonyms) string {
	text := "who calls stands in events by a hash under the gate's own key"
	if !p.Key.IsZero() {
		text = "who calls stands in events by a hash under the key of record.pseudonyms"
	}
	if p.Addresses {
		text += ", addresses of clients as well"
	}
	return text
}

// Names finds the pseudonyms of names, as the events of a configuration have them.
type Names struct {
	maker    *pseudonym.Maker
	prefixes []string // of who calls, by the credentials of the configuration
	hashed   bool     // addresses are
}

// SeeNames opens what the pseudonyms of a gatehouse.yaml are made with; nil where
// its events do not say who calls. It makes no keys.
func SeeNames(ctx context.Context, file string) (*Names, error) {
	c, err := deskSettingsWith(file, func(c *config.Config) []trust.Secret {
		p := c.Record.Pseudonyms
		switch {
		case p == nil:
			return nil
		case !p.Key.IsZero():
			return slices.Concat([]trust.Secret{p.Key}, p.FormerKeys)
		}
		return openers(&c.Trust)
	})
	if err != nil || c.Record.Pseudonyms == nil {
		return nil, err
	}
	var own *keys.Keys
	if c.Record.Pseudonyms.Key.IsZero() {
		k, problems := keysIn(ctx, file)
		if k == nil {
			return nil, problems
		}
		own = k.keys
	}
	n := &Names{maker: pseudonyms(c, own), hashed: c.Record.Pseudonyms.Addresses, prefixes: []string{apikey.Issuer, apikey.Issuer + "|key:"}}
	for i := range c.Credentials {
		k := &c.Credentials[i]
		n.prefixes = append(n.prefixes, k.Name)
		if k.JWT != nil {
			n.prefixes = append(n.prefixes, k.JWT.Issuer)
		}
		if k.Introspection != nil {
			n.prefixes = append(n.prefixes, k.Introspection.Issuer)
		}
	}
	return n, nil
}

// Callers are the hashes by which events may have somebody: of a whole name, issuer
// and subject with | between, or of a subject by any credential of the
// configuration, the id of an API key, or the name of an account that logs in.
func (n *Names) Callers(name string) (list []string) {
	add := func(what gate.Named, name string) {
		for _, p := range n.maker.All(what, name) {
			list = append(list, p.String())
		}
	}
	add(gate.NamedCaller, name)
	if !strings.Contains(name, "|") {
		for _, prefix := range n.prefixes {
			if !strings.HasSuffix(prefix, ":") {
				prefix += "|"
			}
			add(gate.NamedCaller, prefix+name)
		}
		if domain, ok := strings.CutPrefix(name, "spiffe://"); ok {
			domain, _, _ = strings.Cut(domain, "/")
			add(gate.NamedCaller, "spiffe://"+domain+"|"+name)
		}
	}
	add(gate.NamedAccount, login.Spelling(name))
	return list
}

// Addresses are the hashes by which events may have an address; none where they
// have networks.
func (n *Names) Addresses(address string) (list []string) {
	if !n.hashed {
		return nil
	}
	for _, p := range n.maker.All(gate.NamedAddress, address) {
		list = append(list, p.String())
	}
	return list
}
