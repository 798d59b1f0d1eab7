// Package authorizer answers proxies that forward calls by themselves and ask
// the gate about each of them first: nginx with auth_request, Caddy and Traefik
// with forward_auth, Envoy with ext_authz. It makes of what a proxy sends the
// call that its client made, has the gate walk that, and says the verdict in the
// words of the proxy's protocol. A question that can be read in two ways is
// refused, and a refusal is never an answer that a proxy takes for leave.
//
// Package serve imports it. It stands between the engines and the gate, and
// knows nothing of contracts, guards or upstreams.
package authorizer

import (
	"net/netip"
	"sync/atomic"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// Protocol is how a proxy asks.
type Protocol string

// The protocols.
const (
	Nginx       Protocol = "nginx"        // auth_request, with fields that the documented snippet sets
	ForwardAuth Protocol = "forward_auth" // of Caddy and Traefik
	EnvoyHTTP   Protocol = "envoy_http"   // ext_authz with http_service
	EnvoyGRPC   Protocol = "envoy_grpc"   // ext_authz with grpc_service
)

// Settings are what an Authorizer needs to know.
type Settings struct {
	Protocol Protocol
	APIs     []string // names of those that may be asked about
	Prefix   string   // EnvoyHTTP: path_prefix, which stands before the path of the call
	Body     bool     // EnvoyHTTP, EnvoyGRPC: with_request_body is set
	// Proxies are the networks of those that may ask. A peer without address, of
	// a Unix socket, may: whoever may connect to it.
	Proxies []netip.Prefix
}

// Authorizer answers the proxies of one listener.
type Authorizer struct{ live atomic.Pointer[live] }

// live are settings as they are used.
type live struct {
	question gate.Question
	prefix   []byte
	read     func(l *live, s *session.Shared, x *gate.Exchange) gate.Refusal
}

var _ session.Asker = (*Authorizer)(nil)

// New returns an authorizer.
func New(s Settings) *Authorizer {
	a := &Authorizer{}
	a.Set(s)
	return a
}

// Set changes the settings for questions that come from now on. The protocol
// stays.
func (a *Authorizer) Set(s Settings) {
	l := &live{question: gate.Question{Protocol: string(s.Protocol), APIs: s.APIs}, prefix: []byte(s.Prefix)}
	switch s.Protocol {
	case Nginx:
		l.read = readNginx
	case ForwardAuth:
		l.read = readForwardAuth
	case EnvoyHTTP:
		l.read, l.question.Body = readEnvoy, s.Body
	case EnvoyGRPC:
		l.question.Body, l.question.Removes = s.Body, true
	default:
		l.read = readNothing
	}
	a.live.Store(l)
}

// readNothing is for a protocol that nobody knows.
func readNothing(*live, *session.Shared, *gate.Exchange) gate.Refusal {
	return gate.Refusal{Code: gate.Internal}
}

// Ask implements session.Asker.
func (a *Authorizer) Ask(s *session.Shared, x *gate.Exchange, w gate.Wire) {
	l := a.live.Load()
	if l.read == nil && x.Version == "HTTP/2" {
		l.ask(s, x, w)
		return
	}
	reply := &reply{Wire: w, nginx: l.question.Protocol == string(Nginx), method: x.Method}
	x.Question = &l.question
	// What is known of TLS is of the proxy's connection to the gate.
	x.TLS, x.ClientHost = nil, nil
	if x.Broken == gate.Undecided {
		x.Refusal = l.call(s, x)
		x.Broken = x.Refusal.Code
	}
	if x.Broken != gate.Undecided {
		x.Incoming, x.BodyLength = nil, 0
	}
	s.Gate.Serve(x, reply)
}

// stranger refuses whoever is no proxy that may ask: it could ask in the name
// of anybody.
var stranger = gate.Refusal{Code: gate.CredentialRestricted, Detail: "only the proxies that the gate's configuration names may ask here"}

func isStranger(s *session.Shared, x *gate.Exchange) bool {
	peer := x.Peer.Addr()
	return peer.IsValid() && !s.Proxies.Load().Holds(peer.Unmap().WithZone(""))
}

// call makes of x the call that is asked about.
func (l *live) call(s *session.Shared, x *gate.Exchange) gate.Refusal {
	if isStranger(s, x) {
		return stranger
	}
	if l.read == nil {
		return misuse("version", "form") // gRPC is spoken over HTTP/2 alone
	}
	if r := l.read(l, s, x); r.Code != gate.Undecided {
		return r
	}
	return judge(s, x)
}
