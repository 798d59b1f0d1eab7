package gate

// Login is one attempt to log in at an operation whose API judges passwords.
// Its hashes are keyed and say nothing to anybody but whoever counts by them.
type Login struct {
	Account  uint64 // whose; 0 when the request names none
	Password uint64 // 0 when the request has none
	Begun    bool   // it is counted as under way
	Known    bool   // the account has logged in from the client's network before
	Read     bool   // the body of the answer was looked into
	Found    bool   // and what tells how the attempt ended is there

	Pseudonym Pseudonym // of the account, for events
	End       LoginEnd
}

// LoginEnd is how an attempt to log in ended, as the API said. The zero LoginEnd
// is one that nobody judged: there was no attempt, the gate refused it, or the API
// did not say.
type LoginEnd uint8

// How attempts end.
const (
	Unjudged LoginEnd = iota
	LoginWrong
	LoginRight
	loginEnds
)

var loginEndNames = [loginEnds]string{"", "failed", "succeeded"}

func (l LoginEnd) String() string { return loginEndNames[l] }

// LoginEndNamed returns the end of a name.
func LoginEndNamed(name string) (LoginEnd, bool) {
	for i, known := range loginEndNames {
		if i > 0 && name == known {
			return LoginEnd(i), true
		}
	}
	return Unjudged, false
}
