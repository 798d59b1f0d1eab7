package gatehouse

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/origin"
)

// browsers settles what browsers may do with the API, and what they are told.
func (b *builder) browsers() {
	if c := b.options.CORS; c != nil {
		b.api.Origin = origin.New(b.contract, origin.Policy{
			Origins: c.Origins, Methods: c.Methods, Headers: c.Headers, Expose: c.ExposeHeaders,
			Credentials: c.Credentials, MaxAge: c.MaxAge,
		})
		b.api.Options = nil // the gate answers preflights, in every mode
	}
	if b.data() {
		b.api.Fields = append(b.api.Fields, origin.Data()...)
	}
	// RFC 6797 section 7.2 speaks of hosts that want it: an API that names none
	// answers for hosts that nobody named.
	if h := b.options.HSTS; h != nil && len(b.options.Hosts) > 0 {
		b.api.Fields = append(b.api.Fields, origin.Strict(h.MaxAge, h.IncludeSubdomains, h.Preload))
	}
}

// data reports whether answers get the fields of data. While an API is only
// observed they stay as they were, unless the options say otherwise.
func (b *builder) data() bool {
	switch b.options.SecurityHeaders {
	case config.ForAPI:
		return true
	case config.NoSecurity:
		return false
	}
	return b.api.Mode != gate.Observe
}
