package jose

import "slices"

// always is one check of a token that was verified before: it costs nothing and
// is made for each request.
type always struct {
	check Check
	run   func(v *Verifier, t *Token, now int64, audience []string) *Failure
}

var eachTime = [...]always{
	{CheckNotBefore, (*Verifier).begun},
	{CheckExpiry, (*Verifier).ended},
	{CheckAudience, (*Verifier).meant},
}

// Holds judges what changes with time and with whom a token is shown to: t must
// have come from Verify of v. now is in seconds since 1970. audience are the
// names of who asks, of which the token must hold one; when there are none it
// is the verifier's own. It makes no garbage.
func (v *Verifier) Holds(t *Token, now int64, audience []string) *Failure {
	for i := range eachTime {
		if why := eachTime[i].run(v, t, now, audience); why != nil {
			return why
		}
	}
	return nil
}

// begun is RFC 7519 section 4.1.5; a token of the future has a wrong clock or
// was made up.
func (v *Verifier) begun(t *Token, now int64, _ []string) *Failure {
	if max(t.NotBefore, t.Issued) > now+v.skew {
		return notYet
	}
	return nil
}

// ended is RFC 7519 section 4.1.4: on or after exp it is void.
func (v *Verifier) ended(t *Token, now int64, _ []string) *Failure {
	if now >= t.Expires+v.skew {
		return expired
	}
	return nil
}

// meant is RFC 7519 section 4.1.3 and RFC 8725 section 3.9.
func (v *Verifier) meant(t *Token, _ int64, audience []string) *Failure {
	if len(audience) == 0 {
		audience = v.rules.Audience
	}
	if len(audience) == 0 {
		return audienceUnknown
	}
	for _, name := range audience {
		if slices.Contains(t.Audience, name) {
			return nil
		}
	}
	return audienceWrong
}
