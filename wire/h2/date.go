package h2

import (
	"sync/atomic"
	"time"
)

// moment is the field block of Date in one second.
type moment struct {
	unix  int64
	block []byte
}

var lastMoment atomic.Pointer[moment]

// appendDate appends when the answer was made (RFC 9110 section 6.6.1).
func appendDate(b []byte, now time.Time) []byte {
	m := lastMoment.Load()
	if unix := now.Unix(); m == nil || m.unix != unix {
		text := now.UTC().AppendFormat(nil, "Mon, 02 Jan 2006 15:04:05 GMT")
		m = &moment{unix, appendField(nil, []byte("date"), text)}
		lastMoment.Store(m)
	}
	return append(b, m.block...)
}
