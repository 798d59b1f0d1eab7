package inspect

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
)

// xml judges a document that no schema describes: what it declares as a whole,
// and each of its texts, values of attributes, comments and instructions. It
// looks for where these stand (XML 1.0, Fifth Edition, section 2), and does not
// ask whether the document is well-formed.
func (g *Guard) xml(x *gate.Exchange, d []byte) gate.Verdict {
	if declared := declaredEncoding(d); len(declared) > 0 && !ascii(media.View(declared)) {
		return x.Deny(unread)
	}
	if v := detect.JudgeAmong(d, detect.JSON, detect.FreeText, g.classes&detect.Only(detect.XML)); v.Class != detect.None && v.Score >= g.free {
		return x.Deny(refusal(&v, "body", ""))
	}
	s := scratches.Get()
	defer s.close()
	s.text = s.text[:0]
	for len(d) > 0 {
		var text []byte
		v := gate.Allow
		if n := bytes.IndexByte(d, '<'); n != 0 {
			if n < 0 {
				n = len(d)
			}
			s.text, d = append(s.text, d[:n]...), d[n:]
			continue
		}
		switch {
		case bytes.HasPrefix(d, cdata): // a part of the text around it
			text, d = until(d[len(cdata):], cdataEnd)
			s.text = append(s.text, text...)
		case bytes.HasPrefix(d, comment): // text goes on behind it
			text, d = until(d[len(comment):], commentEnd)
			v = g.written(x, text)
		case bytes.HasPrefix(d, instruction):
			if text, d = until(d[len(instruction):], instructionEnd); !bytes.HasPrefix(text, declaration) {
				v = g.written(x, text)
			}
		default:
			if v = g.element(x, s); v == gate.Allow {
				d, v = g.tag(x, d[1:])
			}
		}
		if v != gate.Allow {
			return v
		}
	}
	return g.element(x, s)
}

var (
	cdata, cdataEnd             = []byte("<![CDATA["), []byte("]]>")
	comment, commentEnd         = []byte("<!--"), []byte("-->")
	instruction, instructionEnd = []byte("<?"), []byte("?>")
	declaration                 = []byte("xml ")
	encodingName                = []byte("encoding")
)

// element judges the text up to a tag and forgets it.
func (g *Guard) element(x *gate.Exchange, s *scratch) gate.Verdict {
	text := bytes.TrimSpace(s.text)
	s.text = s.text[:0]
	if len(text) < shortest {
		return gate.Allow
	}
	return g.raw(x, text, detect.JSON, "body")
}

// tag judges the values of the attributes of a tag and returns what stands
// behind it.
func (g *Guard) tag(x *gate.Exchange, d []byte) (rest []byte, v gate.Verdict) {
	for i := 0; i < len(d); i++ {
		switch c := d[i]; c {
		case '>':
			return d[i+1:], gate.Allow
		case '"', '\'':
			value := d[i+1:]
			end := bytes.IndexByte(value, c)
			if end >= 0 {
				value = value[:end]
			}
			if len(value) >= shortest {
				if v := g.raw(x, value, detect.JSON, "body"); v != gate.Allow {
					return nil, v
				}
			}
			i += len(value) + 1
		}
	}
	return nil, gate.Allow
}

// until cuts d behind end.
func until(d, end []byte) (text, rest []byte) {
	text, rest, _ = bytes.Cut(d, end)
	return text, rest
}

// declaredEncoding is what a document says of its encoding (section 4.3.3).
func declaredEncoding(d []byte) []byte {
	d = bytes.TrimPrefix(d, []byte("\xef\xbb\xbf"))
	if !bytes.HasPrefix(d, instruction) {
		return nil
	}
	d, _ = until(d[len(instruction):], instructionEnd)
	_, d, _ = bytes.Cut(d, encodingName)
	at := bytes.IndexAny(d, `"'`)
	if at < 0 {
		return nil
	}
	value, _, _ := bytes.Cut(d[at+1:], d[at:at+1])
	return value
}
