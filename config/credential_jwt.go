package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/trust"
)

// JWTCredential are signed tokens of one issuer (RFC 7519): access tokens of an identity provider, tokens of a cluster or of a cloud, JWT-SVIDs.
type JWTCredential struct {
	Place
	// Issuer is who signs: what the claim iss must be, character for character. Its keys are found by its metadata (OpenID Connect Discovery) unless jwks says where they are.
	Issuer string `key:"issuer,required,form=issuer,example=https://id.example.com"`
	// Audience are the names by which tokens mean the APIs that use this credential: the claim aud must hold one of them.
	Audience []string `key:"audience,required,min=1,form=claim,example=[https://api.example.com]"`
	// Types are what typ in the header of a token may be: at+jwt of access tokens (RFC 9068), JWT, absent for tokens that do not say, or others. Without it, at+jwt alone. An identity token that passes for an access token is a way in: allow JWT where the audience is the API's alone.
	Types []string `key:"types,min=1,form=token-type,example=[JWT]"`
	// Algorithms are those by which tokens may be signed. Without it, RS256, PS256, ES256, ES384, EdDSA and Ed25519. Those of a shared secret (HS256, HS384, HS512) are never accepted beside others.
	Algorithms []JWTAlgorithm `key:"algorithms,min=1,example=[ES256]"`
	// JWKS says where the keys of the issuer are.
	JWKS JWTKeys `key:"jwks"`
	// Secret is shared with the issuer, who signs with it, instead of keys. It has at least 32 bytes; whoever knows it can make tokens.
	Secret trust.Secret `key:"secret,example=${file:token-secret.txt}"`
	// Require are further claims that tokens must have, by their paths, and the values of which each must have one.
	Require map[string][]string `key:"require,keys=claim,example={kubernetes.io.namespace: [shop]}"`
	// TrustDomain is the SPIFFE trust domain that the subject must be a SPIFFE ID of.
	TrustDomain string `key:"trust_domain,form=domain,example=example.org"`
	// Claims say which claims mean what.
	Claims JWTClaims `key:"claims"`
	// Binding sees that tokens are used by whom they were issued to.
	Binding Binding `key:"binding"`
	// Signals has the gate hear what the issuer says of tokens later, at the address of admin: that a session has ended, or that something has happened to a subject.
	Signals *JWTSignals `key:"signals,example={audience: [gatehouse]}"`
	// MaxLifetime is how long a token may live, from iat to exp.
	MaxLifetime time.Duration `key:"max_lifetime,default=1d,min=1s,max=3650d"`
	// ClockSkew is by how much the clocks of the issuer and of the gate may differ.
	ClockSkew time.Duration `key:"clock_skew,default=30s,min=1s,max=5m"`
	// MaxBytes is how large a token may be.
	MaxBytes Bytes `key:"max_bytes,default=8KiB,min=256,max=64KiB"`
	// Remember is how many tokens are remembered, so that their signatures are verified once. One of 600 bytes takes about 2 KiB.
	Remember int `key:"remember,default=100000,min=16,max=10000000"`
}

// JWTKeys is where the public keys of an issuer are: at most one of url, file and inline. What they say is fetched again in the background; when that fails, the last good keys stay.
type JWTKeys struct {
	Place
	// URL is where the key set (RFC 7517) is fetched from, by https. Redirects are not followed and no proxy is asked.
	URL string `key:"url,form=keys-url,example=https://id.example.com/keys"`
	// File is a key set, or public keys as PEM. It is read again every 30 seconds.
	File File `key:"file,example=keys.json"`
	// Inline is a key set as text.
	Inline string `key:"inline,min=1,example='{\"keys\": []}'"`
	// CA is a PEM file with the authorities that the server of the keys is trusted by. Without it, those of the system are.
	CA File `key:"ca,example=ca.pem"`
	// MaxStale is how long keys are used that cannot be fetched again. After that tokens cannot be verified.
	MaxStale time.Duration `key:"max_stale,default=1d,min=1m,max=30d"`
}

// JWTClaims say which claims mean what. A path is the name of a claim, or names joined by dots where claims stand in each other.
type JWTClaims struct {
	Place
	// Roles is the path of the roles of the caller, a list or one text.
	Roles string `key:"roles,default=roles,form=claim,example=realm_access.roles"`
	// Tenant is the path of the customer that the caller belongs to.
	Tenant string `key:"tenant,form=claim,example=org_id"`
	// Attributes are the paths of further claims that policies may ask for.
	Attributes []string `key:"attributes,form=claim,max=64,example=[department]"`
	// Kind is what kind of callers the issuer vouches for.
	Kind JWTKind `key:"kind,default=auto"`
}

// JWTKind is what kind of caller tokens stand for.
type JWTKind string

// The kinds.
const (
	KindAuto     JWTKind = "auto"     // a program where the subject is the client itself, a workload where it is a SPIFFE ID or a Kubernetes service account, a person where there is a client
	KindPerson   JWTKind = "person"   // somebody
	KindProgram  JWTKind = "program"  // a client that acts for itself
	KindWorkload JWTKind = "workload" // a service inside the network
)

// Words returns the kinds.
func (JWTKind) Words() []string {
	return []string{string(KindAuto), string(KindPerson), string(KindProgram), string(KindWorkload)}
}

// JWTAlgorithm is a signature algorithm (RFC 7518, RFC 8037, RFC 9864).
type JWTAlgorithm string

// Words returns the algorithms.
func (JWTAlgorithm) Words() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "HS256", "HS384", "HS512"}
}

// leastSecrets are how many bytes a secret has (RFC 7518 section 3.2).
var leastSecrets = map[JWTAlgorithm]int{"HS256": 32, "HS384": 48, "HS512": 64}

// jwtRules holds keys, secret and algorithms to each other.
func jwtRules(c *collector, k *Credential, at Place) {
	s := k.JWT
	least, public := 0, ""
	for _, a := range s.Algorithms {
		if n := leastSecrets[a]; n > 0 {
			least = max(least, n)
		} else {
			public = string(a)
		}
	}
	switch n := len(s.Secret.Reveal()); {
	case least > 0 && public != "": // RFC 8725 section 3.1
		c.add("jwt-mixed", s.At("algorithms").node, "make two credentials of it", "algorithms of a secret and of public keys (%s) are not accepted together: a public key would pass for a secret", public)
	case least > 0 && !s.has("secret"):
		c.add("jwt-secret", s.At("algorithms").node, "add secret: ${file:token-secret.txt}", "algorithms of a secret need one")
	case least == 0 && s.has("secret"):
		c.add("jwt-secret", s.At("secret").node, "add algorithms: [HS256]", "a secret is used by HS256, HS384 and HS512 alone, and none of them is accepted")
	case n > 0 && n < least:
		c.add("jwt-secret-short", s.At("secret").node, "make one with: openssl rand -base64 48", "the secret has %d bytes, and must have %d for its algorithms", n, least)
	}
	s.JWKS.rules(c, s, at)
}

// rules sees that keys come from one place.
func (w *JWTKeys) rules(c *collector, s *JWTCredential, at Place) {
	var from []string
	for _, name := range []string{"url", "file", "inline"} {
		if w.has(name) {
			from = append(from, name)
		}
	}
	fetched := len(from) == 0 || from[0] == "url"
	switch {
	case s.has("secret") && (len(from) > 0 || w.has("ca")):
		c.add("jwt-keys", s.At("jwks").node, "remove jwks, or the secret", "tokens are verified with a secret or with keys, not with either")
	case len(from) > 1:
		c.add("jwt-keys", w.At(from[1]).node, "remove all but one", "keys come from one place: %s", strings.Join(from, " or "))
	case len(from) == 0 && !s.has("secret") && s.Issuer != "" && !fetchable(s.Issuer):
		c.add("jwt-keys", s.At("issuer").node, "add jwks: {url: https://...}, or a file", "keys cannot be found at %s, which is no address of https", quote(s.Issuer))
	case !fetched && w.has("ca"):
		c.add("jwt-keys", w.At("ca").node, "remove it", "authorities are for keys that are fetched")
	}
}

// fetchable reports whether documents are fetched from an address: by https, or
// by http from this machine.
func fetchable(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || strings.ContainsAny(text, "@# \t\r\n") {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	here := err == nil && ip.IsLoopback() || u.Hostname() == "localhost"
	return u.Scheme == "https" || u.Scheme == "http" && here
}

func judgeKeysURL(text string) (wrong, hint string) {
	switch {
	case strings.Contains(text, "@"):
		return "the address of the keys holds a user or a password", "remove it: none is sent"
	case !fetchable(text):
		return quote(text) + " is no address that keys are fetched from", "write it like https://id.example.com/keys; http is for this machine alone, since whoever stands between could give keys of his own"
	}
	return "", ""
}

// issuerPattern is a name of an issuer. Who calls is named by issuer, "|" and
// subject.
const issuerPattern = `^[!-{}~]{1,200}$`

var issuer = expression(issuerPattern)

func judgeIssuer(text string) (wrong, hint string) {
	if !issuer().MatchString(text) {
		return quote(text) + " is no name of an issuer", `write what its tokens have in iss: up to 200 characters of ASCII without spaces and "|"`
	}
	return "", ""
}

const tokenTypePattern = `^[A-Za-z0-9][A-Za-z0-9!#$&^_.+/-]{0,99}$`

var tokenType = expression(tokenTypePattern)

func judgeTokenType(text string) (wrong, hint string) {
	switch {
	case slices.Contains([]string{"none", "any", "*"}, strings.ToLower(text)):
		return quote(text) + " is no type of tokens", "write absent for tokens that do not say their type"
	case !tokenType().MatchString(text):
		return quote(text) + " is no type of tokens", "write it like at+jwt, JWT or absent"
	}
	return "", ""
}
