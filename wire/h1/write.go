package h1

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/session"
)

// bodyAllowed follows RFC 9110 section 6.4.1.
func bodyAllowed(status int) bool { return status >= 200 && status != 204 && status != 304 }

// appendHead appends the head of an answer. length is that of its body, -1 when
// nobody knows it.
//
// It is not taken into its caller, on whose stack the exchange waits: idle
// connections keep stacks of 4 KiB.
//
//go:noinline
func (t *turn) appendHead(b []byte, now time.Time, status int, fields []gate.Field, length int64) []byte {
	http10 := t.head.http10
	if http10 {
		b = append(b, "HTTP/1.0 "...)
	} else {
		b = append(b, "HTTP/1.1 "...)
	}
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, reason(status)...)
	b = append(b, '\r', '\n')
	dated := false
	for i := range fields {
		f := &fields[i]
		if f.Gone || session.Framed(f.Name) {
			continue
		}
		dated = dated || isDate(f.Name)
		b = appendField(b, f)
	}
	if !dated {
		b = appendDate(b, now)
	}
	switch {
	case status == 101:
		b = append(b, "Connection: Upgrade\r\nUpgrade: "...)
		b = append(b, t.x.Upgrade...)
		return append(b, "\r\n\r\n"...)
	case !bodyAllowed(status):
	case length >= 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, length, 10)
		b = append(b, '\r', '\n')
	case string(t.head.method) == "HEAD":
	case http10:
		t.closes = true // its end is that of the body (RFC 9112 section 6.3, item 8)
	default:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case t.closes:
		b = append(b, "Connection: close\r\n"...)
	case http10:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	return append(b, '\r', '\n')
}

func appendField(b []byte, f *gate.Field) []byte {
	b = append(b, f.Name...)
	b = append(b, ':', ' ')
	b = append(b, f.Value...)
	return append(b, '\r', '\n')
}

func isDate(name []byte) bool { return len(name) == 4 && gate.EqualFold(name, "Date") }

// moment is the Date field of one second.
type moment struct {
	unix int64
	line []byte
}

var lastMoment atomic.Pointer[moment]

// appendDate appends when the answer was made (RFC 9110 section 6.6.1).
func appendDate(b []byte, now time.Time) []byte {
	m := lastMoment.Load()
	if unix := now.Unix(); m == nil || m.unix != unix {
		m = &moment{unix, now.UTC().AppendFormat(nil, "Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n")}
		lastMoment.Store(m)
	}
	return append(b, m.line...)
}

// reason returns the phrase of a status (RFC 9110 section 15). Nobody needs it;
// people like to read it.
func reason(status int) string {
	if status < 100 || status >= len(reasons) {
		return ""
	}
	return reasons[status]
}

var reasons = [600]string{
	101: "Switching Protocols",
	200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content",
	206: "Partial Content", 207: "Multi-Status", 208: "Already Reported", 226: "IM Used",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
	307: "Temporary Redirect", 308: "Permanent Redirect",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
	411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
	416: "Range Not Satisfiable", 417: "Expectation Failed", 421: "Misdirected Request", 422: "Unprocessable Content", 423: "Locked",
	424: "Failed Dependency", 425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
	431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
	500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
	505: "HTTP Version Not Supported", 506: "Variant Also Negotiates", 507: "Insufficient Storage", 508: "Loop Detected",
	511: "Network Authentication Required",
}
