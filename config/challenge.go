package config

import (
	"slices"
	"time"
)

// Challenge asks clients for a proof of work: a number that costs some time to find and none to check. Programs read the puzzle in Gatehouse-Puzzle and answer with Gatehouse-Proof, browsers get a page that does it by itself.
type Challenge struct {
	Place
	// When says which calls need a proof: all (always), those to a login that would be locked out because strangers guess at the account, and of strangers while logins of many accounts fail (login), or those that bots suspects (suspicion).
	When []string `key:"when,required,min=1,words=always|login|suspicion,example=[login]"`
	// Bits is how much work it is: 2 to the power of it tries on average. 16 is a tenth of a second in a browser, each bit more twice as long.
	Bits int `key:"bits,default=16,min=8,max=24"`
	// MaxBits is up to how much work a network is asked for that asks for many puzzles.
	MaxBits int `key:"max_bits,default=21,min=8,max=26"`
	// Valid is how long a puzzle may be solved.
	Valid time.Duration `key:"valid,default=2m,min=5s,max=10m"`
	// Pass is for how long a browser that has proved work need not do so again, where every call needs a proof. Without it, each call needs its own.
	Pass time.Duration `key:"pass,min=10s,max=1d,example=30m"`
}

// challenge holds the amounts of work to each other, and suspicion to somebody
// who suspects.
func (c *collector) challenge(o *Challenge, b *Bots, at Place) {
	if o != nil && b == nil && slices.Contains(o.When, "suspicion") {
		c.add("challenge-suspicion", at.At("challenge", "when").node, "add bots to the API, or remove suspicion", "nobody suspects calls without bots")
	}

	if o != nil && o.Bits > o.MaxBits && o.MaxBits > 0 {
		c.add("challenge-bits", at.At("challenge", "bits").node, "make max_bits more, or bits less", "bits is more than max_bits")
	}
}
