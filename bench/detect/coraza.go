package main

import (
	"fmt"
	"io"
	"syscall"
	"time"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"
)

// processorTime is what the process has used of the processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// beside judges the same values with the gate and with Coraza and the Core
// Rule Set, and prints what each finds and uses.
func beside(w io.Writer, values []value) error {
	fmt.Fprintf(w, "The same %d values with Coraza and the Core Rule Set, as a parameter of a GET\n", len(values))
	judgeAll(values) // warm
	begin := processorTime()
	const times = 20
	var ours *tally
	for range times {
		ours = judgeAll(values)
	}
	each := float64((processorTime() - begin).Nanoseconds()) / times / float64(len(values)) / 1000
	fmt.Fprintf(w, "  %-28s found %6.2f%%, refused wrongly %6.3f%%, %10.2f µs a value\n", "gatehouse", ours.found(), ours.refused(), each)
	for level := 1; level <= 2; level++ {
		waf, err := ruleSet(level)
		if err != nil {
			return err
		}
		coraza := count(values, func(v value) bool { return interrupted(waf, v.text) })
		theirs := float64(coraza.took.Nanoseconds()) / float64(len(values)) / 1000
		fmt.Fprintf(w, "  %-28s found %6.2f%%, refused wrongly %6.3f%%, %10.2f µs a value, %.0f times as much\n",
			fmt.Sprintf("Coraza, paranoia %d", level), coraza.found(), coraza.refused(), theirs, theirs/each)
	}
	fmt.Fprintln(w)
	return nil
}

// ruleSet is Coraza with the Core Rule Set as it is recommended, blocking.
func ruleSet(paranoia int) (coraza.WAF, error) {
	return coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(coreruleset.FS).WithDirectives(fmt.Sprintf(`
Include @coraza.conf-recommended
Include @crs-setup.conf.example
SecRuleEngine On
SecAuditEngine Off
SecAction "id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level=%d"
Include @owasp_crs/*.conf
`, paranoia)))
}

// interrupted says whether a GET with the value as its one parameter is
// refused. The parameter is handed over decoded, so that no value suffers
// from how it would be written.
func interrupted(waf coraza.WAF, text string) bool {
	tx := waf.NewTransaction()
	defer func() {
		tx.ProcessLogging()
		tx.Close()
	}()
	tx.ProcessConnection("127.0.0.1", 40000, "127.0.0.1", 80)
	tx.ProcessURI("/search", "GET", "HTTP/1.1")
	tx.AddGetRequestArgument("q", text)
	for _, h := range [...][2]string{{"Host", "shop.example.com"}, {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}, {"Accept", "application/json"}} {
		tx.AddRequestHeader(h[0], h[1])
	}
	var it *types.Interruption
	if it = tx.ProcessRequestHeaders(); it == nil {
		it, _ = tx.ProcessRequestBody()
	}
	return it != nil
}
