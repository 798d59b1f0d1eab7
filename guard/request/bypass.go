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
	"X-Original-Method",
	// another target
	"X-Original-URL",
	"X-Original-URI",
	"X-Rewrite-URL",
	"X-Rewrite-URI",
	"X-Original-Path",
	"X-Override-URL",
	"X-Envoy-Original-Path",
	"X-HTTP-DestinationURL",
	"X-Matched-Path", // Next.js
	"X-Invoke-Path",
	// another host
	"X-Host",
	"X-Original-Host",
	"X-HTTP-Host-Override",
	// another address
	"Forwarded",
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
	"CF-Connecting-IPv6",
	"Fastly-Client-IP",
	"Fly-Client-IP",
	"DO-Connecting-IP",
	"X-Azure-ClientIP",
	"X-Azure-SocketIP",
	"X-Envoy-External-Address",
	"X-Custom-IP-Authorization",
	"X-Original-Forwarded-For",
	"X-Original-Remote-Addr",
	"X-ProxyUser-IP",
	"X-Original-Proto",
	"X-Url-Scheme",
	"Front-End-Https",
	// another outcome of TLS or authentication
	"X-SSL-Client-Cert",
	"X-SSL-Client-Verify",
	"X-SSL-Client-S-DN",
	"SSL-Client-Cert",
	"SSL-Client-Verify",
	"X-ARR-ClientCert",
	"X-Amzn-Mtls-Clientcert",
	"Client-Cert", // RFC 9440
	"Client-Cert-Chain",
	"X-Remote-User",
	"Remote-User",
	"X-Auth-Request-User",
	"X-Auth-Request-Email",
	"X-Auth-Request-Groups",
	"X-Auth-Request-Preferred-Username",
	"X-WebAuth-User",
	"X-Authenticated-UserId", // of Kong, with the four below
	"X-Consumer-Id",
	"X-Consumer-Custom-Id",
	"X-Consumer-Username",
	"X-Anonymous-Consumer",
	"CF-Access-Authenticated-User-Email",
	"X-Goog-Authenticated-User-Email",
	"X-Goog-Authenticated-User-Id",
	"X-Amzn-Oidc-Identity",
	"X-MS-Client-Principal",
	"X-MS-Client-Principal-Id",
	"X-MS-Client-Principal-Name",
	// another way through the server itself: past its middleware (Next.js,
	// CVE-2025-29927), or files by the web server before it (Rack::Sendfile)
	"X-Middleware-Subrequest",
	"X-Sendfile-Type",
	"X-Accel-Mapping",
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

// bypassPrefixes begin the names of the gate's own fields, and of those by which
// a proxy tells what it took: address, scheme, host, prefix, certificate, user.
var bypassPrefixes = [...]string{"X-Gatehouse-", "X-Forwarded-"}

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

// bypassSieve lets through what may be in one of the tables.
var bypassSieve = gate.NewSieve(bypassing[:], judged[:])

// bypasses reports whether the field called name must not reach the API.
func bypasses(name []byte) bool {
	if len(name) > 0 && name[0]|0x20 == 'x' { // as all of them begin
		for _, p := range bypassPrefixes {
			if n := len(p); len(name) > n && (gate.EqualFold(name[:n], p) || gate.Twin(name[:n], p)) {
				return true
			}
		}
	}
	if len(name) >= maxBypass || !bypassSieve.May(name) {
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
