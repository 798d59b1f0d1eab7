// Package config holds the words of gatehouse.yaml and reads the file
// strictly: every mistake at once, each with its place, what is wrong and what
// to do next. The root package and everything above it use these words; the
// package imports the positioned tree and the type of secrets, and knows no
// contract, no guard and no engine. Reading opens no file but the one that it
// is given, and those that hold secrets.
//
// The comments of the types are the reference for users: docs/reference and the
// JSON Schema of the file are generated from them. A field's first sentence
// says what it is, in the words of an operator.
package config

import (
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/trust"
)

// Config is a whole gatehouse.yaml.
type Config struct {
	Place
	// Version is that of the language that the file is written in: 1.
	Version int `key:"version,required,min=1,max=1,example=1"`
	// Listeners are the addresses on which clients reach the gate.
	Listeners []Listener `key:"listeners,required,min=1,example=[{address: 127.0.0.1:8080}]"`
	// APIs are what stands behind the gate.
	APIs    []API `key:"apis,required,min=1,example=[{contract: openapi.yaml, upstreams: [{url: http://127.0.0.1:9000}]}]"`
	Callers `key:",inline"`
	// Credentials are what the gate verifies by itself, each under a name: who may vouch for callers, and how.
	Credentials []Credential `key:"credentials,example=[{name: partners, certificate: {identity: subject}}]"`
	// Store is where what outlives the gate is kept. Without it nothing is, and what needs it is refused at start.
	Store *Store `key:"store,example={sqlite: {path: /var/lib/gatehouse/gatehouse.db}}"`
	// Counters is the server in which several gates count together what is limited for all of them. Without it each counts alone.
	Counters *Counters `key:"counters,example={addresses: [\"127.0.0.1:6379\"], gates: 3, pepper: \"${file:pepper.txt}\"}"`
	// Feeds are lists of addresses and networks from which no call is taken.
	Feeds []Feed `key:"feeds,max=32,example=[{name: known attackers, file: blocked.txt}]"`
	// Geo says in which country an address is, for countries of an API. Without it nobody knows.
	Geo *Geo `key:"geo,example={database: countries.mmdb}"`
	// Locks say when clients must wait whose credentials were not valid.
	Locks Locks `key:"locks"`
	// Overload says when there is too much to do, and who is refused first then. Without it nobody is.
	Overload Overload `key:"overload"`
	// Limits are how much clients, callers and partners may have, each under a name. They hold where an API or an operation names them.
	Limits map[string]Limit `key:"limits,keys=limit-name,example={per-client: {key: [address], rate: {amount: 20, per: 1s, burst: 40}}}"`
	// Maintenance is the address for those who watch over the gate.
	Maintenance Maintenance `key:"maintenance"`
	// Admin is the API by which the gate is administered. Without it there is none.
	Admin *Admin `key:"admin"`
	// Record says what is written down, and where.
	Record Record `key:"record"`
	// Trust says where the gate keeps its own keys, what opens them, and where secrets come from.
	Trust Trust `key:"trust"`
	// Handover is a Unix socket by which a gate that is started anew takes the open listeners over from the one that runs, which then finishes its calls and ends: a restart without a refused connection. Without it there is none.
	Handover File `key:"handover,example=/run/gatehouse/handover.sock"`
	// Drain is how long calls may go on after the gate was told to stop.
	Drain time.Duration `key:"drain,default=30s,min=1s,max=1d"`

	// Path is the file that the configuration was read from; "" when it came
	// from elsewhere. Relative paths in it are relative to its folder.
	Path string
}

// Listener is one address on which clients reach the gate.
type Listener struct {
	Place
	// Address is host:port, where port 0 takes a free one and no host is every address of the machine; or unix: and the path of a Unix socket, as in unix:/run/gatehouse.sock; or systemd: and the name of a socket that systemd holds.
	Address string `key:"address,required,form=listen,example=127.0.0.1:8080"`
	// SocketAccess says who on this machine may connect to a Unix socket: the gate's user alone (owner), its group as well (group), or all.
	SocketAccess SocketAccess `key:"socket_access,default=group"`
	// TLS says how TLS is spoken, and with which certificates. Without it, the listener speaks plain HTTP.
	TLS *TLS `key:"tls"`
	// HTTP2 says where HTTP/2 is spoken beside HTTP/1.1: nowhere, under TLS with clients that choose it, or also without TLS with clients that begin with it, as gRPC and proxies within a network do.
	HTTP2 HTTP2 `key:"http2,default=tls"`
	// PlainHTTP allows to listen without TLS on an address beyond loopback.
	PlainHTTP bool `key:"plain_http"`
	// RedirectToHTTPS sends clients that come without TLS to https on the same host (308). No call passes.
	RedirectToHTTPS bool `key:"redirect_to_https"`
	// HTTPSPort is the port that redirect_to_https names.
	HTTPSPort uint16 `key:"https_port,default=443,min=1,max=65535"`
	// TrustedProxies are the networks of proxies and load balancers whose word on who the client is, in Forwarded and X-Forwarded-*, is taken. Nobody else's is.
	TrustedProxies []netip.Prefix `key:"trusted_proxies,example=[10.0.0.0/8]"`
	// ProxyProtocol says which load balancers begin each connection with a header of the PROXY protocol, version 1 or 2, that names the client.
	ProxyProtocol *ProxyProtocol `key:"proxy_protocol"`
	// Authorizer has the listener answer proxies that ask whether they may forward a call, and pass none itself.
	Authorizer *Authorizer `key:"authorizer"`
	// MaxConnections is how many connections may be open at once.
	MaxConnections int `key:"max_connections,default=8192,min=1,max=1000000"`
	// MaxConnectionsPerAddress is how many of these one IPv4 address or IPv6 /64 may have.
	MaxConnectionsPerAddress int `key:"max_connections_per_address,default=1024,min=1,max=1000000"`
}

// ProxyProtocol is whom the gate believes when they say whose connection they pass on.
type ProxyProtocol struct {
	Place
	// From are the networks of the load balancers: each of their connections must begin with the header, or it is closed. From everybody else the header is not read, and a request that begins with one is refused. A Unix socket has no networks: whoever may connect to it must send the header.
	From []netip.Prefix `key:"from,example=[10.0.0.0/8]"`
}

// HTTP2 is where HTTP/2 is spoken.
type HTTP2 string

// The places.
const (
	NoHTTP2    HTTP2 = "none"  // nowhere
	HTTP2InTLS HTTP2 = "tls"   // under TLS, by ALPN
	HTTP2Plain HTTP2 = "plain" // also without TLS, by prior knowledge
)

// SocketAccess is who may connect to a Unix socket.
type SocketAccess string

// Those who may connect.
const (
	ByOwner SocketAccess = "owner" // mode 0600
	ByGroup SocketAccess = "group" // mode 0660
	ByAll   SocketAccess = "all"   // mode 0666
)

// File is a path; in a configuration that was read from a file it is relative
// to that file's folder and made absolute by reading.
type File string

// API is one API behind the gate.
type API struct {
	Place
	// Contract is the API's OpenAPI document: 3.0, 3.1 or Swagger 2.0, YAML or JSON.
	Contract File `key:"contract,required,example=openapi.yaml"`
	// Upstreams are where the API runs. Calls are spread over several.
	Upstreams []Upstream `key:"upstreams,required,min=1,max=64,example=[{url: http://127.0.0.1:9000}]"`
	// Schemes say which of the credentials verifies a security scheme of the contract: the name of the scheme to the name of the credential. A scheme that is called like a credential needs no line.
	Schemes map[string]string `key:"schemes,example={clientCertificate: partners}"`
	// Health has the upstreams asked whether they are well. Without it, calls alone tell.
	Health *Health `key:"health"`
	// Outliers leaves upstreams out that fail while others do not.
	Outliers Outliers `key:"outliers"`
	// Breaker stops calls to upstreams that do not answer.
	Breaker Breaker `key:"breaker"`
	// Retries sends calls that failed to another upstream, where that is safe.
	Retries Retries `key:"retries"`
	// Canary says which calls go to the upstreams in that role.
	Canary *CanarySplit `key:"canary"`
	// Mirror says of which calls the upstream in that role gets copies.
	Mirror *Mirroring `key:"mirror"`
	Policy `key:",inline"`
}

// Upstream is one address at which an API runs.
type Upstream struct {
	Place
	// URL is scheme, host and port: http://127.0.0.1:9000. Calls keep their path, so it has none. For a socket on this machine it is unix: with the path of the socket.
	URL string `key:"url,required,form=url,example=http://127.0.0.1:9000"`
	// Protocol is what is spoken to the API: HTTP/1.1, or HTTP/2, which gRPC needs. Over https the API must choose it in the handshake, elsewhere it must take it from the first byte.
	Protocol Protocol `key:"protocol,default=http1"`
	// Role is what this upstream is there for.
	Role Role `key:"role,absent=live"`
	// Weight is its share of the calls beside the others of its role: 2 is twice that of 1.
	Weight int `key:"weight,default=1,min=1,max=1000"`
	// CA is a PEM file with the authorities that may vouch for the API's certificate, instead of the system's.
	CA File `key:"ca,example=ca.pem"`
	// ServerName is the name that the API's certificate must have, and that is asked for by SNI, instead of the host of url.
	ServerName string `key:"server_name,form=host,example=api.internal"`
	// Pins are keys of which the chain of the API's certificate must have one, besides being vouched for: its own, or that of an authority. gatehouse pins prints those of a gate.
	Pins []string `key:"pins,form=pin,example=[sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=]"`
	// Certificate is a PEM file with the certificate by which the API knows the gate, and those between it and its authority.
	Certificate File `key:"certificate,example=gate.crt"`
	// Key is a PEM file with the private key of that certificate. Both are read again when they change.
	Key File `key:"key,example=gate.key"`
	// Fields are header fields that the gate sends to the API with every call, in place of the client's own. Their values are secrets: refer to them by ${env:NAME} or ${file:PATH}.
	Fields map[string]trust.Secret `key:"fields,keys=request-field,form=value,example={Authorization: \"Bearer ${env:API_TOKEN}\"}"`
	// ConnectTimeout bounds the wait for a connection, and again for the TLS handshake.
	ConnectTimeout time.Duration `key:"connect_timeout,default=5s,min=1ms,max=10m"`
	// AnswerTimeout bounds the wait from the request's last byte to the head of the answer.
	AnswerTimeout time.Duration `key:"answer_timeout,default=60s,min=1ms,max=1d"`
	// TotalTimeout bounds a whole call, from its beginning to the last byte of its answer. Without it a call may take as long as something moves, which streams of events need.
	TotalTimeout time.Duration `key:"total_timeout,min=1ms,max=7d,example=10m"`
	// MaxInFlight is how many calls may be with the API at once; one more is refused as overloaded.
	MaxInFlight int `key:"max_in_flight,default=4096,min=1,max=1000000"`
}

// Protocol is what is spoken to an API.
type Protocol string

// The protocols.
const (
	SpeakHTTP1 Protocol = "http1" // HTTP/1.1
	SpeakHTTP2 Protocol = "http2" // HTTP/2
)

// Maintenance is a listener of its own, plain HTTP, for those who watch over the gate. It answers GET /healthz (the program lives), GET /readyz (a configuration serves, and the gate is not draining) and GET /metrics (what was counted, for Prometheus).
type Maintenance struct {
	Place
	// Address is host:port. Without it there is no such listener.
	Address string `key:"address,form=address,example=127.0.0.1:9090"`
}

// Record is what is written down of calls.
type Record struct {
	Place
	// Events is a file that events are appended to, one line of JSON each; "-" is standard output, "none" nowhere.
	Events string `key:"events,default=-,form=events"`
	// Format is how they are written: in the gate's own lines, or in the schema of OCSF. Reports that read events, such as gatehouse owner report, want lines.
	Format EventFormat `key:"format,default=lines"`
	// Pseudonyms has events say who calls, by a keyed hash. Without it they do not.
	Pseudonyms *Pseudonyms `key:"pseudonyms,example={addresses: true}"`
	// Tracing has the gate take part in distributed traces. Without it, the fields of traces pass as they came, and no event names a trace.
	Tracing *Tracing `key:"tracing,example={begin: true, sample_one_in: 100}"`
	// Ledger keeps calls of which nothing may be lost, as audit of an API or an operation says.
	Ledger *Ledger `key:"ledger,example={name: api.example.com/gate-1}"`
	// Archive keeps events to be searched. Without it they are not kept.
	Archive *Archive `key:"archive,example={path: /var/lib/gatehouse/archive}"`
	// OTLP sends spans, metrics and the program's log to a receiver of OpenTelemetry. Without it nothing is sent.
	OTLP *OTLP `key:"otlp,example={url: http://127.0.0.1:4318}"`
	// Sinks are receivers that get events besides.
	Sinks []Sink `key:"sinks"`
	// SinksFolder is where what sinks do not take waits, in a folder for each. It is made when it is missing, and is the gate's own.
	SinksFolder File `key:"sinks_folder,absent=state/sinks,example=/var/lib/gatehouse/sinks"`
	// Alerts are rules over events that say when somebody should look, 64 at most.
	Alerts []Alert `key:"alerts"`
	// AlertsFolder is where what alerts of first_seen have seen outlives the gate. It is made when it is needed, and is the gate's own.
	AlertsFolder File `key:"alerts_folder,absent=state/alerts,example=/var/lib/gatehouse/alerts"`
}

// Place is where a part of the configuration stands in its file; the zero
// Place is nowhere.
type Place struct{ node *source.Node }

// Problem returns an error at the place.
func (p Place) Problem(hint, format string, args ...any) source.Problem {
	return source.At(p.node, hint, format, args...)
}

// Warning returns a warning at the place.
func (p Place) Warning(hint, format string, args ...any) source.Problem {
	return source.Warn(p.node, hint, format, args...)
}

// At returns the place of a key in this one, or this one where it has no such
// key.
func (p Place) At(keys ...string) Place {
	n := p.node
	for _, k := range keys {
		if next := n.Get(k); next != nil {
			n = next
		}
	}
	return Place{n}
}

// Named returns where the place is, as file:line:column between two texts, or
// nothing for nowhere.
func (p Place) Named(before, after string) string {
	at := source.At(p.node, "", "").Position
	if at == (source.Position{}) {
		return ""
	}
	return before + at.String() + after
}

// Item returns the place of an item of the list that stands at this one.
func (p Place) Item(i int) Place {
	if item := p.node.Item(i); item != nil {
		return Place{item}
	}
	return p
}

// has reports whether a key stands here.
func (p Place) has(key string) bool { return p.node.Get(key) != nil }
