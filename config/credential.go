package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Credential is one kind of credential that the gate verifies, under a name. It has exactly one key beside name, which is its kind.
type Credential struct {
	Place
	// Name is what the credential is called: in schemes of an API, on events and in revocations. A security scheme of a contract that has the same name is verified by it.
	Name string `key:"name,required,form=name,example=staff"`
	// Certificate takes the client certificate of the connection, which a listener has asked for and verified, for who calls.
	Certificate *CertificateCredential `key:"certificate,example={}"`
	// JWT takes signed tokens of an issuer, as identity providers give them out.
	JWT *JWTCredential `key:"jwt,example={issuer: https://id.example.com, audience: [https://api.example.com]}"`
	// Keys takes API keys that the gate gave out.
	Keys *KeysCredential `key:"keys,example={pepper: \"${file:pepper.txt}\"}"`
	// Introspection takes tokens of which an authorization server says what they are.
	Introspection *IntrospectionCredential `key:"introspection,example={url: https://id.example.com/introspect, issuer: https://id.example.com}"`
	// HMAC takes requests that are signed with a secret.
	HMAC *HMACCredential `key:"hmac,example={keys: [{id: acme, secret: \"${env:ACME_SECRET}\"}]}"`
	// Signature takes requests that are signed by RFC 9421.
	Signature *SignatureCredential `key:"signature,example={keys: [{id: acme, file: acme.pem}]}"`
	// Basic takes user names and passwords, for single operations.
	Basic *BasicCredential `key:"basic,example={users: users.txt, operations: [export]}"`
}

// credentialKinds is the table of kinds: the fields of Credential that are
// kinds, in their order, with what holds one to rules beyond its tags (nil for
// none).
var credentialKinds = []struct {
	key   string
	check func(c *collector, k *Credential, at Place)
}{
	{"certificate", certificateRules},
	{"jwt", jwtRules},
	{key: "keys", check: checkKeys},
	{"introspection", introspectionRules},
	{"hmac", hmacRules},
	{"signature", signatureRules},
	{key: "basic"},
}

// Kind is the key of the one kind that the credential has, "" for none.
func (k *Credential) Kind() string {
	if has := k.kinds(); len(has) > 0 {
		return has[0]
	}
	return ""
}

// kinds are all kinds that are set.
func (k *Credential) kinds() (has []string) {
	v := reflect.ValueOf(k).Elem()
	for _, f := range fields(v.Type()) {
		if f.name != "name" && !v.FieldByIndex(f.index).IsZero() {
			has = append(has, f.name)
		}
	}
	return has
}

// credentials holds the list of credentials, and the names by which APIs use
// them, to the rules.
func (c *collector) credentials(all *Config) {
	var kinds []string
	for _, k := range credentialKinds {
		kinds = append(kinds, k.key)
	}
	names, environments, roles := map[string]bool{}, map[string]string{}, sortedNames(all.Roles)
	var known []string
	for i := range all.Credentials {
		k := &all.Credentials[i]
		if k.Name != "" && names[k.Name] {
			c.add("credential-twice", k.At("name").node, "give each its own", "another credential is called %s", quote(k.Name))
		}
		if keys := k.Keys; keys != nil {
			if other, twice := environments[keys.Environment]; twice {
				c.add("keys-twice", k.At("keys").node, "give it another environment, or let schemes name that one", "the credential %s has the keys of the environment %s", quote(other), quote(keys.Environment))
			}
			environments[keys.Environment] = k.Name
		}
		names[k.Name] = true
		known = append(known, k.Name)
		has := k.kinds()
		said := slices.ContainsFunc(kinds, k.has) // what is wrong with it was said
		switch {
		case len(has) == 0 && !said && k.node != nil:
			c.add("credential-kind", k.node, "add one of "+strings.Join(kinds, ", "), "the credential %s has no kind", quote(k.Name))
		case len(has) > 1:
			c.add("credential-kind", k.node, "make each an entry of its own", "the credential %s has more than one kind: %s", quote(k.Name), strings.Join(has, ", "))
		}
		c.granted(roles, k)
		for _, row := range credentialKinds {
			if row.check != nil && slices.Contains(has, row.key) {
				row.check(c, k, k.At(row.key))
			}
		}
	}
	for i := range all.APIs {
		api := &all.APIs[i]
		for _, scheme := range sortedNames(api.Schemes) {
			if name := api.Schemes[scheme]; name != "" && !names[name] {
				c.add("scheme-credential", api.At("schemes", scheme).node, source.DidYouMean("describe it under credentials", name, known...), "there is no credential %s", quote(name))
			}
		}
	}
}
