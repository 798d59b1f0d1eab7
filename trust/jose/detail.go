package jose

import (
	"fmt"
	"strings"
	"time"
)

// detail says what of the token has failed a check, and what was wanted: for
// whoever looks at one token, since failures themselves hold nothing of it.
func (s *state) detail(why *Failure, now int64, audience []string) string {
	rules := &s.v.rules
	switch why {
	case expired:
		return fmt.Sprintf("at %s, %s ago", moment(s.token.Expires), ago(now-s.token.Expires))
	case notYet:
		from := max(s.token.NotBefore, s.token.Issued)
		return fmt.Sprintf("it begins at %s, in %s", moment(from), ago(from-now))
	case audienceWrong:
		if len(audience) == 0 {
			audience = rules.Audience
		}
		return fmt.Sprintf("it is for %s, and wanted is %s", quoted(s.token.Audience), quoted(audience))
	case issuerWrong:
		return fmt.Sprintf("it is of %s, and wanted is %s", quoted([]string{s.token.Issuer}), quoted([]string{rules.Issuer}))
	case typeRefused:
		return fmt.Sprintf("it is %s, and wanted is %s", quoted([]string{s.head.Type}), quoted(rules.Types))
	case algorithmRefused:
		var names []string
		for _, a := range rules.Algorithms {
			names = append(names, string(a))
		}
		return fmt.Sprintf("it is %s, and wanted is %s", quoted([]string{string(s.head.Algorithm)}), quoted(names))
	case keyUnknown, keyUnfit, keyAmbiguous:
		if s.head.KeyID != "" {
			return "it names " + quoted([]string{s.head.KeyID})
		}
	case lifetimeLong:
		if s.token.Issued != 0 {
			return fmt.Sprintf("it lives %s, and %s is the most", ago(s.token.Expires-s.token.Issued), ago(int64(rules.MaxLifetime/time.Second)))
		}
	}
	return ""
}

// quoted writes names, at most a few and of each not much.
func quoted(names []string) string {
	const most, longest = 5, 100
	var list []string
	for i, name := range names {
		if i == most {
			list = append(list, fmt.Sprintf("%d more", len(names)-most))
			break
		}
		if len(name) > longest {
			name = strings.ToValidUTF8(name[:longest], "") + "…"
		}
		list = append(list, fmt.Sprintf("%q", name))
	}
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " or " + list[n-1]
	}
	return strings.Join(list, "")
}

// ago writes a number of seconds in the two largest units, as people say it.
func ago(seconds int64) string {
	var words []string
	for _, unit := range []struct {
		name string
		size int64
	}{{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}} {
		n := seconds / unit.size
		seconds %= unit.size
		switch {
		case n == 0:
			if len(words) > 0 {
				return words[0]
			}
			continue
		case n == 1:
			words = append(words, "1 "+unit.name)
		default:
			words = append(words, fmt.Sprintf("%d %ss", n, unit.name))
		}
		if len(words) == 2 {
			break
		}
	}
	if len(words) == 0 {
		return "0 seconds"
	}
	return strings.Join(words, " ")
}
