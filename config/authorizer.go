package config

import "strings"

// Authorizer has a listener answer proxies that forward calls by themselves, and ask the gate first whether they may. No call passes here. Who may ask are the trusted_proxies of the listener.
type Authorizer struct {
	Place
	// Protocol is how the proxies ask: nginx by auth_request, Caddy and Traefik by forward_auth, Envoy by ext_authz.
	Protocol Asking `key:"protocol,required,example=nginx"`
	// PathPrefix is the path_prefix that is set in Envoy, for envoy_http: it stands before the path of each call.
	PathPrefix string `key:"path_prefix,form=prefix,example=/gatehouse"`
	// Body says that Envoy is set to send bodies along, by with_request_body. They are judged then, within its max_request_bytes.
	Body bool `key:"body"`
	// APIs are those that may be asked about. Nothing is known here of others.
	APIs []AskedAPI `key:"apis,required,min=1,example=[{name: Pets, unchecked: [answer]}]"`
}

// AskedAPI is an API about which proxies ask.
type AskedAPI struct {
	Place
	// Name is what the API is called: its name under apis, or its contract's title.
	Name string `key:"name,required,form=name,example=Pets"`
	// Unchecked names what proxies do not show the gate and what is therefore not judged: the answers of the API, and the bodies of calls.
	Unchecked []string `key:"unchecked,words=answer|body,example=[answer]"`
	// Operations name what else is not judged of single ones, by operationId or as in "POST /pets".
	Operations map[string]AskedOperation `key:"operations,example={addPet: {unchecked: [body]}}"`
}

// AskedOperation is one operation about which proxies ask.
type AskedOperation struct {
	Place
	// Unchecked names what is not judged of this operation, beside what is not judged of the API.
	Unchecked []string `key:"unchecked,required,min=1,words=answer|body,example=[body]"`
}

// Asking is how a proxy asks.
type Asking string

// How proxies ask.
const (
	AskNginx       Asking = "nginx"        // auth_request of nginx
	AskForwardAuth Asking = "forward_auth" // of Caddy and Traefik
	AskEnvoyHTTP   Asking = "envoy_http"   // ext_authz of Envoy, with http_service
	AskEnvoyGRPC   Asking = "envoy_grpc"   // ext_authz of Envoy, with grpc_service
)

// authorizer holds a listener for proxies that ask to the rules.
func (d *decoder) authorizer(l *Listener) {
	a := l.Authorizer
	if a == nil {
		return
	}
	word := func(key string, has bool) {
		if has {
			d.add("authorizer-listener", l.At(key).node, "remove it", "%s has no meaning where proxies only ask", key)
		}
	}
	word("redirect_to_https", l.RedirectToHTTPS)
	word("proxy_protocol", l.ProxyProtocol != nil)
	networked := l.Address != "" && !strings.HasPrefix(l.Address, unixWord) && !strings.HasPrefix(l.Address, systemdWord)
	if networked && len(l.TrustedProxies) == 0 && !l.has("trusted_proxies") {
		d.add("authorizer-proxies", a.node, "name the networks of the proxies beside address: trusted_proxies: [127.0.0.1/32]", "nobody may ask, since the listener trusts no proxy")
	}
	if a.PathPrefix != "" && a.Protocol != "" && a.Protocol != AskEnvoyHTTP {
		d.add("authorizer-envoy", a.At("path_prefix").node, "remove it", "path_prefix is a word of envoy_http")
	}
	if a.Body && (a.Protocol == AskNginx || a.Protocol == AskForwardAuth) {
		d.add("authorizer-envoy", a.At("body").node, "remove it", "only Envoy can send bodies along")
	}
	if a.Protocol == AskEnvoyGRPC && l.HTTP2 == NoHTTP2 {
		d.add("authorizer-http2", l.At("http2").node, "remove it", "envoy_grpc is spoken over HTTP/2")
	}
	names := map[string]bool{}
	for i := range a.APIs {
		if n := a.APIs[i].Name; n != "" && names[n] {
			d.add("authorizer-api-twice", a.APIs[i].At("name").node, "put them together", "%s stands here twice", quote(n))
		}
		names[a.APIs[i].Name] = true
	}
}
