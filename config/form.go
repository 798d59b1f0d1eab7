package config

import (
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// form is what text of one kind must look like. The pattern is for editors
// (JSON Schema); it is never stricter than judge, which has the last word.
type form struct {
	pattern string
	// judge returns what is wrong with the text and what to do, "" when it is
	// in order. It is pure.
	judge func(text string) (wrong, hint string)
}

// forms is the table of forms, by the word that tags of fields use.
var forms = map[string]form{
	"address":       {`^[^\s/]*:[0-9]{1,5}$`, judgeAddress},
	"listen":        {`^(?:[^\s/]*:[0-9]{1,5}|unix:/.+|systemd:[!-9;-~]+)$`, judgeListen},
	"url":           {`^(?:https?://[^/?#@\s]+/?|unix:/.+)$`, judgePlace},
	"pin":           {`^sha256/[0-9A-Za-z+/]{43}=$`, judgePin},
	"host":          {`^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$`, judgeHost},
	"feed":          {`^https://[^/?#@\s]+`, judgeFeed},
	"honeypot":      {`^/[!-"$&->@-~]{1,199}$`, judgeHoneypot},
	"fingerprint":   {fingerprintPattern, judgeFingerprint},
	"country":       {`^[A-Z]{2}$`, judgeCountry},
	"target":        {`^(?:\*\.)?[0-9A-Za-z:._/-]+$`, judgeTarget},
	"server-name":   {`^(?:\*\.)?[a-z0-9._-]+$`, judgeServerName},
	"domain":        {`^[a-z0-9._-]+$`, judgeDomain},
	"directory":     {`^https://[^/?#@\s]+(?:/[^?#\s]*)?$`, judgeDirectory},
	"email":         {`^[^@\s]+@[^@\s]+$`, judgeEmail},
	"responder":     {`^https?://[^/?#@\s]+(?:/[^?#\s]*)?$`, judgeResponder},
	"endpoint":      {`^https?://[^/?#@\s]+(?:/[^#@\s]*)?$`, judgeEndpoint},
	"key-id":        {keyIDPattern, judgeKeyID},
	"prefix":        {`^(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$`, judgePrefix},
	"path":          {`^/`, judgePath},
	"pointer":       {`^(?:/(?:[^/~]|~[01])+)+$`, judgePointer},
	"limit-key":     {limitKeyPattern, judgeLimitKey},
	"limit-name":    {limitNamePattern, judgeLimitName},
	"zone":          {`^[A-Za-z0-9+_/-]+$`, judgeZone},
	"origin":        {`^(?:\*|https?://[^/?#@\s]+|[a-z][a-z0-9+.-]*://[^/?#@\s]+)$`, judgeOrigin},
	"method":        {tokenPattern, judgeMethod},
	"token":         {tokenPattern, judgeToken},
	"request-field": {tokenPattern, judgeRequestField},
	"name":          {`^[ -~]{1,100}$`, judgeName},
	"role":          {`^[!-~](?:[ -~]{0,98}[!-~])?$`, judgeRole},
	"environment":   {environmentPattern, judgeEnvironment},
	"scope":         {scopePattern, judgeScope},
	"value":         {"", judgeValue},
	"resource":      {`^https://[^/?#@\s]+(?:/[^?#\s]*)?$`, judgeResource},
	"claim":         {`^[!#-\[\]-~]{1,200}$`, judgeClaim},
	"service":       {`^https?://[^/?#@\s]+/?$`, judgeService},
	"mount":         {`^[A-Za-z0-9][A-Za-z0-9_./-]*$`, judgeMount},
	"variable":      {`^[A-Za-z_][A-Za-z0-9_]*$`, judgeVariable},
	"ledger":        {ledgerPattern, judgeLedger},
	"log-key":       {verifierPattern, judgeLogKey},
	"witness-key":   {verifierPattern, judgeWitnessKey},
	"events":        {`\S`, judgeEvents},
	"sink-name":     {sinkNamePattern, judgeSinkName},
	"line-word":     {lineWordPattern, judgeLineWord},
	"alert-name":    {sinkNamePattern, judgeAlertName},
	"statuses":      {statusesPattern, judgeStatuses},
	"caller-hash":   {callerHashPattern, judgeCallerHash},
	"webhook":       {`^https?://[^/?#@\s]+(?:/[^#@\s]*)?$`, judgeWebhook},
	"topic":         {topicPattern, judgeTopic},
	"broker":        {`^[^/?#@\s]+:[0-9]+$`, judgeBroker},
	"syslog":        {syslogPattern, judgeSyslog},
	"issuer":        {issuerPattern, judgeIssuer},
	"token-type":    {tokenTypePattern, judgeTokenType},
	"keys-url":      {`^https?://[^/?#@\s]+(?:[/?][^#@\s]*)?$`, judgeKeysURL},
}

const tokenPattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

// token is RFC 9110 section 5.6.2; Go reads the pattern as ECMAScript does.
var token = expression(tokenPattern)

const addressHint = "write it like 127.0.0.1:8080"

// judgeAddress knows host:port with a port by number.
func judgeAddress(text string) (wrong, hint string) {
	host, port, ok := cutPort(text)
	if !ok {
		return quote(text) + " is not host:port", addressHint
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return quote(text) + " has no port from 0 to 65535", addressHint
	}
	if host == "" || isHostname(strings.ToLower(host)) || isAddress(host) {
		return "", ""
	}
	return quote(text) + " names no host", addressHint
}

// cutPort splits host:port; IPv6 addresses stand in brackets.
func cutPort(text string) (host, port string, ok bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return "", "", false
	}
	host, port = text[:i], text[i+1:]
	if inner, found := strings.CutPrefix(host, "["); found {
		inner, found = strings.CutSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		return inner, port, found && err == nil && a.Is6()
	}
	return host, port, !strings.ContainsAny(host, ":[]")
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

var hostname = expression(`^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$`)

// isHostname knows names in lower case (RFC 1123 section 2.1, and "_", which
// names inside of clusters have).
func isHostname(host string) bool { return len(host) <= 253 && hostname().MatchString(host) }

func judgeHost(text string) (wrong, hint string) {
	lower := strings.ToLower(text)
	inner, bracket := strings.CutPrefix(text, "[")
	switch host, port, ok := cutPort(text); {
	case text == "":
		return "a host has no name", "remove it: without hosts the API answers for every host that no other one names"
	case strings.Contains(text, "://"):
		return "a host is written as a URL, and hosts are names", "write the host alone"
	case strings.Contains(text, "*"):
		return quote(text) + " is a pattern, and hosts are matched exactly", "name each host, or remove hosts to answer for every one that no other API names"
	case bracket && strings.HasSuffix(inner, "]"):
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		switch {
		case err != nil || !a.Is6() || a.Zone() != "":
			return quote(text) + " is no IPv6 address", ""
		case "["+a.String()+"]" != text:
			return quote(text) + " is not the usual way to write this address", "write [" + a.String() + "]"
		}
		return "", ""
	case ok && port != "" && host != "":
		return quote(text) + " has a port, and hosts are matched without", "write " + host
	case lower != text && isHostname(lower):
		return quote(text) + " is not in lower case", "write " + lower
	case strings.HasSuffix(text, ".") && isHostname(strings.TrimSuffix(text, ".")):
		return quote(text) + " ends in a dot", "write " + strings.TrimSuffix(text, ".")
	case isAddress(text) && strings.Contains(text, ":"):
		return quote(text) + " is an IPv6 address without brackets", "write [" + text + "]"
	case !isHostname(text):
		return quote(text) + " is no host name", "names have letters, digits, dashes and dots; others are written in punycode (xn--...)"
	}
	return "", ""
}

// judgeServerName knows the names that clients ask for by SNI (RFC 6066 section
// 3: no addresses) and, as certificates write them, all of one level.
func judgeServerName(text string) (wrong, hint string) {
	name := strings.TrimPrefix(text, "*.")
	switch {
	case strings.Contains(name, "*"):
		return quote(text) + " is no pattern that certificates know", "write *.example.com for all names with one label more"
	case isAddress(strings.Trim(name, "[]")):
		return quote(text) + " is an address, and clients ask for names only", "leave hosts out to mean those as well that ask for no name"
	}
	return judgeHost(name)
}

// judgeDomain knows names that an authority can find at a gate.
func judgeDomain(text string) (wrong, hint string) {
	switch {
	case strings.Contains(text, "*"):
		return quote(text) + " is a pattern, and certificates for patterns need changes of the DNS", "name each domain"
	case isAddress(strings.Trim(text, "[]")):
		return quote(text) + " is an address, and certificates are obtained for names", ""
	}
	return judgeHost(text)
}

// judgeDirectory knows URLs of https.
func judgeDirectory(text string) (wrong, hint string) {
	if wrong, _ := judgeResponder(text); wrong != "" || !strings.HasPrefix(text, "https://") {
		return quote(text) + " is no plain URL of https", "write it like https://acme.example.com/directory"
	}
	return "", ""
}

var email = expression(`^[^@\s]+@[^@\s]+$`)

func judgeEmail(text string) (wrong, hint string) {
	if !email().MatchString(text) {
		return quote(text) + " is no address of mail", "write it like ops@example.com"
	}
	return "", ""
}

// judgeResponder knows plain URLs, with a path where one is needed.
func judgeResponder(text string) (wrong, hint string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.ContainsAny(text, " \t\n\r"):
		return quote(text) + " is no URL of http or https", "write it like http://ocsp.example.com/"
	case u.User != nil || strings.ContainsAny(text, "@?#"):
		return "the URL of the responder holds more than a host and a path", "remove user, query and fragment: none is sent"
	}
	return "", ""
}

// judgePlace knows where an API can run.
func judgePlace(text string) (wrong, hint string) {
	if path, ok := strings.CutPrefix(text, unixWord); ok {
		return judgeSocket(path)
	}
	return judgeURL(text)
}

// judgePin knows names of keys (RFC 7469 section 2.4).
func judgePin(text string) (wrong, hint string) {
	sum, ok := strings.CutPrefix(text, "sha256/")
	if b, err := base64.StdEncoding.Strict().DecodeString(sum); !ok || err != nil || len(b) != sha256.Size {
		return quote(text) + " names no key", "write sha256/ and the SHA-256 of the key in base64, as gatehouse pins and curl --pinnedpubkey do (there with //)"
	}
	return "", ""
}

func judgeURL(text string) (wrong, hint string) {
	const example = "write it like http://127.0.0.1:9000"
	u, err := url.Parse(text)
	switch {
	case strings.Contains(text, "@"): // also where a slip makes it no user: it may be a password
		return "the URL of the upstream holds a user or a password, and they are not sent", "set fields: {Authorization: ...} with a reference to the secret"
	case err != nil:
		return "the URL of the upstream cannot be read", example
	case u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "":
		return quote(text) + " does not begin with http://, https:// or unix:/", example
	case u.Hostname() == "":
		return quote(text) + " has no host", example
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "the URL of the upstream has more than scheme, host and port", "remove what follows: calls keep their path" // a query may be a key
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return quote(text) + " has no port from 1 to 65535", example
		}
	}
	if host := u.Hostname(); !isAddress(host) && !isHostname(strings.ToLower(host)) {
		return quote(text) + " names no host", example
	}
	return "", ""
}

var claim = expression(`^[!#-\[\]-~]{1,200}$`)

// judgeClaim knows values that challenges list with spaces between them.
func judgeClaim(text string) (wrong, hint string) {
	if !claim().MatchString(text) {
		return quote(text) + " is no word of 1 to 200 characters", "write it as the tokens have it, without spaces"
	}
	return "", ""
}

var prefixForm = expression(`^(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$`) // RFC 3986 section 3.3, pchar without escapes

func judgePrefix(text string) (wrong, hint string) {
	switch {
	case text == "/" || text == "":
		return "the prefix " + quote(text) + " is no path", "remove the key: without a prefix the API stands at the root"
	case !strings.HasPrefix(text, "/"):
		return "the prefix " + quote(text) + " does not begin with a slash", "write /" + text
	case strings.HasSuffix(text, "/"):
		return "the prefix " + quote(text) + " ends in a slash", "write " + strings.TrimRight(text, "/")
	case strings.Contains(text, "//"):
		return "the prefix " + quote(text) + " has an empty segment", "write one slash"
	case slices.ContainsFunc(strings.Split(text, "/"), func(s string) bool { return s == "." || s == ".." }):
		return "the prefix " + quote(text) + " has a segment of dots, which paths are never matched with", "write the path itself"
	case !prefixForm().MatchString(text):
		return "the prefix " + quote(text) + " holds what a path does not hold unescaped", "use letters, digits, dashes and slashes"
	}
	return "", ""
}

// judgePath is for a path that the gate itself asks for, with or without a
// query.
func judgePath(text string) (wrong, hint string) {
	u, err := url.ParseRequestURI(text)
	if err != nil || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.Contains(text, "#") || u.RequestURI() != text {
		return quote(text) + " is no path", "write it like /healthz"
	}
	return "", ""
}

func judgeEvents(text string) (wrong, hint string) {
	if strings.TrimSpace(text) == "" || strings.ContainsRune(text, 0) {
		return quote(text) + " is no file", `name a file, "-" for standard output, or "none"`
	}
	return "", ""
}

// judgeName is for names that stand in challenges (RFC 9110 section 5.6.4).
func judgeName(text string) (wrong, hint string) {
	if text == "" || len(text) > 100 || strings.ContainsAny(text, `"\`) || strings.TrimSpace(text) != text ||
		strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "the name " + quote(text) + " is no plain text of 1 to 100 characters", `use letters, digits, spaces and signs of ASCII but for " and \`
	}
	return "", ""
}
