package openapi

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

var schemeTypes = map[string]struct {
	kind contract.SchemeType
	in   versions
}{
	"apiKey":        {contract.APIKey, all},
	"http":          {contract.HTTPAuth, v3},
	"basic":         {contract.HTTPAuth, v20},
	"oauth2":        {contract.OAuth2, all},
	"openIdConnect": {contract.OpenIDConnect, v3},
	"mutualTLS":     {contract.MutualTLS, from31},
}

// securitySchemes reads the schemes that requirements name.
func (r *reader) securitySchemes() {
	n := r.root.Get("components").Get("securitySchemes")
	if r.version == v20 {
		n = r.root.Get("securityDefinitions")
	}
	if !n.Is(source.Object) {
		return
	}
	r.schemeNames = names(n)
	for name, n := range n.Members() {
		if n = r.deref(n); n == nil || !r.check(n, &schemeShape) {
			r.schemes[name] = &contract.Scheme{Name: name, Broken: true, Node: n}
			continue
		}
		s := r.scheme(name, n)
		s.Broken = s.Type == contract.UnknownScheme || s.In == contract.Query
		r.schemes[name] = s
		r.doc.Schemes = append(r.doc.Schemes, s)
	}
}

// scheme reads a Security Scheme Object (OpenAPI 3.1.1 section 4.8.27, 2.0
// "Security Scheme Object"). A scheme that is not understood keeps the type
// UnknownScheme, which nothing satisfies.
func (r *reader) scheme(name string, n *source.Node) *contract.Scheme {
	s := &contract.Scheme{Name: name, Node: n}
	t := n.Get("type")
	known, ok := schemeTypes[t.Str()]
	if !ok || known.in&r.version == 0 {
		if t.Is(source.String) {
			r.fail(t, r.schemeHint(t.Str()), "there is no security scheme of type %q in %s", t.Str(), r.version)
		}
		return s
	}
	s.Type = known.kind
	switch s.Type {
	case contract.APIKey:
		r.apiKey(s)
	case contract.HTTPAuth:
		s.Auth, s.Format = strings.ToLower(n.Get("scheme").Str()), n.Get("bearerFormat").Str()
		if r.version == v20 {
			s.Auth = "basic"
		} else if !isToken(s.Auth) {
			r.fail(n, "add scheme: bearer or scheme: basic", "a scheme of type http needs the field %q", "scheme")
			s.Type = contract.UnknownScheme
		}
	case contract.OpenIDConnect:
		if s.URL = n.Get("openIdConnectUrl").Str(); s.URL == "" {
			r.warn(n, "", "a scheme of type openIdConnect should have the field %q", "openIdConnectUrl")
		}
	case contract.OAuth2:
		r.flows(n)
	}
	return s
}

func (r *reader) schemeHint(kind string) string {
	var known []string
	for name, t := range schemeTypes {
		if t.in&r.version != 0 {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	if kind == "bearer" || kind == "basic" {
		return "write type: http and scheme: " + kind
	}
	return source.DidYouMean("known are "+strings.Join(known, ", "), kind, known...)
}

func (r *reader) apiKey(s *contract.Scheme) {
	in, name := s.Node.Get("in"), s.Node.Get("name")
	s.In, s.Param = places[in.Str()], name.Str()
	switch {
	case s.Param == "":
		r.fail(s.Node, "", "a scheme of type apiKey needs the field %q", "name")
		s.Type = contract.UnknownScheme
	case s.In == contract.Query:
		r.fail(in, "take the key from a header: in: header and name: X-API-Key",
			"an API key in the query ends up in logs, histories and caches of every hop")
	case s.In != contract.Header && s.In != contract.Cookie || s.In == contract.Cookie && r.version == v20:
		at := in
		if at == nil {
			at = s.Node
		}
		r.fail(at, "write in: header", "an API key must stand in a header or a cookie")
		s.Type = contract.UnknownScheme
	case !isToken(s.Param):
		r.fail(name, "", "%q cannot be the name of a %s", s.Param, s.In)
		s.Type = contract.UnknownScheme
	}
}

func (r *reader) flows(n *source.Node) {
	if r.version == v20 {
		return
	}
	flows := n.Get("flows")
	if flows == nil {
		r.warn(n, "", "a scheme of type oauth2 should have the field %q", "flows")
		return
	}
	if !r.check(flows, &flowsShape) {
		return
	}
	for name, flow := range flows.Members() {
		if !strings.HasPrefix(name, "x-") && flow.Is(source.Object) {
			r.check(flow, &flowShape)
		}
	}
}

// security reads the requirement that is in force at n: its own or the outer
// one. What cannot be read requires a scheme that nothing satisfies, so that
// a slip never makes an operation public.
func (r *reader) security(n *source.Node, outer []contract.Requirement, from contract.SecurityFrom) ([]contract.Requirement, contract.SecurityFrom) {
	own := n.Get("security")
	if own == nil {
		return outer, from
	}
	if !own.Is(source.Array) {
		return []contract.Requirement{never("", own)}, contract.SecurityOperation
	}
	list := make([]contract.Requirement, 0, own.Len())
	for _, item := range own.Items() {
		if !item.Is(source.Object) {
			r.fail(item, "write it like {bearer: []}", "a security requirement must be an object, not %s", article(item.Kind().String()))
			list = append(list, never("", item))
			continue
		}
		list = append(list, r.requirement(item))
	}
	return list, contract.SecurityOperation
}

func never(name string, at *source.Node) contract.Requirement {
	return contract.Requirement{{Scheme: &contract.Scheme{Name: name, Broken: true, Node: at}}}
}

// requirement reads a Security Requirement Object (OpenAPI 3.1.1 section
// 4.8.30): all of its schemes are needed.
func (r *reader) requirement(n *source.Node) contract.Requirement {
	uses := make(contract.Requirement, 0, n.Len())
	for i := range n.Len() {
		m := n.Member(i)
		r.doc.Secured = true
		s, ok := r.schemes[m.Name]
		if !ok {
			r.unknownScheme(m)
			uses = append(uses, never(m.Name, &m.Value)...)
			continue
		}
		if !m.Value.Is(source.Array) {
			r.fail(&m.Value, "write []", "the scopes of %q must be an array, not %s", m.Name, article(m.Value.Kind().String()))
		}
		use := contract.SchemeUse{Scheme: s, Scopes: r.strings(&m.Value, "a scope")}
		if len(use.Scopes) > 0 && r.version&(v20|v30) != 0 && s.Type != contract.OAuth2 && s.Type != contract.OpenIDConnect {
			r.warn(&m.Value, "from OpenAPI 3.1 they are roles", "%s gives scopes to oauth2 and openIdConnect only", r.version)
		}
		r.scopesKnown(s, &m.Value)
		uses = append(uses, use)
	}
	return uses
}

func (r *reader) unknownScheme(m *source.Member) {
	if r.full() {
		return
	}
	section := "components.securitySchemes"
	if r.version == v20 {
		section = "securityDefinitions"
	}
	r.failAt(m, source.DidYouMean("describe it under "+section, m.Name, r.schemeNames...), "there is no security scheme %q", m.Name)
}

// scopesKnown warns of scopes that no flow of the scheme offers.
func (r *reader) scopesKnown(s *contract.Scheme, scopes *source.Node) {
	if s.Type != contract.OAuth2 || !scopes.Is(source.Array) {
		return
	}
	offered := names(s.Node.Get("scopes"))
	for _, flow := range s.Node.Get("flows").Members() {
		offered = append(offered, names(flow.Get("scopes"))...)
	}
	for _, scope := range scopes.Items() {
		if scope.Is(source.String) && !slices.Contains(offered, scope.Str()) {
			r.warn(scope, source.DidYouMean("", scope.Str(), offered...), "no flow of %q offers the scope %q", s.Name, scope.Str())
		}
	}
}

// Security reports the operations that say nothing of security in a contract
// that has requirements: they would be neither protected nor public by
// decision. Each problem stands at its operation (Node of the operation) and
// its hint holds the line to add.
func Security(c *contract.Contract) source.Problems {
	if !c.Secured {
		return nil
	}
	line := "its requirement"
	if known := example(c); known != "" {
		line = "security: [" + known + "]"
	}
	var problems source.Problems
	for _, op := range c.Operations {
		if op.SecurityFrom == contract.SecurityNowhere {
			problems = append(problems, source.At(op.Node,
				"add to the operation "+line+", or security: [] when everybody may call it",
				"%s says nothing of security, in a contract that requires it elsewhere", op.Name()))
		}
	}
	return problems
}

// example writes the first requirement of the contract that can be met as
// YAML.
func example(c *contract.Contract) string {
	broken := func(use contract.SchemeUse) bool { return use.Scheme.Broken }
	for _, op := range c.Operations {
		for _, alternative := range op.Security {
			if len(alternative) == 0 || slices.ContainsFunc(alternative, broken) {
				continue
			}
			parts := make([]string, len(alternative))
			for i, use := range alternative {
				parts[i] = use.Scheme.Name + ": [" + strings.Join(use.Scopes, ", ") + "]"
			}
			return "{" + strings.Join(parts, ", ") + "}"
		}
	}
	return ""
}
