package serve

import (
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Explained is what a configuration says, as it is now, of the operation of an
// event.
type Explained struct {
	Operation *contract.Operation // nil where the configuration has none like it
	Path      string              // of it, base path included
	URL       string              // where the API is reached, without the path
	Steps     []gate.Step         // its guards, in order
	Rules     []Rule
}

// Rule is one place at which something stands that the guard went by.
type Rule struct {
	source.Position
	Text string
}

// guardKeys are the keys of gatehouse.yaml that a guard goes by.
var guardKeys = map[string][]string{
	"addresses": {"countries"}, "overload": {"priority"}, "limit": {"limits", "weight"}, "url_credentials": {"url_credentials"}, "challenge": {"challenge"},
	"bots": {"bots"}, "authn": {"authentication", "public", "step_up"}, "csrf": {"csrf"}, "authz": {"roles", "scopes"}, "request": {"undeclared", "max_body_bytes", "slashes"},
	"inspect": {"inspect"}, "crs": {"crs"}, "policy": {"policies"}, "ssrf": {"ssrf"}, "graphql": {"graphql"}, "caller": {"caller"}, "answer": {"undeclared", "errors", "max_answer_bytes"},
	"owner": {"owners"}, "fields": {"fields"}, "login": {"login", "logins"}, "audit": {"audit"}, "origin": {"cors"}, "route": {"hosts", "prefix"},
}

// Explain finds in the configuration in a file what an event of an operation of
// an API went by. The problems are errors.
func Explain(file string, e *gate.Event) (*Explained, source.Problems) {
	r := reader{flags: &Config{File: file}, ways: newWays(), credentials: newCredentials(), looks: true}
	d := r.read()
	defer d.forget()
	defer r.release(d)
	if d.faults.err() != nil {
		return nil, d.faults.problems
	}
	x := &Explained{}
	for _, o := range d.plan.Operations {
		if o.API.Name == e.API && (e.Operation != "" && o.Name == e.Operation || e.Operation == "" && o.Method == e.Method && o.Template == e.Path && e.Path != "") {
			x.Steps, x.Path = o.Steps, o.Template
		}
	}
	for i := range d.apis {
		g := &d.apis[i]
		if gatehouse.NameOf(&g.settings.Policy, g.contract) != e.API {
			continue
		}
		x.URL = urlOf(d.config, g.settings)
		for _, op := range g.contract.Operations {
			if x.Path != "" && (op.Name() == e.Operation || e.Operation == "" && op.Method == e.Method && strings.HasSuffix(x.Path, op.Path)) {
				x.Operation = op
			}
		}
		x.contract(&seeker{g.contract.Files, seek}, e)
		x.rules(e)
		x.settings(e.Guard, g.settings)
	}
	return x, nil
}

// urlOf is where clients reach an API, as far as the configuration says.
func urlOf(c *config.Config, a *config.API) string {
	scheme, host := "http", "localhost:8080"
	if len(c.Listeners) > 0 {
		l := &c.Listeners[0]
		if l.TLS != nil {
			scheme = "https"
		}
		if address := l.Address; !strings.Contains(address, "unix:") && !strings.Contains(address, "systemd:") {
			host = address
			if strings.HasPrefix(host, ":") {
				host = "localhost" + host
			}
		}
	}
	if len(a.Hosts) > 0 {
		_, port, _ := strings.Cut(host, ":")
		if host = a.Hosts[0]; port != "" && port != "443" && port != "80" {
			host += ":" + port
		}
	}
	return scheme + "://" + host
}

// contract finds the places of the contract.
func (x *Explained) contract(s *seeker, e *gate.Event) {
	op := x.Operation
	if op == nil {
		return
	}
	x.add(op.Node, "the operation")
	switch e.Guard {
	case "authn", "authz":
		x.add(op.Node.Get("security"), "which credentials it asks for")
	}
	for _, p := range op.Parameters {
		if p.Name == e.Name && p.In.String() == e.In {
			if what := s.keyword(p.Schema, e.Keyword); what != nil {
				x.add(what, e.Keyword+" of the parameter "+p.Name)
				continue
			}
			x.add(p.Node, "the parameter "+p.Name)
		}
	}
	if e.In == "answer" {
		x.answers(s, op, e)
	}
	if op.Body == nil || e.In != "body" {
		return
	}
	for _, m := range op.Body.Media {
		x.schema(s, m.Schema, m.Type, e)
	}
}

func (x *Explained) add(n *source.Node, text string) {
	if n != nil && n.Position().Line > 0 {
		x.Rules = append(x.Rules, Rule{n.Position(), text})
	}
}

// settings finds the places of gatehouse.yaml: at the operation, or at the API.
func (x *Explained) settings(guard string, a *config.API) {
	before := len(x.Rules)
	for _, key := range guardKeys[guard] {
		places := []config.Place{a.Place.At(key)}
		if x.Operation != nil {
			_, name := gatehouse.SettingsOf(&a.Policy, x.Operation)
			places = append(places, a.Place.At("operations", name, key))
		}
		for i, at := range places {
			if p := at.Problem("", ""); strings.HasSuffix(p.Pointer, "/"+key) && strings.Contains(p.Pointer, "/operations/") == (i == 1) {
				x.Rules = append(x.Rules, Rule{p.Position, []string{key + " of the API", key + " of the operation"}[i]})
			}
		}
	}
	if len(x.Rules) == before {
		if p := a.Place.Problem("", ""); p.Line > 0 {
			x.Rules = append(x.Rules, Rule{p.Position, "the API, which says nothing of its own about this"})
		}
	}
}
