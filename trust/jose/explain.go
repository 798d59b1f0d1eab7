package jose

import (
	"fmt"
	"strings"
	"time"
)

// Outcome is what became of a check. The zero Outcome is one that was not made.
type Outcome uint8

// The outcomes.
const (
	NotMade Outcome = iota
	Passed
	Failed
)

// Step is one check of a token and what became of it.
type Step struct {
	Check   Check
	Outcome Outcome
	// Text says why it failed, or what was found; it may hold what the token
	// says and is for whoever showed the token.
	Text string
}

// Explain judges a token as Verify and then Holds do, with the same checks, but
// goes on behind the first that fails, as far as the others can be made. The
// failure is the first: what the gate would say. The token holds what could be
// read, also when it is refused.
func (v *Verifier) Explain(raw []byte, keys *Set, now int64, audience []string) (*Token, []Step, *Failure) {
	s := state{v: v, raw: raw, keys: keys, now: now, token: new(Token)}
	var list []Step
	var first *Failure
	made := func(c Check, why *Failure, found func(*state) string) {
		step := Step{Check: c, Outcome: Passed}
		if why != nil {
			step.Outcome, step.Text = Failed, why.Text
			if more := s.detail(why, now, audience); more != "" {
				step.Text += ": " + more
			}
			if first == nil {
				first = why
			}
		} else if found != nil {
			step.Text = found(&s)
		}
		list = append(list, step)
	}
	for i := range steps {
		step := &steps[i]
		if step.needs&^s.has != 0 {
			list = append(list, Step{Check: step.check})
			continue
		}
		why := step.run(&s)
		if why == nil {
			s.has |= step.gives
		}
		made(step.check, why, found[step.check])
	}
	for i := range eachTime {
		if s.has&hasClaims == 0 {
			list = append(list, Step{Check: eachTime[i].check})
			continue
		}
		made(eachTime[i].check, eachTime[i].run(v, s.token, now, audience), found[eachTime[i].check])
	}
	return s.token, list, first
}

// found says what a check that passed has found.
var found = map[Check]func(*state) string{
	CheckSize:      func(s *state) string { return fmt.Sprintf("%d bytes of at most %d", len(s.raw), s.v.rules.MaxBytes) },
	CheckAlgorithm: func(s *state) string { return string(s.head.Algorithm) },
	CheckType:      func(s *state) string { return s.head.Type },
	CheckKey: func(s *state) string {
		if s.head.KeyID == "" {
			return "it names none; there is one that fits"
		}
		return s.head.KeyID
	},
	CheckSignature: func(s *state) string { return "of a key of kind " + s.token.Key.Kind() },
	CheckIssuer:    func(s *state) string { return s.token.Issuer },
	CheckSubject:   func(s *state) string { return s.token.Subject },
	CheckAudience:  func(s *state) string { return strings.Join(s.token.Audience, ", ") },
	CheckNotBefore: func(s *state) string { return moment(max(s.token.NotBefore, s.token.Issued)) },
	CheckExpiry:    func(s *state) string { return moment(s.token.Expires) },
	CheckLifetime: func(s *state) string {
		if s.token.Issued == 0 {
			return ""
		}
		return (time.Duration(s.token.Expires-s.token.Issued) * time.Second).String()
	},
}

// moment writes seconds since 1970; "" for none.
func moment(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}

// Decode returns the header and the claims of a token as JSON, without
// verifying anything: for people who want to see what it says.
func Decode(raw []byte) (header, claims []byte, why *Failure) {
	if len(raw) > MaxBytes {
		return nil, nil, tooLarge
	}
	parts, why := split(raw)
	if why != nil && why != formUnsigned {
		return nil, nil, why
	}
	header, ok := decode(nil, parts.header)
	if !ok {
		return nil, nil, formCanonical
	}
	if claims, ok = decode(nil, parts.payload); !ok {
		return nil, nil, formCanonical
	}
	if _, err := ReadObject(header); err != nil {
		return nil, nil, headerJSON
	}
	if _, err := ReadObject(claims); err != nil {
		return nil, nil, claimsJSON
	}
	return header, claims, nil
}

// KeyID is the key id that a token says, "" where it says none. Nothing of it is
// true.
func KeyID(raw []byte) string {
	header, _, why := Decode(raw)
	if why != nil {
		return ""
	}
	object, err := ReadObject(header)
	if err != nil {
		return ""
	}
	id, _ := object["kid"].(string)
	return id
}
