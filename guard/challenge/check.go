package challenge

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"math/bits"
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/authn/replay"
	"github.com/gatehouse-api/gatehouse/guard/internal/cookie"
)

var encoding = base64.RawURLEncoding.Strict()

// finding is what is thought of a proof. The zero finding refuses it.
type finding uint8

const (
	malformed finding = iota
	foreign           // of another key, operation or network
	expired
	wrong // too little work
	used
	full // nothing more can be remembered
	good
)

var findings = [...]string{"form", "foreign", "expired", "work", "used", "full", ""}

func (f finding) String() string { return findings[f] }

// source is where a proof stood.
type source uint8

const (
	nowhere source = iota
	inField
	inCookie
)

// find returns the proof of a request. The field is for the gate alone and goes
// no further.
func find(x *gate.Exchange) ([]byte, source) {
	for i := range x.Fields {
		if f := &x.Fields[i]; !f.Gone && gate.EqualFold(f.Name, proofField) {
			f.Gone = true
			return f.Value, inField
		}
	}
	if value := cookieOf(x, proofCookie); len(value) > 0 {
		return value, inCookie
	}
	return nil, nowhere
}

// cookieOf returns the value of the first cookie of a name.
func cookieOf(x *gate.Exchange, name string) []byte {
	for i := range x.Fields {
		f := &x.Fields[i]
		if f.Gone || !gate.EqualFold(f.Name, "Cookie") {
			continue
		}
		for at, n := 0, 0; at < len(f.Value) && n < cookie.Max; n++ {
			p, next, ok := cookie.Next(f.Value, at)
			if !ok {
				break
			}
			if string(p.Name(f.Value)) == name {
				return p.Value(f.Value)
			}
			at = next
		}
	}
	return nil
}

// proof is one in its parts, views of it.
type proof struct {
	signed  []byte // the puzzle without its MAC
	mac     []byte
	expires int64
	bits    int
}

// parse takes a proof apart. Each has one spelling.
func parse(b []byte) (p proof, ok bool) {
	if len(b) > maxProof {
		return p, false
	}
	var parts [6][]byte
	for i := range parts {
		end := bytes.IndexByte(b, '.')
		if last := i == len(parts)-1; last != (end < 0) {
			return p, false
		} else if last {
			end = len(b)
		}
		parts[i], b = b[:end], b[min(end+1, len(b)):]
	}
	var err, wrong error
	if p.expires, err = strconv.ParseInt(string(parts[1]), 36, 64); err != nil {
		return p, false
	}
	p.bits, wrong = strconv.Atoi(string(parts[2]))
	nonce := parts[5]
	if wrong != nil || string(parts[0]) != version || p.bits < 0 || p.bits > 256 || len(parts[3]) != saltDigits || len(parts[4]) != macDigits || len(nonce) == 0 || len(nonce) > 20 {
		return p, false
	}
	for _, c := range nonce {
		if c < '0' || c > '9' {
			return p, false
		}
	}
	p.mac = parts[4]
	n := len(parts[0]) + len(parts[1]) + len(parts[2]) + len(parts[3]) + 3
	p.signed = parts[0][:n:n]
	return p, true
}

// check judges a proof: what costs least comes first, and what is remembered
// last.
func (g *Guard) check(x *gate.Exchange, b []byte) finding {
	p, ok := parse(b)
	if !ok {
		return malformed
	}
	if p.expires <= x.Received.Unix() {
		return expired
	}
	var sum [macBytes]byte
	var text [macDigits]byte
	g.key.sum(&sum, "puzzle", g.o.API, g.o.Operation, client(x), p.signed)
	encoding.Encode(text[:], sum[:])
	if subtle.ConstantTimeCompare(text[:], p.mac) != 1 {
		return foreign
	}
	if zeros(sha256.Sum256(b)) < p.bits {
		return wrong
	}
	switch g.state.used.Use("", string(p.mac), x.Received) {
	case replay.Fresh:
		return good
	case replay.Full:
		return full
	}
	return used
}

// zeros counts the zero bits that a hash begins with.
func zeros(h [sha256.Size]byte) (n int) {
	for _, b := range h {
		n += bits.LeadingZeros8(b)
		if b != 0 {
			break
		}
	}
	return n
}

// pass lets a browser that has proved work come again without, for a time.
func (g *Guard) pass(x *gate.Exchange) {
	if g.o.Pass <= 0 {
		return
	}
	b := append(make([]byte, 0, 160), passCookie+"="...)
	from := len(b)
	b = strconv.AppendInt(b, x.Received.Add(g.o.Pass).Unix(), 36)
	var sum [macBytes]byte
	g.key.sum(&sum, "pass", g.o.API, "", client(x), b[from:])
	b = encoding.AppendEncode(append(b, '.'), sum[:])
	b = append(b, "; Path=/; HttpOnly; SameSite=Lax; Max-Age="...)
	b = strconv.AppendInt(b, int64(g.o.Pass/time.Second), 10)
	if x.ClientSecure {
		b = append(b, "; Secure"...)
	}
	x.AddFields = append(x.AddFields, gate.Field{Name: fieldCookie, Value: b})
}

// passes reports whether the client has such a pass.
func (g *Guard) passes(x *gate.Exchange) bool {
	if g.o.Pass <= 0 {
		return false
	}
	value := cookieOf(x, passCookie)
	at := bytes.IndexByte(value, '.')
	if at < 0 || len(value)-at-1 != macDigits {
		return false
	}
	expires, err := strconv.ParseInt(string(value[:at]), 36, 64)
	if err != nil || expires <= x.Received.Unix() {
		return false
	}
	var sum [macBytes]byte
	var text [macDigits]byte
	g.key.sum(&sum, "pass", g.o.API, "", client(x), value[:at])
	encoding.Encode(text[:], sum[:])
	return subtle.ConstantTimeCompare(text[:], value[at+1:]) == 1
}
