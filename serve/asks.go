package serve

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
)

// asksCertificates reports whether a listener asks clients that come for an API for their
// certificates, under one of its names at least.
func asksCertificates(listeners []config.Listener, api *config.API) bool {
	for i := range listeners {
		if listeners[i].TLS == nil || listeners[i].Authorizer != nil { // a proxy's certificate is no client's
			continue
		}
		for _, c := range listeners[i].TLS.ClientCertificates {
			if len(c.Hosts) == 0 || len(api.Hosts) == 0 || slices.ContainsFunc(api.Hosts, func(host string) bool { return named(c.Hosts, host) }) {
				return true
			}
		}
	}
	return false
}

// named reports whether a host is one of some names.
func named(names []string, host string) bool {
	_, parent, _ := strings.Cut(host, ".")
	return slices.Contains(names, host) || slices.Contains(names, "*."+parent)
}

// asksWords say for the banner which clients are asked for certificates.
func asksWords(l *config.Listener) string {
	if l.TLS == nil || len(l.TLS.ClientCertificates) == 0 {
		return ""
	}
	var hosts []string
	for _, c := range l.TLS.ClientCertificates {
		if len(c.Hosts) == 0 {
			return ", which asks clients for certificates"
		}
		hosts = append(hosts, c.Hosts...)
	}
	return ", which asks clients of " + strings.Join(hosts, ", ") + " for certificates"
}

// policyFor is the policy of a listener for clients that come for a host; nil
// when they are not asked. The host "" is one that no policy names.
func policyFor(l *config.Listener, host string) (found *config.ClientCertificates) {
	if l.TLS == nil {
		return nil
	}
	for i := range l.TLS.ClientCertificates {
		c := &l.TLS.ClientCertificates[i]
		switch {
		case slices.Contains(c.Hosts, host):
			return c // before any *.name
		case len(c.Hosts) == 0 && found == nil, host != "" && named(c.Hosts, host):
			found = c
		}
	}
	return found
}

// certificates finds hosts that clients reach with a certificate by one
// listener and without by another one, and policies that let in whom nobody
// could ask about.
func (l *loosenings) certificates(listeners []config.Listener) {
	for i := range listeners {
		if listeners[i].TLS == nil {
			continue
		}
		for j := range listeners[i].TLS.ClientCertificates {
			c := &listeners[i].TLS.ClientCertificates[j]
			if c.OCSP != nil && c.OCSP.OnFailure == config.FailOpen {
				l.add(c.OCSP.Place.At("on_failure"), "OPEN when nobody can be asked: a client whose certificate was revoked is let in while no responder answers")
			}
			if !c.Optional {
				l.around(c, &listeners[i], listeners)
			}
		}
	}
}

// around finds a listener by which clients get around a policy.
func (l *loosenings) around(c *config.ClientCertificates, of *config.Listener, listeners []config.Listener) {
	hosts, words := c.Hosts, strings.Join(c.Hosts, ", ")
	if len(hosts) == 0 {
		hosts, words = []string{""}, "hosts that no policy names"
	}
	for i := range listeners {
		other := &listeners[i]
		if other == of || redirectsAll(other) || other.Authorizer != nil {
			continue
		}
		if slices.ContainsFunc(hosts, func(host string) bool { p := policyFor(other, host); return p == nil || p.Optional }) {
			l.add(other.Place, "NO CERTIFICATE: clients that come for %s by %s need one, and by this listener they need none", words, of.Address)
		}
	}
}
