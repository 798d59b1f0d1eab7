package config

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"
)

// policy holds how an API is guarded to the rules that concern more than one
// value of it.
func (c *collector) policy(p *Policy, at Place) {
	if p.StripPrefix && p.Prefix == "" && !at.has("prefix") {
		c.add("strip-prefix", at.At("strip_prefix").node, "add the prefix, or remove strip_prefix", "there is no prefix to remove")
	}
	if p.CORS != nil {
		c.cors(p.CORS, at.At("cors"))
	}
	if p.HSTS != nil {
		c.hsts(p, at)
	}
	c.bodies(p.MaxBodyBytes, at)
	c.stepUp(p.StepUp, at)
	c.caller(p.Caller, at)
	c.logins(&p.Logins, at)
	c.bots(p.Bots, at)
	c.challenge(p.Challenge, p.Bots, at)
	c.shared(p.ChallengeKey, at.At("challenge_key"))
	for _, name := range sortedNames(p.Operations) {
		c.bodies(p.Operations[name].MaxBodyBytes, at.At("operations", name))
		c.stepUp(p.Operations[name].StepUp, at.At("operations", name))
		if s := p.Operations[name].SSRF; s != nil && len(s.Fields) > 0 {
			c.add("ssrf-fields", at.At("operations", name).At("ssrf", "fields").node, "put them under ssrf of the API", "fields of ssrf hold for a whole API, and these stand at an operation")
		}
		c.challenge(p.Operations[name].Challenge, p.Bots, at.At("operations", name))
		c.login(p.Operations[name].Login, at.At("operations", name))
	}
}

// judgedTogether is what bodies that wait to be judged may take together in a
// gate.
const judgedTogether Bytes = 256 << 20

func (c *collector) bodies(most Bytes, at Place) {
	if most > judgedTogether {
		c.warn("body-memory", at.At("max_body_bytes").node, "let such bodies be streams: media types without schema are",
			"bodies that are judged wait in memory, of which there is %v for all, so that larger ones are refused all the same", judgedTogether)
	}
}

// cors holds to the rules of the CORS protocol (Fetch standard).
func (c *collector) cors(o *CORS, at Place) {
	star := slices.Contains(o.Origins, "*")
	switch {
	case star && o.Credentials:
		c.add("cors-any", at.At("credentials").node, "name the origins, or set credentials: false", "any page could call the API in the name of whoever looks at it")
	case star && len(o.Origins) > 1:
		c.add("cors-any", at.At("origins").node, `name the origins, or "*" alone`, `"*" is any origin, so that the others have no meaning`)
	}
	c.twice("cors-twice", o.Headers, at.At("headers"))
	c.twice("cors-twice", o.ExposeHeaders, at.At("expose_headers"))
}

// hsts holds to RFC 6797, and to what browsers' lists demand of entries.
func (c *collector) hsts(p *Policy, api Place) {
	h, at := p.HSTS, api.At("hsts")
	if len(p.Hosts) == 0 && !api.has("hosts") {
		c.add("hsts-hosts", at.node, "name the hosts of the API", "browsers are told to come back to hosts, and the API names none")
	}
	for _, host := range p.Hosts {
		// RFC 6797 section 8.1.1: never for addresses.
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
			c.add("hsts-hosts", at.node, "use a name", "browsers ignore HSTS of an address, and %s is one", host)
		}
	}
	const year = 365 * 24 * time.Hour
	if h.Preload && (!h.IncludeSubdomains || h.MaxAge != 0 && h.MaxAge < year) {
		c.add("hsts-preload", at.At("preload").node, "set include_subdomains: true and max_age: 365d or more, or remove preload", "browsers' lists take no host without a year and all subdomains")
	}
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

func sortedKeys(v reflect.Value) []string {
	var list []string
	for _, key := range v.MapKeys() {
		list = append(list, key.String())
	}
	slices.Sort(list)
	return list
}

// judgeOr is judge for a form that may be missing.
func (f form) judgeOr(text string) (wrong, hint string) {
	if f.judge == nil {
		return "", ""
	}
	return f.judge(text)
}
