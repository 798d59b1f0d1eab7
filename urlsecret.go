package gatehouse

import (
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/urlsecret"
)

// URLCredentials is what becomes of credentials and sensitive data in URLs.
type URLCredentials = config.URLCredentials

// urlsecret keeps credentials and sensitive data out of URLs, before anybody
// asks for credentials.
func (b *builder) urlsecret(op *contract.Operation, set *settled, mode gate.Mode) any {
	var s config.URLCredentials
	if set.URLCredentials != nil {
		s = *set.URLCredentials
	}
	if s.Found == config.URLAllow {
		return nil
	}
	o := urlsecret.Options{Observe: s.Found == config.URLObserve, Allow: s.Allow}
	if mode == gate.Enforce { // where it passes, who verifies credentials tells of it
		o.Leaked = b.shared.Leaked
	}
	guard, problems := urlsecret.New(op, o)
	b.problem(problems...)
	return guard
}
