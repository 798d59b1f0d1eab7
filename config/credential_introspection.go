package config

import (
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// IntrospectionCredential are tokens of which the authorization server says what they are (RFC 7662).
type IntrospectionCredential struct {
	Place
	// URL is the introspection endpoint of the server. It speaks https, unless it is on this machine.
	URL string `key:"url,required,form=endpoint,example=https://id.example.com/introspect"`
	// Issuer is whose tokens they are: the iss of answers, where they have one, and part of every caller's name.
	Issuer string `key:"issuer,required,example=https://id.example.com"`
	// Audience are the names of the API, one of which tokens must be for. Without it they may be for anybody, as far as the server says that they are active.
	Audience []string `key:"audience,min=1,example=[https://api.example.com]"`
	// ClientID is what the gate is called at the server.
	ClientID string `key:"client_id,form=name,example=gatehouse"`
	// ClientSecret is what the gate shows there (client_secret_basic).
	ClientSecret trust.Secret `key:"client_secret,example=${env:INTROSPECTION_SECRET}"`
	// ClientKey is a private key, PEM or a JWK, by which the gate signs who it is for each question, instead of a secret (private_key_jwt, RFC 7523). The server knows the public half.
	ClientKey trust.Secret `key:"client_key,example=${file:/run/secrets/introspection.pem}"`
	// ClientKeyID is what the server calls that key (kid). Without it, what a JWK says, else its thumbprint.
	ClientKeyID string `key:"client_key_id,form=name,example=2027-01"`
	// ClientAlgorithm is what it signs by. Without it, what a JWK says, else ES256, ES384 or ES512, EdDSA or PS256, as the kind of the key is.
	ClientAlgorithm string `key:"client_algorithm,words=ES256|ES384|ES512|EdDSA|Ed25519|PS256|PS384|PS512|RS256|RS384|RS512,example=ES256"`
	// ClientAudience is whom what is signed is for: the server by its name (issuer), or the address of url.
	ClientAudience ClientAudience `key:"client_audience,default=issuer"`
	// Certificate is a PEM file with the certificate that the gate shows there, instead of a secret or besides (tls_client_auth, RFC 8705).
	Certificate File `key:"certificate,example=gate.crt"`
	// Key is a PEM file with its private key.
	Key File `key:"key,example=gate.key"`
	// CA is a PEM file with the authorities that may vouch for the server, instead of the system's.
	CA File `key:"ca,example=id-ca.pem"`
	// Timeout bounds one question. Tokens of which nothing is known then are answered 503.
	Timeout time.Duration `key:"timeout,default=3s,min=10ms,max=30s"`
	// Parallel bounds the questions that are open at once.
	Parallel int `key:"parallel,default=32,min=1,max=1000"`
	// Cache is how long an active token is not asked for again, at most until it expires. A token that is taken back is good for as long; with 0s every call asks.
	Cache time.Duration `key:"cache,default=30s,min=0s,max=1h"`
	// Negative is how long a token that is not active is not asked for again.
	Negative time.Duration `key:"negative,default=10s,min=0s,max=10m"`
	// Stale is how long beyond cache an active token goes on to be good while the server does not answer. Without it such calls are answered 503.
	Stale time.Duration `key:"stale,default=0s,min=0s,max=1h"`
	// Entries bounds the tokens that are remembered.
	Entries int `key:"entries,default=10000,min=1,max=10000000"`
	// Skew is by how much the clocks may differ.
	Skew time.Duration `key:"skew,default=30s,min=0s,max=5m"`
	// Roles is the member of answers with the caller's roles; names with dots between them lead into groups.
	Roles string `key:"roles,default=roles,example=realm_access.roles"`
	// Tenant is the member that says which customer the caller belongs to.
	Tenant string `key:"tenant,example=org_id"`
	// Attributes are further members that rules may ask for.
	Attributes []string `key:"attributes,example=[department]"`
	// Binding sees that tokens are used by whom they were issued to.
	Binding Binding `key:"binding"`
}

// ClientAudience is whom an assertion of the gate is for.
type ClientAudience string

// Whom it is for.
const (
	AudienceIssuer   ClientAudience = "issuer"
	AudienceEndpoint ClientAudience = "endpoint"
)

// Words returns whom it may be for.
func (ClientAudience) Words() []string {
	return []string{string(AudienceIssuer), string(AudienceEndpoint)}
}

func introspectionRules(c *collector, k *Credential, at Place) {
	s := k.Introspection
	if (s.Certificate == "") != (s.Key == "") && s.has("certificate") != s.has("key") {
		c.add("introspection-client", at.node, "write both, certificate and key, or none", "a certificate and its key stand together")
	}
	if !s.ClientSecret.IsZero() && s.ClientID == "" && !s.has("client_id") {
		c.add("introspection-client", s.At("client_secret").node, "add client_id", "a secret is of a client, and there is no client_id")
	}
	if s.has("client_key") {
		at := s.At("client_key").node
		if s.ClientID == "" && !s.has("client_id") {
			c.add("introspection-client", at, "add client_id", "a key is of a client, and there is no client_id")
		}
		if s.has("client_secret") {
			c.add("introspection-client", at, "remove one of them", "the gate shows a server one of client_secret and client_key")
		}
		return
	}
	for _, name := range []string{"client_key_id", "client_algorithm", "client_audience"} {
		if s.has(name) {
			c.add("introspection-client", s.At(name).node, "add client_key, or remove "+name, "%s is of a key, and there is no client_key", name)
		}
	}
}
