package ocsf

import "github.com/gatehouse-api/gatehouse/gate"

// authenticated returns the code of a refusal, or of one that would have been,
// that is about a credential or a login; none where the API judged a login.
func authenticated(e *gate.Event) (c gate.Code, ok bool) {
	if e.Denied && aboutCredential(e.Code) {
		return e.Code, true
	}
	for _, c := range e.Would {
		if aboutCredential(c) {
			return c, true
		}
	}
	return gate.Undecided, e.Login != gate.Unjudged
}

// aboutCredential reports whether a code says that a credential, or a login, was
// judged and refused. A call without any credential tried none.
func aboutCredential(c gate.Code) bool {
	switch c {
	case gate.CertificateInvalid, gate.CertificateUnchecked,
		gate.CredentialInvalid, gate.CredentialExpired, gate.CredentialRevoked, gate.CredentialMisplaced, gate.CredentialLocked,
		gate.CredentialUnverified, gate.CredentialRestricted, gate.ProofInvalid, gate.ProofNonce, gate.StepUp,
		gate.LoginLocked, gate.LoginFailed, gate.LoginUnavailable, gate.PasswordBreached:
		return true
	}
	return false
}

const logon = 1

// appendAuthentication appends Authentication.
func (o *Encoder) appendAuthentication(b []byte, e *gate.Event, c gate.Code) []byte {
	right := e.Login == gate.LoginRight
	grade := low
	switch {
	case right && c == gate.Undecided:
		grade = informational
	case c == gate.CredentialLocked, c == gate.LoginLocked, c == gate.CredentialRevoked:
		grade = medium
	}
	l := list{o.begin(b, &authentication, e, logon, grade)}
	l.b = status(l.b, right)
	switch {
	case c != gate.Undecided:
		l.text(`,"status_code":`, c.String())
		l.text(`,"status_detail":`, c.Title())
	case !right:
		l.text(`,"status_detail":`, "the API did not accept the login")
	}
	l.controls(e)
	l.name(`,"user":`)
	if e.Account.IsZero() {
		l.user(e)
	} else {
		l.pseudonym(e.Account)
	}
	l.b = append(l.b, `,"service":{"name":`...)
	l.b = gate.AppendString(l.b, serviceName(e))
	l.b = append(l.b, `},"is_remote":true`...)
	if e.Secure {
		l.b = append(l.b, `,"is_cleartext":false`...)
	} else {
		l.b = append(l.b, `,"is_cleartext":true`...)
	}
	l.source(e)
	l.http(e)
	l.unmapped(e)
	return append(l.b, '}', '\n')
}

func serviceName(e *gate.Event) string {
	if e.API == "" {
		return "unknown"
	}
	return e.API
}

// saysBot reports whether the call was, or would have been, refused as that of a
// program that nobody wants.
func saysBot(e *gate.Event) bool {
	if e.Denied && e.Code == gate.BotSuspected {
		return true
	}
	for _, c := range e.Would {
		if c == gate.BotSuspected {
			return true
		}
	}
	return false
}

// titles say in words what a class of attacks is, as docs/guide/injection.md
// calls it.
var titles = map[string]string{
	"sql": "SQL injection", "nosql": "NoSQL injection", "ldap": "LDAP injection", "xpath": "XPath injection", "command": "Command injection",
	"code": "Code injection", "template": "Template injection", "traversal": "Path traversal", "xss": "Cross-site scripting",
	"xml": "XML external entities", "ssi": "Server-side includes", "crlf": "CRLF injection", "log": "Log injection", "mail": "Mail header injection",
	"prototype": "Prototype pollution", "deserialization": "Unsafe deserialization", "redirect": "Open redirect", "crs": "Match of the Core Rule Set",
}

const (
	created = 1
	ended   = 3 // Close
	// What attacks are called at https://attack.mitre.org.
	attackOfAPIs = `[{"tactic":{"uid":"TA0001","name":"Initial Access"},"technique":{"uid":"T1190","name":"Exploit Public-Facing Application"}}]`
)

// appendFinding appends Detection Finding.
func (o *Encoder) appendFinding(b []byte, e *gate.Event) []byte {
	l := list{o.begin(b, &finding, e, created, severity(e))}
	l.b = append(l.b, `,"status_id":1,"status":"New","is_alert":true`...)
	if e.Finding.Class != "" {
		l.confidence(int64(e.Finding.Score))
	}
	l.controls(e)
	l.b = append(l.b, `,"finding_info":{"uid":"`...)
	l.b = append(l.b, e.ID[:]...)
	l.b = append(l.b, '"')
	if e.Finding.Class != "" {
		l.attack(e)
	} else {
		l.bot(e)
	}
	l.b = append(l.b, '}')
	if e.Finding.Class != "" {
		l.b = append(l.b, `,"attacks":`+attackOfAPIs...)
	}
	l.evidence(e)
	l.unmapped(e)
	return append(l.b, '}', '\n')
}

func (l *list) confidence(score int64) {
	l.number(`,"confidence_score":`, score)
	switch {
	case score >= 80:
		l.b = append(l.b, `,"confidence_id":3,"confidence":"High"`...)
	case score >= 50:
		l.b = append(l.b, `,"confidence_id":2,"confidence":"Medium"`...)
	default:
		l.b = append(l.b, `,"confidence_id":1,"confidence":"Low"`...)
	}
}

// attack appends what a value looks like, without the value.
func (l *list) attack(e *gate.Event) {
	title, ok := titles[e.Finding.Class]
	if !ok {
		title = "Attack"
	}
	l.text(`,"title":`, title)
	from := l.open(`,"types":`, '[')
	l.item(e.Finding.Class)
	l.end(from, ']')
	from = l.open(`,"traits":`, '[')
	for _, r := range e.Finding.Reasons {
		if r != "" {
			l.trait(r)
		}
	}
	l.end(from, ']')
	l.b = append(l.b, `,"analytic":{"type_id":1,"type":"Rule","name":"`...)
	if e.Finding.Class == "crs" {
		l.b = append(l.b, `Core Rule Set"}`...)
	} else {
		l.b = append(l.b, `inspect"}`...)
	}
	l.b = append(l.b, `,"attacks":`+attackOfAPIs...)
}

// bot appends why the call is taken for that of a program that pretends.
func (l *list) bot(e *gate.Event) {
	l.text(`,"title":`, "Program that pretends")
	from := l.open(`,"types":`, '[')
	l.item("bot")
	l.end(from, ']')
	from = l.open(`,"traits":`, '[')
	for name := range e.Signals.Each {
		l.trait(name)
	}
	l.end(from, ']')
	l.b = append(l.b, `,"analytic":{"type_id":1,"type":"Rule","name":"bots"}`...)
}

func (l *list) trait(name string) {
	if l.b[len(l.b)-1] != '[' {
		l.b = append(l.b, ',')
	}
	l.b = append(l.b, `{"name":`...)
	l.b = gate.AppendString(l.b, name)
	l.b = append(l.b, '}')
}

// evidence appends the call.
func (l *list) evidence(e *gate.Event) {
	l.b = append(l.b, `,"evidences":[{`...)
	l.b = append(l.b, `"actor":{"user":`...)
	l.user(e)
	l.b = append(l.b, '}')
	l.api(e)
	l.source(e)
	l.http(e)
	if e.JA4 != "" {
		l.b = append(l.b, `,"ja4_fingerprint_list":[{"type_id":1,"type":"JA4","value":`...)
		l.b = gate.AppendString(l.b, e.JA4)
		l.b = append(l.b, '}', ']')
	}
	l.b = append(l.b, '}', ']')
}
