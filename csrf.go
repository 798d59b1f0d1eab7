package gatehouse

import (
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/csrf"
)

// CSRF keeps pages of other sites from making calls with cookies.
type CSRF = config.CSRF

// csrf keeps pages of other sites from calls that change something. It needs no
// setting where the contract has credentials in cookies.
func (b *builder) csrf(op *contract.Operation, set *settled, _ gate.Mode) any {
	var s config.CSRF
	if set.CSRF != nil {
		s = *set.CSRF
	}
	if s.Check == config.CSRFOff {
		return nil
	}
	o := csrf.Options{Cookies: slices.Clone(s.Cookies), Always: s.Check == config.CSRFAlways, Silent: s.WithoutHeaders == config.RefuseSilent,
		Shared: b.options.CORS != nil && b.options.CORS.Credentials}
	for _, alternative := range op.Security {
		for _, use := range alternative {
			if use.Scheme.Type == contract.APIKey && use.Scheme.In == contract.Cookie && !slices.Contains(o.Cookies, use.Scheme.Param) {
				o.Cookies = append(o.Cookies, strings.Clone(use.Scheme.Param))
			}
		}
	}
	if g := csrf.New(op.Method, o); g != nil {
		return g
	}
	return nil
}
