package gatehouse

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Options say how one API is guarded: the words of gatehouse.yaml. The zero
// value is the strict one.
type Options = config.Policy

// Settings are what an API and each of its operations may set.
type Settings = config.Settings

// Operation is the settings of one operation.
type Operation = config.Operation

// Undeclared is what happens to names that the contract does not know.
type Undeclared = config.Undeclared

// CORS is which pages may call an API from a browser.
type CORS = config.CORS

// StepUp is how callers must have been authenticated.
type StepUp = config.StepUp

// HSTS tells browsers to come back over TLS only.
type HSTS = config.HSTS

// Mode says what a refusal does.
type Mode = config.Mode

// The words of Options.
const (
	Enforce  = config.Enforce
	Observe  = config.Observe
	Upstream = config.ByUpstream
	Public   = config.Public
	Refuse   = config.Refuse
	Drop     = config.Drop
	Allow    = config.Allow
	Problem  = config.Problem
	Keep     = config.Keep
	Durable  = config.AuditDurable

	Unrecorded = config.AuditNone

	ForAPI     = config.ForAPI
	NoSecurity = config.NoSecurity
)

// of returns the settings of op as the options write them, with the name under
// which they do.
func of(o *Options, op *contract.Operation) (own Operation, name string) {
	for _, name := range names(op) {
		if own, ok := o.Operations[name]; ok {
			return own, name
		}
	}
	return Operation{}, ""
}

// names are the ways to write an operation: its operationId, its method and
// path, and these with each base path.
func names(op *contract.Operation) []string {
	list := []string{op.Method + " " + op.Path}
	if op.ID != "" {
		list = append(list, op.ID)
	}
	for _, base := range op.BasePaths {
		if base != "" {
			list = append(list, op.Method+" "+base+op.Path)
		}
	}
	return list
}

// SettledFor returns the settings in force for op: its own where it has some,
// those of the API elsewhere.
func SettledFor(o *Options, op *contract.Operation) Operation {
	own, _ := of(o, op)
	own.Settings = settle(o, op).Settings
	return own
}

// settled are the settings in force for one operation.
type settled struct {
	config.Settings
	modes  [2]map[string]config.Mode // the operation's, then the API's
	own    config.Mode               // the operation's
	public bool
	weight int64
	slash  []string

	upgrades []string
}

// settle lays an operation's own settings over those of its API.
func settle(o *Options, op *contract.Operation) settled {
	own, _ := of(o, op)
	s := settled{Settings: o.Settings, public: own.Public, weight: own.Weight, slash: own.Slashes, upgrades: own.Upgrade, own: own.Mode}
	s.modes = [...]map[string]config.Mode{inspectModes(own.Modes, &own.Inspect), inspectModes(o.Modes, &o.Inspect)}
	s.settleInspect(&own.Inspect)
	over(&s.Undeclared.Requests, own.Undeclared.Requests)
	over(&s.Undeclared.Answers, own.Undeclared.Answers)
	over(&s.ReadOnly, own.ReadOnly)
	over(&s.Errors, own.Errors)
	over(&s.Priority, own.Priority)
	over(&s.Audit, own.Audit)
	over(&s.StepUp, own.StepUp)
	over(&s.Challenge, own.Challenge)
	over(&s.SSRF, own.SSRF)
	over(&s.CSRF, own.CSRF)
	over(&s.Countries, own.Countries)
	over(&s.URLCredentials, own.URLCredentials)
	over(&s.MaxBodyBytes, own.MaxBodyBytes)
	over(&s.MaxAnswerBytes, own.MaxAnswerBytes)
	if own.Limits != nil {
		s.Limits = own.Limits
	}
	if own.ContentEncodings != nil {
		s.ContentEncodings = own.ContentEncodings
	}
	return s
}

func over[T comparable](at *T, own T) {
	var zero T
	if own != zero {
		*at = own
	}
}

// mode is the one of a guard: the most particular word wins. A guard that is
// strict is observed only where its own name is said; an operation that is to
// be enforced takes that back.
func (s *settled) mode(guard string, strict bool) gate.Mode {
	word := s.Settings.Mode // the API's
	if strict {
		word = ""
	}
	over(&word, s.modes[1][guard])
	if !strict || s.own == config.Enforce {
		over(&word, s.own)
	}
	over(&word, s.modes[0][guard])
	return modeOf(word)
}

// whole is the mode of the operation as a whole, for its events.
func (s *settled) whole() gate.Mode {
	word := s.Settings.Mode
	over(&word, s.own)
	return modeOf(word)
}

// modeOf translates; what is not said enforces.
func modeOf(m config.Mode) gate.Mode {
	if m == config.Observe {
		return gate.Observe
	}
	return gate.Enforce
}

// treatment translates; what is not said is otherwise.
func treatment(t, otherwise config.Treatment) schema.Policy {
	over(&otherwise, t)
	switch otherwise {
	case config.Drop:
		return schema.Drop
	case config.Allow:
		return schema.Allow
	}
	return schema.Refuse
}

// unknown finds settings of operations, guards and parameters that the contract
// does not have.
func (b *builder) unknown() {
	var known []string
	byName := map[string]*contract.Operation{}
	others := map[string]*contract.Operation{} // that are written alike
	said := map[*contract.Operation]string{}
	for _, op := range b.contract.Operations {
		known = append(known, names(op)...)
		for _, name := range names(op) {
			if before := byName[name]; before != nil && before != op {
				others[name] = before
			}
			byName[name] = op
		}
	}
	b.guards(b.place, b.options.Modes)
	for _, name := range sorted(b.options.Operations) {
		own := b.options.Operations[name]
		at := b.place.At("operations", name)
		op := byName[name]
		switch before, twice := said[op]; {
		case op == nil:
			b.problem(at.Problem(source.DidYouMean("write an operationId, or as in \"GET /pets/{id}\"", name, known...), "the contract has no operation %q", name))
			continue
		case others[name] != nil:
			b.problem(at.Problem("write one that only the operation that is meant has: its operationId, or its method and whole path", "%q is a name of two operations, %s and %s", name, others[name].Name(), op.Name()))
			continue
		case twice:
			b.problem(at.Problem("put them together under one name", "operation %q has settings under the name %q as well", name, before))
		}
		said[op] = name
		if all := op.Method + " " + op.Path; len(op.BasePaths) > 1 && name != op.ID && name != all {
			b.problem(at.Warning("write "+all+" or its operationId, which say so", "the settings of %q hold under every base path of the contract: %q", name, op.BasePaths))
		}
		b.guards(at, own.Modes)
		if len(own.Upgrade) > 0 && op.Method != "GET" { // RFC 6455 section 4.1
			b.problem(at.At("upgrade").Problem("remove it here", "%s is no GET, and clients switch to another protocol with a GET alone", name))
		}
		for _, p := range own.Slashes {
			if !slices.ContainsFunc(op.Parameters, func(d *contract.Parameter) bool { return d.In == contract.Path && d.Name == p }) {
				b.problem(at.At("slashes").Problem("name a path parameter of the operation", "%s has no path parameter %q", name, p))
			}
		}
	}
}

// guards finds modes of guards that there are not.
func (b *builder) guards(at config.Place, modes map[string]config.Mode) {
	var known []string
	for _, g := range order {
		if !slices.Contains(known, g.name) { // limits have several places
			known = append(known, g.name)
		}
	}
	for _, name := range sorted(modes) {
		if !slices.Contains(known, name) {
			b.problem(at.At("modes", name).Problem(source.DidYouMean("the guards are "+strings.Join(known, ", "), name, known...), "there is no guard %q", name))
		}
	}
}

func sorted[T any](m map[string]T) []string {
	list := make([]string, 0, len(m))
	for name := range m {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// SettingsOf returns the settings of op as the options write them, and the name
// under which they do; "" when they do not.
func SettingsOf(o *Options, op *contract.Operation) (own Operation, name string) { return of(o, op) }

// Names reports whether name is a way to write op in options: its operationId,
// its method and path, or these with a base path.
func Names(op *contract.Operation, name string) bool { return slices.Contains(names(op), name) }

// NamesOf returns the ways to write an operation.
func NamesOf(op *contract.Operation) []string { return names(op) }
