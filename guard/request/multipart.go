package request

import (
	"bytes"
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
	"github.com/gatehouse-api/gatehouse/guard/internal/style"
)

// Bounds of a multipart body.
const (
	maxPartHead  = 4 << 10 // bytes of the header of one part
	maxPartLines = 8       // fields in it
	maxBoundary  = 70      // RFC 2046 section 5.1.1
)

// partHead is what the header of a part says, beside its name.
type partHead struct {
	delimiter uint32 // where the part's delimiter begins
	file      bool   // has a filename
	from, to  uint32 // that file name
	unnamed   bool   // and that is empty: no file was chosen, and there is no content
	typed     bool   // has a Content-Type
	media     media.Type
}

// checkBoundary refuses boundaries that some reader would cut or trim, and
// parameters in which some reader would find another one: PHP takes the first
// place at which the word stands for the parameter.
func checkBoundary(x *gate.Exchange, m *media.Type) gate.Verdict {
	known := 1
	if m.Has("charset") {
		known++
	}
	if v, _ := m.Param("boundary"); boundaryFine(v) && m.Params() == known {
		return gate.Allow
	}
	return x.Deny(gate.Refusal{Code: gate.BodyMedia, In: "header", Name: "Content-Type",
		Detail: "the boundary must be 1 to 70 characters of RFC 2046 section 5.1.1 without a space, not ending with a hyphen, and stand beside a charset at most"})
}

func boundaryFine(b string) bool {
	if b == "" || len(b) > maxBoundary || b[len(b)-1] == '-' {
		return false
	}
	for i := range len(b) {
		switch c := b[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		case bytes.IndexByte(boundaryMarks, c) >= 0:
		default:
			return false
		}
	}
	return true
}

var boundaryMarks = []byte("'()+_,-./:=?")

// parts reads a multipart body in one pass (RFC 2046 section 5.1.1, RFC 7578)
// into r.pairs and r.heads. Nothing may stand before the first delimiter and
// nothing after the last but one line end; the delimiter may stand nowhere
// else, not even in another guise of line end.
func (r *reader) parts(raw []byte, boundary string) style.Issue {
	r.pairs, r.heads = r.pairs[:0], r.heads[:0]
	r.Text = append(append(r.Text[:0], "--"...), boundary...)
	dash := r.Text
	if !bytes.HasPrefix(raw, dash) {
		return badMultipart
	}
	for at := 0; ; {
		after := at + len(dash)
		rest := raw[after:]
		if bytes.HasPrefix(rest, dashes) {
			if rest = rest[2:]; len(rest) == 0 || string(rest) == "\r\n" {
				return style.Fine
			}
			return badMultipart
		}
		if !bytes.HasPrefix(rest, lineEnd) {
			return badMultipart
		}
		if len(r.pairs) == maxFormPairs {
			return tooMany
		}
		next := bytes.Index(rest, dash)
		if next < 2 || rest[next-1] != '\n' || rest[next-2] != '\r' {
			return badMultipart
		}
		if bad := r.part(raw, at, after+2, after+next-2); bad != style.Fine {
			return bad
		}
		at = after + next
	}
}

var (
	dashes  = []byte("--")
	lineEnd = []byte("\r\n")
)

// part reads raw[at:end], the header and the content of one part whose
// delimiter begins at delimiter.
func (r *reader) part(raw []byte, delimiter, at, end int) style.Issue {
	p := pair{end: uint32(max(end, 0))}
	h := partHead{delimiter: uint32(delimiter)}
	limit := min(end, at+maxPartHead)
	var seen partFields
	for range maxPartLines + 1 {
		if at+2 > limit {
			return badPartHead // no empty line; also a part without content
		}
		line := bytes.IndexByte(raw[at:limit], '\n')
		if line < 1 || raw[at+line-1] != '\r' {
			return badPartHead
		}
		if line == 1 {
			if p.from = uint32(at + 2); p.eq == 0 {
				return badDisposition
			}
			if seen.stated && seen.length != end-at-2 {
				return badPartHead
			}
			if h.unnamed && end > at+2 {
				return badDisposition // some readers take it for text
			}
			r.pairs, r.heads = append(r.pairs, p), append(r.heads, h)
			return style.Fine
		}
		if bad := seen.field(raw, at, at+line-1, &p, &h); bad != style.Fine {
			return bad
		}
		at += line + 1
	}
	return badPartHead
}

// partFields is what was seen of a part's header.
type partFields struct {
	stated   bool // Content-Length
	encoding bool // Content-Transfer-Encoding
	length   int
}

// field reads raw[at:end], one field of a part's header.
func (s *partFields) field(raw []byte, at, end int, p *pair, h *partHead) style.Issue {
	line := raw[at:end]
	colon := bytes.IndexByte(line, ':')
	if colon < 1 {
		return badPartHead
	}
	for _, c := range line {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return badPartHead
		}
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	for _, c := range name {
		if !media.Tokens[c] {
			return badPartHead
		}
	}
	switch {
	case gate.EqualFold(name, "Content-Disposition"):
		if p.eq != 0 {
			return badPartHead // stands twice
		}
		return disposition(raw, end-len(bytes.TrimLeft(line[colon+1:], " \t")), value, p, h)
	case gate.EqualFold(name, "Content-Type"):
		if h.typed {
			return badPartHead
		}
		var ok bool
		if h.media, ok = media.Parse(media.View(value)); !ok || h.media.Main == "*" || h.media.Sub == "*" || composite(h.media.Main) {
			return badPartType
		}
		h.typed = true
	case gate.EqualFold(name, "Content-Length"):
		if s.stated {
			return badPartHead
		}
		s.stated = true
		return s.number(value)
	case gate.EqualFold(name, "Content-Transfer-Encoding"):
		// Deprecated by RFC 7578 section 4.7; these say that nothing is coded.
		if s.encoding || !gate.EqualFold(value, "binary") && !gate.EqualFold(value, "8bit") && !gate.EqualFold(value, "7bit") {
			return badPartHead
		}
		s.encoding = true
	default:
		return badPartHead
	}
	return style.Fine
}

// composite reports a type that is made of parts itself (RFC 2046 section 5):
// some readers would read them instead of the content, and RFC 7578 section
// 4.3 has done away with them.
func composite(main string) bool {
	return strings.EqualFold(main, "multipart") || strings.EqualFold(main, "message")
}

// number reads a Content-Length, which must be the true one.
func (s *partFields) number(value []byte) style.Issue {
	if len(value) == 0 || len(value) > 10 || style.Digits(value, 0) != len(value) {
		return badPartHead
	}
	for _, c := range value {
		s.length = s.length*10 + int(c-'0')
	}
	return style.Fine
}
