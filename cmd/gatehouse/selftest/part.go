package selftest

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-api/gatehouse/config"
)

// lister collects the dependencies of a configuration that copies have stand-ins
// for; the others are noted as not tried.
type lister struct {
	t    *test
	list []*dependency
}

func (l *lister) add(d dependency, why string) {
	if d.call == nil {
		l.untold(d.name, why)
		return
	}
	l.list = append(l.list, &d)
}

func (l *lister) untold(name, why string) {
	l.t.report.Untried = append(l.t.report.Untried, Untold{name, why})
}

// anyCall is one that comes to an API; nil for none.
func (t *test) anyCall() *witness {
	for i := range t.config.APIs {
		if w := t.calls.byAPI[i]; w != nil {
			return w
		}
	}
	return nil
}

func (t *test) dependencies() []*dependency {
	l := &lister{t: t}
	l.apis()
	verified := l.credentials()
	c := t.config
	if c.Store != nil && c.Store.Postgres != nil {
		l.add(dependency{name: "store, PostgreSQL", part: partStore, kind: stores, call: verified}, "no call was found whose credential the gate verifies")
	} else if c.Store != nil {
		l.add(dependency{name: "store, SQLite", part: partStoreFile, kind: storeFiles, call: verified}, "no call was found whose credential the gate verifies")
	}
	l.custody()
	l.records()
	l.addresses()
	l.certificates()
	l.requests()
	l.counters()
	return l.list
}

func (l *lister) apis() {
	c := l.t.config
	for i := range c.APIs {
		name, call := nameOf(&c.APIs[i]), l.t.calls.byAPI[i]
		l.add(dependency{name: name, part: partUpstream, at: i, kind: upstreams, call: call},
			"no call that was made up comes to it: rules refuse them, or there is no sample of what its operations ask for")
		if k := c.APIs[i].Caller; k != nil && k.Token != nil && k.Token.Key != "" && call != nil {
			l.add(dependency{name: "key of the token for " + name, part: partCaller, at: i, kind: callerKeys, call: call}, "")
		}
	}
}

func nameOf(a *config.API) string {
	var urls []string
	for i := range a.Upstreams {
		urls = append(urls, a.Upstreams[i].URL)
	}
	return "the API at " + strings.Join(urls, ", ")
}

// credentials also returns a call whose credential the gate verifies.
func (l *lister) credentials() (verified *witness) {
	const nobody = "no operation was found that takes this credential alone"
	c := l.t.config
	for i := range c.Credentials {
		k := &c.Credentials[i]
		call := l.t.calls.byUse[k.Name]
		if verified == nil {
			verified = call
		}
		switch {
		case k.JWT != nil && k.JWT.Secret.IsZero() && k.JWT.JWKS.File != "":
			l.add(dependency{name: "credential " + k.Name + ", file with the keys of " + k.JWT.Issuer, part: partKeyFile, at: i, kind: keyFiles, call: call}, nobody)
		case k.JWT != nil && k.JWT.Secret.IsZero() && k.JWT.JWKS.Inline == "":
			l.add(dependency{name: "credential " + k.Name + ", keys of " + k.JWT.Issuer, part: partKeys, at: i, kind: keyServers, call: call}, nobody)
		case k.Introspection != nil:
			l.add(dependency{name: "credential " + k.Name + ", " + k.Introspection.URL, part: partIntrospection, at: i, kind: introspections, call: call}, nobody)
		}
	}
	return verified
}

// addresses are what decides by the address of who calls.
func (l *lister) addresses() {
	c := l.t.config
	for i := range c.Feeds {
		if f := &c.Feeds[i]; f.Found != config.URLAllow { // that one is not even read
			l.add(dependency{name: "feed " + f.Name, onFailure: string(f.OnFailure), part: partFeed, at: i, kind: lists(f), call: l.t.anyCall()}, "no call that was made up comes to an API")
		}
	}
	if c.Geo != nil && l.t.calls.needed[partGeo] {
		l.add(dependency{name: "geo, the database of countries", onFailure: string(c.Geo.OnFailure), part: partGeo, kind: countries(c.Geo), call: l.t.calls.by[partGeo]},
			"no call that was made up comes to an operation that countries decides")
	}
	l.countries()
}

// certificates are what says whether certificates of clients were revoked.
func (l *lister) certificates() {
	const nobody = "no call that was made up comes to an API"
	for at, p := range policies(l.t.config) {
		of := " for client certificates at " + l.t.config.Listeners[p.listener].Address
		if len(p.Hosts) > 0 {
			of += " (" + strings.Join(p.Hosts, ", ") + ")"
		}
		if p.CRL != "" {
			l.add(dependency{name: "revocation lists" + of, part: partCRL, at: at, kind: revocationLists, call: l.t.anyCall()}, nobody)
		}
		if p.OCSP != nil {
			l.add(dependency{name: "responder (OCSP)" + of, onFailure: string(p.OCSP.OnFailure), part: partOCSP, at: at, kind: responders(p.OCSP), call: l.t.anyCall()}, nobody)
		}
	}
}

// requests are what decides by what stands in requests.
func (l *lister) requests() {
	c := l.t.config
	for i := range c.APIs {
		a := &c.APIs[i]
		of := " to " + nameOf(a)
		if need := needOf(partNames, i); l.t.calls.needed[need] {
			d := dependency{name: "DNS, for names in requests" + of, part: partNames, at: i, call: l.t.calls.by[need]}
			if d.call != nil {
				d.kind, d.onFailure = names(d.call.own.SSRF), string(d.call.own.SSRF.OnFailure)
			}
			l.add(d, "no call that was made up carries a name that is resolved and comes to the API")
		}
		if need := needOf(partPasswords, i); l.t.calls.needed[need] {
			b := a.Logins.BreachedPasswords
			l.add(dependency{name: "list of breached passwords, for logins" + of + ", action: " + string(b.Action), part: partPasswords, at: i, kind: passwords(b), call: l.t.calls.by[need]},
				"no login that was made up comes to the API with a password")
		}
	}
}

// counters are the limits that gates share: each says by itself what becomes of
// calls.
func (l *lister) counters() {
	c := l.t.config
	if c.Counters == nil {
		return
	}
	program := redisProgram()
	for at, name := range slices.Sorted(maps.Keys(c.Limits)) {
		limit := c.Limits[name]
		if !limit.Shared || !l.t.calls.needed["limit "+name] {
			continue
		}
		dep := "counters, for the limit " + name
		l.add(dependency{name: dep, onFailure: string(limit.OnFailure), part: partCounters, at: at, kind: counted(&limit, program != ""), call: l.t.calls.by["limit "+name]},
			"no call that was made up is counted by it: it is observed, or is not for the callers that were made up")
		if program == "" && l.t.calls.by["limit "+name] != nil {
			l.untold(dep+": late, gone and emptied", "there is no redis-server and no valkey-server on this machine to be broken")
		}
	}
}

// untold says of what a configuration may name why copies do not break it.
var untold = map[string]string{
	"machine":   "they come from an address that only this machine has, and that no configuration names; copies have some that are made up",
	"witnesses": "the ledger of a copy is cosigned by nobody, and calls do not wait for witnesses: docs/guide/audit.md",
	"alerts":    "they look at events and go to sinks, which are tried; calls do not wait for them",
	"brokers":   "copies have no brokers of Kafka that are well",
	"shell":     "what stands in for gatehouse-pkcs11 is run by sh, which this machine does not have",
	"secrets":   "no text that was made up stands for its secrets: copies ask the server itself",
}

// custody is what keeps the gate's own keys, and secrets of others.
func (l *lister) custody() {
	const nobody = "no call that was made up comes to an API"
	s, call := &l.t.config.Trust, l.t.anyCall()
	if s.KeysFile != "" {
		l.add(dependency{name: "the gate's own keys in " + filepath.Base(string(s.KeysFile)), part: partOwnKeys, kind: ownKeys, call: call}, nobody)
		l.keyServices(s, call)
	}
	switch {
	case len(l.t.secrets.fields) == 0:
	case l.t.realVault:
		l.untold("secrets in Vault at "+s.Vault.Address, untold["secrets"])
	default:
		l.add(dependency{name: "secrets in Vault at " + s.Vault.Address, part: partSecrets, kind: secrets, call: call}, nobody)
	}
}

// needOf names the dependency of a part that an API has of its own.
func needOf(part string, at int) string { return part + " " + strconv.Itoa(at) }
