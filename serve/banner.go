package serve

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/wire/maintenance"
)

// banner says what this gate does and does not do, so that nobody takes an
// open door for a closed one.
func (p *Program) banner(d *draft) string {
	b := &banner{}
	if len(d.apis) == 1 {
		fmt.Fprintf(b, "gatehouse %s guards %s\n", p.config.Version, title(d.apis[0].contract))
	} else {
		fmt.Fprintf(b, "gatehouse %s guards %d APIs\n", p.config.Version, len(d.apis))
	}
	for _, door := range p.doors {
		b.line("listening", "%s", door.words())
	}
	if url := p.MaintenanceURL(); url != "" {
		b.line("maintenance", "%s, which answers %s, %s and %s", url, maintenance.Health, maintenance.Ready, maintenance.Metrics)
	}
	if p.admin != nil {
		b.line("admin", "%s", p.admin.URL())
	}
	if path := d.config.Handover; path != "" {
		b.line("handover", "%s, by which the next gate takes the listeners over", path)
	}
	if len(d.apis) == 1 {
		b.api(&d.apis[0])
	}
	b.line("events", "%s", eventsPlace(&d.config.Record, d.faults.file))
	if s := d.config.Record.Pseudonyms; s != nil {
		b.line("pseudonyms", "%s", pseudonymWords(s))
	}
	if a := d.config.Record.Archive; a != nil {
		b.line("archive", "%s", archiveWords(a, p.reader.custody.keys))
	}
	if l := d.config.Record.Ledger; l != nil {
		b.line("ledger", "%s", ledgerWords(l))
	}
	for i := range d.sinks {
		b.line([]string{"sinks", ""}[min(i, 1)], "%s: %s", d.sinks[i].settings.Name, sinkWords(d.sinks[i].settings))
	}
	if len(d.apis) > 1 {
		for i := range d.apis {
			fmt.Fprintf(b, "  %s\n", title(d.apis[i].contract))
			b.indent = "  "
			b.api(&d.apis[i])
		}
		b.indent = ""
	}
	for _, w := range d.warned() {
		fmt.Fprintf(b, "  WARNING     %s\n", line(w))
	}
	b.contracts(p, d)
	return b.String()
}

// banner is a text in two columns.
type banner struct {
	strings.Builder
	indent string
}

func (b *banner) line(name, format string, args ...any) {
	fmt.Fprintf(b, "%s  %-12s", b.indent, name)
	fmt.Fprintf(b, format+"\n", args...)
}

// api says of one API where it is and how it is guarded.
func (b *banner) api(g *guarded) {
	s := g.settings
	if s.Name != "" {
		b.line("name", "%s", s.Name)
	}
	if at := mount(s); at != "" {
		b.line("at", "%s", at)
	}
	name := "API"
	for i := range s.Upstreams {
		b.line(name, "%s", upstreamWords(s, &s.Upstreams[i]))
		name = ""
	}
	b.line("mode", "%s", modeWords(s))
	b.line("operations", "%s", credentialWords(g))
	b.line("undeclared", "%s", undeclaredWords[s.Undeclared.Requests])
}

// upstreamWords say where an upstream is and what it is there for.
func upstreamWords(s *config.API, u *config.Upstream) string {
	words := u.URL
	switch {
	case u.Role == config.Mirror:
		words += ", mirror: gets copies of calls, and its answers are thrown away"
	case u.Role == config.Canary && s.Canary != nil:
		what := "clients"
		if s.Canary.By == config.ByCall {
			what = "calls"
		}
		words += fmt.Sprintf(", canary: takes %d of 100 %s", s.Canary.Percent, what)
		if s.Canary.Header != "" {
			words += ", and those who ask for it in " + s.Canary.Header
		}
	}
	if u.Weight > 1 {
		words += fmt.Sprintf(", weight %d", u.Weight)
	}
	return words
}

// contracts counts what is not said here of the contracts.
func (b *banner) contracts(p *Program, d *draft) {
	warnings, exposed := len(d.faults.problems), 0
	for i := range d.apis {
		exposed += exposedOperations(d.apis[i].exposed)
	}
	if warnings == 0 && exposed == 0 {
		return
	}
	name := "contract"
	if len(d.apis) > 1 {
		name = "contracts"
	}
	b.line(name, "warnings: %d, open or loose operations: %d; %s lists them", warnings, exposed, p.config.listing())
}

// listing is the command that lists what is only counted.
func (c *Config) listing() string {
	if c.File == "" {
		return "gatehouse check --contract " + c.Contract
	}
	return "gatehouse check --config " + c.File
}

// mount says under which hosts and prefix clients reach an API, "" for all of
// them.
func mount(s *config.API) string {
	hosts := strings.Join(s.Hosts, ", ")
	switch {
	case s.Prefix == "":
		return hosts
	case hosts == "":
		hosts = "every host"
	}
	if s.StripPrefix {
		return fmt.Sprintf("%s, %s (which the API does not see)", hosts, s.Prefix)
	}
	return hosts + ", " + s.Prefix
}

func title(c *contract.Contract) string {
	name := c.Title
	if name == "" {
		name = "an API"
	}
	return strings.TrimSpace(name + " " + c.Version)
}

const (
	enforceWords = "enforce: what the contract does not describe is refused"
	observeWords = "OBSERVE: nothing is refused for breaking the contract, events say what would have been"
	partlyWords  = "enforce, but OBSERVE in part: the warnings below say where nothing is refused"
)

// modeWords say whether an API enforces, loudly when anything does not.
func modeWords(s *config.API) string {
	if s.Mode == config.Observe {
		return observeWords
	}
	partly := observes(&s.Settings)
	for _, own := range s.Operations {
		partly = partly || observes(&own.Settings)
	}
	if partly {
		return partlyWords
	}
	return enforceWords
}

func observes(s *config.Settings) bool {
	for _, m := range s.Modes {
		if m == config.Observe {
			return true
		}
	}
	return s.Mode == config.Observe
}

var undeclaredWords = map[config.Treatment]string{
	"":            "refused: query fields and properties that the contract does not name",
	config.Refuse: "refused: query fields and properties that the contract does not name",
	config.Drop:   "dropped: query fields and properties that the contract does not name",
	config.Allow:  "ALLOWED: query fields and properties that the contract does not name",
}

// credentialWords counts the operations by what they ask of the caller.
func credentialWords(g *guarded) string {
	c, s := g.contract, g.settings
	public, certified := 0, 0
	for _, op := range c.Operations {
		own, _ := gatehouse.SettingsOf(&s.Policy, op)
		switch {
		case s.Authentication == config.Public || !c.Secured || op.Public() || own.Public:
			public++
		case gatehouse.ByCertificate(op):
			certified++
		}
	}
	n := len(c.Operations)
	who := "the API"
	switch {
	case g.verified && s.Authentication == config.ByUpstream:
		who = "the gate or the API"
	case g.verified:
		who = "the gate"
	}
	by := "a credential, which " + who + " verifies"
	switch {
	case public == n:
		return fmt.Sprintf("%d, public: %d", n, n)
	case public+certified == n:
		by = "a client certificate"
	case certified > 0:
		by = "a client certificate, or a credential, which " + who + " verifies"
	}
	if public == 0 {
		return fmt.Sprintf("%d, each needs %s", n, by)
	}
	return fmt.Sprintf("%d, public: %d; the others need %s", n, public, by)
}

// exposedOperations counts the operations at which the contract lets through
// more than its words say.
func exposedOperations(list []gatehouse.Exposure) (n int) {
	for i := range list {
		if len(list[i].Open)+len(list[i].Loose) > 0 {
			n++
		}
	}
	return n
}

// base is how a file is called in the log.
func base(name string) string { return filepath.Base(name) }
