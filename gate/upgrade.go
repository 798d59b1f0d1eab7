package gate

import (
	"bytes"
	"errors"
)

// noteUpgrade remembers which protocol the client asks for (RFC 9110 section
// 7.8): one, in HTTP/1.1, named by Connection, and without a body. Whatever else is
// asked is ignored, as the section allows. It runs before the fields go.
func (x *Exchange) noteUpgrade() {
	x.asked = nil
	v, n := x.Field("Upgrade")
	if n != 1 || len(v) == 0 || x.Incoming != nil || x.Version != "HTTP/1.1" {
		return
	}
	for i := range x.Fields {
		if f := &x.Fields[i]; EqualFold(f.Name, "Connection") && lists(f.Value, "upgrade") {
			x.asked = v
			return
		}
	}
}

// lists reports whether a comma-separated list holds name, in any case.
func lists(list []byte, name string) bool {
	for len(list) > 0 {
		end := 0
		for end < len(list) && list[end] != ',' {
			end++
		}
		if EqualFold(trimSpace(list[:end]), name) {
			return true
		}
		list = list[min(end+1, len(list)):]
	}
	return false
}

// openUpgrade sets Upgrade where the operation allows what was asked for.
func (x *Exchange) openUpgrade() {
	x.Upgrade = nil
	if x.Question != nil && len(x.Operation.Upgrades) > 0 {
		// Most proxies keep what is asked for to themselves, and pass it on.
		x.Upgrade = []byte(x.Operation.Upgrades[0])
		return
	}
	for _, name := range x.Operation.Upgrades {
		if len(x.asked) > 0 && EqualFold(x.asked, name) {
			x.Upgrade = x.asked
			return
		}
	}
}

// mayUpgrade reports whether the page that asks for another protocol may: pages
// of the API's own origin, and those that its policy permits. Browsers hold
// pages to nothing here and send their cookies along, so the server has to look
// (RFC 6455 section 10.2). Clients that are no browsers send no Origin.
func (x *Exchange) mayUpgrade() bool {
	if x.Upgrade == nil {
		return true
	}
	origin, n := x.Field("Origin")
	if n == 0 || n == 1 && (x.ownOrigin(origin) || x.API.Origin != nil && x.API.Origin.Permits(origin)) {
		return true
	}
	x.Guard = "origin"
	x.refuse(OriginRefused)
	if x.Operation.Mode == Observe {
		x.would()
		x.Refusal = Refusal{}
		return true
	}
	return false
}

// ownOrigin reports whether an origin is that of the authority which the client
// asked for (RFC 6454 section 4). Where the client's connection is protected, a
// page that came without TLS is another one's.
func (x *Exchange) ownOrigin(origin []byte) bool {
	host, secure := bytes.CutPrefix(origin, schemeHTTPS)
	if !secure {
		var plain bool
		if host, plain = bytes.CutPrefix(origin, schemeHTTP); !plain || x.ClientSecure {
			return false
		}
	}
	asked := x.Host
	if x.ClientHost != nil {
		asked = x.ClientHost
	}
	port := portHTTP
	if secure {
		port = portHTTPS
	}
	return sameFold(bytes.TrimSuffix(host, port), bytes.TrimSuffix(asked, port))
}

var (
	schemeHTTP = []byte("http://")
	portHTTP   = []byte(":80")
	portHTTPS  = []byte(":443")
)

var errSwitched = errors.New("the API switched to a protocol that it was not asked for")

// switched reports whether an answer of status 101 is one that the client and
// the operation asked for (RFC 9110 section 15.2.2).
func (x *Exchange) switched() bool {
	_, ok := x.Answer.Body.(Tunnel)
	return ok && len(x.Upgrade) > 0
}
