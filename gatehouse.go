// Package gatehouse makes a gate of an API's contract: it compiles the
// contract's operations into a plan, each with just the guards that it needs,
// in the one order that this package writes down. Go programs and package
// serve import it; it imports the contract, the gate, the guards, the words of
// the configuration and the engine on net/http, and knows no listener and no
// upstream but the handler that it protects.
package gatehouse

import (
	"crypto"
	"crypto/ecdsa"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/route"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/audit"
	"github.com/gatehouse-api/gatehouse/guard/bot"
	"github.com/gatehouse-api/gatehouse/guard/challenge"
	"github.com/gatehouse-api/gatehouse/guard/limit"
	"github.com/gatehouse-api/gatehouse/guard/login"
	"github.com/gatehouse-api/gatehouse/guard/owner"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
)

// API is one API of a plan.
type API struct {
	Contract *contract.Contract
	Options  Options
	// Upstream sends what was let through; may be nil in a plan that is only
	// checked.
	Upstream gate.Upstream
	// Verifiers judge the credentials of the contract's security schemes, by the
	// names of these. They outlive the plan.
	Verifiers map[string]gate.Verifier
	// Revocations know which of their credentials were taken back, Locks from
	// whom too many came that are not valid; nil for nobody.
	Revocations gate.Revocations
	Locks       gate.Locks
	// Issuers are the authorization servers whose tokens the verifiers take.
	Issuers []string
	// CallerKey signs the token that tells the API who calls, where the options
	// ask for one. CallerKeys says which of several signs at a time, for options
	// that name no key. CallerKeyBroken says that they are missing because of
	// something that was reported.
	CallerKey       crypto.Signer
	CallerKeys      func(at time.Time) *ecdsa.PrivateKey
	CallerKeyBroken bool
	// Leaked hears of keys of this gate that stand in URLs, by their public
	// ids; may be nil.
	Leaked func(id string)
	// Owners remembers whose objects are; it outlives the plan. Without it nothing
	// is learned, and kinds of objects for which that is needed are errors.
	Owners *owner.Keeper
	// Feeds are lists of addresses from which no call is taken; may be nil.
	Feeds *Feeds
	// Countries says that rules may ask from which country a call comes: Feeds
	// has where addresses are, or will when the plan serves.
	Countries bool
	// Resolver finds where names in requests lead, where Options.SSRF asks for it;
	// it outlives the plan. By default one is made as the system is set up.
	Resolver *ssrf.Resolver
	// CoreRules is the guard of Options.CRS, which is asked behind the search for
	// attacks; nil for none.
	CoreRules CoreRules
	// Overload refuses calls while there is too much to do; nil refuses none.
	Overload *Overload
	// Logins counts the logins whose passwords the API judges; it outlives the
	// plan. Without it the plan has a table of its own, where it needs one.
	Logins *login.Table
	// Recorder keeps what is recorded of calls as Options.Audit says; it outlives
	// the plan. nil records nothing.
	Recorder audit.Recorder
	// Challenges is what is known of proofs of work; it outlives the plan. Without
	// it the plan has one of its own, where it needs one.
	Challenges *challenge.State
	// Bots is who asked for honeypots; it outlives the plan. Without it the plan
	// has one of its own, where it needs one.
	Bots *bot.State
	// ListFailed hears of a list of breached passwords that changed and cannot be
	// read; may be nil.
	ListFailed func(error)
	// Limits are those that the options can name, as Rules makes them ready of
	// Counters, which outlives the plan.
	Limits   map[string]*limit.Rule
	Counters *limit.State
	// Rules are what the files that Options.Policies names hold: see ReadRules.
	Rules []RuleFile
	// Place is where the options were written, for problems with them.
	Place config.Place
	// Decide returns the hint of the problem that credentials of a scheme are
	// asked for and nobody verifies them: how to decide, in the words of whoever
	// sets the options. By default it names the option.
	Decide func(*contract.Scheme) string
	// ClientCertificates says that whoever accepts connections asks clients for
	// certificates and verifies them. Without it an operation that only a
	// certificate opens is an error.
	ClientCertificates bool
}

// Compile makes a plan of APIs that retains nothing of their documents. It
// returns every problem of every operation, schema and option at once, those of
// answers included, in the order of the documents; when one of them is an error
// the plan is nil. What was wrong when a contract was read is not among them: a
// contract that was read with errors is not to be served. Compile is not to be
// called twice at once for the same contract.
func Compile(apis ...API) (*gate.Plan, source.Problems) { return CompileFor(&Callers{}, apis...) }

// CompileFor is Compile for a configuration that says something of those who
// call.
func CompileFor(who *Callers, apis ...API) (*gate.Plan, source.Problems) {
	plan := &gate.Plan{}
	if known := people(who); !known.Empty() {
		plan.Words.Extend(known.More)
	}
	callers := peopleOf(who)
	var entries []route.Entry
	var problems source.Problems
	named := make(map[string]config.Place)
	for _, a := range apis {
		b := newBuilder(a, who, callers, plan)
		at := a.Place.At("name")
		if first, taken := named[b.api.Name]; taken {
			b.problem(at.Problem("give each a name of its own: name", "the API %sis called %q, too: counters of limits and logins, owners of objects, rules and events are kept by the name", first.Named("at ", " "), b.api.Name))
		} else {
			named[b.api.Name] = at
		}
		b.all(a.Rules)
		entries = append(entries, b.entries...)
		problems = append(problems, b.problems...)
	}
	table, more := route.Build(entries)
	problems = append(problems, more...).Sort()
	if problems.Err() != nil {
		return nil, problems
	}
	plan.Routes = table
	return plan, problems
}
