package origin

import (
	"strconv"
	"time"

	"github.com/gatehouse-api/gatehouse/gate"
)

// Data returns the fields of an API whose answers are data: what the REST
// Security Cheat Sheet of OWASP has on all answers, and of those that it has for
// answers that a browser might show, the ones that matter when nothing of them
// runs. What the API itself says of caches and of other pages stands.
func Data() []gate.APIField {
	return []gate.APIField{
		field("X-Content-Type-Options", "nosniff"),                                        // Fetch standard, X-Content-Type-Options header
		field("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),    // Content Security Policy Level 3, default-src and frame-ancestors
		field("X-Frame-Options", "DENY"),                                                  // RFC 7034, for browsers that do not know frame-ancestors
		field("Referrer-Policy", "no-referrer"),                                           // Referrer Policy, "no-referrer"
		{Field: field("Cache-Control", "no-store").Field, Absent: true},                   // RFC 9111 section 5.2.2.5
		{Field: field("Cross-Origin-Resource-Policy", "same-origin").Field, Absent: true}, // Fetch standard, Cross-Origin-Resource-Policy header
	}
}

// Strict returns the field that tells browsers to come back over TLS only
// (RFC 6797 section 6.1). It is not for plain connections (section 7.2).
func Strict(maxAge time.Duration, subdomains, preload bool) gate.APIField {
	if maxAge == 0 {
		maxAge = defaultStrict
	}
	value := "max-age=" + strconv.FormatInt(int64(maxAge/time.Second), 10)
	if subdomains {
		value += "; includeSubDomains"
	}
	if preload {
		value += "; preload"
	}
	f := field("Strict-Transport-Security", value)
	f.Secure = true
	return f
}

const defaultStrict = 365 * 24 * time.Hour

func field(name, value string) gate.APIField {
	return gate.APIField{Field: gate.Field{Name: []byte(name), Value: []byte(value)}}
}
