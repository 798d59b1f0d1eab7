package config

import (
	"strings"
)

// scopePattern is scope-token of RFC 6749 section 3.3.
const scopePattern = `^[!#-\[\]-~]{1,200}$`

var scope = expression(scopePattern)

func judgeScope(text string) (wrong, hint string) {
	if !scope().MatchString(text) {
		return "the scope " + quote(text) + " is no single word of ASCII", `write each scope on its own, without spaces, " and \`
	}
	return "", ""
}

func judgeRole(text string) (wrong, hint string) {
	if text == "" || len(text) > 100 || strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "the role " + quote(text) + " is no plain text of 1 to 100 characters", "use letters, digits, spaces and signs of ASCII"
	}
	return "", ""
}
