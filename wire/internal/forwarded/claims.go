package forwarded

import "github.com/gatehouse-api/gatehouse/gate"

// claims are the fields that say who a client is or where it believes to be.
// What came under these names, or under names that servers take for them, goes
// to no API as it came, whatever its contract declares: a client may have
// written it, and what trusted proxies wrote is told anew.
var claims = [...]string{
	nameForwarded, nameFor, nameHost, nameProto,
	"X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP",
}

// Claims reports whether a field called name says who the client is.
func Claims(name []byte) bool {
	for _, c := range claims {
		if gate.EqualFold(name, c) || gate.Twin(name, c) {
			return true
		}
	}
	return false
}

// Claimed are the names of which Claims speaks.
func Claimed() []string { return claims[:] }
