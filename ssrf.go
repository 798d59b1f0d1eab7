package gatehouse

import (
	"net/netip"
	"strings"
	"sync"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/ssrf"
)

// SSRF holds URLs and hosts in requests to public addresses.
type SSRF = config.SSRF

// judgesURLs reports whether s asks for a judgement.
func judgesURLs(s *config.SSRF) bool { return s != nil && s.Check != config.SSRFOff }

// urlRules says which values of the API are URLs. Nothing is tagged where nobody
// judges them.
func (b *builder) urlRules() *ssrf.Rules {
	set := &b.options
	o := ssrf.RulesOptions{Off: !judgesURLs(set.SSRF), Open: set.Undeclared.Requests == config.Allow, Names: names}
	for _, own := range set.Operations {
		o.Off = o.Off && !judgesURLs(own.SSRF)
		o.Open = o.Open || own.Undeclared.Requests == config.Allow
	}
	if set.SSRF == nil || o.Off {
		return ssrf.NewRules(b.contract, o)
	}
	for _, name := range sorted(set.SSRF.Fields) {
		f := set.SSRF.Fields[name]
		s := ssrf.Setting{Name: name, Allow: ssrf.Allowed{Only: f.Only}, Place: b.place.At("ssrf").At("fields", name)}
		for _, text := range f.Allow {
			if p, err := netip.ParsePrefix(text); err == nil {
				s.Allow.Networks = append(s.Allow.Networks, p)
			} else {
				s.Allow.Hosts = append(s.Allow.Hosts, strings.TrimSuffix(text, "."))
			}
		}
		o.Settings = append(o.Settings, s)
	}
	return ssrf.NewRules(b.contract, o)
}

// system resolves names as the system is set up, for all plans.
var system = sync.OnceValue(func() *ssrf.Resolver { return ssrf.NewResolver(ssrf.ResolverOptions{}) })

// ssrf keeps URLs in requests from leading where they may not.
func (b *builder) ssrf(op *contract.Operation, set *settled, _ gate.Mode) any {
	s := set.SSRF
	if !judgesURLs(s) {
		return nil
	}
	o := ssrf.Options{Schemes: s.Schemes, Ports: s.Ports, Wait: s.Wait, Open: s.OnFailure == config.FailOpen, Typed: s.Check == config.SSRFTyped}
	if s.Resolve != config.ResolveNone {
		if o.Resolver = b.resolver; o.Resolver == nil {
			o.Resolver = system()
		}
	}
	return b.urls.Guard(op, b.schemas, o)
}
