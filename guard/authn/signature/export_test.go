package signature

import "github.com/gatehouse-api/gatehouse/gate"

// Holds reports whether a signature of x is that of its key, whatever it covers.
func Holds(v *Verifier, x *gate.Exchange) bool {
	s, r := v.find(x)
	if r != nil {
		return false
	}
	k := v.keys[s.keyID]
	base, ok := s.base(x)
	return ok && k != nil && k.algorithm.verify(k.key, base, s.signature)
}
