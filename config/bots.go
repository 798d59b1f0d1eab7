package config

import "time"

// Bots finds programs that look for holes by the paths that they ask for, and says what becomes of later calls from their networks: an address of IPv4, a /64 of IPv6.
type Bots struct {
	Place
	// Honeypots are paths for which nobody has reason to ask, whole as clients write them and in any case; one that ends in a slash stands for all below it. What the contract describes is none.
	Honeypots []string `key:"honeypots,required,min=1,max=200,form=honeypot,example=[/.env, /wp-login.php, /.git/]"`
	// Remember is for how long a network is remembered that has asked for one.
	Remember time.Duration `key:"remember,default=1h,min=1m,max=7d"`
	// On is what becomes of its calls: observe (they pass, and their events say so), refuse or challenge (each needs a proof of work, as challenge says how much).
	On BotAction `key:"on,default=observe"`
}

// BotAction is what becomes of calls from networks that asked for a honeypot.
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
