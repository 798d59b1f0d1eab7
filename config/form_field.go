package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

func judgeToken(text string) (wrong, hint string) {
	switch {
	case text == "*":
		return `"*" is no name of a field`, "name each field"
	case !token().MatchString(text):
		return quote(text) + " is no name of a header field", "names have letters, digits and dashes"
	}
	return "", ""
}

// methods that pages may not use (Fetch standard, forbidden methods).
var forbiddenMethods = []string{"CONNECT", "TRACE", "TRACK"}

func judgeMethod(text string) (wrong, hint string) {
	upper := strings.ToUpper(text)
	switch {
	case text == "*":
		return `"*" is no method`, "name each method, or remove the key: by default they are those of the contract"
	case !token().MatchString(text):
		return quote(text) + " is no method", "write it like GET"
	case slices.Contains(forbiddenMethods, upper):
		return "browsers let no page use the method " + upper, "remove it"
	case upper != text && slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"}, upper):
		return "methods are told apart by case, and " + quote(text) + " is another one than " + upper, "write " + upper
	}
	return "", ""
}

// ownFields are request fields that the gate and its engines write, or that
// say how a message is framed or who the client is: nobody else may set them
// (RFC 9110 section 7.6.1, RFC 9112 section 6, RFC 7239).
var ownFields = []string{
	"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "content-length", "host", "expect",
	"forwarded", "via", "date", "accept-encoding", "content-encoding", "content-type", "range", "if-range",
}

// judgeRequestField is for fields that the gate sends to the API.
func judgeRequestField(text string) (wrong, hint string) {
	if wrong, hint = judgeToken(text); wrong != "" {
		return wrong, hint
	}
	lower := strings.ToLower(text)
	switch {
	case slices.Contains(ownFields, lower), strings.HasPrefix(lower, "x-forwarded-"), strings.HasPrefix(lower, "proxy-"):
		return "the field " + text + " is written by the gate itself", "remove it"
	case strings.Contains(text, "_"):
		return "the field " + text + " has an underline, which programs take for a dash", "write " + strings.ReplaceAll(text, "_", "-")
	}
	return "", ""
}

// judgeValue is for values of fields (RFC 9110 section 5.5). What it says
// holds nothing of the value, which is a secret.
func judgeValue(text string) (wrong, hint string) {
	switch {
	case strings.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }):
		return "the value holds a line end or another control character", "look at the end of the variable or the file: one newline at the end of a file is left out, more are not"
	case strings.Trim(text, " \t") != text:
		return "the value begins or ends with a space", "remove it where the value comes from"
	case len(text) > maxFieldValue:
		return "the value is longer than 8 KiB", "servers refuse such fields"
	}
	return "", ""
}

// maxFieldValue bounds one field that the gate adds.
const maxFieldValue = 8 << 10

// judgeOrigin knows "*" and serialised origins (RFC 6454 section 6.2).
func judgeOrigin(text string) (wrong, hint string) {
	const example = "write it like https://app.example.com"
	if text == "*" {
		return "", ""
	}
	if strings.EqualFold(text, "null") {
		return "the origin null is that of every page in a sandbox or a file, so that any page could take it", "give the page an address and name its origin"
	}
	if strings.Contains(text, "*") {
		return quote(text) + " is a pattern, and origins are matched exactly", "name each origin"
	}
	if strings.Contains(text, "@") { // it may be a password, and is not shown
		return "an origin has no user and no password", example
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme == "" || u.Opaque != "" || u.Hostname() == "":
		return quote(text) + " is no origin", example
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return quote(text) + " has more than scheme, host and port", "write " + u.Scheme + "://" + u.Host
	case strings.ToLower(text) != text:
		return quote(text) + " is not in lower case, as browsers write origins", "write " + strings.ToLower(text)
	}
	host := u.Hostname()
	if !isAddress(host) && !isHostname(host) {
		return quote(text) + " names no host", example
	}
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) || strings.HasSuffix(u.Host, ":") {
		return quote(text) + " has no port from 1 to 65535", example
	}
	if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return quote(text) + " names the usual port, which browsers leave out", "write " + strings.TrimSuffix(text, ":"+port)
	}
	return "", ""
}

// judgePointer knows JSON pointers to named members (RFC 6901 section 3).
func judgePointer(text string) (wrong, hint string) {
	const example = "write it as in /email or /user/email"
	if !strings.HasPrefix(text, "/") || len(text) > 500 {
		return quote(text) + " is no JSON pointer", example
	}
	for _, name := range strings.Split(text, "/")[1:] {
		rest := strings.ReplaceAll(strings.ReplaceAll(name, "~0", ""), "~1", "")
		if name == "" || strings.Contains(rest, "~") {
			return quote(text) + " is no JSON pointer to a member", example
		}
	}
	return "", ""
}
