package request

import "github.com/gatehouse-api/gatehouse/gate"

// Bypass is the guard of calls that no operation describes and that pass all
// the same, because their API is observed. It judges nothing; it removes the
// fields that no client may set.
type Bypass struct{}

var _ gate.HeadGuard = Bypass{}

// Head allows every call.
func (Bypass) Head(x *gate.Exchange) gate.Verdict {
	var none headers
	none.strip(x)
	return gate.Allow
}

// bypassing are the header fields that are removed from every request unless
// the contract declares them: those by which a client could have the API see
// another method, target, host or address than the gate judged, and those that
// the gate itself sets. They are matched without case and with "_" for "-",
// since servers that hand fields on as variables cannot tell the two apart.
var bypassing = [...]string{
	// another method
	"X-HTTP-Method-Override",
	"X-HTTP-Method",
	"X-Method-Override",
	"X-Method",
	// another target
	"X-Original-URL",
	"X-Original-URI",
	"X-Rewrite-URL",
	"X-Rewrite-URI",
	"X-Original-Path",
	"X-Override-URL",
	// another host
	"X-Host",
	"X-Original-Host",
	"X-Forwarded-Server",
	// another address, set by the gate
	"Forwarded",
	"X-Forwarded-For",
	"X-Forwarded-By",
	"X-Forwarded-Host",
	"X-Forwarded-Port",
	"X-Forwarded-Proto",
	"X-Forwarded-Protocol",
	"X-Forwarded-Scheme",
	"X-Forwarded-Ssl",
	"X-Forwarded-Prefix",
	"X-Forwarded-Path",
	"X-Forwarded-Uri",
	"X-Forwarded-Method",
	"X-Forwarded",
	"X-Real-IP",
	"X-Client-IP",
	"X-Cluster-Client-IP",
	"X-Originating-IP",
	"X-Remote-IP",
	"X-Remote-Addr",
	"Client-IP",
	"True-Client-IP",
	"CF-Connecting-IP",
	"Fastly-Client-IP",
	"X-Url-Scheme",
	"Front-End-Https",
	// another outcome of TLS or authentication
	"X-SSL-Client-Cert",
	"X-SSL-Client-Verify",
	"X-SSL-Client-S-DN",
	"SSL-Client-Cert",
	"X-Forwarded-Client-Cert",
	"Client-Cert", // RFC 9440
	"Client-Cert-Chain",
	"X-Remote-User",
	"X-Forwarded-User",
	"X-Forwarded-Email",
	"X-Forwarded-Groups",
	"X-Forwarded-Preferred-Username",
	"Remote-User",
	// a field that becomes a variable which other programs obey (httpoxy)
	"Proxy",
}

// bypassPrefix begins the names of the gate's own fields.
const bypassPrefix = "X-Gatehouse-"

// maxBypass is above the length of every name in the table.
const maxBypass = 40

// bypassByLength are the names of the table by their length.
var bypassByLength = func() (t [maxBypass][]string) {
	for _, n := range bypassing {
		t[len(n)] = append(t[len(n)], n)
	}
	return t
}()

// bypasses reports whether name is in the table or is one of the gate's own.
func bypasses(name []byte) bool {
	if len(name) > len(bypassPrefix) && sameDashed(name[:len(bypassPrefix)], bypassPrefix) {
		return true
	}
	if len(name) >= maxBypass {
		return false
	}
	for _, n := range bypassByLength[len(name)] {
		if sameDashed(name, n) {
			return true
		}
	}
	return false
}

// sameDashed compares names without case and takes "_" for "-".
func sameDashed(name []byte, known string) bool {
	if len(name) != len(known) {
		return false
	}
	for i, c := range name {
		if dashed(c) != dashed(known[i]) {
			return false
		}
	}
	return true
}

func dashed(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	case c == '_':
		return '-'
	}
	return c
}
