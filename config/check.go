package config

import (
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// check holds what was read to the rules that concern more than one value.
// It is pure: it looks no name up and opens nothing.
func (d *decoder) check(c *Config) {
	d.events(&c.Record)
	d.listeners(c)
	names := make(map[string]bool)
	for i := range c.APIs {
		api := &c.APIs[i]
		if api.Name != "" && names[api.Name] {
			d.add("api-name-twice", api.At("name").node, "events could not tell them apart: give each its own", "another API is called %s", quote(api.Name))
		}
		names[api.Name] = true
		d.upstreams(api)
		d.policy(&api.Policy, api.Place)
	}
}

// events makes the path of the file for events absolute.
func (d *decoder) events(r *Record) {
	if r.Events != "" && r.Events != "-" && r.Events != "none" {
		r.Events = d.path(r.Events)
	}
}

// listeners holds every listener to the rules of its own and of all.
func (d *decoder) listeners(c *Config) {
	taken := make(doors)
	for i := range c.Listeners {
		l := &c.Listeners[i]
		d.listener(l)
		if other, ok := taken.take(l.Address); ok {
			d.add("listener-twice", l.At("address").node, "give each listener a port of its own", "the listener on %s already takes this address", other)
		}
	}
	if len(c.Listeners) > 0 && !slices.ContainsFunc(c.Listeners, func(l Listener) bool { return !l.RedirectToHTTPS || l.TLS != nil }) {
		d.add("listener-all-redirect", c.Listeners[0].At("redirect_to_https").node, "add a listener with tls, such as 0.0.0.0:443", "every listener redirects to https, and none lets calls pass")
	}
	if _, ok := taken.take(c.Maintenance.Address); ok {
		d.add("maintenance-listener", c.Maintenance.At("address").node, "give it a port of its own", "clients reach the gate on this address")
	}
}

// doors are the addresses that are taken: by port and then by plain host, as
// they were written.
type doors map[string]map[string]string

// take takes an address, or returns the one for which it cannot be had at the
// same time. Port 0 takes a free one.
func (taken doors) take(address string) (other string, ok bool) {
	host, port, isAddress := cutPort(address)
	if !isAddress || port == "0" {
		return "", false
	}
	host = plainHost(host)
	hosts := taken[port]
	for _, rival := range []string{host, ""} {
		if other, ok = hosts[rival]; ok {
			return other, true
		}
	}
	if host == "" && len(hosts) > 0 {
		return hosts[sortedNames(hosts)[0]], true
	}
	if hosts == nil {
		hosts = make(map[string]string)
		taken[port] = hosts
	}
	hosts[host] = address
	return "", false
}

// plainHost is one spelling for each host, "" for every address.
func plainHost(host string) string {
	a, err := netip.ParseAddr(host)
	switch {
	case err == nil && a.IsUnspecified():
		return ""
	case err == nil:
		return a.Unmap().String()
	case strings.EqualFold(host, "localhost"):
		return "127.0.0.1"
	}
	return strings.ToLower(host)
}

func (d *decoder) listener(l *Listener) {
	if l.TLS != nil {
		d.tls(l.TLS)
	}
	switch {
	case l.TLS != nil && l.RedirectToHTTPS:
		d.add("listener-redirect", l.At("redirect_to_https").node, "remove it here and add a listener without tls, such as 0.0.0.0:80, that redirects", "clients of this listener speak TLS already")
	case l.TLS != nil && l.PlainHTTP:
		d.add("listener-plain", l.At("plain_http").node, "remove it, or remove tls", "this listener speaks TLS, so plain_http has no meaning")
	}
	if l.has("https_port") && !l.RedirectToHTTPS && !l.broken("redirect_to_https", source.Bool) {
		d.add("listener-port", l.At("https_port").node, "set redirect_to_https: true, or remove it", "https_port has no meaning without redirect_to_https")
	}
	for _, p := range l.TrustedProxies {
		if p.IsValid() && p.Bits() == 0 {
			d.add("listener-everyone", l.At("trusted_proxies").node, "name the networks of your proxies alone", "%s is everybody, so that every client could say that it is another one", p)
		}
	}
}

// upstreams holds where an API runs to the rules.
func (d *decoder) upstreams(api *API) {
	d.roles(api)
	for i := range api.Upstreams {
		up := &api.Upstreams[i]
		u, err := url.Parse(up.URL)
		if wrong, _ := judgeURL(up.URL); wrong != "" || err != nil {
			continue // which was said already
		}
		if u.Scheme == "http" && !loopback(u.Hostname()) {
			d.warn("upstream-plain", up.At("url").node, "use https, or see to it that nobody else is on that network", "calls to the API leave this machine unencrypted")
		}
		if u.Scheme == "http" && up.CA != "" {
			d.add("upstream-ca", up.At("ca").node, "write https in url, or remove ca", "the API is spoken to without TLS, so it shows no certificate")
		}
		d.twice("field-twice", sortedNames(up.Fields), up.At("fields"))
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
