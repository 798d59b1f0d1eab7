package gatehouse

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/login"
)

// loginBuilder makes the guards of logins of one API.
type loginBuilder struct {
	*login.Logins
	list   *login.List // of breached passwords
	opened bool
	failed func(error)
}

// newLogins finds the operations that are logins.
func (b *builder) newLogins(a *API) loginBuilder {
	s := &b.options.Logins
	o := login.Options{API: b.api.Name, Table: a.Logins, Refuse: s.BreachedPasswords != nil && s.BreachedPasswords.Action == config.RefuseBreached, Conceal: s.Locked == config.ConcealLocked}
	o.Limits = login.Settings{
		Failures: s.Failures, AccountFailures: s.AccountFailures, NetworkFailures: s.NetworkFailures, NetworkAccounts: s.NetworkAccounts,
		FailedPercent: s.FailedPercent, PasswordAccounts: s.PasswordAccounts, Window: s.Window, First: s.First, Longest: s.Longest,
	}.Limits()
	if o.Table == nil && Logins(&b.options) {
		o.Table = login.NewTable()
	}
	return loginBuilder{Logins: login.New(b.contract, o, b.loginOf), failed: a.ListFailed}
}

// Logins reports whether some operation is a login under o.
func Logins(o *Options) bool {
	for _, own := range o.Operations {
		if own.Login != nil {
			return true
		}
	}
	return false
}

// loginOf is what the options say of an operation; nil when it is no login.
func (b *builder) loginOf(op *contract.Operation) *login.Setting {
	own, name := of(&b.options, op)
	if own.Login == nil {
		return nil
	}
	return &login.Setting{Account: own.Login.Account, Password: own.Login.Password, Basic: own.Login.Basic, Failed: own.Login.Failed, Succeeded: own.Login.Succeeded, Success: own.Login.Success, Failure: own.Login.Failure,
		Place: b.place.At("operations", name).At("login")}
}

// login protects an operation at which the API judges passwords.
func (b *builder) login(op *contract.Operation, set *settled, _ gate.Mode) any {
	s := b.loginOf(op)
	if s == nil {
		b.adviseLogin(op)
		return nil
	}
	return b.logins.Guard(op, s, b.schemas, b.breachedPasswords(), b.asker(op, set))
}

// breachedPasswords opens the list once.
func (b *builder) breachedPasswords() *login.List {
	l, s := &b.logins, b.options.Logins.BreachedPasswords
	if l.opened || s == nil {
		return l.list
	}
	l.opened = true
	list, err := login.OpenList(string(s.File), l.failed)
	if err != nil {
		cause := err
		if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
			cause = failed.Err
		}
		at := b.place.At("logins", "breached_passwords", "file")
		b.problem(at.Problem("name a file with lines of HASH:COUNT, sorted by SHA-1", "the list of breached passwords cannot be used: %v", cause))
	}
	l.list = list
	return list
}

// loginWords are parts of names of operations at which somebody logs in.
var loginWords = []string{"login", "log-in", "log_in", "signin", "sign-in", "sign_in", "logon", "session", "token", "authenticate", "auth"}

// adviseLogin finds an operation that looks like a login and is not protected as
// one.
func (b *builder) adviseLogin(op *contract.Operation) {
	if op.Method != "POST" || op.Body == nil {
		return
	}
	name := strings.ToLower(op.ID + " " + op.Path)
	if !slices.ContainsFunc(loginWords, func(w string) bool { return strings.Contains(name, w) }) {
		return
	}
	for _, m := range op.Body.Media {
		account, password := credentialsOf(b.contract, m.Schema)
		if password == "" {
			continue
		}
		if account == "" {
			account = "/..."
		}
		b.problem(source.Warn(op.Node, "if somebody logs in here, add to the operation "+op.Name()+" in gatehouse.yaml: login: {account: "+account+", password: "+password+"}",
			"%s takes a password, and whoever guesses one is not held up", op.Name()))
		return
	}
}

// accountNames are what the name of an account is called, the likeliest first.
var accountNames = []string{"email", "username", "user_name", "user", "login", "account", "name", "phone", "id"}

// credentialsOf are the places of account and password in the bodies that a
// schema describes, at its top; "" for none.
func credentialsOf(c *contract.Contract, n *source.Node) (account, password string) {
	if n == nil {
		return "", ""
	}
	best := len(accountNames)
	for name, p := range login.Properties(c, n) {
		pointer := "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
		if format := p.Get("format"); format.Is(source.String) && format.Str() == "password" {
			password = pointer
			continue
		}
		if i := slices.Index(accountNames, strings.ToLower(name)); i >= 0 && i < best {
			account, best = pointer, i
		}
	}
	return account, password
}
