package config

import "slices"

// tls holds how a listener speaks TLS to the rules.
func (d *decoder) tls(t *TLS) {
	switch {
	case t.node == nil: // is no group of keys, which was said already
	case t.has("certificate") || t.has("key"):
		d.pair(&t.Pair, t.Place)
	case t.ACME == nil:
		d.add("tls-pair", t.node, "add certificate: tls.crt and key: tls.key, or acme to obtain one", "a listener that speaks TLS needs a certificate")
	}
	for i := range t.Certificates {
		d.pair(&t.Certificates[i].Pair, t.Certificates[i].Place)
	}
	d.clients(t.ClientCertificates)
}

// pair demands both files.
func (d *decoder) pair(p *Pair, at Place) {
	if at.node == nil {
		return // is no group of keys, which was said already
	}
	for _, file := range []struct {
		key  string
		name File
		as   string
	}{{"certificate", p.Certificate, "tls.crt"}, {"key", p.Key, "tls.key"}} {
		if file.name == "" && !at.has(file.key) {
			d.add("tls-pair", at.node, "add it, as in "+file.key+": "+file.as, "the key %q is missing", file.key)
		}
	}
}

// clients demands that one policy at most is for a name.
func (d *decoder) clients(list []ClientCertificates) {
	taken := map[string]bool{}
	for i := range list {
		c := &list[i]
		names := c.Hosts
		if len(names) == 0 && !c.has("hosts") {
			names = []string{""}
		}
		for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
			switch {
			case !taken[name]:
				taken[name] = true
			case name == "":
				d.add("client-hosts", c.node, "name the hosts of this one", "another policy is for all hosts that no other one names")
			default:
				d.add("client-hosts", c.At("hosts").node, "remove it from one of them", "another policy is for %s, too", quote(name))
			}
		}
	}
}
