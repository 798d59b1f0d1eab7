package trial

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/guard/policy"
	"github.com/gatehouse-api/gatehouse/serve"
)

// Stage is a configuration on which calls are tried, one at a time.
type Stage struct {
	*serve.Rehearsal
	who     *gate.Principal // of the call at hand
	objects map[string]owner.Supposition
}

// Open compiles a configuration. Its problems are those of the Rehearsal; Close
// gives it back.
func Open(file string) *Stage {
	s := &Stage{}
	s.Rehearsal = serve.Rehearse(file, func(credential string) gate.Verifier { return &stand{s, credential} },
		func(kind string) owner.Supposition { return s.objects[kind] })
	return s
}

// stand stands in for the verifier of a credential: it knows who calls without
// looking.
type stand struct {
	stage      *Stage
	credential string
}

var absent = gate.Refusal{Code: gate.CredentialMissing}

// Verify implements gate.Verifier.
func (v *stand) Verify(*gate.Exchange, *gate.Use, []byte) (*gate.Principal, *gate.Refusal) {
	if who := v.stage.who; who != nil && who.Credential == v.credential {
		return who, nil
	}
	return nil, &absent
}

// Outcome is what became of a call.
type Outcome struct {
	Allowed  bool
	Code     gate.Code // why not
	Guard    string    // who refused
	Refusal  gate.Refusal
	Rules    []string // that decided, sorted
	Accounts []policy.Account
	// Unreadable says that the rules could not judge: a value of the call is not
	// what the contract, or the configuration, says.
	Unreadable bool
	Ruled      bool // the operation has rules
	Operation  string
	API        string
}

// judged are the guards that say whether a caller may. Those of the answer have
// nothing to judge.
var judged = []string{"authn", "authz", "request", "policy", "owner"}

// Try makes a call. A call that cannot be made is a problem.
func (s *Stage) Try(c *Case) (*Outcome, *source.Problem) {
	api, wrong := s.find(c)
	if wrong != nil {
		return nil, wrong
	}
	op, wrong := c.operation(api)
	if wrong != nil {
		return nil, wrong
	}
	x, wrong := s.exchange(c, api, op)
	if wrong != nil {
		return nil, wrong
	}
	if wrong := s.credential(c, x, api, op); wrong != nil {
		return nil, wrong
	}
	s.objects = c.Objects
	if wrong := c.known(x.Operation); wrong != nil {
		return nil, wrong
	}
	out := &Outcome{Operation: x.Operation.Name, API: api.Name}
	s.walk(x, c, out)
	slices.Sort(x.Rules)
	out.Rules = x.Rules
	if g := ruled(x.Operation); g != nil {
		out.Ruled = true
		if x.Principal == nil && out.Guard == "authn" {
			x.Principal = c.Who // what the rules would have said
		}
		x.Body = c.Body
		accounts, readable := g.Explain(x)
		out.Accounts, out.Unreadable = accounts, !readable
	}
	return out, nil
}

// known finds words about objects that the operation does not have.
func (c *Case) known(o *gate.Operation) *source.Problem {
	var kinds []string
	for i := range o.Steps {
		if g, ok := o.Steps[i].Head.(*owner.Guard); ok {
			kinds = g.Kinds()
		}
	}
	for kind := range c.Objects {
		if !slices.Contains(kinds, kind) {
			return c.problem("objects", source.DidYouMean("it has "+cmp.Or(strings.Join(kinds, ", "), "none"), kind, kinds...), "%s has no objects of the kind %q", o.Name, kind)
		}
	}
	return nil
}

// ruled returns the guard of rules of an operation.
func ruled(o *gate.Operation) *policy.Guard {
	for i := range o.Steps {
		if g := policy.Of(o.Steps[i].Head); g != nil {
			return g
		}
	}
	return nil
}

// walk asks the guards in the order of the gate, as if all were enforced.
func (s *Stage) walk(x *gate.Exchange, c *Case, out *Outcome) {
	refuse := func(step *gate.Step) {
		out.Guard, out.Code, out.Refusal = step.Name, x.Refusal.Code, x.Refusal
	}
	for i := range x.Operation.Steps {
		step := &x.Operation.Steps[i]
		if slices.Contains(judged, step.Name) && step.Head != nil && step.Head.Head(x) != gate.Allow {
			refuse(step)
			return
		}
	}
	if x.Body = c.Body; x.Intake.Mode == gate.Stream {
		out.Allowed = true
		return
	}
	for i := range x.Operation.Steps {
		step := &x.Operation.Steps[i]
		if slices.Contains(judged, step.Name) && step.Body != nil && step.Body.Body(x) != gate.Allow {
			refuse(step)
			return
		}
	}
	out.Allowed = true
}

func (c *Case) problem(key, hint, format string, args ...any) *source.Problem {
	n := c.node
	if v := n.Get(key); v != nil {
		n = v
	}
	p := source.At(n, hint, format, args...)
	return &p
}

// find returns the API that a call is for.
func (s *Stage) find(c *Case) (*serve.Rehearsed, *source.Problem) {
	var names []string
	for i := range s.APIs {
		if a := &s.APIs[i]; a.Name == c.API || c.API == "" && len(s.APIs) == 1 {
			return a, nil
		}
		names = append(names, s.APIs[i].Name)
	}
	if c.API == "" {
		return nil, c.problem("api", "add api: "+names[0], "there are several APIs, and the call does not say which it is for: %s", strings.Join(names, ", "))
	}
	return nil, c.problem("api", source.DidYouMean("there are "+strings.Join(names, ", "), c.API, names...), "there is no API %q", c.API)
}

// operation finds the operation that is called.
func (c *Case) operation(api *serve.Rehearsed) (*contract.Operation, *source.Problem) {
	var known []string
	for _, op := range api.Contract.Operations {
		if gatehouse.Names(op, c.Call) {
			return op, nil
		}
		known = append(known, op.Name())
	}
	return nil, c.problem("call", source.DidYouMean("write an operationId, or as in \"GET /orders\"", c.Call, known...), "the contract has no operation %q", c.Call)
}

// exchange makes the request of a call and has the plan route it.
func (s *Stage) exchange(c *Case, api *serve.Rehearsed, op *contract.Operation) (*gate.Exchange, *source.Problem) {
	path := op.Path
	for _, p := range op.Parameters {
		if p.In != contract.Path {
			continue
		}
		value, ok := c.Path[p.Name]
		if !ok {
			return nil, c.problem("path", "add path: {"+p.Name+": ...}", "the call does not say what %q is in %s", p.Name, op.Path)
		}
		path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
	}
	for name := range c.Path {
		if !slices.ContainsFunc(op.Parameters, func(p *contract.Parameter) bool { return p.In == contract.Path && p.Name == name }) {
			return nil, c.problem("path", "", "%s has no path parameter %q", op.Name(), name)
		}
	}
	base := ""
	if len(op.BasePaths) > 0 {
		base = op.BasePaths[0]
	}
	target := api.Settings.Prefix + base + path
	for i, p := range c.Query {
		target += string("?&"[min(i, 1)]) + url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
	}
	host := "localhost"
	if len(api.Settings.Hosts) > 0 {
		host = api.Settings.Hosts[0]
	}
	x := &gate.Exchange{
		Method: []byte(op.Method), Target: []byte(target), Host: []byte(host), Version: "HTTP/1.1", Secure: !c.Plain, ClientSecure: !c.Plain,
		Client: c.Client, Country: c.Country, Received: c.Time, Plan: s.Plan, BodyLength: int64(len(c.Body)),
	}
	if x.Path = x.Target; len(c.Query) > 0 {
		at := strings.IndexByte(target, '?')
		x.Path, x.Query = x.Target[:at], x.Target[at+1:]
	}
	if !c.Plain {
		x.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
	}
	if c.Certificate && x.TLS != nil {
		x.TLS.VerifiedChains = [][]*x509.Certificate{{{}}}
	}
	if c.Body != nil {
		x.Fields = append(x.Fields, gate.Field{Name: []byte("Content-Type"), Value: []byte("application/json")})
	}
	s.Plan.Routes.Match(&x.Match, x.Host, x.Method, x.Path)
	if n := x.Match.Number; x.Match.API >= 0 && n >= 0 && n < len(s.Plan.Operations) && s.Plan.Operations[n].Name == op.Name() {
		x.Operation, x.API = s.Plan.Operations[n], s.Plan.APIs[x.Match.API]
		return x, nil
	}
	return nil, c.problem("path", "", "the values of the path do not lead to %s", op.Name())
}

// credential puts the credential of whoever calls where the contract wants it.
func (s *Stage) credential(c *Case, x *gate.Exchange, api *serve.Rehearsed, op *contract.Operation) *source.Problem {
	s.who = nil
	if c.Who == nil {
		return nil
	}
	linked := map[string]string{}
	var names []string
	for _, scheme := range api.Contract.Schemes {
		name := scheme.Name
		if n, ok := api.Settings.Schemes[scheme.Name]; ok {
			name = n
		}
		linked[scheme.Name] = name
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	who := c.Who
	if who.Credential == "" && len(names) == 1 {
		who.Credential = names[0]
	}
	if who.ID == "" { // as verifiers make it
		who.ID = cmp.Or(who.Issuer, who.Credential) + "|" + who.Subject
	}
	if !slices.Contains(names, who.Credential) && len(names) > 0 && api.Settings.Authentication == "" {
		return c.problem("who", source.DidYouMean("say which vouches for the caller: credential: "+names[0], who.Credential, names...), "the API %s has no credential %q", api.Name, who.Credential)
	}
	s.who = who
	seen := map[string]bool{}
	for _, requirement := range op.Security {
		for _, use := range requirement {
			if u := use.Scheme; u != nil && !seen[u.Name] && (linked[u.Name] == who.Credential || api.Settings.Authentication == config.ByUpstream) {
				seen[u.Name] = true
				show(x, u)
			}
		}
	}
	return nil
}

// show puts a credential into the request: what it is, nobody looks at.
func show(x *gate.Exchange, s *contract.Scheme) {
	add := func(name, value string) {
		if _, n := x.Field(name); n == 0 {
			x.Fields = append(x.Fields, gate.Field{Name: []byte(name), Value: []byte(value)})
		}
	}
	switch {
	case s.Type == contract.MutualTLS:
		if x.TLS == nil {
			x.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
		}
		x.TLS.VerifiedChains = [][]*x509.Certificate{{{}}}
	case s.Type == contract.APIKey && s.In == contract.Header:
		add(s.Param, "trial")
	case s.Type == contract.APIKey && s.In == contract.Cookie:
		add("Cookie", s.Param+"=trial")
	case s.Type == contract.HTTPAuth && s.Auth == "basic":
		add("Authorization", "Basic dHJpYWw6dHJpYWw=")
	case s.Type == contract.HTTPAuth && s.Auth != "bearer":
		add("Authorization", s.Auth+" trial")
	default:
		add("Authorization", "Bearer trial")
	}
}

// Words say in one line what became of a call.
func (o *Outcome) Words() string {
	if o.Allowed {
		if len(o.Rules) > 0 {
			return "allowed by " + strings.Join(o.Rules, ", ")
		}
		return "allowed"
	}
	text := fmt.Sprintf("denied as %v by the guard %s", o.Code, o.Guard)
	if len(o.Rules) > 0 {
		text += ": " + strings.Join(o.Rules, ", ")
	}
	return text
}

// Place says where in the call a guard found what it refused, "" when it is no
// place.
func (o *Outcome) Place() string {
	r := &o.Refusal
	text := strings.TrimSpace(r.In + " " + r.Name + r.Pointer)
	if r.Detail != "" {
		text = strings.TrimSpace(text + " " + r.Detail)
	}
	return text
}

// Line is where the call stands in its table.
func (c *Case) Line() int { return c.node.Position().Line }
