package gate

import (
	"errors"
	"net"
	"strconv"
	"unicode/utf8"
)

// problemBase is where the types of problems are documented (RFC 9457 section
// 3.1.1: a type that can be resolved should lead to its documentation).
const problemBase = "https://github.com/gatehouse-api/gatehouse/blob/main/docs/refusals.md#"

var (
	fieldContentType  = []byte("Content-Type")
	typeOctets        = []byte("application/octet-stream")
	fieldCacheControl = []byte("Cache-Control")
	fieldTypeOptions  = []byte("X-Content-Type-Options")
	fieldRetryAfter   = []byte("Retry-After")
	valueProblem      = []byte("application/problem+json")
	valueNoSniff      = []byte("nosniff")
	valueNoStore      = []byte("no-store")
)

// refuse makes the one reply of a refusal: a problem document (RFC 9457) that
// holds the code, the exchange's id and what the contract says, and nothing
// of the request. Fields that the refusing guard left in x.Reply are kept.
func (g *Gate) refuse(x *Exchange) {
	r := &x.Refusal
	if r.Cause != nil && r.Code.Status() >= 500 {
		g.log.Warn("failed", "id", x.ID.String(), "guard", x.Guard, "code", r.Code.String(), "cause", causeText(r.Cause))
	}
	x.Reply.Status = r.status()
	x.Reply.Close = x.Broken != Undecided || x.Incoming != nil && x.Body == nil || r.Code == BodyTooLarge
	x.Reply.Fields = append(x.Reply.Fields,
		Field{Name: fieldContentType, Value: r.media()},
		Field{Name: fieldCacheControl, Value: valueNoStore},
		Field{Name: fieldTypeOptions, Value: valueNoSniff})
	if r.Retry == 0 && r.Code.Status() == 503 {
		r.Retry = 1
	}
	if r.Retry > 0 { // RFC 9110 section 10.2.3
		x.Reply.Fields = append(x.Reply.Fields, Field{Name: fieldRetryAfter, Value: strconv.AppendInt(nil, int64(r.Retry), 10)})
	}
	if r.Page != nil {
		x.Reply.Body = r.Page
		return
	}
	x.reply = appendProblem(x.reply[:0], x)
	x.Reply.Body = x.reply
}

var valuePage = []byte("text/html; charset=utf-8")

// media is what the reply of a refusal is of.
func (r *Refusal) media() []byte {
	if r.Page != nil {
		return valuePage
	}
	return valueProblem
}

// causeText is what the log says of a cause. Errors of the network name both
// ends of a connection, of which one may be a person's: only what went wrong
// is kept.
func causeText(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op != "dial" {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

func appendProblem(b []byte, x *Exchange) []byte {
	r := &x.Refusal
	b = append(b, `{"type":"`+problemBase...)
	b = append(b, r.Code.String()...)
	b = append(b, `","title":"`...)
	b = append(b, r.Code.Title()...)
	b = append(b, `","status":`...)
	b = strconv.AppendInt(b, int64(r.status()), 10)
	b = append(b, `,"code":"`...)
	b = append(b, r.Code.String()...)
	b = append(b, `","id":"`...)
	b = append(b, x.ID[:]...)
	b = append(b, '"')
	b = appendMember(b, "detail", r.Detail)
	b = appendMember(b, "in", r.In)
	b = appendMember(b, "name", r.Name)
	if r.Pointer != "" || (r.In == "body" || r.In == "answer" && r.Name == "") && r.Keyword != "" { // "" is the whole body
		b = append(b, `,"pointer":`...)
		b = AppendString(b, r.Pointer)
	}
	if r.In != "" { // which check a credential has failed is for the operator
		b = appendMember(b, "keyword", r.Keyword)
	}
	return append(b, '}', '\n')
}

func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return AppendString(b, value)
}

// AppendString appends s as a JSON string (RFC 8259 section 7). Bytes that
// are not UTF-8 become U+FFFD.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0
	for plain < len(s) && asIs[s[plain]] {
		plain++
	}
	b = append(b, s[:plain]...)
	for _, c := range s[plain:] {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case mustEscape(c):
			const hex = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}

// asIs are the bytes that stand in a JSON string as they are.
var asIs = func() (list [256]bool) {
	for c := range utf8.RuneSelf {
		list[c] = !mustEscape(rune(c))
	}
	return list
}()

// mustEscape reports whether c is written as an escape: what JSON demands,
// and what would matter to a page that shows the text.
func mustEscape(c rune) bool {
	return c < 0x20 || c == 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&'
}
