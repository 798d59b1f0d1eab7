// Package introspection asks an authorization server what a token is (RFC
// 7662), and remembers the answer for as long as the configuration allows. The
// assembly makes its verifiers from gatehouse.yaml; it knows the words of gate
// and nothing of tokens that can be read without asking.
package introspection

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/binding"
	"github.com/gatehouse-api/gatehouse/guard/authn/remember"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// Options are whom to ask, and what is made of the answer.
type Options struct {
	Name string // of the entry of gatehouse.yaml
	URL  string // of the introspection endpoint
	// ClientID and ClientSecret are the gate's own at the server. Without a
	// secret and a key the gate shows the certificate of TLS only, or nothing.
	ClientID, ClientSecret string
	// ClientKey signs who the gate is, in the place of a secret, for
	// ClientAudience: the name of the server, or of its endpoint.
	ClientKey      *jose.Signer
	ClientAudience string
	TLS            *tls.Config   // nil for the system's
	Timeout        time.Duration // of one question; 0 for DefaultTimeout
	// Parallel bounds the questions that are open at once; 0 for DefaultParallel.
	Parallel int
	// Cache is how long a token that is active is not asked for again, at most
	// until it expires; 0 asks at every call.
	Cache time.Duration
	// Stale is how long behind Cache a token that was active is taken when the
	// server does not answer.
	Stale time.Duration
	// Negative is how long a token that is not active is not asked for again.
	Negative time.Duration
	// Entries bounds the tokens that are remembered; 0 for DefaultEntries.
	Entries int

	// Issuer is who the tokens are of: iss, where an answer has it.
	Issuer string
	// Audience are the names of which aud has one, where an API has no own.
	Audience []string
	Skew     time.Duration // between the clocks
	// Roles and Tenant are the members that hold them, as "realm_access.roles";
	// "" is "roles" and no tenant. Attributes are further ones that rules may ask
	// for.
	Roles, Tenant string
	Attributes    []string
	// Kind is what kind of caller the server vouches for; Unknown finds out by
	// the subject.
	Kind   gate.PrincipalKind
	Binder *binding.Binder
	Log    *slog.Logger // nil for none
}

// Defaults of Options.
const (
	DefaultTimeout  = 3 * time.Second
	DefaultParallel = 32
	DefaultEntries  = 10_000
)

const (
	maxToken = 16 << 10 // bytes
	pause    = time.Second
)

// Verifier asks for tokens. Many goroutines use it at once.
type Verifier struct {
	options Options
	client  *http.Client
	base    context.Context
	room    chan struct{} // a question takes one
	active  *remember.Table[answer]
	refused *remember.Table[time.Time] // until when

	failed atomic.Int64 // nanoseconds since 1970: a question failed less than pause before

	mu   sync.Mutex
	open map[string]*question // guarded by mu
}

// answer is what the server said of a token.
type answer struct {
	principal *gate.Principal // nil for one that is not active
	audience  []string
	before    time.Time // nbf; zero when it does not say
	end       time.Time // exp, behind which nothing is remembered; zero when it does not say
	fresh     time.Time // it is asked for again from then on
	stale     time.Time // and not used any more from then on
}

// question is one that is open. Whoever wants the same answer waits for it.
type question struct {
	done chan struct{}
	said *answer // nil when err says why nobody knows
	err  error
}

var _ gate.SchemeVerifier = (*Verifier)(nil)

// New returns a verifier. Questions that are open end with ctx.
func New(ctx context.Context, o Options) (*Verifier, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return nil, errors.New("the URL of the introspection endpoint is none of https")
	}
	if o.Binder == nil {
		return nil, errors.New("nobody judges what tokens are bound to")
	}
	if o.Issuer == "" {
		return nil, errors.New("the issuer of the tokens is missing")
	}
	if err := o.checkClient(); err != nil {
		return nil, err
	}
	setDefaults(&o)
	v := &Verifier{
		options: o, base: ctx, room: make(chan struct{}, o.Parallel), open: map[string]*question{},
		active: remember.New[answer](o.Entries), refused: remember.New[time.Time](o.Entries/4 + 1),
	}
	v.client = &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: o.TLS, MaxIdleConnsPerHost: o.Parallel, MaxConnsPerHost: o.Parallel, IdleConnTimeout: time.Minute,
			DisableCompression: true, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: 64 << 10,
		},
		// A token goes to whom it was meant for and to nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return v, nil
}

func setDefaults(o *Options) {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Parallel <= 0 {
		o.Parallel = DefaultParallel
	}
	if o.Entries <= 0 {
		o.Entries = DefaultEntries
	}
	if o.Roles == "" {
		o.Roles = "roles"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Close gives connections back.
func (v *Verifier) Close() { v.client.CloseIdleConnections() }

// AuthSchemes implements gate.SchemeVerifier.
func (v *Verifier) AuthSchemes(*gate.Use) []gate.AuthScheme { return v.options.Binder.AuthSchemes() }

// The refusals; all are shared.
var (
	tooLong   = invalid("the token is too long")
	inactive  = invalid("the server says that the token is not active")
	notYet    = invalid("the token is not valid yet")
	elsewhere = invalid("the token is for another audience")
	expired   = &gate.Refusal{Code: gate.CredentialExpired}
	unknown   = &gate.Refusal{Code: gate.CredentialUnverified, Retry: 5, Cause: errors.New("the introspection endpoint gives no answer that holds")}
)

func invalid(why string) *gate.Refusal {
	return &gate.Refusal{Code: gate.CredentialInvalid, Cause: errors.New(why)}
}

// Verify implements gate.Verifier.
func (v *Verifier) Verify(x *gate.Exchange, use *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	if len(raw) > maxToken {
		return nil, tooLong
	}
	said := v.active.Get(raw)
	if said == nil || !x.Received.Before(said.fresh) {
		if until := v.refused.Get(raw); until != nil && x.Received.Before(*until) {
			return nil, inactive
		}
		if said = v.renew(x, string(raw), said); said == nil {
			return nil, unknown
		}
		if said.principal == nil {
			return nil, inactive
		}
	}
	if r := v.judge(x, use, said); r != nil {
		return nil, r
	}
	if r := v.options.Binder.Check(x, raw, said.principal); r != nil {
		return nil, r
	}
	return said.principal, nil
}

// renew asks for a token, and falls back on what was said before while the
// configuration allows that. It returns nil when nobody knows.
func (v *Verifier) renew(x *gate.Exchange, token string, before *answer) *answer {
	if before != nil && !x.Received.Before(before.stale) {
		before = nil
	}
	// A server that did not answer just now is not waited for by those who can
	// go on without it.
	if before != nil && x.Received.UnixNano() < v.failed.Load() {
		return before
	}
	said, err := v.ask(x, token)
	if err != nil {
		return before
	}
	return said
}

// judge holds what is known of a token against the exchange.
func (v *Verifier) judge(x *gate.Exchange, use *gate.Use, said *answer) *gate.Refusal {
	if p := said.principal; !p.Expires.IsZero() && !x.Received.Before(p.Expires) {
		return expired
	}
	if x.Received.Add(v.options.Skew).Before(said.before) {
		return notYet
	}
	wanted := use.Audience
	if len(wanted) == 0 {
		wanted = v.options.Audience
	}
	if len(wanted) == 0 {
		return nil
	}
	for _, name := range said.audience {
		for _, own := range wanted {
			if name == own {
				return nil
			}
		}
	}
	return elsewhere
}
