package gate

import (
	"context"
	"sync/atomic"
	"time"
)

// Principal is who calls, as a Verifier found out. Once it was returned it is
// immutable and may be shared by many exchanges: verifiers keep it with the
// credential. Its strings are its own and no views of a request.
type Principal struct {
	// ID names the caller for good, across credentials of one authority: the
	// issuer and the subject, as in "https://id.example.com|alice". Owners,
	// limits and locks are keyed by it. It never is empty.
	ID string
	// Credential is the entry of gatehouse.yaml that vouches for the caller.
	Credential string
	Kind       PrincipalKind

	Issuer  string // who says so: of a token its iss, of a certificate its authority's name
	Subject string // the caller, by the issuer's name
	Client  string // the program that acts for the caller: client_id or azp; "" when nobody says
	Tenant  string // the customer that the caller belongs to; "" when nobody says
	Session string // sid; "" for none
	Serial  string // of the credential itself: jti, or the id of a key; "" when it has none

	Scopes []string // sorted, each once (RFC 6749 section 3.3)
	Roles  []string // sorted, each once

	Issued   time.Time     // zero when nobody says
	Skew     time.Duration // by how much the clock that Issued is of may be ahead of the gate's
	Expires  time.Time     // the credential is void from then on; zero for never
	AuthTime time.Time     // when the caller was authenticated (OpenID Connect Core section 2)
	ACR      string        // how well
	AMR      []string      // by which means (RFC 8176)

	// Attributes are what else the authority says that rules may ask for: text,
	// numbers (int64, float64), booleans, lists and maps of these.
	Attributes map[string]any

	// What it is bound to; "" when to nothing. A Verifier has checked it for
	// the exchange; it is here for those who check again.
	CertificateHash string // x5t#S256 (RFC 8705 section 3.1)
	KeyHash         string // jkt (RFC 9449 section 6)

	// Proven is what the credential was verified with, for its Verifier to know it
	// again: a keyed hash that says nothing to anybody else. Zero for none.
	Proven [16]byte

	rights atomic.Pointer[rights]
	kept   atomic.Pointer[[]memory]
	clean  atomic.Uint64
	noted  atomic.Bool
	alias  atomic.Pointer[alias]
}

// Cleared reports whether Clear was called with the same version last: it
// numbers the states of what was revoked, and is above zero.
func (p *Principal) Cleared(version uint64) bool { return p.clean.Load() == version }

// Clear remembers that nothing of p was revoked in the state of a version.
func (p *Principal) Clear(version uint64) { p.clean.Store(version) }

// Note reports whether it is called for the first time.
func (p *Principal) Note() (first bool) {
	return !p.noted.Load() && p.noted.CompareAndSwap(false, true)
}

// PrincipalKind is what kind of caller a principal is. The zero kind is one
// that nobody knows.
type PrincipalKind uint8

// The kinds.
const (
	Unknown  PrincipalKind = iota
	Person                 // somebody
	Program                // a client that acts for itself
	Workload               // a service inside the network
)

var kindNames = [...]string{Unknown: "unknown", Person: "person", Program: "program", Workload: "workload"}

func (k PrincipalKind) String() string { return kindNames[k] }

// Vocabulary numbers the scopes and roles that the operations of one plan ask
// for, so that they are compared as bits. It is immutable once its plan serves.
type Vocabulary struct {
	scopes, roles map[string]int
	more          func(*Principal) (scopes, roles []string)
}

// Extend has principals count as having more scopes and roles than their
// credentials name: those that a configuration grants them. It is called before
// the plan serves; more is asked once for a principal and a plan, by many
// goroutines at once.
func (v *Vocabulary) Extend(more func(p *Principal) (scopes, roles []string)) { v.more = more }

// Rights is a set of scopes and roles of a Vocabulary.
type Rights []uint64

// Scope adds a scope to the set r of words of v.
func (v *Vocabulary) Scope(r Rights, name string) Rights {
	return r.with(v.number(&v.scopes, name))
}

// Role adds a role to the set r of words of v.
func (v *Vocabulary) Role(r Rights, name string) Rights {
	return r.with(v.number(&v.roles, name))
}

func (v *Vocabulary) number(words *map[string]int, name string) int {
	if n, ok := (*words)[name]; ok {
		return n
	}
	if *words == nil {
		*words = make(map[string]int)
	}
	n := len(v.scopes) + len(v.roles)
	(*words)[name] = n
	return n
}

func (r Rights) with(n int) Rights {
	for len(r) <= n/64 {
		r = append(r, 0)
	}
	r[n/64] |= 1 << (n % 64)
	return r
}

// Covers reports whether every word of need is in r.
func (r Rights) Covers(need Rights) bool {
	for i, bits := range need {
		if i >= len(r) {
			if bits != 0 {
				return false
			}
			continue
		}
		if bits&^r[i] != 0 {
			return false
		}
	}
	return true
}

// Meets reports whether some word of any is in r.
func (r Rights) Meets(any Rights) bool {
	for i := range min(len(r), len(any)) {
		if r[i]&any[i] != 0 {
			return true
		}
	}
	return false
}

// rights are those of a principal in the words of one plan. The words stand
// beside the bits, so that another plan never reads bits that mean something
// else to it.
type rights struct {
	of   *Vocabulary
	bits Rights
}

// Rights returns what p may in the words of v. The first exchange of a plan
// looks the words up; the others find them.
func (p *Principal) Rights(v *Vocabulary) Rights {
	if known := p.rights.Load(); known != nil && known.of == v {
		return known.bits
	}
	known := &rights{of: v}
	known.add(v.scopes, p.Scopes)
	known.add(v.roles, p.Roles)
	if v.more != nil {
		scopes, roles := v.more(p)
		known.add(v.scopes, scopes)
		known.add(v.roles, roles)
	}
	p.rights.Store(known)
	return known.bits
}

// add adds those of names that the words have.
func (r *rights) add(words map[string]int, names []string) {
	for _, name := range names {
		if n, ok := words[name]; ok {
			r.bits = r.bits.with(n)
		}
	}
}

// Use is how the operations of one API use a security scheme of its contract.
// It is immutable once its plan serves.
type Use struct {
	Scheme string // as the contract calls it
	Realm  string // of challenges: the name of the API
	// Audience are the names by which tokens may mean the API; one is enough.
	// Empty leaves it to the Verifier's own.
	Audience []string
	// Place is where the contract says that the credential stands.
	Place CredentialPlace
	Name  string // of the header field or the cookie, as the contract writes it
	Auth  string // InAuthorization: the scheme in lower case, as "bearer"
}

// CredentialPlace is where a credential stands. The zero place is nowhere.
type CredentialPlace uint8

// The places.
const (
	Nowhere         CredentialPlace = iota
	InHeader                        // in a field of its own
	InCookie                        // in a cookie
	InAuthorization                 // in the field Authorization
	InCertificate                   // the client certificate of the connection
	InSignature                     // a signature over parts of the request
)

// Verifier judges the credentials that one entry of gatehouse.yaml vouches for.
// It outlives plans. Many goroutines use it at once.
type Verifier interface {
	// Verify judges a credential of x that stands where use says: raw is its
	// text, a view, without the scheme of Authorization; nil where the place is
	// a certificate or a signature. It returns who calls, or why it is refused:
	// exactly one of the two is not nil, and the refusal is shared and not
	// written to. CredentialMissing says that x has no such credential, so that
	// another alternative may be asked; a dependency that fails is
	// CredentialUnverified, never an invalid credential. Verify may add fields
	// to what the client gets, such as a nonce. It does not judge scopes, roles
	// or step-up.
	Verify(x *Exchange, use *Use, raw []byte) (*Principal, *Refusal)
}

// BodyVerifier is a Verifier whose verdict hangs on the body as well. The body
// is then read whole.
type BodyVerifier interface {
	Verifier
	// VerifyBody judges x.Body of an exchange whose head Verify has let pass.
	VerifyBody(x *Exchange, use *Use) *Refusal
}

// RecheckVerifier is a Verifier that is asked again while an exchange takes
// long, beside expiry and revocation, which are looked at anyway. p may be a
// principal that another Verifier made which a configuration had in its place
// when the exchange began: is the credential good by what it knows now? A
// Verifier that is none is not asked as long as it stays the same; one that
// comes into its place ends such exchanges.
type RecheckVerifier interface {
	Verifier
	Recheck(x *Exchange, use *Use, p *Principal) *Refusal
}

type callerKey struct{}

// WithCaller returns a context that tells a handler behind the gate who calls.
func WithCaller(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, callerKey{}, p)
}

// Caller returns whom WithCaller has put into ctx; nil for nobody.
func Caller(ctx context.Context) *Principal {
	p, _ := ctx.Value(callerKey{}).(*Principal)
	return p
}
