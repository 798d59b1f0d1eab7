package config

import "time"

// JWTSignals are what an issuer says of its tokens after it has given them out: logout tokens (OpenID Connect Back-Channel Logout 1.0) at /v1/signals/NAME/logout of admin, and security events (RFC 8935, CAEP, RISC) at /v1/signals/NAME/events, where NAME is the name of the credential. They are signed by the same keys as its tokens.
type JWTSignals struct {
	Place
	// Audience are the names by which the issuer means the gate: the client id for logout tokens, and what the stream of events was set up with.
	Audience []string `key:"audience,required,min=1,form=claim,example=[gatehouse]"`
	// Untyped takes logout tokens that do not say their type, of issuers that are older than logout+jwt.
	Untyped bool `key:"untyped"`
	// WholeSubject takes back all that was issued to the subject when one of its sessions ends, for issuers whose access tokens have no sid.
	WholeSubject bool `key:"whole_subject"`
	// Lifetime is how long tokens of the issuer are good at most, by all credentials that take them.
	Lifetime time.Duration
}

// signals sees that what issuers say can arrive, and for how long it counts.
func (d *decoder) signals(c *Config) {
	for i := range c.Credentials {
		k := &c.Credentials[i]
		if k.JWT == nil || k.JWT.Signals == nil {
			continue
		}
		s := k.JWT.Signals
		if c.Admin == nil {
			d.add("signals-admin", s.node, `add admin: {address: "127.0.0.1:9091", pepper: ...}`, "signals arrive at the address of admin, and there is none")
		}
		for j := range c.Credentials {
			if o := c.Credentials[j].JWT; o != nil && o.Issuer == k.JWT.Issuer {
				s.Lifetime = max(s.Lifetime, o.MaxLifetime+2*o.ClockSkew)
			}
		}
	}
}
