package upstream

// InFlight is how many exchanges are with the API now.
func (u *Upstream) InFlight() int64 { return u.busy.Load() }
