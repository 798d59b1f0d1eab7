package gatehouse

import (
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/answer"
	"github.com/gatehouse-api/gatehouse/guard/audit"
	"github.com/gatehouse-api/gatehouse/guard/authn"
	"github.com/gatehouse-api/gatehouse/guard/caller"
	"github.com/gatehouse-api/gatehouse/guard/fields"
	"github.com/gatehouse-api/gatehouse/guard/inspect"
	"github.com/gatehouse-api/gatehouse/guard/limit"
	"github.com/gatehouse-api/gatehouse/guard/overload"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/guard/policy"
	"github.com/gatehouse-api/gatehouse/guard/request"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
)

// order is the one table of guards: each exchange meets them from the top, in
// every phase anew. A guard that an operation does not need is left out of its
// steps.
var order = []struct {
	name string
	// build returns the guard of an operation; nil when the operation does not
	// need it.
	build func(b *builder, op *contract.Operation, s *settled, mode gate.Mode) (guard any)
	// strict says that an API or an operation that is observed does not make
	// this guard observed: it is so only by its own name.
	strict bool
	// unrouted returns the guard of calls that no operation describes, for
	// the time in which the API is observed; nil when they need none.
	unrouted func(b *builder) any
	// options says that this guard judges a browser's preflight that is not
	// declared, too, in that time. Those that want a credential do not: a
	// preflight has none (Fetch standard, CORS-preflight fetch).
	options bool
}{
	{"addresses", (*builder).addresses, true, (*builder).addressesUnrouted, true},
	{"overload", (*builder).door, true, (*builder).doorUnrouted, true},
	{"limit", (*builder).limitEarly, false, (*builder).limitEarlyUnrouted, true},
	{"url_credentials", (*builder).urlsecret, false, func(*builder) any { return nil }, false},
	{"challenge", (*builder).challenge, false, func(*builder) any { return nil }, false},
	{"bots", (*builder).suspects, false, (*builder).suspectsUnrouted, false},
	{"authn", (*builder).authn, true, (*builder).authnUnrouted, false},
	{"csrf", (*builder).csrf, false, func(*builder) any { return nil }, false},
	{"authz", (*builder).authz, true, (*builder).authzUnrouted, false},
	{"limit", (*builder).limitLate, false, (*builder).limitLateUnrouted, false},
	{"overload", (*builder).way, true, (*builder).wayUnrouted, true}, // the same guard, now that it is known who calls
	{"request", (*builder).request, false, func(*builder) any { return request.Bypass{} }, true},
	{"inspect", (*builder).inspect, false, func(*builder) any { return nil }, false},
	{"crs", (*builder).coreRules, false, func(*builder) any { return nil }, false},
	{"policy", (*builder).policy, true, (*builder).policyUnrouted, false},
	{"ssrf", (*builder).ssrf, false, func(*builder) any { return nil }, false},
	{"graphql", (*builder).graphql, false, func(*builder) any { return nil }, false},
	{"limit", (*builder).limitCost, false, func(*builder) any { return nil }, false},
	{"caller", (*builder).caller, true, (*builder).callerUnrouted, true},
	{"answer", (*builder).answer, false, func(*builder) any { return nil }, false},
	{"owner", (*builder).owner, true, func(*builder) any { return nil }, false},
	{"fields", (*builder).fields, true, func(*builder) any { return nil }, false},
	{"login", (*builder).login, false, func(*builder) any { return nil }, false},
	{"audit", (*builder).audit, true, (*builder).auditUnrouted, false}, // the last: what it has room for is forwarded
}

// builder makes one API of a plan.
type builder struct {
	contract        *contract.Contract
	options         Options
	place           config.Place
	decide          func(*contract.Scheme) string
	certified       bool // clients are asked for certificates
	verifiers       map[string]gate.Verifier
	shared          authn.Options // of all guards of credentials
	tells           *caller.Caller
	schemas         *schema.Compiler
	rules           *fields.Rules
	fieldsForNobody bool // was said
	crs             CoreRules
	inspected       *inspect.Rules // nil where nobody inspects
	owners          *owner.Types
	urls            *ssrf.Rules
	resolver        *ssrf.Resolver
	feeds           *Feeds
	countries       bool
	logins          loginBuilder
	challenges      challenger
	recorder        audit.Recorder // nil where nothing is recorded
	bots            suspicion
	ownerGuards     map[*contract.Operation]*owner.Guard
	ownersForNobody bool                  // was said
	strange         map[*source.Node]bool // schemas with a word of ours that nobody knows
	entry           route.Entry           // what all entries of the API share
	limitRules      map[string]*limit.Rule
	counters        *limit.State
	limits          map[*contract.Operation]limitGuards // that were made
	unknownLimits   map[string]bool                     // that were reported
	callers         *Callers
	overload        *Overload // nil where nothing is refused for it
	prioritized     *overload.Callers
	people          *policy.Callers
	policies        *policy.Set // nil where there are no rules
	plan            *gate.Plan
	api             *gate.API
	entries         []route.Entry
	problems        source.Problems
}

// newBuilder returns a builder that adds to plan.
func newBuilder(a API, who *Callers, people *policy.Callers, plan *gate.Plan) *builder {
	c := a.Contract
	b := &builder{contract: c, options: a.Options, place: a.Place, decide: a.Decide, certified: a.ClientCertificates, verifiers: a.Verifiers, shared: authn.Options{Memo: new(authn.Memo), Revoked: a.Revocations, Locks: a.Locks, Leaked: a.Leaked}, callers: who, people: people, plan: plan}
	b.identity(&a)
	if b.overload = a.Overload; b.overload != nil {
		b.prioritized = b.priorities(b.overload)
	}
	mode := modeOf(b.options.Mode)
	b.api = &gate.API{Name: NameOf(&b.options, c), Mode: mode, Upstream: a.Upstream}
	b.api.Unrouted = &gate.Operation{API: b.api, Mode: mode}
	b.api.Options = &gate.Operation{API: b.api, Mode: mode}
	b.entry = route.Entry{Hosts: b.options.Hosts, Prefix: b.options.Prefix, API: len(plan.APIs)}
	if b.options.StripPrefix {
		b.api.StripSegments = strings.Count(b.options.Prefix, "/")
	}
	b.resource(&a)
	if b.tells != nil {
		b.api.Own = b.tells.Names()
	}
	plan.APIs = append(plan.APIs, b.api)
	b.strange = make(map[*source.Node]bool)
	b.limitRules, b.counters, b.limits, b.unknownLimits = a.Limits, a.Counters, make(map[*contract.Operation]limitGuards), make(map[string]bool)
	b.rules = fields.New(c, fieldSettings(&b.options, a.Place), &plan.Words, b.undefined)
	b.owners, b.ownerGuards = b.ownerTypes(a.Owners), make(map[*contract.Operation]*owner.Guard)
	b.urls, b.resolver, b.feeds, b.countries = b.urlRules(), a.Resolver, a.Feeds, a.Countries
	b.logins, b.challenges, b.recorder = b.newLogins(&a), challenger{state: a.Challenges}, a.Recorder
	b.trap(a.Bots)
	b.inspected, b.crs = b.inspects(), a.CoreRules
	b.schemas = newCompiler(c, &b.options, b.tags, b.inspected != nil)
	return b
}

// NameOf is what an API is called on events and in challenges.
func NameOf(o *Options, c *contract.Contract) string {
	switch {
	case o.Name != "":
		return o.Name
	case c.Title != "":
		return strings.Clone(c.Title)
	}
	return "api"
}

func newCompiler(c *contract.Contract, o *Options, tags func(*source.Node) []schema.Tag, loose bool) *schema.Compiler {
	compile := schema.Options{Dialect: c.Dialect, Patterns: o.Patterns, Tags: tags, Loose: loose}
	if c.Files != nil {
		compile.Load = c.Files.Load
	}
	return schema.NewCompiler(compile)
}

// problem notes one problem.
func (b *builder) problem(list ...source.Problem) { b.problems = append(b.problems, list...) }

// Unstated reports whether an operation of c is public only because nothing in
// c speaks of security.
func Unstated(c *contract.Contract) bool {
	return !c.Secured && slices.ContainsFunc(c.Operations, func(op *contract.Operation) bool { return op.SecurityFrom == contract.SecurityNowhere })
}

// security finds what is wrong with the contract as a whole: operations that
// say nothing in a contract that has requirements, and requirements that
// nobody verifies.
func (b *builder) security() {
	if b.options.Authentication == config.Public {
		return
	}
	if !b.contract.Secured {
		if Unstated(b.contract) {
			section := "components.securitySchemes"
			if b.contract.Dialect == schema.Swagger20 {
				section = "securityDefinitions"
			}
			b.problems = append(b.problems, source.Warn(b.contract.Root, "describe the credential under "+section+" and name it under security, or say security: [] when everybody may call everything",
				"the contract says nothing of security, so every operation is public"))
		}
		return
	}
	b.problems = append(b.problems, openapi.Security(b.contract)...)
	if b.options.Authentication == config.ByUpstream {
		return
	}
	b.verified()
}

// operation compiles op once and routes to it from every base path.
func (b *builder) operation(op *contract.Operation) {
	set := settle(&b.options, op)
	steps := b.steps(op, &set)
	for _, base := range op.BasePaths {
		compiled := &gate.Operation{
			Name: strings.Clone(op.Name()), Method: strings.Clone(op.Method), Template: strings.Clone(b.options.Prefix + base + op.Path),
			API: b.api, Mode: set.whole(), Steps: steps, Upgrades: set.upgrades,
		}
		if err := compiled.Compile(); err != nil {
			b.problem(source.At(op.Node, "", "%v", err))
		}
		e := b.entry
		e.Base, e.Template, e.Method = strings.Clone(base), strings.Clone(op.Path), compiled.Method
		e.Semicolon, e.Slash, e.Number, e.Node = matrixParameters(op), set.slash, len(b.plan.Operations), op.Node
		b.entries = append(b.entries, e)
		b.plan.Operations = append(b.plan.Operations, compiled)
	}
}

// matrixParameters names the path parameters whose style is written with ";"
// (RFC 6570 section 3.2.7).
func matrixParameters(op *contract.Operation) (names []string) {
	for _, p := range op.Parameters {
		if p.In == contract.Path && p.Style == contract.Matrix {
			names = append(names, strings.Clone(p.Name))
		}
	}
	return names
}

// steps builds the guards of op in their order.
func (b *builder) steps(op *contract.Operation, set *settled) []gate.Step {
	var steps []gate.Step
	for _, place := range order {
		mode := set.mode(place.name, place.strict)
		guard := place.build(b, op, set, mode)
		if guard == nil {
			continue
		}
		steps = append(steps, step(place.name, mode, guard))
	}
	return steps
}

func step(name string, mode gate.Mode, guard any) gate.Step {
	s := gate.Step{Name: name, Mode: mode}
	s.Head, _ = guard.(gate.HeadGuard)
	s.Body, _ = guard.(gate.BodyGuard)
	s.Forward, _ = guard.(gate.ForwardGuard)
	s.AnswerHead, _ = guard.(gate.AnswerHeadGuard)
	s.Answer, _ = guard.(gate.AnswerGuard)
	s.Done, _ = guard.(gate.DoneGuard)
	s.Recheck, _ = guard.(gate.RecheckGuard)
	_, s.Whole = guard.(interface{ WholeBody() })
	_, s.Keeps = guard.(interface{ Keeps() })
	_, s.Aside = guard.(interface{ Aside() })
	return s
}

// unrouted builds the guards of calls that no operation describes. They
// enforce: what observing lets pass is only that the call is not described.
func (b *builder) unrouted() {
	for _, place := range order {
		guard := place.unrouted(b)
		if guard == nil {
			continue
		}
		mode := gate.Enforce
		if place.name == "audit" { // what is observed is recorded where there is room
			mode = modeOf(b.options.Modes[place.name])
		}
		s := step(place.name, mode, guard)
		b.api.Unrouted.Steps = append(b.api.Unrouted.Steps, s)
		if place.options {
			b.api.Options.Steps = append(b.api.Options.Steps, s)
		}
	}
	if err := errors.Join(b.api.Unrouted.Compile(), b.api.Options.Compile()); err != nil {
		b.problems = append(b.problems, source.At(b.contract.Root, "", "%v", err))
	}
}

// certificates reports an operation that nobody could call, because each of
// its alternatives needs a client certificate and no listener asks for one.
func (b *builder) certificates(op *contract.Operation) {
	if b.certified {
		return
	}
	for _, alternative := range op.Security {
		if !slices.ContainsFunc(alternative, func(u contract.SchemeUse) bool { return u.Scheme.Type == contract.MutualTLS }) {
			return
		}
	}
	if len(op.Security) > 0 {
		b.problems = append(b.problems, source.At(op.Node, "ask for them: client_certificates under tls of a listener, for the hosts of the API; or offer another scheme as an alternative",
			"%s needs a client certificate, and no listener asks clients for one", op.Name()))
	}
}

// request holds parameters and body against the contract.
func (b *builder) request(op *contract.Operation, set *settled, _ gate.Mode) any {
	guard, problems := request.New(op, b.schemas, set.requests())
	b.problem(problems...)
	return guard
}

func (s *settled) requests() request.Options {
	return request.Options{
		Undeclared: treatment(s.Undeclared.Requests, config.Refuse), Misplaced: treatment(s.ReadOnly, config.Refuse),
		MaxBodyBytes: int64(s.MaxBodyBytes), Gzip: slices.Contains(s.ContentEncodings, "gzip"),
		Hears: !s.uninspected(),
	}
}

// answer holds what the API answers against the contract.
func (b *builder) answer(op *contract.Operation, set *settled, mode gate.Mode) any {
	guard, problems := answer.New(op, b.schemas, answer.Options{
		Undeclared: treatment(set.Undeclared.Answers, config.Drop), KeepErrors: set.Errors == config.Keep,
		MaxAnswerBytes: int64(set.MaxAnswerBytes), Observe: mode == gate.Observe,
	})
	b.problem(problems...)
	return guard
}

// fields keeps properties to roles.
func (b *builder) fields(op *contract.Operation, _ *settled, mode gate.Mode) any {
	guard, problems := b.rules.Guard(op, b.schemas, mode == gate.Observe)
	b.problem(problems...)
	if guard == nil {
		return nil
	}
	if b.nobodyKnown() && !b.fieldsForNobody {
		b.fieldsForNobody = true
		b.problem(source.Warn(op.Node, "have the gate verify the credentials of the API, so that callers have roles", "some properties are for some roles only, and nothing says who calls: nobody gets them"))
	}
	return guard
}

// all compiles the API.
func (b *builder) all(rules []RuleFile) {
	b.problem(b.options.Check(b.place)...)
	b.security()
	b.unknown()
	b.openings()
	b.openRules(rules)
	for _, op := range b.contract.Operations {
		b.operation(op)
	}
	b.unrouted()
	b.browsers()
	b.problem(b.schemas.Problems()...)
	b.problem(b.rules.Problems()...)
	b.problem(b.owners.Problems()...)
	b.problem(b.urls.Problems()...)
	b.problem(b.logins.Problems()...)
	b.problem(b.inspected.Problems()...)
	for _, text := range b.schemas.Unreplaced() {
		b.problem(b.place.At("patterns", text).Warning("remove it, or copy the pattern as the contract has it", "no schema has the pattern %q", text))
	}
	if b.contract.Files != nil {
		b.problem(b.contract.Files.Problems()...)
	}
	if len(b.contract.Operations) == 0 {
		b.problem(source.At(b.contract.Root, "describe what the API does under paths", "the contract has no operation, so that nothing could be let through"))
	}
}
