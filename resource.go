package gatehouse

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn"
)

// metadata is the document of RFC 9728 section 2.
type metadata struct {
	Resource      string   `json:"resource"`
	Name          string   `json:"resource_name,omitempty"`
	Servers       []string `json:"authorization_servers,omitempty"`
	Scopes        []string `json:"scopes_supported,omitempty"`
	Methods       []string `json:"bearer_methods_supported"`
	Algorithms    []string `json:"dpop_signing_alg_values_supported,omitempty"`
	Documentation string   `json:"resource_documentation,omitempty"`
}

// resourcePath is where the document stands (RFC 9728 section 3.1).
const resourcePath = "/.well-known/oauth-protected-resource"

// resource adds the document that says whom the API trusts, and has challenges
// name it.
func (b *builder) resource(a *API) {
	r := b.options.ProtectedResource
	if r == nil {
		return
	}
	u, err := url.Parse(r.Resource)
	if err != nil {
		return // Check has said so
	}
	m := metadata{Resource: r.Resource, Name: b.api.Name, Servers: r.AuthorizationServers, Methods: []string{"header"},
		Algorithms: authn.ProofAlgorithms(b.verifiers), Documentation: r.Documentation}
	if len(m.Servers) == 0 {
		m.Servers = a.Issuers
	}
	if len(m.Servers) == 0 {
		b.problem(b.place.At("protected_resource").Problem("name them under authorization_servers, or have the API use credentials that have an issuer", "nothing says which authorization servers the API trusts"))
	}
	for _, op := range b.contract.Operations {
		for _, requirement := range op.Security {
			for _, use := range requirement {
				if s := use.Scheme; s != nil && (s.Type == contract.OAuth2 || s.Type == contract.OpenIDConnect) {
					m.Scopes = append(m.Scopes, use.Scopes...)
				}
			}
		}
	}
	slices.Sort(m.Scopes)
	m.Scopes = slices.Compact(m.Scopes)
	text, err := json.Marshal(m)
	if err != nil {
		b.problem(b.place.At("protected_resource").Problem("", "%v", err))
		return
	}
	path := resourcePath + strings.TrimSuffix(u.EscapedPath(), "/")
	for _, op := range b.contract.Operations {
		if slices.ContainsFunc(op.BasePaths, func(base string) bool { return b.options.Prefix+base+op.Path == path }) {
			b.problem(source.At(op.Node, "remove protected_resource of the API, or this path", "%s stands where the gate's own document would", op.Name()))
		}
	}
	b.plan.Documents = append(b.plan.Documents, gate.Document{API: b.api, Hosts: b.options.Hosts, Path: path, Type: "application/json", Body: text})
	b.shared.Metadata = u.Scheme + "://" + u.Host + path
}
