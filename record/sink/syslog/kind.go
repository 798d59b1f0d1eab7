package syslog

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/record/sink"
)

// unknownKind stands for a kind that a line does not name (RFC 5424 section 6).
const unknownKind = "-"

// classes are the kinds of events of each class of OCSF, in the gate's own words.
var classes = map[string]string{
	"6003": "exchange", "3002": "authentication", "2004": "alert", "6002": "change", "3004": "change", "1008": "lost",
}

// kindOf is the kind of event of a line, for the MSGID (RFC 5424 section 6.2.7):
// the same word whether the line is the gate's own or in OCSF, where one call may
// have lines of authentication and finding besides.
func kindOf(line []byte) string {
	if kind, ok := sink.Field(line, `"event":"`); ok {
		return printable(string(kind), 32)
	}
	kind, ok := classes[string(classOf(line))]
	switch {
	case !ok:
		return unknownKind
	case kind == "alert" && ofCall(line):
		return "finding"
	}
	return kind
}

// classOf is the number of the class of a line in OCSF, which has four digits.
func classOf(line []byte) []byte {
	_, after, _ := bytes.Cut(line, []byte(`,"class_uid":`))
	return after[:min(4, len(after))]
}

// ofCall reports whether a Detection Finding is about one call: its uid is that of
// the call with a mark.
func ofCall(line []byte) bool {
	uid, _ := sink.Field(line, `"uid":"`)
	return bytes.HasSuffix(uid, []byte("-finding"))
}
