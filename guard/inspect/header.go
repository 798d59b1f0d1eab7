package inspect

import (
	"bytes"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
	"github.com/gatehouse-api/gatehouse/guard/internal/cookie"
)

// inFields are the classes that are looked for in fields and cookies that the
// contract does not name: what programs do with such text is to log it, to
// show it, to store it, and to pass it to a command. The grammar of fields such
// as Accept is full of signs that queries and paths have as well.
var inFields = detect.Only(detect.SQL, detect.Command, detect.Code, detect.Template, detect.Traversal, detect.XSS, detect.SSI, detect.CRLF, detect.Log,
	detect.Deserialization, detect.XML)

// opaque are fields that others judge, or that nobody but the gate reads.
var opaque = [...]string{"Authorization", "Proxy-Authorization", "Host", "Content-Type", "Content-Length", "DPoP", "Signature", "Signature-Input", "Content-Digest"}

// fields judges fields and cookies that the contract does not name.
func (g *Guard) fields(x *gate.Exchange) gate.Verdict {
	declared := !x.Failed("request")
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone || plain(f.Value) {
			continue
		}
		if len(f.Name) == len("Cookie") && gate.EqualFold(f.Name, "Cookie") {
			if v := g.inCookies(x, f.Value, declared); v != gate.Allow {
				return v
			}
			continue
		}
		if listed(opaque[:], f.Name) || declared && listed(g.headers, f.Name) {
			continue
		}
		if len(f.Name) == len("User-Agent") && gate.EqualFold(f.Name, "User-Agent") && agent(f.Value) || len(f.Name) >= len("Accept") && gate.EqualFold(f.Name[:len("Accept")], "Accept") && ranges(f.Value) {
			continue
		}
		field := g.header.field
		if gate.EqualFold(f.Name, "Referer") || gate.EqualFold(f.Name, "Origin") {
			if place(f.Value) {
				continue
			}
			field = detect.URL
		}
		if v := g.undeclared(x, f.Value, detect.Header, field, "header"); v != gate.Allow {
			return v
		}
	}
	return gate.Allow
}

// inCookies judges the values of cookies one by one, split as package cookie
// splits them, and a string that some server could split otherwise as a whole.
func (g *Guard) inCookies(x *gate.Exchange, raw []byte, declared bool) gate.Verdict {
	for at := 0; at < len(raw); {
		p, next, ok := cookie.Next(raw, at)
		if !ok {
			return g.undeclared(x, raw[at:], detect.Cookie, g.header.field, "cookie")
		}
		if value := p.Value(raw); !plain(value) && !(declared && isListed(g.cookies, p.Name(raw))) {
			if v := g.undeclared(x, value, detect.Cookie, g.header.field, "cookie"); v != gate.Allow {
				return v
			}
		}
		at = next
	}
	return gate.Allow
}

func (g *Guard) undeclared(x *gate.Exchange, value []byte, at detect.Position, field detect.Field, in string) gate.Verdict {
	v := detect.JudgeAmong(value, at, field, g.classes&inFields)
	if v.Class == detect.None || v.Score < g.header.threshold {
		return gate.Allow
	}
	return x.Deny(refusal(&v, in, ""))
}

// plainest is how long a value may be that could be base64 of something.
const plainest = 32

// plain reports whether a value of a field can hold none of inFields: it is of
// words and signs of which no grammar makes an end, an operator or a command,
// in lists at most. Most values are, and need not be read by grammars then.
func plain(value []byte) bool {
	if len(value) < shortest || string(value) == "*/*" {
		return true
	}
	apart := len(value) < plainest
	for i, c := range value {
		switch plainBytes[c] {
		case 0:
			return false
		case 2: // no base64, but for what follows its name
			if c == ',' && i >= 6 && string(value[i-6:i]) == "base64" {
				return false
			}
			apart = true
		case 3: // not twice: the folder above, a comment of SQL
			if i > 0 && value[i-1] == c {
				return false
			}
			apart = apart || c == '.'
		case 4:
			if value[i-1] != ',' {
				return false
			}
		}
	}
	return apart
}

// plainBytes are the bytes of plain values, by how plain treats them.
var plainBytes = func() (t [256]uint8) {
	for c := range 128 {
		switch b := byte(c); {
		case b|0x20 >= 'a' && b|0x20 <= 'z', b >= '0' && b <= '9', b == '_', b == '=', b == '@', b == '~':
			t[c] = 1
		case b == ':', b == ',':
			t[c] = 2
		case b == '.', b == '-', b == '/':
			t[c] = 3
		case b == ' ':
			t[c] = 4
		}
	}
	return t
}()

// listed compares as names of fields do (RFC 9110 section 5.1).
func listed(list []string, name []byte) bool {
	for _, n := range list {
		if len(n) == len(name) && gate.EqualFold(name, n) {
			return true
		}
	}
	return false
}

// isListed compares as names of cookies do: by case.
func isListed(list []string, name []byte) bool {
	for _, n := range list {
		if bytes.Equal(name, []byte(n)) {
			return true
		}
	}
	return false
}
