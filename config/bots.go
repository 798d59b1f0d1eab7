package config

import (
	"time"
)

// Bots finds programs that pretend, and says what becomes of their calls: those from networks (an address of IPv4, a /64 of IPv6) that asked for a honeypot, those that say they are browsers and are not, and those whose TLS is on a list.
type Bots struct {
	Place
	// Honeypots are paths for which nobody has reason to ask, whole as clients write them and in any case; one that ends in a slash stands for all below it. What the contract describes is none.
	Honeypots []string `key:"honeypots,min=1,max=200,form=honeypot,example=[/.env, /wp-login.php, /.git/]"`
	// Remember is for how long a network is remembered that has asked for one.
	Remember time.Duration `key:"remember,default=1h,min=1m,max=7d"`
	// Signals holds calls that say they come from Chromium, Firefox, Safari or a browser made of them to how these call: which fields, in which order, over which TLS.
	Signals bool `key:"signals"`
	// Fingerprints are those of the TLS of programs that are not wanted, as JA4 writes them and events show them. They say nothing behind a proxy that speaks TLS for clients.
	Fingerprints []string `key:"fingerprints,min=1,max=1000,form=fingerprint,example=[t13d1516h2_8daaf6152771_e5627efa2ab1]"`
	// On is what becomes of such calls: observe (they pass, and their events say so), refuse or challenge (each needs a proof of work, as challenge says how much). An operation whose challenge has suspicion asks for proofs whatever stands here.
	On BotAction `key:"on,default=observe"`
}

// bots holds what is looked for to be something.
func (c *collector) bots(b *Bots, at Place) {
	if b != nil && len(b.Honeypots) == 0 && !b.Signals && len(b.Fingerprints) == 0 {
		c.add("bots-nothing", at.At("bots").node, "add honeypots, signals: true or fingerprints", "bots looks for nothing")
	}
}

// BotAction is what becomes of calls of programs that pretend.
type BotAction string

// What becomes of them.
const (
	ObserveBots   BotAction = "observe"
	RefuseBots    BotAction = "refuse"
	ChallengeBots BotAction = "challenge"
)

// Words returns what may become of them.
func (BotAction) Words() []string {
	return []string{string(ObserveBots), string(RefuseBots), string(ChallengeBots)}
}

func judgeHoneypot(text string) (wrong, hint string) {
	hint = "write a path from the first slash on, without query, as in /wp-login.php"
	if len(text) < 2 || len(text) > 200 || text[0] != '/' {
		return quote(text) + " is no path of a honeypot", hint
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '?' || c == '#' || c == '%' {
			return quote(text) + " has signs that paths of honeypots do not have", hint
		}
	}
	return "", ""
}

// fingerprintPattern is that of JA4 over TCP: version, name or none, counts,
// protocol, and two digests.
const fingerprintPattern = `^t(?:1[0-3]|00)[di][0-9]{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$`

var fingerprint = expression(fingerprintPattern)

func judgeFingerprint(text string) (wrong, hint string) {
	if fingerprint().MatchString(text) {
		return "", ""
	}
	return quote(text) + " is no fingerprint", "copy it from ja4 of an event, as t13d1516h2_8daaf6152771_e5627efa2ab1"
}
