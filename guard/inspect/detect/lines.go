package detect

import "bytes"

// Lines that a value adds to what it is put into: fields of a header or a
// message, a second response, commands of mail, entries of a log. People write
// several lines too, so it is what a line says that counts, and in fields for
// text only what no text says.

var linesWhen = []trigger{{any: cNewline, and: cColon | cSlash | cSpace | cLetter}, {any: cControl}, {any: cBack | cHigh, and: cColon}}

// What the name of a field means.
const (
	ofAnswer = 1 << iota // of an HTTP answer
	ofCall               // of an HTTP request
	ofMail               // of a message
	ofBoth               // says of what kind a body is
)

var headerNames = func() *words {
	t := vocabulary(ofAnswer, `set-cookie set-cookie2 location refresh www-authenticate access-control-allow-origin access-control-allow-credentials content-security-policy
		x-xss-protection link server etag last-modified strict-transport-security x-frame-options cache-control status p3p clear-site-data`, nil)
	vocabulary(ofCall, `host transfer-encoding connection authorization cookie x-forwarded-for x-forwarded-host x-real-ip user-agent referer x-original-url upgrade
		proxy-authorization accept accept-encoding range via expect x-http-method-override`, t)
	vocabulary(ofMail, `to cc bcc from subject reply-to mime-version content-transfer-encoding return-path sender x-mailer x-priority message-id errors-to disposition-notification-to date`, t)
	return vocabulary(ofBoth, "content-type content-length content-disposition content-encoding content-location", t)
}()

// lines finds added lines.
func lines(v *view) {
	b := v.text
	if v.chars&cControl != 0 {
		v.escapes(b)
	}
	hidden := v.layer > 0 && (bytes.Contains(v.raw, []byte("%0")) || bytes.Contains(v.raw, []byte("%E5%98%8")) || bytes.Contains(v.raw, []byte(`\u000`)) || bytes.Contains(v.raw, []byte("&#")))
	for i := 0; i < len(b) && v.best.Score < runs; i++ {
		if b[i] == '\r' || b[i] == '\n' {
			v.line(b, i, hidden)
		} else if b[i] == 0xe5 && peek(b, i+1) == 0x98 && (peek(b, i+2) == 0x8a || peek(b, i+2) == 0x8d) {
			v.headerField(b, i+3, true, true) // U+560A and U+560D, whose last bytes are LF and CR
		} else if b[i] == '\\' && (peek(b, i+1) == 'r' || peek(b, i+1) == 'n') && (starts(b, i, `\r\n`) || is(peek(b, i+2), letter)) && !v.wide() {
			j := i + 2
			if starts(b, i, `\r\n`) {
				j += 2
			}
			v.headerField(b, j, true, false)
		}
	}
}

// line judges the line that begins behind the break at i.
func (v *view) line(b []byte, i int, hidden bool) {
	j := i + 1
	if b[i] == '\r' && peek(b, j) == '\n' {
		j++
	}
	if j >= len(b) || b[j] == '\n' || b[j] == '\r' {
		return
	}
	if starts(b, j, "http/1.") || starts(b, j, "http/2 ") {
		v.found(CRLF, runs-5, AddsResponse)
		return
	}
	if method(b, j) {
		if v.wide() && v.showsCode() {
			v.found(CRLF, odd, AddsResponse)
		} else {
			v.found(CRLF, grave, AddsResponse)
		}
		return
	}
	v.headerField(b, j, hidden, bytes.IndexByte(b[:i], '\n') < 0)
	if !v.wide() {
		v.mailCommand(b, j)
		v.entry(b, j)
	} else if prose(b) <= 2 && (i <= 1 || peek(b, i-1) == '.' && is(peek(b, i-2), blank)) {
		v.mailCommand(b, j) // the value begins with a break, or a line ends a message
	}
}

// method says whether a request line (RFC 9112, section 3) stands at i.
func method(b []byte, i int) bool {
	var w spelling
	j := w.spell(b, i)
	switch string(w.word()) {
	case "get", "post", "put", "delete", "head", "options", "patch", "trace", "connect":
	default:
		return false
	}
	line := b[j:min(len(b), j+4*nearby)]
	if e := bytes.IndexByte(line, '\n'); e >= 0 {
		line = line[:e]
	}
	return len(line) > 1 && line[0] == ' ' && holds(line, " http/1.")
}

// headerField judges a field (RFC 9110, section 5) at i. first: nothing but one
// line stands before it.
func (v *view) headerField(b []byte, i int, hidden, first bool) {
	var name spelling
	j := i
	for j < len(b) && j < i+48 && (wordy(b[j]) || b[j] == '-') {
		name.add(b[j])
		j++
	}
	if name.n == 0 || peek(b, j) != ':' {
		return
	}
	kind := headerNames.get(name.word())
	value := b[skip(b, j+1):]
	if e := bytes.IndexAny(value, "\r\n"); e >= 0 {
		value = value[:e]
	}
	if kind == 0 && starts(b, i, "x-") && len(value) > 0 {
		kind = ofAnswer
	}
	dash := bytes.IndexByte(b[i:j], '-') > 0
	score, class := uint8(odd+15), CRLF
	switch {
	case kind&ofMail != 0:
		class = Mail
		if bytes.IndexByte(value, '@') < 0 && !dash {
			score = odd - 5
		}
	case kind == 0 && v.strictLine():
		score = odd
	case kind == 0:
		return
	case !dash && !v.strictLine() && !hidden && bytes.IndexByte(value, '/') < 0 && bytes.IndexByte(value, '=') < 0:
		score = faint // Location: Berlin
	}
	if v.wide() {
		switch {
		case hidden && class == Mail && i > 1 && bytes.IndexByte(b[:min(i, nearby)], '@') > 0 && prose(b[:i]) == 0:
			score = grave
		case hidden && (dash || class == Mail && bytes.IndexByte(value, '@') >= 0 || kind&ofAnswer != 0 && len(value) > 4):
			score = grave
		case string(name.word()) == "set-cookie" && bytes.IndexByte(value, '=') > 0:
			score = odd + 12
		case string(name.word()) == "bcc" && first && bytes.IndexByte(value, '@') > 0 && len(b) < 300 && prose(b) < 3:
			score = odd + 12
		default:
			score = min(score, odd)
		}
	}
	v.found(class, score, AddsField)
}

// strictLine says whether the field is for one line.
func (v *view) strictLine() bool {
	return v.field == Identifier || v.field == URL || v.field == Filename || v.field == Email || v.field == Name || v.at == Header
}

// mailCommand judges commands of SMTP (RFC 5321), IMAP (RFC 9051) and POP3 at
// the begin of a line.
func (v *view) mailCommand(b []byte, i int) {
	var w, next spelling
	j := w.spell(b, i)
	k := next.spell(b, skip(b, j))
	end := j >= len(b) || b[j] == '\r' || b[j] == '\n'
	switch word := string(w.word()); word {
	case "rcpt", "mail":
		if (string(next.word()) == "to" || string(next.word()) == "from") && peek(b, k) == ':' {
			v.found(Mail, grave, MailCommand)
		}
	case "data", "quit", "rset", "noop", "starttls", "ehlo", "helo", "vrfy", "expn", "capability", "logout", "stat", "dele", "retr", "uidl":
		if word == "ehlo" || word == "helo" || word == "vrfy" || word == "expn" || end && upper(b[i:j]) {
			v.found(Mail, odd, MailCommand)
		}
	default:
		if w.n < 2 || w.n > 6 || !is(b[j-1], digit) || !upper(b[skip(b, j):k]) {
			return
		}
		switch string(next.word()) {
		case "login", "select", "examine", "create", "delete", "rename", "list", "lsub", "append", "fetch", "store", "copy", "search", "logout", "noop", "capability", "expunge", "uid", "status", "authenticate", "quit":
			v.found(Mail, odd, MailCommand)
		}
	}
}

// upper says whether b has capital letters only.
func upper(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(b) > 0
}

// entry judges a line that looks like one of a log, behind one that does not.
func (v *view) entry(b []byte, i int) {
	if logLine(b, i) && !logLine(b, 0) {
		v.found(Log, odd+5, ForgesEntry)
	}
}

// logLine says whether a time or address and a level or request begin a line.
func logLine(b []byte, i int) bool {
	line := b[i:min(len(b), i+nearby)]
	if e := bytes.IndexByte(line, '\n'); e >= 0 {
		line = line[:e]
	}
	if len(line) < 6 {
		return false
	}
	stamp := 0
	for _, c := range line[:min(len(line), 24)] {
		if is(c, digit) {
			stamp++
		}
	}
	if stamp >= 6 && is(line[0], letter) && peek(line, 3) == ' ' && bytes.IndexByte(line[:min(len(line), 16)], ':') > 0 && bytes.Contains(line, []byte("]: ")) {
		return true // Mmm dd hh:mm:ss host program[id]: (RFC 3164, section 4.1)
	}
	level := false
	for _, w := range []string{"info", "warn", "error", "debug", "fatal", "critical", "notice", "trace", "severe"} {
		if k := seek(line[:min(len(line), 64)], 0, w); k >= 0 && (k == 0 || !is(line[k-1], letter)) && !is(peek(line, k+len(w)), letter) {
			level = upper(line[k:k+len(w)]) || k > 0 && (line[k-1] == '[' || line[k-1] == '=') || peek(line, k+len(w)) == ':' && k == 0
			break
		}
	}
	return level && (stamp >= 6 || line[0] == '[' || starts(line, 0, "level=")) || level && leadsLevel(line) || stamp >= 6 && bytes.Contains(line, []byte(" - - [")) || starts(line, 0, "level=")
}

// leadsLevel says whether a line begins with a level in capitals and a colon.
func leadsLevel(line []byte) bool {
	k := 0
	for k < len(line) && line[k] >= 'A' && line[k] <= 'Z' {
		k++
	}
	return k > 3 && peek(line, k) == ':'
}

// escapes judges sequences that drive a terminal (ECMA-48, section 5.4).
func (v *view) escapes(b []byte) {
	for i := 0; i+1 < len(b); i++ {
		if b[i] == 27 && (b[i+1] == '[' || b[i+1] == ']' || b[i+1] == 'P' || b[i+1] == '(' || b[i+1] == 'c') {
			v.found(Log, grave, DrivesTerminal)
			return
		}
	}
	if v.strictLine() && bytes.IndexByte(b, 8) >= 0 {
		v.found(Log, odd, DrivesTerminal)
	}
}
