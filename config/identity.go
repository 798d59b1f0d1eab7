package config

import "strings"

// Caller is how the API behind the gate is told who calls. The fields are removed from what clients send, in any spelling that servers take for them, also where nobody is known.
type Caller struct {
	Place
	// Fields are header fields, one for each thing that is told. What has no name is not told.
	Fields CallerFields `key:"fields"`
	// Certificate tells the certificate of the client in Client-Cert (RFC 9440).
	Certificate bool `key:"certificate"`
	// Token tells all of it in one token that the gate signs for the API, good for a minute. Without it there is none.
	Token *CallerToken `key:"token,example={audience: shop}"`
}

// CallerFields are names of header fields. In values, what may not stand in a field, and spaces, are written as in a URL (%20).
type CallerFields struct {
	// ID is for the name of the caller that no other has: the issuer and the subject.
	ID string `key:"id,form=request-field,example=X-Caller"`
	// Subject is for the caller, by the issuer's name.
	Subject string `key:"subject,form=request-field,example=X-User"`
	// Issuer is for whoever vouches for the caller.
	Issuer string `key:"issuer,form=request-field,example=X-Issuer"`
	// Client is for the program that acts for the caller.
	Client string `key:"client,form=request-field,example=X-Client"`
	// Tenant is for the customer that the caller belongs to.
	Tenant string `key:"tenant,form=request-field,example=X-Tenant"`
	// Scopes is for the scopes, with spaces between them.
	Scopes string `key:"scopes,form=request-field,example=X-Scopes"`
	// Roles is for the roles, with spaces between them.
	Roles string `key:"roles,form=request-field,example=X-Roles"`
}

// CallerToken is a token (JWT) that the gate signs.
type CallerToken struct {
	Place
	// Field is the header field in which it is sent.
	Field string `key:"field,default=X-Caller-Token,form=request-field"`
	// Key is a PEM file with the private key that signs it, of ECDSA on P-256 (ES256) or of Ed25519 (EdDSA). It is read again when it changes. Without it, the gate's own key signs (ES256), which stands in keys_file of trust; the API of administration publishes its public half.
	Key File `key:"key,example=caller.pem"`
	// Issuer is what the token calls the gate (iss).
	Issuer string `key:"issuer,default=gatehouse,form=claim"`
	// Audience is what the token calls the API (aud).
	Audience string `key:"audience,required,form=claim,example=shop"`
}

// ForwardCredential is what becomes of credentials that the gate has verified.
type ForwardCredential string

// What becomes of them.
const (
	KeepCredential ForwardCredential = "keep" // the API gets them as the client sent them
	DropCredential ForwardCredential = "drop" // they end at the gate, so that the API cannot lose them; what was only demanded to be there goes on
)

// Words returns what may become of them.
func (ForwardCredential) Words() []string {
	return []string{string(KeepCredential), string(DropCredential)}
}

// names are the fields that are set.
func (f *CallerFields) names() map[string]string {
	all := map[string]string{"id": f.ID, "subject": f.Subject, "issuer": f.Issuer, "client": f.Client, "tenant": f.Tenant, "scopes": f.Scopes, "roles": f.Roles}
	for key, name := range all {
		if name == "" {
			delete(all, key)
		}
	}
	return all
}

// caller holds the fields to be different ones.
func (c *collector) caller(a *Caller, at Place) {
	if a == nil {
		return
	}
	at = at.At("caller")
	names := a.Fields.names()
	var list []string
	for _, key := range sortedNames(names) {
		list = append(list, names[key])
	}
	if a.Token != nil {
		list = append(list, a.Token.Field)
	}
	if a.Certificate {
		list = append(list, "Client-Cert")
	}
	if len(list) == 0 {
		c.add("caller-empty", at.node, "name fields, or say certificate: true, or describe a token", "caller tells nothing")
	}
	for i, name := range list {
		for _, before := range list[:i] {
			if strings.EqualFold(name, before) {
				c.add("caller-twice", at.node, "give each its own", "the field %s tells two things", quote(name))
			}
		}
	}
}

// callerKeys demands a key for tokens that tell who calls: one that APIs can know
// beyond the life of the program.
func (d *decoder) callerKeys(c *Config) {
	for i := range c.APIs {
		api := &c.APIs[i]
		if api.Caller != nil && api.Caller.Token != nil && !api.Caller.Token.has("key") && !c.Trust.has("keys_file") {
			d.add("caller-key-needed", api.Caller.Token.node, "have the gate keep keys of its own: trust: {keys_file: ..., key: ...}; or name one: key: caller.pem", "there is no key to sign the token with")
		}
	}
}
