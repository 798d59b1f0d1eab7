package serve

import (
	"fmt"
	"slices"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// reservation says which API keys of a credential only admins make and rotate.
type reservation struct {
	credential    string
	who           *config.Callers
	roles, scopes []string
}

func newReservation(c *config.Config, credential string) reservation {
	roles := c.Admin.ReservedRoles
	if roles == nil {
		roles = []string{"admin"}
	}
	return reservation{credential, &c.Callers, roles, c.Admin.ReservedScopes}
}

// because says why a key is for admins alone; "" when it is not. What the key
// would have is reckoned as when it calls: with the roles that its roles include,
// and those that are granted to whom it speaks for.
func (r reservation) because(k *store.Key) string {
	if k.Issuer != apikey.Issuer {
		return "issuer: it would speak for a caller whom tokens name"
	}
	p := &gate.Principal{Kind: gate.Program, Credential: r.credential, Issuer: k.Issuer, Subject: k.Subject, Tenant: k.Tenant, Client: k.Client, Serial: k.ID,
		Scopes: k.Scopes, Roles: k.Roles}
	scopes, roles := gatehouse.RightsOf(r.who, p)
	for _, name := range r.roles {
		if slices.Contains(roles, name) {
			return fmt.Sprintf("roles: it would have the role %q, which is reserved", name)
		}
	}
	for _, name := range r.scopes {
		if slices.Contains(scopes, name) {
			return fmt.Sprintf("scopes: it would have the scope %q, which is reserved", name)
		}
	}
	return ""
}
