package serve

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/trust"
)

// loosenings are the doors that stand open: every setting that lets through
// more than the contract says, each with its place. They are the warnings of
// the banner and a list of check.
type loosenings struct{ list source.Problems }

// warned is what whoever serves is told each time: doors that stand open, and
// secrets that others may read.
func (d *draft) warned() source.Problems {
	list := slices.Clone(d.loose)
	for _, p := range d.faults.problems {
		if strings.HasPrefix(p.Text, trust.Readable) {
			list = append(list, p)
		}
	}
	return list
}

func (l *loosenings) add(at config.Place, format string, args ...any) {
	l.list = append(l.list, at.Warning("", format, args...))
}

// loosenings of the whole draft, in the order of the configuration.
func (d *draft) loosenings() source.Problems {
	var l loosenings
	for i := range d.config.Listeners {
		l.listener(&d.config.Listeners[i])
	}
	l.certificates(d.config.Listeners)
	if d.config.Locks.Disabled && len(d.config.Credentials) > 0 {
		l.add(d.config.Locks.Place.At("disabled"), "LOCKS: clients may guess credentials as often as they like")
	}
	if r := &d.config.Record; len(r.Sinks) > 0 && d.config.Trust.KeysFile == "" {
		l.add(r.Place.At("sinks"), "SINKS: events that wait for sinks are kept on disk unencrypted, since the gate keeps no keys of its own (trust.keys_file)")
	}
	l.unchecked(d.config.Listeners)
	for i := range d.apis {
		if g := &d.apis[i]; g.contract != nil {
			l.credentials(g, d.faults.file)
			l.api(g)
		}
	}
	return l.list
}

func (l *loosenings) listener(s *config.Listener) {
	if s.TLS == nil && !redirectsAll(s) && !loopback(s.Address) {
		l.add(s.Place.At("plain_http"), "PLAIN HTTP beyond this machine: whoever is on the way can read and change what is sent")
	}
}

// loopback reports whether only this machine reaches an address.
func loopback(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	resolved, err := net.ResolveTCPAddr("tcp", address)
	return err == nil && resolved.IP.IsLoopback()
}

// credentials finds operations that nobody needs a credential for.
func (l *loosenings) credentials(g *guarded, file bool) {
	at := g.settings.Place.At("authentication")
	switch {
	case g.settings.Authentication == gatehouse.Public && g.contract.Secured && file:
		l.add(at, "PUBLIC: the contract asks for credentials, and authentication: public lets everybody in without any")
	case g.settings.Authentication == gatehouse.Public && g.contract.Secured:
		l.add(at, "PUBLIC: the contract asks for credentials, and --public lets everybody in without any")
	case gatehouse.Unstated(g.contract):
		l.add(g.settings.Place.At("contract"), "PUBLIC: the contract says nothing of security, so everybody may call every operation")
	}
}

// api finds what the settings of an API and of its operations loosen.
func (l *loosenings) api(g *guarded) {
	s := g.settings
	l.settings(s.Place, "", &s.Settings)
	if s.CORS != nil && slices.Contains(s.CORS.Origins, "*") {
		l.add(s.CORS.Place.At("origins"), "CORS: pages of every origin may call the API from a browser")
	}
	l.mirror(s.Mirror)
	if n := len(s.Patterns); n > 0 {
		l.add(s.Place.At("patterns"), "PATTERNS: expressions of the contract that are replaced: %d", n)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Operations)) {
		own := s.Operations[name]
		l.settings(own.Place, name, &own.Settings)
		if own.Public && s.Authentication != gatehouse.Public && asks(g.contract, name) {
			l.add(own.Place.At("public"), "PUBLIC: everybody may call %s, although the contract asks for a credential", name)
		}
		if len(own.Upgrade) > 0 {
			l.add(own.Place.At("upgrade"), "UPGRADE: %s lets clients switch to %s, and what is said then is not judged", name, strings.Join(own.Upgrade, ", "))
		}
		if len(own.Slashes) > 0 {
			l.add(own.Place.At("slashes"), "SLASHES: %s takes slashes in %s", name, strings.Join(own.Slashes, ", "))
		}
	}
}

// mirror finds copies that can do harm.
func (l *loosenings) mirror(m *config.Mirroring) {
	if m == nil {
		return
	}
	if m.Credentials {
		l.add(m.Place.At("credentials"), "MIRROR: copies carry the credentials of clients, so that the mirror can act for them")
	}
	if unsafe := slices.DeleteFunc(slices.Clone(m.Methods), gate.Safe); len(unsafe) > 0 {
		l.add(m.Place.At("methods"), "MIRROR: calls with %s are copied, so that what they change is changed twice where the mirror shares its data", strings.Join(unsafe, ", "))
	}
}

// asks reports whether the contract asks for a credential at an operation.
func asks(c *contract.Contract, name string) bool {
	for _, op := range c.Operations {
		if gatehouse.Names(op, name) {
			return c.Secured && !op.Public()
		}
	}
	return false
}

// settings finds what is loosened for a whole API, or for one operation.
func (l *loosenings) settings(at config.Place, operation string, s *config.Settings) {
	whose := "of this API"
	if operation != "" {
		whose = "of " + operation
	}
	if s.Mode == config.Observe {
		l.add(at.At("mode"), "OBSERVE: no call %s is refused for breaking the contract, events say what would have been", whose)
	}
	for _, guard := range slices.Sorted(maps.Keys(s.Modes)) {
		if s.Modes[guard] == config.Observe {
			l.add(at.At("modes", guard), "OBSERVE: the guard %s refuses no call %s, events say what it would have refused", guard, whose)
		}
	}
	for _, u := range []struct {
		treatment config.Treatment
		key, what string
	}{{s.Undeclared.Requests, "requests", "requests"}, {s.Undeclared.Answers, "answers", "answers"}} {
		if u.treatment == config.Allow {
			l.add(at.At("undeclared", u.key), "UNDECLARED: %s %s may hold what the contract does not name", u.what, whose)
		}
	}
	l.inspect(at.At("inspect"), whose, &s.Inspect)
	if s.ReadOnly == config.Allow {
		l.add(at.At("read_only"), "READ ONLY: requests %s may set properties that are read only", whose)
	}
	if s.Errors == config.Keep {
		l.add(at.At("errors"), "ERRORS: answers %s with errors that the contract does not describe reach the client", whose)
	}
}

// line is a loosening as the banner shows it.
func line(p source.Problem) string {
	if p.Line == 0 {
		return p.Text
	}
	return fmt.Sprintf("%s: %s", p.Position, p.Text)
}

// inspect finds text that is not searched for attacks.
func (l *loosenings) inspect(at config.Place, whose string, i *config.Inspect) {
	switch i.Mode {
	case config.InspectOff:
		l.add(at.At("mode"), "INSPECT: no text %s is searched for attacks", whose)
	case config.InspectObserve:
		l.add(at.At("mode"), "OBSERVE: no call %s is refused for an attack in its text, events say what would have been", whose)
	}
	if len(i.Except) > 0 {
		l.add(at.At("except"), "INSPECT: text %s is not searched for %s", whose, strings.Join(i.Except, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(i.Fields)) {
		if i.Fields[name] == config.TextSkip {
			l.add(at.At("fields", name), "INSPECT: %s %s is not searched for attacks", name, whose)
		}
	}
}
