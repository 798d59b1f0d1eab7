// Package login is the guard of operations at which an API judges passwords. It
// counts attempts that failed, by account, by network and by password, and says
// who must wait: before the API is asked, and with the same words and in the
// same time whether there is such an account or not. What failed it learns from
// the status of the API's answer, or from a place in its body. The root package builds one Logins for each
// API and one Guard for each operation; package serve keeps the tables, which
// outlive plans. No other guard imports it. It reads no body itself: the one
// pass over a body says where account and password stand. Of them it keeps
// nothing but keyed hashes in memory that does not grow. It knows nothing of
// net/http or of configuration files.
//
// What is locked out is the guess, not its victim. An account that has logged in
// from a network before is judged there by what failed for it from there alone,
// whatever happens elsewhere: see Table.
package login

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/schema"
	"github.com/gatehouse-api/gatehouse/gate"
)

// Challenger asks clients for a proof of work. Ask refuses an exchange for the
// want of one.
type Challenger interface {
	Ask(x *gate.Exchange) gate.Verdict
}

// Guard protects one operation. It is immutable; many goroutines may use it at
// once.
type Guard struct {
	table    *Table
	limits   *Limits
	breached *List // nil for none
	refuse   bool  // passwords of the list are refused
	conceal  bool  // who is locked out is answered as one who failed
	failed   []int // statuses
	passed   []int // statuses; empty for 2xx
	sign     *sign // in bodies of answers with these; nil for none
	realm    []byte
	ask      Challenger // nil for none

	basic             bool
	account, password schema.Tag
	accountAt         string // JSON pointers, where schemas stand at several places
	passwordAt        string
}

var (
	_ gate.HeadGuard = (*Guard)(nil)
	_ gate.BodyGuard = (*Guard)(nil)
	_ gate.DoneGuard = (*Guard)(nil)

	_ gate.AnswerHeadGuard = (*Guard)(nil)
	_ gate.AnswerGuard     = (*Guard)(nil)
)

// Head reads what stands in the head, and otherwise sees to it that the body is
// read.
func (g *Guard) Head(x *gate.Exchange) gate.Verdict {
	if g.sign != nil {
		plain(x)
	}
	if g.basic {
		return g.headBasic(x)
	}
	if x.BodyLength != 0 && x.Intake.Mode != gate.Buffer && !x.BodyKept() {
		return x.Deny(unread)
	}
	return gate.Allow
}

var unread = gate.Refusal{Code: gate.BodyMedia, In: "body", Detail: "the body cannot be read, so that nobody knows who logs in"}

func (g *Guard) headBasic(x *gate.Exchange) gate.Verdict {
	value, n := x.Field("Authorization")
	if n > 1 {
		return x.Deny(gate.Refusal{Code: gate.ParameterRepeated, In: "header", Name: "Authorization"})
	}
	scheme, rest := value, []byte(nil)
	if end := bytes.IndexAny(value, " \t"); end >= 0 { // servers split at either, whatever RFC 9110 section 11.4 says
		scheme, rest = value[:end], bytes.TrimLeft(value[end:], " \t")
	}
	if !gate.EqualFold(scheme, "Basic") { // nobody tries a password
		return gate.Allow
	}
	s := open()
	defer s.close()
	account, password, ok := s.basic(rest)
	if !ok {
		return x.Deny(gate.Refusal{Code: gate.ParameterForm, In: "header", Name: "Authorization", Detail: "must be a name and a password in the form of Basic"})
	}
	return g.begin(x, s, account, password)
}

// Body reads what stands in the body.
func (g *Guard) Body(x *gate.Exchange) gate.Verdict {
	if g.basic || len(x.Body) == 0 {
		return gate.Allow
	}
	if x.BodyJSON == nil {
		return x.Deny(unread)
	}
	s := open()
	defer s.close()
	account := s.member(x, g.account, g.accountAt, true)
	password := s.member(x, g.password, g.passwordAt, false)
	return g.begin(x, s, account, password)
}

// begin judges an attempt. Empty texts are none.
func (g *Guard) begin(x *gate.Exchange, s *scratch, account, password []byte) gate.Verdict {
	l := &x.Login
	if len(account) > 0 {
		name := s.fold(account)
		l.Account, l.Pseudonym = g.table.account(name), x.AccountPseudonym(name)
	}
	if len(password) > 0 {
		l.Password = g.table.password(password)
	}
	why, wait := g.table.begin(l, client(x), g.limits, x.Proven, x.Received)
	switch asks := g.ask != nil && !x.Proven; {
	case why == Stranger && asks:
		return g.ask.Ask(x)
	case why != free:
		return g.lockedOut(x, why, wait)
	case asks && !l.Known && g.table.Attacked(x.Received):
		return g.ask.Ask(x)
	}
	if g.breached == nil || len(password) == 0 {
		return gate.Allow
	}
	found, err := g.breached.Has(password)
	switch {
	case err != nil && g.refuse:
		return x.Deny(gate.Refusal{Code: gate.LoginUnavailable, Retry: retryList, Cause: err})
	case !found:
		return gate.Allow
	}
	g.table.breached.Add(1)
	r := gate.Refusal{Code: gate.PasswordBreached}
	if g.refuse {
		return x.Deny(r)
	}
	x.Report(r)
	return gate.Allow
}

// retryList is when to come again while the list cannot be read, in seconds.
const retryList = 10

var fieldChallenge = []byte("WWW-Authenticate")

// client is whose address counts.
func client(x *gate.Exchange) netip.Addr {
	if x.Client.IsValid() {
		return x.Client
	}
	return x.Peer.Addr()
}

// lockedOut refuses an attempt. The client is told neither what is locked nor
// that there is such an account.
func (g *Guard) lockedOut(x *gate.Exchange, why Why, wait time.Duration) gate.Verdict {
	if g.conceal {
		x.AddFields = append(x.AddFields, gate.Field{Name: fieldChallenge, Value: g.realm}) // RFC 9110 section 15.5.2
		return x.Deny(gate.Refusal{Code: gate.LoginFailed, Keyword: why.String()})
	}
	// RFC 6585 section 4.
	return x.Deny(gate.Refusal{Code: gate.LoginLocked, Keyword: why.String(), Retry: int((wait + time.Second - 1) / time.Second)})
}
