package config

import (
	"slices"
	"time"
)

// Logins say how the operations of an API are protected at which it judges passwords itself: those that have login. Failures are counted by account, by network (one IPv4 address, or one IPv6 /64) and by password, as keyed hashes in memory. An account that has logged in from a network before has, there, its own allowance: what fails elsewhere, or for others beside it, does not keep it out.
type Logins struct {
	Place
	// Failures is how many logins of one account from one network may fail within the window.
	Failures int `key:"failures,default=5,min=1,max=1000000"`
	// AccountFailures is how many logins of one account may fail from networks that it has not logged in from.
	AccountFailures int `key:"account_failures,default=20,min=1,max=1000000"`
	// NetworkFailures is how many logins may fail from one network, and four times as many from the one around it (/24 of IPv4, /48 of IPv6).
	NetworkFailures int `key:"network_failures,default=50,min=1,max=1000000"`
	// NetworkAccounts is of how many accounts logins may fail from one network, where most that it tries do: credential stuffing.
	NetworkAccounts int `key:"network_accounts,default=10,min=1,max=1000000"`
	// FailedPercent is how many of the accounts that one network tries must fail for network_accounts to count. A network with many users is more often right than wrong.
	FailedPercent int `key:"failed_percent,default=60,min=1,max=100"`
	// PasswordAccounts is of how many accounts logins may fail with one password: spraying.
	PasswordAccounts int `key:"password_accounts,default=10,min=1,max=1000000"`
	// Window is the time within which all of these are counted.
	Window time.Duration `key:"window,default=10m,min=1s,max=1d"`
	// First is how long the first lock lasts. Each further failure doubles it.
	First time.Duration `key:"first,default=1s,min=100ms,max=1h"`
	// Longest is how long a lock lasts at most.
	Longest time.Duration `key:"longest,default=15m,min=1s,max=1d"`
	// Locked is what is answered to who is locked out: 429 with how long to wait (tell), or 401 as to who has failed (conceal).
	Locked LockedAnswer `key:"locked,default=tell"`
	// BreachedPasswords is a file of passwords that became known.
	BreachedPasswords *BreachedPasswords `key:"breached_passwords,example={file: pwned-passwords-sha1-ordered-by-hash.txt}"`
}

// BreachedPasswords is a file of passwords that became known, as public lists come: one line for each, the SHA-1 of the password in 40 hexadecimal digits, a colon and a count, sorted by hash. It may have any size. To replace it, write another file beside it and rename that.
type BreachedPasswords struct {
	Place
	// File is the list.
	File File `key:"file,required,example=pwned-passwords-sha1-ordered-by-hash.txt"`
	// Action is what becomes of a login with a password of the list: it passes and its event says password-breached (report), or it is refused (refuse).
	Action BreachedAction `key:"action,default=report"`
}

// LockedAnswer is what is answered to who is locked out.
type LockedAnswer string

// The answers.
const (
	TellLocked    LockedAnswer = "tell"
	ConcealLocked LockedAnswer = "conceal"
)

// Words returns the answers.
func (LockedAnswer) Words() []string { return []string{string(TellLocked), string(ConcealLocked)} }

// BreachedAction is what becomes of logins with breached passwords.
type BreachedAction string

// What becomes of them.
const (
	ReportBreached BreachedAction = "report"
	RefuseBreached BreachedAction = "refuse"
)

// Words returns what may become of them.
func (BreachedAction) Words() []string {
	return []string{string(ReportBreached), string(RefuseBreached)}
}

// Login says where an operation at which the API judges passwords has the account and the password, and how it says no.
type Login struct {
	Place
	// Account is where the body, JSON or a form, has the name of the account: a JSON pointer (RFC 6901).
	Account string `key:"account,form=pointer,example=/email"`
	// Password is where it has the password.
	Password string `key:"password,form=pointer,example=/password"`
	// Basic says that both stand in the field Authorization (RFC 7617), which the API judges.
	Basic bool `key:"basic"`
	// Failed are the statuses by which the API says that a login failed. Without it 400, 401, 403, 404 and 422 are, with basic 401 and 403.
	Failed []int `key:"failed,absent=400 401 403 404 422,example=[401, 302]"`
	// Succeeded are the statuses by which it says that a login succeeded. All that stand in neither list say nothing, and do not count.
	Succeeded []int `key:"succeeded,absent=200 to 299,example=[302]"`
	// Success is where the answer, JSON, has something only when a login succeeded: for an API that answers 200 always.
	Success string `key:"success,form=pointer,example=/token"`
	// Failure is where it has something only when a login failed.
	Failure string `key:"failure,form=pointer,example=/error"`
}

// logins holds the times to each other.
func (c *collector) logins(l *Logins, at Place) {
	if l.First > l.Longest && l.Longest > 0 {
		c.add("logins-first", at.At("logins", "first").node, "make longest longer, or first shorter", "the first lock is longer than the longest")
	}
}

// login holds an operation to one place for account and password.
func (c *collector) login(l *Login, at Place) {
	if l == nil {
		return
	}
	at = at.At("login")
	account, password := l.Account != "" || at.has("account"), l.Password != "" || at.has("password")
	switch {
	case l.Basic && (account || password):
		c.add("login-place", at.At("basic").node, "remove basic, or account and password", "account and password stand in the body or in Authorization, not in both")
	case !l.Basic && !(account && password):
		c.add("login-place", at.node, "add account and password, as in {account: /email, password: /password}, or basic: true", "it is not said where account and password stand")
	}
	for i, status := range l.Failed {
		if status < 200 || status > 499 {
			c.add("login-failed", at.At("failed").Item(i).node, "name statuses from 200 to 499", "%d is no status that says that a client was wrong", status)
		}
		if slices.Contains(l.Succeeded, status) {
			c.add("login-failed", at.At("failed").Item(i).node, "remove it from one of them; an API that answers it to both says more in its body: success: /token", "%d stands under failed and under succeeded", status)
		}
	}
	for i, status := range l.Succeeded {
		if status < 200 || status > 399 {
			c.add("login-succeeded", at.At("succeeded").Item(i).node, "name statuses from 200 to 399", "%d is no status that says that a client was right", status)
		}
	}
	if l.Success != "" && l.Failure != "" {
		c.add("login-sign", at.At("failure").node, "remove one of them", "success and failure both say how a login ended")
	}
}
