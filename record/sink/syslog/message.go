package syslog

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-api/gatehouse/record/sink"
)

// Facility says what kind of program a message is of (RFC 5424 section 6.2.1).
type Facility uint8

// Facilities are their names, by number.
var Facilities = []string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// Severities, of RFC 5424 section 6.2.1.
const (
	alert    = 1
	critical = 2
	failure  = 3
	warning  = 4
	notice   = 5
	inform   = 6
)

// sender is what stands in each message of who sends it: the host, the program
// and its process (RFC 5424 sections 6.2.4 to 6.2.6).
func sender(host string, pid int) string {
	return " " + printable(host, 255) + " gatehouse " + strconv.Itoa(pid) + " "
}

// printable is what of a text may stand in a head, at most n bytes; "-" for
// nothing (RFC 5424 section 6).
func printable(text string, n int) string {
	var b []byte
	for i := 0; i < len(text) && len(b) < n; i++ {
		if text[i] > ' ' && text[i] < 0x7f {
			b = append(b, text[i])
		}
	}
	if len(b) == 0 {
		return "-"
	}
	return string(b)
}

// appendFrames appends a message for each line, its length before it (RFC 5425
// section 4.3, RFC 6587 section 3.4.1), and counts them.
func (t *Target) appendFrames(b, lines []byte) (frames []byte, n uint64) {
	for line := range bytes.Lines(lines) {
		t.message = t.appendMessage(t.message[:0], bytes.TrimSuffix(line, []byte{'\n'}), t.count+n)
		n++
		b = strconv.AppendInt(b, int64(len(t.message)), 10)
		b = append(append(b, ' '), t.message...)
	}
	return b, n
}

// appendMessage appends a message (RFC 5424 section 6). Messages are numbered, so
// that a receiver sees gaps (section 7.3.1). JSON is written in ASCII: other text
// would need a mark before it that readers of JSON trip over (section 6.4).
func (t *Target) appendMessage(b, line []byte, number uint64) []byte {
	facility, severity := t.judge(line)
	b = append(b, '<')
	b = strconv.AppendInt(b, int64(facility)*8+int64(severity), 10)
	b = append(b, ">1 "...)
	b = appendTime(b, line)
	b = append(b, t.from...)
	b = append(b, kindOf(line)...)
	b = append(b, ` [meta sequenceId="`...)
	b = strconv.AppendInt(b, int64(number%(1<<31-1))+1, 10)
	b = append(b, `"] `...)
	b = append(b, t.o.Cookie...)
	head := len(b)
	if b = appendASCII(b, line); len(b) <= t.o.MaxMessage {
		return b
	}
	return appendShort(b[:head], line, t.o.MaxMessage-head)
}

// appendTime appends when it happened, as the line has it (RFC 5424 section
// 6.2.3); a line that does not say so happened now.
func appendTime(b, line []byte) []byte {
	text, _ := sink.Field(line, `"time":"`)
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		at = timeOf(line)
	}
	return at.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

// timeOf is when a line in OCSF happened, which has milliseconds since 1970.
func timeOf(line []byte) time.Time {
	if _, after, ok := bytes.Cut(line, []byte(`,"time":`)); ok {
		digits := 0
		for digits < len(after) && after[digits]-'0' < 10 {
			digits++
		}
		if ms, err := strconv.ParseInt(string(after[:digits]), 10, 64); err == nil && ms < 253402300800000 { // the year 10000
			return time.UnixMilli(ms)
		}
	}
	return time.Now()
}

// judge says how much a line matters. One in OCSF says it itself.
func (t *Target) judge(line []byte) (f Facility, severity int) {
	outcome, _ := sink.Field(line, `"outcome":"`)
	f = t.o.Facility
	if string(outcome) == "refused" {
		f = t.o.Refused
	}
	if len(classOf(line)) > 0 {
		return f, severityOf(line)
	}
	return f, severityOfOwn(line, string(outcome))
}

// severityOfOwn is that of a line in the gate's own form.
func severityOfOwn(line []byte, outcome string) int {
	switch outcome {
	case "refused":
		return warning
	case "failed":
		return failure
	case "passed", "replied":
		if bytes.Contains(line, []byte(`,"would_refuse":[`)) {
			return notice
		}
		return inform
	}
	switch kind, _ := sink.Field(line, `"event":"`); string(kind) {
	case "lost":
		return failure
	case "alert":
		word, _ := sink.Field(line, `"severity":"`)
		return severityNamed(string(word))
	}
	return notice
}

// severityNamed is that of an alert, which says its own by a word, as its event in
// OCSF does by a number.
func severityNamed(word string) int {
	switch word {
	case "informational":
		return inform
	case "medium":
		return warning
	case "high":
		return failure
	case "critical":
		return critical
	}
	return notice
}

// severityOf is that of a line in OCSF, which has a number for it.
func severityOf(line []byte) int {
	const field = `"severity_id":`
	at := bytes.Index(line, []byte(field))
	if at < 0 || at+len(field) >= len(line) {
		return notice
	}
	switch line[at+len(field)] {
	case '1':
		return inform
	case '3':
		return warning
	case '4':
		return failure
	case '5':
		return critical
	case '6':
		return alert
	}
	return notice
}

// appendASCII appends JSON with all that is not ASCII escaped (RFC 8259 section
// 7).
func appendASCII(b, text []byte) []byte {
	for len(text) > 0 {
		if text[0] < utf8.RuneSelf {
			b = append(b, text[0])
			text = text[1:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		if r >= 0x10000 {
			r -= 0x10000
			b = appendUnit(b, 0xd800+r>>10)
			r = 0xdc00 + r&0x3ff
		}
		b = appendUnit(b, r)
	}
	return b
}

func appendUnit(b []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(b, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}

// appendShort appends what of a long line tells which event it is, as one JSON
// object of at most n bytes.
func appendShort(b, line []byte, n int) []byte {
	const end = `"shortened":true}`
	top := len(b) + n - len(end)
	b = append(b, '{')
	for _, name := range []string{"time", "event", "class_name", "id", "uid", "title", "alert", "severity", "outcome", "code", "guard", "api", "operation"} {
		value, ok := sink.Field(line, `"`+name+`":"`)
		if !ok {
			continue
		}
		before := len(b)
		text, _ := json.Marshal(string(value)) // of a text, which never fails
		b = append(append(append(b, '"'), name...), `":`...)
		if b = append(appendASCII(b, text), ','); len(b) > top {
			b = b[:before]
		}
	}
	return append(b, end...)
}
