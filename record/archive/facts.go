package archive

import (
	"bytes"
	"encoding/json"
	"math"
	"net/netip"
	"strconv"
	"time"
)

// facts are what is searched for in a line. Views are of the line, or of a copy
// where that has escapes.
type facts struct {
	time    int64 // milliseconds since 1970
	event   []byte
	id      []byte
	outcome []byte
	api     []byte
	op      []byte
	method  []byte
	path    []byte
	code    []byte
	would   []byte // the list as it stands
	caller  []byte
	account []byte
	client  uint64 // as packed by pack; 0 for none
	address []byte
	count   uint64 // of events that were lost
}

// parse reads one line, with or without its line feed. It returns false for what
// is no event.
func (f *facts) parse(line []byte) bool {
	*f = facts{}
	rest := bytes.TrimSpace(line)
	if len(rest) < 2 || rest[0] != '{' {
		return false
	}
	rest = rest[1:]
	timed := false
	for {
		name, after, ok := text(rest)
		if !ok || len(after) == 0 || after[0] != ':' {
			return false
		}
		value, after, ok := value(after[1:])
		if !ok {
			return false
		}
		if string(name) == "time" {
			f.time, timed = readTime(unquoted(value))
		} else {
			f.set(string(name), value)
		}
		switch {
		case len(after) == 1 && after[0] == '}':
			if string(f.event) != "lost" { // alerts count as well, what is not lost
				f.count = 0
			}
			return timed && len(f.event) > 0
		case len(after) == 0 || after[0] != ',':
			return false
		}
		rest = after[1:]
	}
}

func (f *facts) set(name string, value []byte) {
	switch name {
	case "event":
		f.event = unquoted(value)
	case "id":
		f.id = unquoted(value)
	case "outcome":
		f.outcome = unquoted(value)
	case "api":
		f.api = unquoted(value)
	case "operation":
		f.op = unquoted(value)
	case "method":
		f.method = unquoted(value)
	case "path":
		f.path = unquoted(value)
	case "code":
		f.code = unquoted(value)
	case "would_refuse":
		f.would = value
	case "caller":
		f.caller = unquoted(value)
	case "account":
		f.account = unquoted(value)
	case "client":
		if p, err := netip.ParsePrefix(string(unquoted(value))); err == nil {
			f.client = pack(p)
		}
	case "address":
		f.address = unquoted(value)
		f.client = packHash(f.address)
	case "count":
		f.count, _ = strconv.ParseUint(string(value), 10, 64)
	}
}

// kind is the outcome of an exchange, and the kind of any other event.
func (f *facts) kind() []byte {
	if len(f.outcome) > 0 {
		return f.outcome
	}
	return f.event
}

// who is what the column of callers says: the first 64 bits of a hash, or that the
// line says it, where it names an account besides.
func (f *facts) who() uint64 {
	if len(f.account) > 0 {
		return severalCallers
	}
	return firstBits(f.caller)
}

// severalCallers is what the column of callers says where the line says more.
const severalCallers = math.MaxUint64

// firstBits are the first 64 bits of a hash in hexadecimal digits; 0 for none.
// What a shorter one does not say is 0.
func firstBits(hash []byte) uint64 {
	hash = hash[:min(len(hash), 16)]
	n, _ := strconv.ParseUint(string(hash), 16, 64)
	return n << (4 * (16 - len(hash)))
}

// text reads a string of JSON and returns what stands between its quotes.
func text(b []byte) (inner, after []byte, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return nil, nil, false
	}
	for i := 1; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return nil, nil, false
		}
		i += n
		slashes := 0
		for b[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return b[1:i], b[i+1:], true
		}
		i++
	}
}

// value reads a value of JSON: a string with its quotes, a list or an object
// whole.
func value(b []byte) (v, after []byte, ok bool) {
	if len(b) > 0 && b[0] == '"' {
		inner, after, ok := text(b)
		return b[:len(inner)+min(2, len(b))], after, ok
	}
	for depth, i := 0, 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '"':
			inner, _, ok := text(b[i:])
			if !ok {
				return nil, nil, false
			}
			i += len(inner) + 1
		case '[', '{':
			depth++
		case ']', '}', ',':
			if depth == 0 {
				return b[:i], b[i:], i > 0
			}
			if c != ',' {
				depth--
			}
		}
	}
	return nil, nil, false
}

// unquoted is the text of a string; of other values nothing.
func unquoted(v []byte) []byte {
	if len(v) < 2 || v[0] != '"' {
		return nil
	}
	if bytes.IndexByte(v, '\\') < 0 {
		return v[1 : len(v)-1]
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return nil
	}
	return []byte(s)
}

// readTime reads the form of record.AppendEvent, in which the standard library
// is slower.
func readTime(b []byte) (ms int64, ok bool) {
	const form = "0000-00-00T00:00:00.000Z"
	if len(b) != len(form) {
		t, err := time.Parse(time.RFC3339Nano, string(b))
		return t.UnixMilli(), err == nil && plausible(t)
	}
	for i, c := range []byte(form) {
		if c == '0' && (b[i] < '0' || b[i] > '9') || c != '0' && b[i] != c {
			return 0, false
		}
	}
	n := func(from, to int) (n int) {
		for _, c := range b[from:to] {
			n = 10*n + int(c-'0')
		}
		return n
	}
	t := time.Date(n(0, 4), time.Month(n(5, 7)), n(8, 10), n(11, 13), n(14, 16), n(17, 19), n(20, 23)*1e6, time.UTC)
	return t.UnixMilli(), plausible(t)
}

// plausible keeps differences of times within an int64.
func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 10000 }

// pack writes the network of a client, at most 48 bits of it, as one number.
func pack(p netip.Prefix) uint64 {
	if !p.IsValid() {
		return 0
	}
	a, kind := p.Masked().Addr().As16(), uint64(6)
	from := a[:6]
	if p.Addr().Is4() {
		kind, from = 4, a[12:]
	}
	packed := kind<<56 | uint64(p.Bits())<<48
	for i, b := range from {
		packed |= uint64(b) << (40 - 8*i)
	}
	return packed
}

// hashedClient is the kind of what packHash has packed.
const hashedClient = 8

// packHash writes the first 48 bits of the hash of an address as one number.
func packHash(hash []byte) uint64 {
	n := firstBits(hash)
	if n == 0 {
		return 0
	}
	return hashedClient<<56 | n>>16
}

// unpack returns the network that was packed; none where that was a hash.
func unpack(n uint64) netip.Prefix {
	if n>>56 == hashedClient {
		return netip.Prefix{}
	}
	var a [16]byte
	for i := range 6 {
		a[i] = byte(n >> (40 - 8*i))
	}
	addr := netip.AddrFrom16(a)
	if n>>56 == 4 {
		addr = netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.PrefixFrom(addr, int(n>>48&0xff))
}
