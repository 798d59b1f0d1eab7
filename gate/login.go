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
}
