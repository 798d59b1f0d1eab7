package gate

// Verdict is the outcome of one guard. The zero value denies.
type Verdict uint8

const (
	Deny    Verdict = iota // refuse; the guard has called Exchange.Deny
	Allow                  // go on with the next guard
	Respond                // the guard answers itself; it has filled in Exchange.Reply
)

// HeadGuard judges an exchange by its head. Head may run on many goroutines
// at once; x belongs to the caller and must not be kept. The zero Verdict
// denies.
type HeadGuard interface {
	Head(x *Exchange) Verdict
}

// BodyGuard judges an exchange by its head and its buffered body, under the
// same contract as HeadGuard. It is not called for streams.
type BodyGuard interface {
	Body(x *Exchange) Verdict
}

// ForwardGuard judges an exchange last: every guard of its head and its body has
// let it through, and the API is called next. Forward may wait, no longer than
// the client does. It is not called for what the gate answers itself, nor where
// a proxy only asks.
type ForwardGuard interface {
	Forward(x *Exchange) Verdict
}

// AnswerHeadGuard judges the head of the API's answer and says in
// Exchange.AnswerIntake how its body is taken, under the same contract as
// HeadGuard. It may mark fields of the answer as gone.
type AnswerHeadGuard interface {
	AnswerHead(x *Exchange) Verdict
}

// AnswerGuard judges the buffered body of the API's answer before the client
// sees any of it, under the same contract as HeadGuard. It is not called for
// answers that are relayed as they arrive.
type AnswerGuard interface {
	Answer(x *Exchange) Verdict
}

// DoneGuard is told how an exchange ended: always and exactly once for each
// exchange that reached the guard's operation, also after a refusal, an abort
// or a failure of the API. It cannot change the outcome.
type DoneGuard interface {
	Done(x *Exchange)
}

// Mode says what a denial does. The zero value enforces.
type Mode uint8

const (
	Enforce Mode = iota // a denied exchange is refused
	Observe             // a denied exchange goes on; the event says what would have been refused
)

func (m Mode) String() string {
	if m == Observe {
		return "observe"
	}
	return "enforce"
}

// ModeNamed returns the mode of a name; none enforces.
func ModeNamed(name string) (Mode, bool) {
	if name == "observe" {
		return Observe, true
	}
	return Enforce, name == "enforce"
}

// Step is one guard in its place. Of the six guards at least one is set;
// usually they are the same value. Steps run in the order of their list, in
// each phase anew.
type Step struct {
	Name       string // as operators call it: "request", "limit"
	Mode       Mode
	Needs      []string // names of steps before it; when one of them failed in observe mode, this one is skipped
	Head       HeadGuard
	Body       BodyGuard
	Forward    ForwardGuard
	AnswerHead AnswerHeadGuard
	Answer     AnswerGuard
	Done       DoneGuard
	Recheck    RecheckGuard // beside the others: of exchanges that take long
	// Aside says that Head judges how much there is to do, and not whether the
	// call is allowed: where nobody else judges, the call is refused.
	Aside bool
	Keeps bool // Forward makes room in a record: also where a proxy only asks
	Whole bool // Body judges streams as well, where its Head asks for Exchange.WholeBody
}
