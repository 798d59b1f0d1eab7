package config

import (
	"net"
	"net/url"
	"strings"
)

// SinkSyslog is a syslog daemon that events are sent to, as messages of RFC 5424 with the event as JSON in each.
type SinkSyslog struct {
	Place
	// URL is where the daemon listens: over TLS, tls://logs.example.com:6514, without TLS, tcp://127.0.0.1:601, or a socket of this machine, unix:///dev/log.
	URL string `key:"url,required,form=syslog,example=tls://logs.example.com:6514"`
	// Facility is that of the messages.
	Facility SyslogFacility `key:"facility,default=local0"`
	// RefusedFacility is that of calls which the gate refused, if it differs.
	RefusedFacility SyslogFacility `key:"refused_facility,example=authpriv"`
	// Body is json for the event as it is, cee for one with "@cee: " before it.
	Body SyslogBody `key:"body,default=json"`
	// MaxMessage bounds a message. A longer event is shortened to what tells which it is.
	MaxMessage Bytes `key:"max_message,default=8KiB,min=2KiB,max=64KiB"`
	// CA is a PEM file with the authorities that may vouch for the daemon's certificate, instead of the system's.
	CA File `key:"ca,example=ca.pem"`
	// Certificate is a PEM file with the certificate by which the daemon knows the gate.
	Certificate File `key:"certificate,example=gate.crt"`
	// Key is a PEM file with the private key of that certificate.
	Key File `key:"key,example=gate.key"`
}

// SyslogFacility says what kind of program messages are of.
type SyslogFacility string

// Words returns the facilities that a program like this one may use.
func (SyslogFacility) Words() []string {
	return []string{"user", "daemon", "auth", "authpriv", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
}

// SyslogBody is how an event stands in a message.
type SyslogBody string

// The bodies.
const (
	JSONBody SyslogBody = "json"
	CEEBody  SyslogBody = "cee"
)

// Words returns the bodies.
func (SyslogBody) Words() []string { return []string{string(JSONBody), string(CEEBody)} }

// syslogPort is that of syslog over TLS (RFC 5425 section 4.1).
const syslogPort = "6514"

// Address returns the network as package net calls it, what to dial there, and
// whether TLS is spoken.
func (s *SinkSyslog) Address() (network, address string, tls bool) {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil:
		return "", "", false
	case u.Scheme == "unix":
		return "unixgram", u.Path, false
	case u.Port() == "" && u.Scheme == "tls":
		return "tcp", u.Host + ":" + syslogPort, true
	}
	return "tcp", u.Host, u.Scheme == "tls"
}

const syslogPattern = `^(?:tls://[^/?#@\s]+|tcp://[^/?#@\s]+:[0-9]+|unix:///[^?#\s]+)$`

func judgeSyslog(text string) (wrong, hint string) {
	const example = "write it like tls://logs.example.com:6514, tcp://127.0.0.1:601 or unix:///dev/log"
	wrong = "the URL of a syslog daemon is one of tls, tcp or unix, without user and query" // and is not told: a user may have a password
	u, err := url.Parse(text)
	switch {
	case err != nil || u.User != nil || strings.ContainsAny(text, "@?#% \t\r\n"):
		return wrong, example
	case u.Scheme == "unix" && u.Host == "" && len(u.Path) > 1:
		return "", ""
	case u.Scheme == "tls" && u.Port() == "" && u.Path == "":
		text = u.Host + ":" + syslogPort
	case u.Scheme == "tls" && u.Path == "", u.Scheme == "tcp" && u.Path == "":
		text = u.Host
	default:
		return wrong, example
	}
	if host, port, ok := cutPort(text); !ok || host == "" || port == "0" {
		return wrong, example
	}
	if bad, _ := judgeAddress(text); bad != "" {
		return wrong, example
	}
	return "", ""
}

// sinkSyslog holds how a daemon is reached to the rules.
func (d *decoder) sinkSyslog(s *SinkSyslog) {
	if wrong, _ := judgeSyslog(s.URL); wrong != "" { // which was said already
		return
	}
	d.sinkPair(s.Place)
	network, address, secure := s.Address()
	if secure {
		return
	}
	for _, name := range []string{"ca", "certificate", "key"} {
		if s.has(name) {
			d.add("syslog-tls", s.At(name).node, "write tls:// in url, or remove it", "this daemon is spoken to without TLS, so %s has no meaning", name)
		}
	}
	if host, _, _ := net.SplitHostPort(address); network == "tcp" && !loopback(host) {
		d.warn("syslog-plain", s.At("url").node, "use tls://, or see to it that nobody else is on that network", "events leave this machine unencrypted")
	}
}
