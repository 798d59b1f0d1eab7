package gatehouse

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/openapi"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/audit"
	"github.com/gatehouse-api/gatehouse/wire/std"
)

// Gate guards the handlers of a Go program by one contract. Its methods may be
// used by many goroutines at once.
type Gate struct {
	gate     *gate.Gate
	log      *slog.Logger
	warnings Problems
}

// Event is what is known of one call when it is over: no value, name or path of
// the request, only what the contract and the gate say.
type Event = gate.Event

// Problems are mistakes in a contract or in options, with file, line and
// column. They are an error when one of them is more than a warning.
type Problems = source.Problems

// Extra is what a program can give a gate beside options.
type Extra func(*extras)

type extras struct {
	sink    gate.Sink
	log     *slog.Logger
	callers Callers
	rules   []RuleFile

	verifiers map[string]Verifier
	locks     Locks
	recorder  Recorder
}

// WithEvents calls f once for every call when it is over. f is called by the
// goroutine that serves the call, must not block, and must not keep the event
// or what it points to. With nil nobody is called.
func WithEvents(f func(*Event)) Extra {
	return func(e *extras) {
		e.sink = nil
		if f != nil {
			e.sink = sink(f)
		}
	}
}

// WithLog gives the gate a log for what clients must not see, such as why the
// handler failed; by default it is dropped.
func WithLog(l *slog.Logger) Extra { return func(e *extras) { e.log = l } }

// WithCallers says what those who call may do beyond what their credentials say.
func WithCallers(who Callers) Extra { return func(e *extras) { e.callers = who } }

// Principal is who calls, as a Verifier found out.
type Principal = gate.Principal

// Verifier judges the credentials of a security scheme.
type Verifier = gate.Verifier

// WithVerifiers has the credentials of security schemes, by the names of the
// contract, judged by the gate itself. Those of others must only be there when
// Options.Authentication is Upstream; otherwise they are a problem.
func WithVerifiers(byScheme map[string]Verifier) Extra {
	return func(e *extras) { e.verifiers = byScheme }
}

// Locks count credentials that are not valid and lock out whom too many came
// from.
type Locks = gate.Locks

// WithLocks has credentials that are not valid counted by l; by default nobody
// counts them.
func WithLocks(l Locks) Extra { return func(e *extras) { e.locks = l } }

// Recorder keeps a record of which nothing may be lost.
type Recorder = audit.Recorder

// WithRecorder has calls recorded as Options.Audit says, and those that may change
// something where it says nothing; by default nothing is recorded.
func WithRecorder(r Recorder) Extra { return func(e *extras) { e.recorder = r } }

// CallerOf returns who calls, in the context of a request behind Protect; nil
// when the operation is public or nobody verified the caller.
func CallerOf(ctx context.Context) *Principal { return gate.Caller(ctx) }

// WithRules adds rules in Cedar that are in memory, as go:embed gives them, to
// those of Options.Policies.
func WithRules(files ...RuleFile) Extra {
	return func(e *extras) { e.rules = append(e.rules, files...) }
}

type sink func(*Event)

// Record implements gate.Sink.
func (f sink) Record(e *Event) { f(e) }

// Load returns a gate for the OpenAPI document at path and whatever it refers
// to below its folder. An error that is Problems lists everything that is wrong
// with the document and the options.
func Load(path string, o Options, more ...Extra) (*Gate, error) {
	c, problems := openapi.Load(path)
	return newGate(c, problems, o, more)
}

// New is Load for a document in memory, as go:embed gives it. It may refer to
// itself only. name is what problems call it.
func New(name string, document []byte, o Options, more ...Extra) (*Gate, error) {
	file, problems := source.Parse(name, document)
	if file == nil || file.Root == nil {
		return nil, problems
	}
	c, more2 := openapi.Read(source.NewSet(file), file)
	return newGate(c, append(problems, more2...), o, more)
}

func newGate(c *contract.Contract, problems Problems, o Options, more []Extra) (*Gate, error) {
	if c == nil {
		return nil, problems
	}
	if c.Files != nil {
		defer c.Files.Close() // nothing is read later
	}
	var e extras
	for _, add := range more {
		add(&e)
	}
	rules, unread := ReadRules(&o, config.Place{}, nil)
	problems = append(problems, unread...)
	plan, found := CompileFor(&e.callers, API{Contract: c, Options: o, Rules: append(rules, e.rules...), Verifiers: e.verifiers, Locks: e.locks, Recorder: e.recorder, Decide: func(*contract.Scheme) string { return decideInGo }})
	problems = append(problems, found...).Sort()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	g := &Gate{gate: gate.New(gate.Options{Sink: e.sink, Log: e.log}), log: e.log, warnings: problems}
	g.gate.Swap(plan)
	return g, nil
}

// decideInGo says how a program decides who verifies credentials.
const decideInGo = "bring a verifier for it, by WithVerifiers; or set Options.Authentication to Upstream, if your program verifies it itself"

// Warnings are what is loose or ignored in the contract.
func (g *Gate) Warnings() Problems { return g.warnings }

// Protect returns a handler that hands to next what the contract describes and
// refuses the rest with problem documents (RFC 9457). next gets requests as
// they were judged, with the context and the path values of the outer request;
// its answers are judged before the client sees them. Of next the gate waits
// until ServeHTTP returns, also when the client is gone: the request's context
// ends then. Hijacking, and with it WebSocket, is not possible.
//
// The server is the program's own: set its timeouts, and prefer TLS. What
// net/http repairs or hides before a handler sees it cannot be refused here;
// the program gatehouse, which reads the bytes itself, is stricter.
func (g *Gate) Protect(next http.Handler) http.Handler {
	return std.Protect(g.gate, std.Limits{}, g.log, next)
}
