package config

import (
	"slices"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// Callers say what those who call may do, beyond what their credentials say of
// them.
type Callers struct {
	// Roles are what the holders of a role count as having besides. Where any stand here, every role that is named elsewhere in the file or by a contract must be one of them.
	Roles map[string]Rights `key:"roles,keys=role,example={clerk: {scopes: [orders:read]}}"`
	// Claims are what else credentials say of callers that policies may ask for, as principal.claims, and of which type each is. A caller of whom a credential says it in another type is refused where there are policies.
	Claims map[string]ClaimType `key:"claims,keys=role,example={department: string}"`
	// Grants give roles to callers whose credentials do not name them.
	Grants []Grant `key:"grants,example=[{credential: partners, claims: {department: [sales]}, roles: [clerk]}]"`
}

// ClaimType is what the value of a claim is.
type ClaimType string

// The types of claims.
const (
	ClaimString   ClaimType = "string"
	ClaimLong     ClaimType = "long"     // a whole number
	ClaimBool     ClaimType = "bool"     // true or false
	ClaimDecimal  ClaimType = "decimal"  // a number of at most four decimal places
	ClaimStrings  ClaimType = "strings"  // a list of texts, or one text
	ClaimIP       ClaimType = "ip"       // an address or a network, as text
	ClaimDatetime ClaimType = "datetime" // seconds since 1970, or text as in RFC 3339
)

// Rights is what the holders of a role have besides.
type Rights struct {
	Place
	// Scopes are those that its holders count as having.
	Scopes []string `key:"scopes,form=scope,example=[orders:read, orders:write]"`
	// Includes are roles that its holders have as well.
	Includes []string `key:"includes,form=role,example=[reader]"`
}

// Grant is whom roles are given to. Whoever meets all that it says has them; of each list one is enough. Without any list, all whom the credential vouches for have them.
type Grant struct {
	Place
	// Roles are those that are given.
	Roles []string `key:"roles,required,min=1,form=role,example=[clerk]"`
	// Credential is the entry of credentials that must vouch for the caller: a name says little without whose word it is.
	Credential string `key:"credential,required,form=name,example=partners"`
	// Subjects are callers by the name that the credential gives them: of a token its sub.
	Subjects []string `key:"subjects,min=1,example=[alice]"`
	// Clients are programs that act for the caller: of a token its client_id or azp.
	Clients []string `key:"clients,min=1,example=[till]"`
	// Tenants are the customers that callers belong to.
	Tenants []string `key:"tenants,min=1,example=[acme]"`
	// Keys are ids of API keys.
	Keys []string `key:"keys,min=1,example=[4f2a9c]"`
	// Claims are what else the credential says: of each name the values of which it must be one, or hold one where it is a list.
	Claims map[string][]string `key:"claims,example={department: [sales, support]}"`
}

// Opening is which operations a role opens.
type Opening struct {
	Place
	// Operations are operationIds, or as in "GET /orders"; "*" is every one.
	Operations []string `key:"operations,example=[placeOrder]"`
	// Tags are those of the contract: every operation with one of them.
	Tags []string `key:"tags,example=[orders]"`
}

// callers holds what is said of roles together.
func (c *collector) callers(who *Callers, credentials []Credential, place Place) {
	known := sortedNames(who.Roles)
	for _, name := range known {
		at := place.At("roles", name)
		c.known(known, who.Roles[name].Includes, at.At("includes"))
	}
	var names []string
	for i := range credentials {
		names = append(names, credentials[i].Name)
	}
	for i := range who.Grants {
		if name := who.Grants[i].Credential; name != "" && !slices.Contains(names, name) {
			c.add("grant-credential", place.At("grants").Item(i).At("credential").node, source.DidYouMean("describe it under credentials", name, names...), "there is no credential %s", quote(name))
		}
		c.known(known, who.Grants[i].Roles, place.At("grants").Item(i).At("roles"))
	}
}

// known finds roles that are not among those of the file, where it has any.
func (c *collector) known(known, names []string, at Place) {
	for i, name := range names {
		if hint, ok := Undefined(known, name); ok {
			c.add("role-unknown", at.Item(i).node, hint, "the roles at the top of the file have no %s", quote(name))
		}
	}
}

// rolesOf finds roles that an API names and the top of the file does not.
func (c *collector) rolesOf(p *Policy, known []string, at Place) {
	for _, name := range sortedNames(p.Roles) {
		if hint, ok := Undefined(known, name); ok {
			c.add("role-unknown", at.At("roles", name).node, hint, "the roles at the top of the file have no %s", quote(name))
		}
	}
	for _, name := range sortedNames(p.Operations) {
		c.known(known, p.Operations[name].Roles, at.At("operations", name).At("roles"))
	}
}

// Undefined reports whether a role is none of the known ones, and what to do.
// Where none are known, any will do: credentials may name it.
func Undefined(known []string, name string) (hint string, undefined bool) {
	if len(known) == 0 || name == "" || slices.Contains(known, name) {
		return "", false
	}
	return source.DidYouMean("add it there: roles: {"+name+": {}}", name, known...), true
}
