package trial

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// who reads a caller, or the name of one of the table; nil for nobody.
func (r *reader) who(n *source.Node) *gate.Principal {
	switch {
	case n == nil:
		return nil
	case n.Is(source.String):
		name := n.Text()
		if name == "nobody" {
			return nil
		}
		if p := r.callers[name]; p != nil {
			return p
		}
		var known []string
		for k := range r.callers {
			known = append(known, k)
		}
		slices.Sort(known)
		r.add(n, source.DidYouMean("describe it under callers, or write nobody", name, known...), "there is no caller %q", name)
		return nil
	}
	return r.caller(n)
}

var kinds = map[string]gate.PrincipalKind{"person": gate.Person, "program": gate.Program, "workload": gate.Workload, "unknown": gate.Unknown}

// caller reads who calls, as a verifier would have found out.
func (r *reader) caller(n *source.Node) *gate.Principal {
	r.keys(n, "a caller", "id", "kind", "credential", "issuer", "subject", "client", "tenant", "session", "key", "scopes", "roles", "acr", "amr", "auth_time", "claims")
	p := &gate.Principal{
		ID: r.text(n, "id"), Kind: gate.Person, Credential: r.text(n, "credential"), Issuer: r.text(n, "issuer"), Subject: r.text(n, "subject"), Client: r.text(n, "client"), Tenant: r.text(n, "tenant"),
		Session: r.text(n, "session"), Serial: r.text(n, "key"), ACR: r.text(n, "acr"),
		Scopes: sorted(r.texts(n, "scopes")), Roles: sorted(r.texts(n, "roles")), AMR: r.texts(n, "amr"), AuthTime: r.time(n, "auth_time"),
		Attributes: map[string]any{},
	}
	if word := r.text(n, "kind"); word != "" {
		kind, ok := kinds[word]
		if !ok {
			r.add(n.Get("kind"), "write person, program, workload or unknown", "there is no kind %q", word)
		}
		p.Kind = kind
	}
	for name, v := range n.Get("claims").Members() {
		p.Attributes[strings.Clone(name)] = value(v)
	}
	if p.ID == "" && p.Subject == "" {
		r.add(n, "add subject: alice", "a caller has a subject, or an id")
	}
	return p
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
