package config

import "github.com/gatehouse-api/gatehouse/trust"

// Pseudonyms has events say who calls: by a keyed hash, the same on every gate that has the key and after every restart, which is worth nothing without it. gatehouse events --principal finds somebody by name.
type Pseudonyms struct {
	Place
	// Key is the secret with which names are hashed, at least 32 characters long and the same on all gates. Without it, the gate's own key is used, which stands in keys_file of trust.
	Key trust.Secret `key:"key,example=${file:pseudonyms.txt}"`
	// FormerKeys are those of before. Events that were written with them are still found by name.
	FormerKeys []trust.Secret `key:"former_keys,max=8,example=[\"${file:pseudonyms-2025.txt}\"]"`
	// Addresses has the address of a client stand in events by such a hash as well, in the place of its network.
	Addresses bool `key:"addresses"`
}

// pseudonyms holds their keys to a length that nobody guesses, and to one that
// lasts.
func (d *decoder) pseudonyms(c *Config) {
	p := c.Record.Pseudonyms
	if p == nil {
		return
	}
	short := func(s trust.Secret, at Place) {
		if n := len(s.Reveal()); n > 0 && n < leastPepper {
			d.add("pseudonyms-short", at.node, "make one with: openssl rand -base64 32", "the key has %d characters, and must have %d", n, leastPepper)
		}
	}
	short(p.Key, p.At("key"))
	for i, s := range p.FormerKeys {
		short(s, p.At("former_keys").Item(i))
	}
	switch {
	case !p.has("key") && !c.Trust.has("keys_file"):
		d.add("pseudonyms-key", p.node, "have the gate keep keys of its own: trust: {keys_file: ..., key: ...}; or name one: key: \"${file:pseudonyms.txt}\"", "pseudonyms want a key that outlives the gate, and there is none")
	case !p.has("key") && len(p.FormerKeys) > 0:
		d.add("pseudonyms-former", p.At("former_keys").node, "name the key that is used now: key: \"${file:pseudonyms.txt}\"", "there are keys of before, and none of now")
	}
}
