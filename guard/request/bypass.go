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
// the gate itself sets. Their twins are removed, too: see gate.Twin.
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

// judged are the header fields that pass because the gate judges them: only
// their twins are removed, which it does not judge. Those without "-" have none.
var judged = [...]string{
	"Content-Type",
	"Content-Encoding",
	"Content-Length",
	"Content-Range",
	"Transfer-Encoding",
	"Proxy-Authorization",
	"Proxy-Authenticate",
	"Proxy-Connection",
	"Keep-Alive",
}

// bypassPrefix begins the names of the gate's own fields.
const bypassPrefix = "X-Gatehouse-"

// maxBypass is above the length of every name in the tables.
const maxBypass = 40

// bypass is one row of the tables.
type bypass struct {
	name   string
	passes bool // itself, but for its twins
}

// bypassByLength are the rows of both tables by the length of their names.
var bypassByLength = func() (t [maxBypass][]bypass) {
	for _, n := range bypassing {
		t[len(n)] = append(t[len(n)], bypass{n, false})
	}
	for _, n := range judged {
		t[len(n)] = append(t[len(n)], bypass{n, true})
	}
	return t
}()

// bypasses reports whether the field called name must not reach the API.
func bypasses(name []byte) bool {
	if n := len(bypassPrefix); len(name) > n && (gate.EqualFold(name[:n], bypassPrefix) || gate.Twin(name[:n], bypassPrefix)) {
		return true
	}
	if len(name) >= maxBypass {
		return false
	}
	for _, b := range bypassByLength[len(name)] {
		if gate.EqualFold(name, b.name) {
			return !b.passes
		}
		if gate.Twin(name, b.name) {
			return true
		}
	}
	return false
}
