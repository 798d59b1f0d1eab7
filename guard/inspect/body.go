package inspect

import (
	"bytes"
	"strings"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
	"github.com/gatehouse-api/gatehouse/guard/internal/media"
)

// Body inspects a body that was read whole.
func (g *Guard) Body(x *gate.Exchange) gate.Verdict {
	if x.BodyJSON == nil {
		return g.undescribed(x)
	}
	s := scratches.Get()
	defer s.close()
	if v := g.spans(x, s, x.BodyJSON, x.Schema.Spans, detect.JSON, "body", ""); v != gate.Allow {
		return v
	}
	return g.bodyParts(x, s)
}

// bodyParts judges what was heard of the body beside its text: names of files.
func (g *Guard) bodyParts(x *gate.Exchange, s *scratch) gate.Verdict {
	parts := x.Heard.Parts
	i := len(parts)
	for i > 0 && parts[i-1].In == "body" {
		i--
	}
	return g.heard(x, s, i)
}

// undescribed judges a body that no schema has accepted: its media type has none
// in the contract, or the guard of requests refused it and only observes. Servers
// differ in how they split such a body, so each text is judged as it stands,
// with the codings around it. What nobody can read is refused.
func (g *Guard) undescribed(x *gate.Exchange) gate.Verdict {
	if len(x.Body) == 0 {
		return gate.Allow
	}
	value, _ := x.Field("Content-Type")
	m, _ := media.Read(value)
	if x.Failed("request") {
		if m.Kind() == media.Form {
			return g.pairs(x, x.Body, detect.Form, "body")
		}
		return g.raw(x, x.Body, detect.JSON, "body")
	}
	if !legible(&m, x.Body) {
		return x.Deny(unread)
	}
	switch m.Kind() {
	case media.JSON: // one that is well-formed has been read
		f := x.Schema.Fault()
		return x.Deny(gate.Refusal{Code: gate.BodySyntax, In: "body", Pointer: f.Pointer, Detail: f.Want})
	case media.Form:
		return g.pairs(x, x.Body, detect.Form, "body")
	case media.XML:
		return g.xml(x, x.Body)
	}
	if strings.EqualFold(m.Sub, "csv") || strings.EqualFold(m.Sub, "tab-separated-values") {
		return g.records(x, x.Body)
	}
	return g.written(x, x.Body)
}

var unread = gate.Refusal{Code: gate.BodyCharset, In: "body", Detail: "the charset must be UTF-8"}

// legible reports whether a body can be read without a change of its charset:
// it is ASCII, or has ASCII in it as it is. Others hide from whoever reads bytes
// what a server makes of them.
func legible(m *media.Type, body []byte) bool {
	charset, stated := m.Param("charset")
	return (!stated || ascii(charset)) && bytes.IndexByte(body, 0) < 0
}

// ascii reports whether the first half of a charset is that of ASCII.
func ascii(charset string) bool {
	for _, name := range [...]string{"utf-8", "us-ascii", "iso-8859-", "windows-125"} {
		if len(charset) >= len(name) && strings.EqualFold(charset[:len(name)], name) {
			return true
		}
	}
	return false
}

// raw judges text that nobody has read.
func (g *Guard) raw(x *gate.Exchange, text []byte, at detect.Position, in string) gate.Verdict {
	return g.text(x, text, at, in, g.loose.field, g.loose.threshold)
}

// written judges what people write.
func (g *Guard) written(x *gate.Exchange, text []byte) gate.Verdict {
	return g.text(x, text, detect.JSON, "body", detect.FreeText, g.free)
}

func (g *Guard) text(x *gate.Exchange, text []byte, at detect.Position, in string, field detect.Field, threshold uint8) gate.Verdict {
	v := detect.JudgeAmong(text, at, field, g.classes)
	if v.Class == detect.None || v.Score < threshold {
		return gate.Allow
	}
	return x.Deny(refusal(&v, in, ""))
}

// pairs judges names and values of a query or a form that nobody has read.
func (g *Guard) pairs(x *gate.Exchange, raw []byte, at detect.Position, in string) gate.Verdict {
	for len(raw) > 0 {
		var pair []byte
		pair, raw, _ = bytes.Cut(raw, ampersand)
		name, value, _ := bytes.Cut(pair, equals)
		if v := g.name(x, name, at, in); v != gate.Allow {
			return v
		}
		if v := g.raw(x, value, at, in); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}

// name judges a name that nobody has read: as a text, and as a way into an object.
func (g *Guard) name(x *gate.Exchange, name []byte, at detect.Position, in string) gate.Verdict {
	if bytes.IndexByte(name, '%') >= 0 {
		s := scratches.Get()
		defer s.close()
		s.text = detect.FromWire(s.text[:0], name, at)
		if v := g.judgeName(s.text); v.Class != detect.None {
			return x.Deny(refusal(&v, in, ""))
		}
	} else if v := g.judgeName(name); v.Class != detect.None {
		return x.Deny(refusal(&v, in, ""))
	}
	return g.raw(x, name, at, in)
}

var (
	ampersand = []byte("&")
	equals    = []byte("=")
)

// records judges a table record by record: a line, but for line ends in quotes
// (RFC 4180 section 2).
func (g *Guard) records(x *gate.Exchange, table []byte) gate.Verdict {
	start, quoted := 0, false
	for i := 0; i <= len(table); i++ {
		switch {
		case i < len(table) && table[i] == '"':
			quoted = !quoted
		case i == len(table), table[i] == '\n' && !quoted:
			if v := g.written(x, table[start:i]); v != gate.Allow {
				return v
			}
			start = i + 1
		}
	}
	return gate.Allow
}
