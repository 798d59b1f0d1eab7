package config

import (
	"net/netip"
	"reflect"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// check holds what was read to the rules that concern more than one value.
// It is pure: it looks no name up and opens nothing.
func (d *decoder) check(c *Config) {
	d.events(&c.Record)
	d.ledger(c)
	d.otlp(&c.Record)
	d.sinks(&c.Record)
	d.pseudonyms(c)
	d.alerts(&c.Record)
	d.trust(&c.Trust)
	d.listeners(c)
	d.callers(&c.Callers, c.Credentials, c.Place)
	d.credentials(c)
	d.locks(&c.Locks, c.Place)
	d.overload(c)
	d.limits(c.Limits, c.Place)
	d.sharing(c)
	d.store(c)
	if !c.has("overload") {
		c.Overload.Disabled = true
	}
	d.counters(c)
	d.callerKeys(c)
	d.feeds(c)
	d.admin(c)
	d.signals(c)
	names := make(map[string]Place)
	for i := range c.APIs {
		api := &c.APIs[i]
		if first, taken := names[api.Name]; taken && api.Name != "" {
			d.add("api-name-twice", api.At("name").node, "give each a name of its own: what is counted, learned and told of an API is kept by it", "the API %sis called %s, too", first.Named("at ", " "), quote(api.Name))
		} else {
			names[api.Name] = api.At("name")
		}
		d.upstreams(api)
		d.policy(&api.Policy, api.Place)
		d.named(&api.Policy, sortedNames(c.Limits), api.Place)
		d.rolesOf(&api.Policy, sortedNames(c.Roles), api.Place)
	}
	d.idle(c)
}

// events makes the path of the file for events absolute.
func (d *decoder) events(r *Record) {
	if r.Events != "" && r.Events != "-" && r.Events != "none" {
		r.Events = d.path(r.Events)
	}
}

// loopback reports whether a host is this machine without asking anyone.
func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// twice finds names that differ in case alone.
func (c *collector) twice(rule string, names []string, at Place) {
	seen := make(map[string]string)
	for _, name := range names {
		lower := strings.ToLower(name)
		if before, ok := seen[lower]; ok && before != name {
			c.add(rule, at.At(name).node, "keep one of them", "the field %s stands here as %s as well, and case makes no difference", name, before)
			continue
		}
		seen[lower] = name
	}
}

// Check finds everything that is wrong with p in itself, without a contract;
// place is where it was written, the zero Place for none. Load has done so
// already with what it returns.
func (p *Policy) Check(place Place) source.Problems {
	var c collector
	c.walk(reflect.ValueOf(p).Elem(), place)
	c.policy(p, place)
	return c.problems.Sort()
}

// walk holds the values of a struct that a program wrote to their tags.
func (c *collector) walk(v reflect.Value, place Place) {
	list := fields(v.Type())
	for i := range list {
		f := &list[i]
		switch at := v.FieldByIndex(f.index); {
		case !at.IsZero():
			c.walkValue(at, place.At(f.name), f)
		case f.required:
			c.add("missing-key", place.node, f.missing(), "%s is missing", f.name)
		}
	}
}

func (c *collector) walkValue(v reflect.Value, at Place, f *field) {
	switch v.Kind() {
	case reflect.Pointer:
		c.walkValue(v.Elem(), at, f)
	case reflect.Struct:
		if _, scalar := scalars[v.Type()]; !scalar {
			c.walk(v, at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.walkValue(v.Index(i), at.Item(i), f)
		}
		c.judge(v, at, f)
	case reflect.Map:
		for _, name := range sortedKeys(v) {
			if wrong, hint := forms[f.keysForm].judgeOr(name); wrong != "" {
				c.add("form-"+f.keysForm, at.At(name).node, hint, "%s", wrong)
			}
			c.walkValue(v.MapIndex(reflect.ValueOf(name)), at.At(name), f)
		}
	default:
		c.judge(v, at, f)
	}
}

// broken reports whether what stands under a key is not of its kind, which
// was said already.
func (p Place) broken(key string, kind source.Kind) bool {
	n := p.node.Get(key)
	return n != nil && !n.Is(kind)
}
