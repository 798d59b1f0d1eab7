package authz

import (
	"slices"
	"strconv"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Role is what the holders of a role count as having besides.
type Role struct {
	Scopes   []string
	Includes []string // other roles
}

// Grant gives roles to the callers that meet all of it; of each list that is
// not empty one is enough.
type Grant struct {
	Credential string // the word for them; never empty
	Subjects   []string
	Clients    []string
	Tenants    []string
	Serials    []string            // ids of API keys
	Claims     map[string][]string // one of the values, or a list that holds one
	Roles      []string
}

// People knows what callers have beyond the word of their credentials. It is
// immutable once its plan serves; many goroutines may use it at once.
type People struct {
	roles  map[string]Role
	grants []Grant
}

// NewPeople returns those of a configuration.
func NewPeople(roles map[string]Role, grants []Grant) *People {
	return &People{roles: roles, grants: grants}
}

// Empty reports whether nobody has anything beyond the word of a credential.
func (o *People) Empty() bool { return len(o.roles)+len(o.grants) == 0 }

// More returns all scopes and roles of p: its own, those that are granted, and
// what these imply. It is what gate.Vocabulary.Extend takes.
func (o *People) More(p *gate.Principal) (scopes, roles []string) {
	scopes, roles = slices.Clone(p.Scopes), slices.Clone(p.Roles)
	for i := range o.grants {
		if g := &o.grants[i]; g.meets(p) {
			roles = append(roles, g.Roles...)
		}
	}
	seen := make(map[string]bool, len(roles))
	for i := 0; i < len(roles); i++ { // roles grows by what they include, each once
		if seen[roles[i]] {
			continue
		}
		seen[roles[i]] = true
		implied := o.roles[roles[i]]
		scopes = append(scopes, implied.Scopes...)
		for _, name := range implied.Includes {
			if !seen[name] {
				roles = append(roles, name)
			}
		}
	}
	return compact(scopes), compact(roles)
}

func compact(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// meets reports whether p is whom the grant means. Without the credential no
// name would say anything: two authorities may both know an "alice".
func (g *Grant) meets(p *gate.Principal) bool {
	if g.Credential == "" || p.Credential != g.Credential {
		return false
	}
	return among(g.Subjects, p.Subject) && among(g.Clients, p.Client) && among(g.Tenants, p.Tenant) &&
		among(g.Serials, p.Serial) && g.claims(p)
}

// among reports whether a name is in a list, or the list asks for nothing. A
// name that nobody said is in no list.
func among(list []string, name string) bool {
	return len(list) == 0 || name != "" && slices.Contains(list, name)
}

func (g *Grant) claims(p *gate.Principal) bool {
	for name, values := range g.Claims {
		if !holds(p.Attributes[name], values) {
			return false
		}
	}
	return true
}

// holds reports whether a claim is one of values, or a list with one of them.
func holds(claim any, values []string) bool {
	switch c := claim.(type) {
	case string:
		return slices.Contains(values, c)
	case bool:
		return slices.Contains(values, strconv.FormatBool(c))
	case int64:
		return slices.Contains(values, strconv.FormatInt(c, 10))
	case []string:
		return slices.ContainsFunc(c, func(s string) bool { return slices.Contains(values, s) })
	case []any:
		return slices.ContainsFunc(c, func(item any) bool {
			_, list := item.([]any)
			return !list && holds(item, values)
		})
	}
	return false
}
