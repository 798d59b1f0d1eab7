package jwt

import (
	"errors"
	"sync"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust/jose"
)

// denials are the refusals of failures, each made once: there are no more than
// package jose has of them.
type denials struct{ known sync.Map }

var codes = map[jose.Kind]gate.Code{
	jose.Invalid:    gate.CredentialInvalid,
	jose.Expired:    gate.CredentialExpired,
	jose.Unverified: gate.CredentialUnverified,
}

func (d *denials) of(why *jose.Failure) *gate.Refusal {
	if r, ok := d.known.Load(why); ok {
		return r.(*gate.Refusal)
	}
	r, _ := d.known.LoadOrStore(why, &gate.Refusal{Code: codes[why.Kind], Keyword: string(why.Check), Cause: why})
	return r.(*gate.Refusal)
}

// unboundable is a token that says that it is bound, to what nobody can check.
var unboundable = &gate.Refusal{Code: gate.ProofInvalid, Cause: errors.New("the token is bound to what cannot be checked")}
