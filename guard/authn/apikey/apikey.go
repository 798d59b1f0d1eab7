// Package apikey verifies the API keys that the gate gave out. It keeps those of
// one environment in memory, as the store has them, and follows what changes.
// Package serve makes its verifiers; it imports gate, the form of keys and the
// words of the store, and knows nothing of the engine that asks it or of other
// verifiers.
package apikey

import (
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust/apikey"
)

// Options are one entry of the configuration.
type Options struct {
	Name        string // of the entry
	Environment string // of the keys that are good
	// Peppers are those that keys were hashed with: the present one and former
	// ones.
	Peppers []*apikey.Pepper
	// MaxStale is how long keys are good that were not looked at in the store.
	MaxStale time.Duration
	Log      *slog.Logger // nil for nobody
}

// Verifier is a gate.Verifier of API keys. Run fills it; until then every key is
// one that cannot be verified.
type Verifier struct {
	options Options
	index   index
	fresh   atomic.Int64 // when what is known was all there is, in nanoseconds since 1970; 0 for never
	uses    chan *entry  // to be written down; when it is full, a use is lost
	lost    atomic.Int64 // uses that were
}

// waitingUses bounds uses that wait to be written down.
const waitingUses = 8192

// New returns a verifier.
func New(o Options) *Verifier {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v := &Verifier{options: o, uses: make(chan *entry, waitingUses)}
	v.index.init()
	return v
}

var _ gate.RecheckVerifier = (*Verifier)(nil)

// Refusals tell a client no more than that: which keys there are is nobody's
// business.
var (
	missing    = &gate.Refusal{Code: gate.CredentialMissing}
	malformed  = refusal(gate.CredentialInvalid, "the text is no API key, or was mistyped")
	elsewhere  = refusal(gate.CredentialInvalid, "the API key is for another environment")
	unknown    = refusal(gate.CredentialInvalid, "nobody knows the API key")
	expired    = refusal(gate.CredentialExpired, "the API key has expired")
	revoked    = refusal(gate.CredentialRevoked, "the API key was revoked")
	address    = refusal(gate.CredentialRestricted, "the API key is not for clients of this address")
	operation  = refusal(gate.CredentialRestricted, "the API key is not for this operation")
	unverified = &gate.Refusal{Code: gate.CredentialUnverified, Retry: 5, Cause: errors.New("the store of API keys was not reached for longer than max_stale")}
)

func refusal(code gate.Code, cause string) *gate.Refusal {
	return &gate.Refusal{Code: code, Cause: errors.New(cause)}
}

// Verify implements gate.Verifier.
func (v *Verifier) Verify(x *gate.Exchange, _ *gate.Use, raw []byte) (*gate.Principal, *gate.Refusal) {
	if len(raw) == 0 {
		return nil, missing
	}
	now := x.Received
	if now.IsZero() {
		now = time.Now()
	}
	stale := v.stale(now)
	e := v.seen(raw)
	if e == nil {
		parts, ok := apikey.Parse(raw)
		switch {
		case !ok:
			return nil, malformed
		case string(parts.Environment) != v.options.Environment:
			return nil, elsewhere
		case stale:
			return nil, unverified
		}
		if e = v.index.get(parts.ID); e == nil || !e.matches(raw) {
			return nil, unknown
		}
	}
	if stale {
		return nil, unverified
	}
	if why := e.judge(x, now.UnixMilli()); why != nil {
		return nil, why
	}
	v.use(e, now.Unix())
	return e.principal, nil
}

// stale reports whether too much may have changed since the store was looked at.
func (v *Verifier) stale(now time.Time) bool {
	fresh := v.fresh.Load()
	return fresh == 0 || now.UnixNano()-fresh > int64(v.options.MaxStale)
}

// seen returns the entry of a key that has matched before, after comparing the
// whole of it.
func (v *Verifier) seen(raw []byte) *entry {
	at := apikey.PeekID(raw)
	if at == 0 {
		return nil
	}
	if e := v.index.get(raw[at : at+apikey.IDLength]); e != nil && e.same(raw) {
		return e
	}
	return nil
}

// judge holds a key that is genuine to what it is good for.
func (e *entry) judge(x *gate.Exchange, now int64) *gate.Refusal {
	switch {
	case e.revoked != 0 && now >= e.revoked:
		return revoked
	case e.expires != 0 && now >= e.expires:
		return expired
	case !e.bound:
		return nil
	case len(e.operations) > 0 && (x.Operation == nil || !slices.Contains(e.operations, x.Operation.Name)):
		return operation
	}
	if len(e.addresses) == 0 {
		return nil
	}
	client := x.Client.Unmap()
	for _, network := range e.addresses {
		if network.Contains(client) {
			return nil
		}
	}
	return address
}

// Recheck implements gate.RecheckVerifier: a key that was revoked ends what goes
// on with it.
func (v *Verifier) Recheck(x *gate.Exchange, _ *gate.Use, p *gate.Principal) *gate.Refusal {
	if len(p.Serial) != apikey.IDLength {
		return unknown
	}
	now := time.Now()
	switch e := v.index.get([]byte(p.Serial)); {
	case v.stale(now):
		return unverified
	case e == nil:
		return unknown
	default:
		return e.judge(x, now.UnixMilli())
	}
}
