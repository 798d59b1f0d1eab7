package config

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// idle warns of what is written and holds nothing: whoever wrote it believes
// that it does. What is wrong comes first: it may be the reason.
func (d *decoder) idle(c *Config) {
	if d.counts[source.Error] > 0 {
		return
	}
	d.idleLimits(c)
	d.untraced(c)
	for i := range c.APIs {
		api := &c.APIs[i]
		p, at := &api.Policy, api.Place
		logins, queries := false, false
		for _, name := range sortedNames(p.Operations) {
			o := p.Operations[name]
			logins, queries = logins || o.Login != nil, queries || o.GraphQL != nil
			d.unasked(o.Challenge, o.Login != nil, at.At("operations", name))
			d.uncounted(c, o.Limits, o.GraphQL != nil, at.At("operations", name))
		}
		d.unasked(p.Challenge, logins, at)
		d.uncounted(c, p.Limits, queries, at)
		d.unheeded(c, api)
	}
}

// idleLimits finds limits that nothing names.
func (d *decoder) idleLimits(c *Config) {
	named := make(map[string]bool)
	note := func(names []string) {
		for _, name := range names {
			named[name] = true
		}
	}
	for i := range c.APIs {
		note(c.APIs[i].Limits)
		for _, o := range c.APIs[i].Operations {
			note(o.Limits)
		}
	}
	for _, name := range sortedNames(c.Limits) {
		if !named[name] {
			d.warn("limit-idle", c.Place.At("limits", name).node, "name it where it is to hold, as in limits: ["+name+"] of an API or an operation", "the limit %s is described, and holds nowhere", name)
		}
	}
}

// uncounted finds limits of what queries cost where there are none.
func (d *decoder) uncounted(c *Config, names []string, queries bool, at Place) {
	for i, name := range names {
		if l, ok := c.Limits[name]; ok && l.Unit == UnitComplexity && !queries {
			d.warn("limit-complexity", at.At("limits").Item(i).node, "say graphql of the operation that takes queries, or count calls", "the limit %s counts what queries cost, and here nothing reads any", name)
		}
	}
}

// unasked finds proofs of work for logins where nobody logs in.
func (d *decoder) unasked(c *Challenge, logins bool, at Place) {
	if c != nil && slices.Contains(c.When, "login") && !logins {
		d.warn("challenge-login", at.At("challenge", "when").node, "say login of the operation at which passwords are judged, or write always", "proofs are asked for at logins, and here is none")
	}
}

// unheeded finds priorities where nobody is refused for want of room.
func (d *decoder) unheeded(c *Config, api *API) {
	if c.has("overload") {
		return
	}
	at, found := api.Place, api.Priority != ""
	for _, name := range sortedNames(api.Operations) {
		if !found && api.Operations[name].Priority != "" {
			at, found = api.Place.At("operations", name), true
		}
	}
	if found {
		d.warn("priority-idle", at.At("priority").node, "add overload: {} at the top of the file, or remove priority", "priority means nothing without overload")
	}
}
