package apikey

// Unsee has the verifier take a key for one that it has not seen yet.
func (v *Verifier) Unsee(raw []byte) {
	v.seen(raw).state.Store(empty)
}
