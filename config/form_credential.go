package config

import (
	"net/url"
	"strings"
)

// judgeEndpoint knows URLs to which the gate sends what others must not read.
func judgeEndpoint(text string) (wrong, hint string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(text, " \t\n\r"):
		return quote(text) + " is no URL of https", "write it like https://id.example.com/introspect"
	case u.User != nil || strings.ContainsAny(text, "@#"):
		return "the URL of the endpoint holds a user or a fragment", "remove them; who the gate is stands in client_id and client_secret"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "the URL of the endpoint is one of http, and credentials are sent there", "use https"
	}
	return "", ""
}

const keyIDPattern = "^[0-9A-Za-z._~-]{1,100}$"

var keyID = expression(keyIDPattern)

// judgeKeyID knows names that stand in a field without quotes.
func judgeKeyID(text string) (wrong, hint string) {
	if !keyID().MatchString(text) {
		return "the name " + quote(text) + " of a key has other signs than letters, digits and - . _ ~", "write it like acme-1"
	}
	return "", ""
}
