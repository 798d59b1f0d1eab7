package bot

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
)

// enough is from how many points on a call is suspected.
const enough = 50

// points are what each sign counts. One that a browser shows behind a proxy that
// takes liberties, or in the rare call, is not enough alone.
var points = [...]struct {
	sign   gate.Signals
	points int
}{
	{gate.NoAccept, 20}, {gate.NoAcceptLanguage, 20}, {gate.NoAcceptEncoding, 30}, {gate.NoConnection, 10},
	{gate.FetchMetadata, 30}, {gate.ClientHints, 40}, {gate.FieldOrder, 40}, {gate.Headless, 50},
	{gate.NoGrease, 50}, {gate.NoHTTP2, 30}, {gate.Extensions, 50}, {gate.Fingerprint, 100},
}

func score(s gate.Signals) (sum int) {
	for _, p := range points {
		if s&p.sign != 0 {
			sum += p.points
		}
	}
	return sum
}

// suspects judges the program that calls, and notes why on x.
func (g *Guard) suspects(x *gate.Exchange) bool {
	var s gate.Signals
	direct := x.Question == nil && !x.Proxied() // else TLS and the order are the proxy's
	if direct && x.Hello != nil && len(g.o.Fingerprints) > 0 {
		if _, listed := g.o.Fingerprints[x.Hello.JA4]; listed {
			s |= gate.Fingerprint
		}
	}
	if g.o.Signals {
		s |= signals(x, direct)
	}
	if score(s) < enough {
		return false
	}
	x.Signals = s
	return true
}

// signals compares what a call says of its program with how it is made.
func signals(x *gate.Exchange, direct bool) (s gate.Signals) {
	var h head
	h.read(x.Fields)
	a := claim(h.agent)
	if a.family == nobody || string(x.Method) == "OPTIONS" { // preflights lack much
		return 0
	}
	if a.headless {
		s |= gate.Headless
	}
	current := a.version >= modern[a.family]
	if x.Upgrade == nil { // those that begin a WebSocket have other fields
		s |= h.missing(x, direct)
		if direct && h.at[via] == 0 && h.disorder(x, a.family) {
			s |= gate.FieldOrder
		}
		if current {
			s |= h.about(x, &a)
		}
	}
	if direct && current && x.Hello != nil {
		s |= unlike(x, a.family)
	}
	return s
}

// missing finds fields without which no browser calls.
func (h *head) missing(x *gate.Exchange, direct bool) (s gate.Signals) {
	if h.at[accept] == 0 { // Fetch standard, main fetch: set where the page has not
		s |= gate.NoAccept
	}
	if h.at[acceptLanguage] == 0 { // the same
		s |= gate.NoAcceptLanguage
	}
	if h.at[acceptEncoding] == 0 { // Fetch standard, HTTP-network-or-cache fetch; pages cannot set it
		s |= gate.NoAcceptEncoding
	}
	// Every browser still writes Connection: keep-alive, which RFC 9112 section
	// 9.3 makes needless. It ends at the next proxy (RFC 9110 section 7.6.1).
	if h.at[connection] == 0 && direct && h.at[via] == 0 && x.Version == "HTTP/1.1" {
		s |= gate.NoConnection
	}
	return s
}

// disorder finds an order of fields that no browser of a family has. Scripts of
// pages choose the place of some fields, but of none that is compared here. Of
// Safari only the first place is known to be always the same.
func (h *head) disorder(x *gate.Exchange, f family) bool {
	if x.Version == "HTTP/1.1" && h.at[host] > 1 { // RFC 9110 section 7.2 recommends the first place
		return true
	}
	coded := h.at[acceptEncoding]
	if coded == 0 || h.at[ranges] > 0 || f == safari { // of media, Firefox writes it last
		return false
	}
	if h.at[accept] > coded || h.at[userAgent] > coded {
		return true
	}
	for _, k := range [...]kind{fetchSite, fetchMode, fetchDest} {
		switch at := h.at[k]; {
		case at == 0:
		case f == chromium && at > coded, f == firefox && at < coded:
			return true
		}
	}
	return f == chromium && h.at[cookie] > 0 && h.at[cookie] < coded
}

// about compares what newer fields say of the browser with the User-Agent.
func (h *head) about(x *gate.Exchange, a *agent) (s gate.Signals) {
	// Fetch Metadata section 2: all three go with every call to a URL that can be
	// trusted, which of hosts that are not local are those over TLS.
	n := 0
	for _, k := range [...]kind{fetchSite, fetchMode, fetchDest} {
		if h.at[k] > 0 {
			n++
		}
	}
	if n == 0 && x.ClientSecure || n == 1 || n == 2 {
		s |= gate.FetchMetadata
	}
	switch {
	case a.family != chromium:
		if h.at[hintAgent] > 0 { // neither Firefox nor Safari has User-Agent Client Hints
			s |= gate.ClientHints
		}
	case h.at[hintAgent] == 0: // calls of workers have none, but every page is opened with them
		if x.ClientSecure && string(h.mode) == "navigate" {
			s |= gate.ClientHints
		}
	case !sameVersion(h.brands, a.version), // User-Agent Client Hints section 3.1
		string(h.platform) == `"Windows"` && !bytes.Contains(a.system, []byte("Windows NT")), // section 3.6
		string(h.platform) == `"macOS"` && !bytes.Contains(a.system, []byte("Macintosh")):
		s |= gate.ClientHints
	}
	return s
}

// sameVersion reports whether Sec-CH-UA has Chromium of that version among its
// brands.
func sameVersion(brands []byte, version int) bool {
	_, rest, ok := bytes.Cut(brands, []byte(`"Chromium";v="`))
	return ok && first(rest) == version
}

// unlike compares the TLS of a call with that of browsers.
func unlike(x *gate.Exchange, f family) (s gate.Signals) {
	// Chromium and Safari write values that mean nothing (RFC 8701), libraries do not.
	if !x.Hello.Grease && f != firefox {
		s |= gate.NoGrease
	}
	if !x.Hello.HTTP2 && x.Upgrade == nil {
		s |= gate.NoHTTP2
	}
	// No browser asks for encrypt-then-MAC (RFC 7366), as OpenSSL and GnuTLS do.
	// Firefox names a limit for records (RFC 8449).
	if x.Hello.EncryptThenMAC || f == firefox && !x.Hello.RecordSizeLimit {
		s |= gate.Extensions
	}
	return s
}
