package config

import (
	"net/netip"
	"strings"
	"time"
)

// SSRF holds values of requests that are URLs or hosts to public addresses, so that callers cannot have the API fetch what they do not reach themselves.
type SSRF struct {
	Place
	// Check says which values are judged: all are those that a schema or a name calls a URL or a host, and texts that look like a URL; typed leaves the texts out; off judges none.
	Check SSRFCheck `key:"check,default=all"`
	// Fields are values with hosts of their own, by the name of a schema and the way to a property (Order/callback), by a JSON pointer into the body of an operation ("import body:/lines/*/from") or of every operation that has it there ("body:/from"), by an operation and a parameter (import?from), or by a path up to a parameter (/hooks/{target}). They stand at the API and hold for all of its operations.
	Fields map[string]SSRFField `key:"fields,example={Order/callback: {allow: [hooks.example.com]}}"`
	// Schemes are those that URLs may have.
	Schemes []string `key:"schemes,min=1,words=http|https|ws|wss|ftp,absent=http https,example=[https]"`
	// Ports are those that URLs may name. Without it: 80, 443, and from 1024 up those on which HTTP may be spoken.
	Ports []int `key:"ports,min=1,example=[443]"`
	// Resolve says whether names are resolved, so that all of their addresses are judged. Without it names are judged by themselves.
	Resolve SSRFResolve `key:"resolve,default=names"`
	// Wait is how long a call waits for names to be resolved.
	Wait time.Duration `key:"wait,default=200ms,min=1ms,max=5s"`
	// OnFailure is what becomes of calls with names that cannot be resolved in time: closed refuses them with 503, open lets them pass and notes it on the event.
	OnFailure OnFailure `key:"on_failure,default=closed"`
}

// SSRFField is where the values of one field may lead.
type SSRFField struct {
	Place
	// Allow are hosts, "*.example.com" for all names below one, and networks that are good though they are not public. Hosts that stand here are not resolved.
	Allow []string `key:"allow,required,form=target,example=[hooks.example.com, 10.1.0.0/16]"`
	// Only refuses everything else, also what is public.
	Only bool `key:"only"`
}

// SSRFCheck is which values are judged.
type SSRFCheck string

// Which values.
const (
	SSRFAll   SSRFCheck = "all"
	SSRFTyped SSRFCheck = "typed"
	SSRFOff   SSRFCheck = "off"
)

// Words returns which values may be judged.
func (SSRFCheck) Words() []string {
	return []string{string(SSRFAll), string(SSRFTyped), string(SSRFOff)}
}

// SSRFResolve is which names are resolved.
type SSRFResolve string

// Which names.
const (
	ResolveNames SSRFResolve = "names"
	ResolveNone  SSRFResolve = "none"
)

// Words returns which names may be resolved.
func (SSRFResolve) Words() []string { return []string{string(ResolveNames), string(ResolveNone)} }

// judgeTarget knows hosts, names below a host, addresses and networks.
func judgeTarget(text string) (wrong, hint string) {
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			return quote(text) + " is no host and no network", "write it like hooks.example.com, *.example.com or 10.1.0.0/16"
		case p.Masked() != p:
			return quote(text) + " has bits behind its length", "write " + p.Masked().String()
		}
		return "", ""
	}
	if isAddress(text) {
		return quote(text) + " is an address, and networks are meant", "write it with its length, as in 10.1.2.3/32"
	}
	return judgeServerName(text)
}
