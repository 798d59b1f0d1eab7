package config

import "slices"

// tls holds how a listener speaks TLS to the rules.
func (d *decoder) tls(t *TLS) {
	if t.ACME == nil || t.Certificate != "" || t.Key != "" || t.has("certificate") || t.has("key") {
		d.pair(&t.Pair, t.Place)
	}
	for i := range t.Certificates {
		d.pair(&t.Certificates[i].Pair, t.Certificates[i].Place)
	}
	d.clients(t.ClientCertificates)
}

// pair demands both files.
func (d *decoder) pair(p *Pair, at Place) {
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
