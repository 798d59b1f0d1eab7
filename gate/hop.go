package gate

import "context"

var fieldAllow = []byte("Allow")

// hopByHop are the fields that end at this gate whether Connection names them
// or not (RFC 9110 section 7.6.1 and the older fields that it mentions).
// Transfer-Encoding and Content-Length belong to the engine's framing.
var hopByHop = [...]string{
	"Connection", "Proxy-Connection", "Keep-Alive", "TE", "Trailer",
	"Transfer-Encoding", "Upgrade", "Proxy-Authenticate", "Proxy-Authorization",
}

// hopSieve lets through what may be one of hopByHop.
var hopSieve = NewSieve(hopByHop[:])

// protected are fields that a client must not have removed by naming them in
// Connection: guards and the API rely on them.
var protected = [...]string{
	"Host", "Content-Length", "Content-Type", "Content-Encoding", "Authorization", "Cookie",
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
}

// stripHopByHop marks the fields that end at this gate: the fixed set and
// every name listed in Connection (RFC 9110 section 7.6.1). It runs before
// any guard, so that a client cannot have a field that a guard relies on
// removed on the way to the API.
func stripHopByHop(x *Exchange) {
	for i := range x.Fields {
		f := &x.Fields[i]
		if !hopSieve.May(f.Name) {
			continue
		}
		if EqualFold(f.Name, "Connection") {
			stripListed(x, f.Value)
		}
		if anyFold(f.Name, hopByHop[:]) {
			f.Gone = true
		}
	}
}

// stripListed marks the fields that a Connection field names.
func stripListed(x *Exchange, list []byte) {
	for len(list) > 0 {
		end := 0
		for end < len(list) && list[end] != ',' {
			end++
		}
		name := trimSpace(list[:end])
		list = list[min(end+1, len(list)):]
		if len(name) == 0 || anyFold(name, protected[:]) {
			continue
		}
		for i := range x.Fields {
			if sameFold(x.Fields[i].Name, name) {
				x.Fields[i].Gone = true
			}
		}
	}
}

func anyFold(name []byte, names []string) bool {
	for _, n := range names {
		if EqualFold(name, n) {
			return true
		}
	}
	return false
}

func sameFold(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// trimSpace removes optional white space (RFC 9110 section 5.6.3).
func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

func withContext(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}
