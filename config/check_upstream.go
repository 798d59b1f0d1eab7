package config

import (
	"net/url"
	"strings"
)

// upstreams holds where an API runs to the rules.
func (d *decoder) upstreams(api *API) {
	d.roles(api)
	for i := range api.Upstreams {
		up := &api.Upstreams[i]
		if name, place := switches(api); name != "" && up.Protocol == SpeakHTTP2 {
			d.add("upstream-upgrade", place.node, "remove it, or protocol of the upstream", "%s cannot switch to another protocol: the API is spoken to in HTTP/2", quote(name))
		}
		d.twice("field-twice", sortedNames(up.Fields), up.At("fields"))
		wrong, _ := judgePlace(up.URL)
		u, err := url.Parse(up.URL)
		switch {
		case wrong != "": // which was said already
			continue
		case strings.HasPrefix(up.URL, unixWord):
			d.withoutTLS(up)
			continue
		case err != nil:
			continue
		case u.Scheme == "http":
			if !loopback(u.Hostname()) {
				d.warn("upstream-plain", up.At("url").node, "use https, or see to it that nobody else is on that network", "calls to the API leave this machine unencrypted")
			}
			d.withoutTLS(up)
		}
		d.upstreamPair(up)
	}
}

// withoutTLS finds what means nothing without TLS.
func (d *decoder) withoutTLS(up *Upstream) {
	hint := "write https in url, or remove "
	if strings.HasPrefix(up.URL, unixWord) {
		hint = "remove "
	}
	for _, key := range [...]string{"ca", "server_name", "pins"} {
		if up.has(key) {
			d.add("upstream-ca", up.At(key).node, hint+key, "the API is spoken to without TLS, so it shows no certificate")
		}
	}
	if up.has("certificate") {
		d.add("upstream-ca", up.At("certificate").node, hint+"certificate and key", "the API is spoken to without TLS, so the gate shows it no certificate")
	}
}

// upstreamPair demands both files or none.
func (d *decoder) upstreamPair(up *Upstream) {
	switch {
	case up.has("certificate") && !up.has("key"):
		d.add("upstream-pair", up.At("certificate").node, "add it, as in key: gate.key", "the certificate needs its key")
	case up.has("key") && !up.has("certificate"):
		d.add("upstream-pair", up.At("key").node, "add it, as in certificate: gate.crt", "the key needs its certificate")
	}
}

// switches returns an operation whose clients may switch to another protocol.
func switches(api *API) (name string, place Place) {
	for _, name := range sortedNames(api.Operations) {
		if o := api.Operations[name]; len(o.Upgrade) > 0 {
			return name, o.At("upgrade")
		}
	}
	return "", Place{}
}
