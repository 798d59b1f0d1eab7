package serve

import (
	"fmt"
	"net"
	"strings"

	"github.com/gatehouse-api/gatehouse"
	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract"
	"github.com/gatehouse-api/gatehouse/contract/source"
)

// banner says what this gate does and does not do, so that nobody takes an
// open door for a closed one.
func (p *Program) banner(c *contract.Contract, problems source.Problems, exposed int) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "  %-12s", name)
		fmt.Fprintf(&b, format+"\n", args...)
	}
	fmt.Fprintf(&b, "gatehouse %s guards %s\n", p.config.Version, title(c))
	line("listening", "%s", p.URL())
	line("API", "%s", p.config.Upstream)
	line("mode", "%s", modeWords[p.config.Mode == config.Observe])
	line("operations", "%s", credentialWords(c, p.config.Authentication))
	line("undeclared", "%s", undeclaredWords[p.config.Undeclared])
	line("events", "%s", p.events.place)
	for _, w := range p.warnings(c) {
		fmt.Fprintf(&b, "  WARNING     %s\n", w)
	}
	if n := len(problems); n > 0 || exposed > 0 {
		line("contract", "warnings: %d, open or loose operations: %d; gatehouse check --contract %s lists them", n, exposed, p.config.Contract)
	}
	return b.String()
}

func title(c *contract.Contract) string {
	name := c.Title
	if name == "" {
		name = "an API"
	}
	return strings.TrimSpace(name + " " + c.Version)
}

var modeWords = map[bool]string{ // by whether it observes
	false: "enforce: what the contract does not describe is refused",
	true:  "OBSERVE: nothing is refused for breaking the contract, events say what would have been",
}

var undeclaredWords = map[config.Treatment]string{
	"":            "refused: query fields and properties that the contract does not name",
	config.Refuse: "refused: query fields and properties that the contract does not name",
	config.Drop:   "dropped: query fields and properties that the contract does not name",
	config.Allow:  "ALLOWED: query fields and properties that the contract does not name",
}

// credentialWords counts the operations by what they ask of the caller.
func credentialWords(c *contract.Contract, a config.Authentication) string {
	public := 0
	for _, op := range c.Operations {
		if a == config.Public || !c.Secured || op.Public() {
			public++
		}
	}
	n := len(c.Operations)
	switch public {
	case n:
		return fmt.Sprintf("%d, public: %d", n, n)
	case 0:
		return fmt.Sprintf("%d, each needs a credential, which the API verifies", n)
	}
	return fmt.Sprintf("%d, public: %d; the others need a credential, which the API verifies", n, public)
}

// warnings are the doors that stand open.
func (p *Program) warnings(c *contract.Contract) (list []string) {
	switch {
	case p.config.Authentication == gatehouse.Public && c.Secured:
		list = append(list, "PUBLIC: the contract asks for credentials, and --public lets everybody in without any")
	case gatehouse.Unstated(c):
		list = append(list, "PUBLIC: the contract says nothing of security, so everybody may call every operation")
	}
	if a, ok := p.listener.Addr().(*net.TCPAddr); p.listener.TLS() == nil && (!ok || !a.IP.IsLoopback()) {
		list = append(list, "PLAIN HTTP beyond this machine: whoever is on the way can read and change what is sent")
	}
	return list
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
