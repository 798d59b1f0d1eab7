package authn

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// StepUp is how callers of an operation must have been authenticated. The zero
// value asks for nothing.
type StepUp struct {
	ACR    []string      // of these classes, one
	AMR    []string      // of these methods, one
	MaxAge time.Duration // since when at most; 0 for any
}

// steppedUp reports whether p was authenticated as all steps ask for.
func (g *Guard) steppedUp(p *gate.Principal, now time.Time) bool {
	for i := range g.steps {
		s := &g.steps[i]
		switch {
		case len(s.ACR) > 0 && !slices.Contains(s.ACR, p.ACR),
			len(s.AMR) > 0 && !slices.ContainsFunc(s.AMR, func(m string) bool { return slices.Contains(p.AMR, m) }),
			s.MaxAge > 0 && (p.AuthTime.IsZero() || now.Sub(p.AuthTime) > s.MaxAge):
			return false
		}
	}
	return true
}

// stepWords are the parameters of a challenge for steps (RFC 9470 section 3):
// classes that fulfil all of them, and the shortest age.
func stepWords(steps []StepUp) (words string) {
	var classes []string
	var age time.Duration
	for _, s := range steps {
		switch {
		case len(s.ACR) == 0:
		case classes == nil:
			classes = s.ACR
		default:
			classes = slices.DeleteFunc(slices.Clone(classes), func(c string) bool { return !slices.Contains(s.ACR, c) })
		}
		if s.MaxAge > 0 && (age == 0 || s.MaxAge < age) {
			age = s.MaxAge
		}
	}
	if len(classes) > 0 {
		words += `, acr_values="` + quotable(strings.Join(classes, " ")) + `"`
	}
	if age > 0 {
		words += `, max_age="` + strconv.FormatInt(int64(age/time.Second), 10) + `"`
	}
	return words
}

// methods says for people by which means callers must have been authenticated,
// for which no challenge has a parameter.
func methods(steps []StepUp) string {
	var texts []string
	for _, s := range steps {
		if len(s.AMR) > 0 {
			texts = append(texts, strings.Join(s.AMR, " or "))
		}
	}
	if len(texts) == 0 {
		return ""
	}
	return "must have been authenticated by " + strings.Join(texts, ", and by ")
}
