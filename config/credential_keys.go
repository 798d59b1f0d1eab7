package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// KeysCredential are API keys that the gate gives out itself, with gatehouse key.
type KeysCredential struct {
	Place
	// Environment is the one that the keys are for. It stands in each of them, and keys of another one are refused.
	Environment string `key:"environment,default=live,form=environment,example=live"`
	// Pepper is the secret with which keys are hashed before they are stored: whoever has the store alone can try no key. It is at least 32 characters long; whoever loses it loses all keys. Without it, the gate's own key is used, which stands in keys_file of trust.
	Pepper trust.Secret `key:"pepper,example=${file:pepper.txt}"`
	// FormerPeppers are those with which older keys were hashed that are still good.
	FormerPeppers []trust.Secret `key:"former_peppers,max=8,example=[\"${file:pepper-2025.txt}\"]"`
	// MaxStale is how long the keys that are known go on to be good while the store cannot be asked. After that every key is refused as one that cannot be verified.
	MaxStale time.Duration `key:"max_stale,default=5m,min=1s,max=7d"`
}

// leastPepper is the length of a secret that nobody guesses, in characters of
// base64 or so.
const leastPepper = 32

func checkKeys(c *collector, k *Credential, at Place) {
	short := func(s trust.Secret, at Place) {
		if n := len(s.Reveal()); n > 0 && n < leastPepper {
			c.add("pepper-short", at.node, "make one with: openssl rand -base64 32", "the pepper has %d characters, and must have %d", n, leastPepper)
		}
	}
	if k.Keys.Environment == adminEnvironment {
		c.add("keys-environment", at.At("environment").node, "give keys of clients another one", "%q is the environment of credentials for administration", adminEnvironment)
	}
	short(k.Keys.Pepper, at.At("pepper"))
	for i, s := range k.Keys.FormerPeppers {
		short(s, at.At("former_peppers").Item(i))
	}
}

const environmentPattern = "^[a-z][a-z0-9]{0,15}$"

var environment = expression(environmentPattern)

// judgeEnvironment knows what may stand in a key between its separators.
func judgeEnvironment(text string) (wrong, hint string) {
	if environment().MatchString(text) {
		return "", ""
	}
	return quote(text) + " is no environment of keys", "write up to 16 small letters and digits, as in live"
}
