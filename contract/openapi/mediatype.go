package openapi

import "strings"

// mediaType checks a media type or range (RFC 9110 section 8.3.1 and 12.5.1)
// and returns it with type, subtype and the names of its parameters in lower
// case and without blanks around them.
func mediaType(text string) (string, bool) {
	head, rest, more := strings.Cut(text, ";")
	name, sub, ok := strings.Cut(strings.ToLower(strings.Trim(head, " \t")), "/")
	if !ok || !isToken(name) || !isToken(sub) || name == "*" && sub != "*" {
		return "", false
	}
	if name != "*" && strings.Contains(name, "*") || sub != "*" && strings.Contains(sub, "*") {
		return "", false // ranges are whole: "application/*+json" is none
	}
	out := name + "/" + sub
	for more {
		var param string
		param, rest, more = cutParameter(rest)
		if param = strings.Trim(param, " \t"); param == "" {
			continue
		}
		key, value, ok := strings.Cut(param, "=")
		if !ok || !isToken(key) || !isToken(value) && !isQuoted(value) {
			return "", false
		}
		out += "; " + strings.ToLower(key) + "=" + value
	}
	return out, true
}

// cutParameter cuts at the next semicolon outside of a quoted string.
func cutParameter(s string) (param, rest string, more bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ';' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// isQuoted reports whether s is a quoted string (RFC 9110 section 5.6.4).
func isQuoted(s string) bool {
	if len(s) < 2 || s[0] != '"' {
		return false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i == len(s)-1
		case c == '\\':
			i++
		case c < ' ' && c != '\t' || c == 0x7f:
			return false
		}
	}
	return false
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// suffixRange reports whether text is a range such as application/*+json,
// which some generators write.
func suffixRange(text string) bool {
	_, sub, _ := strings.Cut(text, "/")
	return strings.HasPrefix(sub, "*+") && isToken(sub)
}
