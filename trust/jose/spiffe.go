package jose

import "strings"

// spiffeID reports whether s is a SPIFFE ID of a workload in a trust domain
// (SPIFFE-ID sections 2.1 to 2.3): no query, no fragment, no dots for folders,
// nothing encoded.
func spiffeID(s, domain string) bool {
	path, ok := strings.CutPrefix(s, "spiffe://"+domain+"/")
	if !ok || len(s) > 2048 {
		return false
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
		for _, c := range []byte(part) {
			if !base64url[c] && c != '.' {
				return false
			}
		}
	}
	return true
}
