// Package policy is the guard that lets a call through only when a rule of the
// operator permits it and none forbids it. Rules are written in Cedar and held,
// before they serve, to a schema that is made of the API's contract; each
// operation gets just those that can speak of it. The root package builds one
// Set for an API and one Guard for each of its operations; no other guard
// imports it. It knows nothing of credentials, of net/http or of configuration
// files.
package policy

import (
	"strings"

	"github.com/cedar-policy/cedar-go/types"
)

// The types of entities.
const (
	typeRole      = types.EntityType("Role")
	typeAPI       = types.EntityType("API")
	typeAction    = types.EntityType("Action")
	typeAnonymous = types.EntityType("Anonymous")
)

// nobody is the principal of a call without a credential.
var nobody = types.NewEntityUID(typeAnonymous, "nobody")

// cloned keeps no document alive.
func cloned(s string) string { return strings.Clone(s) }

func attribute(name string) types.String { return types.String(name) }
