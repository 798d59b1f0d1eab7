package config

import "github.com/gatehouse-api/gatehouse/trust"

// Admin is the API by which the gate is administered: API keys, what is taken back, and who may do that. It has a listener of its own and wants a store. The gate guards it by its own OpenAPI document.
type Admin struct {
	Place
	// Address is host:port. Beyond loopback it needs a certificate.
	Address string `key:"address,form=address,default=127.0.0.1:9091"`
	// Certificate is a PEM file with the certificate by which clients know the listener. Without it, it speaks plain HTTP, on loopback only.
	Certificate File `key:"certificate,example=admin.crt"`
	// Key is a PEM file with the private key of that certificate.
	Key File `key:"key,example=admin.key"`
	// Pepper is the secret with which credentials for this API are hashed before they are stored, at least 32 characters long. Whoever loses it loses them; gatehouse admin create makes new ones.
	Pepper trust.Secret `key:"pepper,required,example=${file:pepper.txt}"`
	// FirstCredential is a file that the first credential is written to when the gate is started for the first time. Without it the first credential is shown once, when the gate is started on a terminal.
	FirstCredential File `key:"first_credential,example=first-admin.txt"`
	// Witness has the gate cosign the checkpoints of the ledgers of other gates.
	Witness *Witness `key:"witness,example={name: gate-2.example.com/witness, logs: [api.example.com/gate-1+9a09e4ee+AVTTpBNirYpKp/D9IPvdXHH/i8Mut0xPf6oU/WxqmlcN]}"`
	// ReservedRoles are roles of callers that only an admin gives to API keys: an operator makes and rotates no key that has one, be it by name, through another role, or by a grant. An empty list leaves all to operators.
	ReservedRoles []string `key:"reserved_roles,form=role,absent=admin,example=[admin, auditor]"`
	// ReservedScopes are scopes that only an admin gives to API keys, as with reserved_roles.
	ReservedScopes []string `key:"reserved_scopes,form=scope,example=[users:write]"`
}

// adminEnvironment is that of credentials for the API of administration.
const adminEnvironment = "admin"

// admin holds what is said of administration together.
func (d *decoder) admin(c *Config) {
	a := c.Admin
	if a == nil {
		return
	}
	if c.Store == nil {
		d.add("store-needed", a.node, "add store: {} at the top of the file, which keeps them in "+storePath, "credentials for administration are kept in a store, and there is none")
	}
	d.witness(c)
	if (a.Certificate == "") != (a.Key == "") {
		d.add("admin-pair", a.node, "name both, or none", "certificate and key belong together")
	}
	if n := len(a.Pepper.Reveal()); n > 0 && n < leastPepper {
		d.add("pepper-short", a.At("pepper").node, "make one with: openssl rand -base64 32", "the pepper has %d characters, and must have %d", n, leastPepper)
	}
}
