package upstream

import (
	"bytes"
	"errors"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/wire/internal/chunk"
	"github.com/gatehouse-api/gatehouse/wire/internal/octet"
)

// follower follows the framing of answers on one connection (RFC 9112 section
// 6) and refuses what has two readings: line ends other than CRLF, folded
// lines, white space before a colon, a length that is repeated or stands
// beside a coding, any coding but chunked, and bytes that no request asked
// for.
type follower struct {
	phase  phase
	head   bool   // the request was HEAD, whose answer has no body
	line   []byte // the part of a line that came so far
	status int    // 0 before the status line
	http10 bool
	left   int64 // of a body with Content-Length
	chunks chunk.Scanner

	lengths, codings int // fields seen
}

// phase says what comes next on the connection.
type phase uint8

const (
	nothing phase = iota // no request is waiting
	inHead
	inFixed
	inChunks
	untilClose
)

// begin expects an answer.
func (f *follower) begin(head bool) {
	f.head = head
	f.expect()
}

func (f *follower) expect() {
	f.phase, f.status, f.line, f.left = inHead, 0, f.line[:0], 0
	f.lengths, f.codings = 0, 0
}

var (
	errUnasked = errors.New("the API sent bytes behind its answer")
	errHead    = errors.New("the head of the API's answer is not well-formed HTTP/1.1")
	errLength  = errors.New("the API's answer states its length in more than one way")
	errCoding  = errors.New("the API's answer has a transfer coding other than chunked")
	errChunks  = errors.New("the chunked coding of the API's answer is broken")
)

// follow takes bytes as they came and returns how many of them, moved
// together at the beginning of p, are passed on.
func (f *follower) follow(p []byte) (kept int, err error) {
	at := 0
	for at < len(p) && err == nil {
		switch f.phase {
		case nothing:
			return kept, errUnasked
		case inHead:
			n := f.collect(p[at:])
			if err = f.take(); err == nil { // else the transport must not see the line
				kept += copy(p[kept:], p[at:at+n])
			}
			at += n
		case inChunks:
			in, out, ok := f.chunks.Scan(p[kept:], p[at:])
			if at, kept = at+in, kept+out; !ok {
				err = errChunks
			} else if f.chunks.Done() {
				f.phase = nothing
			}
		default:
			n := len(p) - at
			if f.phase == inFixed {
				n = int(min(int64(n), f.left))
				if f.left -= int64(n); f.left == 0 {
					f.phase = nothing
				}
			}
			at, kept = at+n, kept+copy(p[kept:], p[at:at+n])
		}
	}
	return kept, err
}

// collect adds bytes to the line, up to its end, and returns how many.
func (f *follower) collect(p []byte) int {
	n := bytes.IndexByte(p, '\n') + 1
	if n == 0 {
		n = len(p)
	}
	f.line = append(f.line, p[:n]...)
	return n
}

// maxLine bounds what is kept of a line, in bytes; the transport bounds the
// whole head.
const maxLine = 1 << 20

// take reads the line when it is complete.
func (f *follower) take() error {
	line := f.line
	n := len(line) - 2
	switch {
	case len(line) > maxLine:
		return errHead
	case line[len(line)-1] != '\n':
		return nil
	case n < 0 || line[n] != '\r':
		return errHead
	}
	line, f.line = line[:n], line[:0]
	switch {
	case f.status == 0:
		return f.statusLine(line)
	case n == 0:
		return f.end()
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	value = bytes.Trim(value, " \t")
	switch {
	case !ok || !octet.IsToken(name) || !octet.All(value, octet.Value):
		return errHead
	case gate.EqualFold(name, "Content-Length"):
		if f.lengths++; f.lengths > 1 {
			return errLength
		}
		if f.left, ok = octet.Number(value); !ok {
			return errLength
		}
	case gate.EqualFold(name, "Transfer-Encoding"):
		if f.codings++; f.codings > 1 || !gate.EqualFold(value, "chunked") {
			return errCoding
		}
	}
	return nil
}

// statusLine reads "HTTP/1.x SP 3DIGIT [SP reason]" (RFC 9112 section 4; the
// last space is missing in the answers of many servers).
func (f *follower) statusLine(line []byte) error {
	const start = "HTTP/1.1 200"
	if len(line) < len(start) || string(line[:7]) != "HTTP/1." || line[7] != '1' && line[7] != '0' || line[8] != ' ' ||
		len(line) > len(start) && line[len(start)] != ' ' || !octet.All(line, octet.Value) {
		return errHead
	}
	n, ok := octet.Number(line[9:12])
	if !ok || n < 100 {
		return errHead
	}
	f.http10, f.status = line[7] == '0', int(n)
	return nil
}

// end decides how the body ends (RFC 9112 section 6.3).
func (f *follower) end() error {
	switch {
	case f.codings > 0 && (f.lengths > 0 || f.http10):
		return errLength
	case f.status < 200 && f.status != 101:
		f.expect() // the final answer follows
	case f.head, f.status == 101, f.status == 204, f.status == 304, f.lengths > 0 && f.left == 0:
		f.phase = nothing
	case f.codings > 0:
		f.phase = inChunks
		f.chunks.Start()
	case f.lengths > 0:
		f.phase = inFixed
	default:
		f.phase = untilClose
	}
	return nil
}
