package config

import (
	"net/url"
	"strings"
)

// judgeService knows URLs of services that get secrets: https, or http on this
// machine.
func judgeService(text string) (wrong, hint string) {
	const example = "write it like https://vault.example.com:8200"
	u, err := url.Parse(text)
	switch {
	case strings.Contains(text, "@"): // it may be a password
		return "the URL of the service holds a user or a password", "remove it: the keys beside it say how to log in"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "":
		return quote(text) + " is no URL of a service", example
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return "the URL of the service has more than scheme, host and port", "remove what follows"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return quote(text) + " would send secrets unencrypted", "write https"
	}
	return "", ""
}

var mountForm = expression(`^[A-Za-z0-9][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$`)

// judgeMount knows names that stand in paths of services.
func judgeMount(text string) (wrong, hint string) {
	if len(text) > 300 || !mountForm().MatchString(text) || strings.Contains(text, "..") {
		return quote(text) + " is no name that stands in a path", "use letters, digits, dots, dashes and underscores, with slashes between"
	}
	return "", ""
}

var variableForm = expression(`^[A-Za-z_][A-Za-z0-9_]*$`)

func judgeVariable(text string) (wrong, hint string) {
	if !variableForm().MatchString(text) {
		return quote(text) + " is no name of a variable", "write the name alone, as in SOFTHSM2_CONF"
	}
	return "", ""
}
