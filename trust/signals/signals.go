// Package signals reads what an issuer of tokens says of them later: that a
// session has ended (OpenID Connect Back-Channel Logout 1.0), or that something
// has happened to a subject (security event tokens, RFC 8417, of CAEP, RISC and
// the Shared Signals Framework). It judges, and says what is to be revoked.
//
// Package console receives the tokens, package serve makes the receivers; it
// imports trust/jose and the words of the store, and knows nothing of HTTP, of
// configuration or of where keys come from.
package signals

import (
	"context"
	"time"

	"github.com/gatehouse-api/gatehouse/store"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// Types of the tokens (OpenID Connect Back-Channel Logout 1.0 section 2.4, RFC
// 8417 section 2.3).
const (
	logoutType = "logout+jwt"
	eventType  = "secevent+jwt"
)

// Bounds.
const (
	MaxBytes      = 16 << 10           // of a token
	logoutLife    = time.Hour          // of a logout token, from iat to exp
	eventLife     = 7 * 24 * time.Hour // of an event token: it may be sent again for days
	maxEvents     = 16                 // of one event token
	maxName       = 1024               // bytes of what is revoked, and of jti
	maxRemembered = 1 << 16            // tokens of each kind that were received
)

// Keys gives the keys of the issuer, as those of its other tokens.
type Keys interface {
	Keys() *jose.Set
	Newer(ctx context.Context, than *jose.Set, id string) (set *jose.Set, wait time.Duration)
	Failing() bool
	Retry(now time.Time) int
}

// Options are what a Receiver is made of.
type Options struct {
	Issuer     string
	Audience   []string // by which the issuer knows the receiver: for logout tokens, the client id
	Algorithms []jose.Algorithm
	Skew       time.Duration
	Untyped    bool // logout tokens may say no type
	// Everything takes back all that was issued to the subject of a logout token
	// that also names a session: for issuers whose access tokens name none.
	Everything bool
	// Lifetime is how long a token of the issuer is good at most, so that a
	// revocation is forgotten when nothing is left of what it is of.
	Lifetime time.Duration
	Keys     Keys
}

// Receiver judges what one issuer says. Many goroutines use it at once.
type Receiver struct {
	options        Options
	logout, events *jose.Verifier
	logouts        memory // that must not come twice
	received       memory // events that need not be kept twice
}

// New returns a receiver, or what is wrong with the options.
func New(o Options) (*Receiver, error) {
	rules := jose.Rules{Issuer: o.Issuer, Audience: o.Audience, Algorithms: o.Algorithms, Skew: o.Skew, MaxBytes: MaxBytes,
		Types: []string{logoutType}, MaxLifetime: logoutLife, Statement: true}
	if o.Untyped {
		rules.Types = append(rules.Types, jose.Absent)
	}
	r := &Receiver{options: o}
	var err error
	if r.logout, err = jose.New(rules); err != nil {
		return nil, err
	}
	rules.Types, rules.MaxLifetime, rules.Endless = []string{eventType}, eventLife, true
	r.events, err = jose.New(rules)
	return r, err
}

// Notice is a token that was good, and what follows of it.
type Notice struct {
	Revocations []store.Revocation
	// Repeated says that it was accepted before: nothing follows again.
	Repeated bool
	seen     *memory
	id       string
	until    int64
}

// Accept remembers a notice whose revocations are kept. It comes behind keeping
// them: what failed may be sent again.
func (*Receiver) Accept(n *Notice, now time.Time) { n.seen.keep(n.id, n.until, now.Unix()) }

// Logout judges a logout token.
func (r *Receiver) Logout(ctx context.Context, raw []byte, now time.Time) (*Notice, *Failure) {
	t, why := r.verify(ctx, r.logout, raw, now)
	if why != nil {
		return nil, why
	}
	n, why := r.notice(&r.logouts, t, now)
	if why != nil {
		return nil, why
	}
	if n.Repeated { // section 2.6, step 7
		return nil, repeated
	}
	if r.logouts.full(now.Unix()) {
		return nil, &Failure{Code: Unavailable, Text: "too many logout tokens are remembered", Retry: 60}
	}
	if n.Revocations, why = r.logoutOf(t, now); why != nil {
		return nil, why
	}
	return n, nil
}

// Events judges a security event token.
func (r *Receiver) Events(ctx context.Context, raw []byte, now time.Time) (*Notice, *Failure) {
	t, why := r.verify(ctx, r.events, raw, now)
	if why != nil {
		return nil, why
	}
	n, why := r.notice(&r.received, t, now)
	if why != nil || n.Repeated { // RFC 8935 section 2: acknowledged as the first was
		return n, why
	}
	if n.Revocations, why = r.eventsOf(t, now); why != nil {
		return nil, why
	}
	return n, nil
}

// notice begins a notice with what both kinds of tokens must have.
func (r *Receiver) notice(seen *memory, t *jose.Token, now time.Time) (*Notice, *Failure) {
	id := t.Text("jti")
	switch {
	case id == "" || len(id) > maxName:
		return nil, noID
	case t.Issued == 0:
		return nil, noTime
	}
	n := &Notice{seen: seen, id: id, until: t.Expires + int64(r.logout.Skew()/time.Second)}
	n.Repeated = seen.has(n.id, now.Unix())
	return n, nil
}

// verify judges the token as such, with newer keys where that may help.
func (r *Receiver) verify(ctx context.Context, v *jose.Verifier, raw []byte, now time.Time) (*jose.Token, *Failure) {
	set := r.options.Keys.Keys()
	t, why := v.Verify(raw, set, now.Unix())
	if why != nil && why.Newer {
		var wait time.Duration
		for range 2 { // another one may have come meanwhile, and not be new enough
			var newer *jose.Set
			if newer, wait = r.options.Keys.Newer(ctx, set, jose.KeyID(raw)); newer == set {
				break
			}
			set = newer
			if t, why = v.Verify(raw, set, now.Unix()); why == nil || !why.Newer {
				break
			}
		}
		if why != nil && why.Newer && wait > 0 { // the issuer says it again
			return nil, &Failure{Code: Unavailable, Text: "the keys of the issuer are fetched again soon", Retry: int((wait + time.Second - 1) / time.Second)}
		}
		if why != nil && why.Newer && (set == nil || r.options.Keys.Failing()) {
			// The key may exist where it cannot be fetched from.
			return nil, &Failure{Code: Unavailable, Text: "the keys of the issuer cannot be fetched", Retry: r.options.Keys.Retry(now)}
		}
	}
	if why == nil {
		why = v.Holds(t, now.Unix(), nil)
	}
	if why != nil {
		return nil, failureOf(why)
	}
	return t, nil
}
