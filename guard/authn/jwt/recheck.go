package jwt

import (
	"bytes"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

var _ gate.RecheckVerifier = (*Verifier)(nil)

// Recheck implements gate.RecheckVerifier: a call that takes long ends when the
// key that its token was signed with is withdrawn. A token in a cookie is not
// looked for again; expiry and revocation end its calls.
func (v *Verifier) Recheck(x *gate.Exchange, use *gate.Use, _ *gate.Principal) *gate.Refusal {
	raw := shown(x, use)
	if raw == nil {
		return nil
	}
	set, now := v.keys.Keys(), time.Now().Unix()
	if e, _ := v.seen.find(raw, now); e != nil && e.current(set) {
		return nil
	}
	if _, why := v.judge.Verify(raw, set, now); why != nil {
		return v.denials.of(why)
	}
	return nil
}

// shown is the token of an exchange that was verified, also where its field is
// not forwarded; nil when it stood elsewhere.
func shown(x *gate.Exchange, use *gate.Use) []byte {
	if use.Place != gate.InAuthorization && use.Place != gate.InHeader {
		return nil
	}
	for i := range x.Fields {
		f := &x.Fields[i]
		if !gate.EqualFold(f.Name, use.Name) {
			continue
		}
		if use.Place == gate.InHeader {
			return f.Value
		}
		_, raw, _ := bytes.Cut(f.Value, []byte(" "))
		return bytes.TrimLeft(raw, " ")
	}
	return nil
}
