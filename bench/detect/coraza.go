package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"syscall"
	"time"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/types"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

// processorTime is what the process has used of the processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rounds is in how many parts values are judged by each in turn, so that what
// else the machine does meets all of them.
const rounds = 12

// times is how often the gate judges each, as it takes too little to be measured
// once.
const times = 40

// beside judges the same values with the gate and with Coraza and the Core
// Rule Set in turns, and prints what each finds and uses. It returns how often
// the gate's time Coraza takes at paranoia 1: the median of the rounds, of the
// values where it is least.
func beside(w io.Writer, values []value) (least float64, err error) {
	fmt.Fprintf(w, "The same %d values with Coraza and the Core Rule Set, as a parameter of a GET\n", len(values))
	ours := judgeAll(values)
	fmt.Fprintf(w, "  %-28s found %6.2f%%, refused wrongly %6.3f%%\n", "gatehouse", ours.found(), ours.refused())
	for level := 1; level <= 2; level++ {
		waf, err := ruleSet(level)
		if err != nil {
			return 0, err
		}
		o := opponent{refuses: func(v value) bool { return interrupted(waf, v.text) }}
		var rows [2]string
		for i, hostile := range []bool{false, true} {
			gate, other, ratio := o.race(slices.DeleteFunc(slices.Clone(values), func(v value) bool { return v.hostile != hostile }))
			if level == 1 && (least == 0 || ratio < least) {
				least = ratio
			}
			rows[i] = fmt.Sprintf("  %-28s %10.2f µs a value of the gate, %10.2f µs: %.0f times as much", [...]string{"    benign", "    attacks"}[i], gate, other, ratio)
		}
		fmt.Fprintf(w, "  %-28s found %6.2f%%, refused wrongly %6.3f%%\n%s\n%s\n", fmt.Sprintf("Coraza, paranoia %d", level), o.found(), o.refused(), rows[0], rows[1])
	}
	fmt.Fprintln(w)
	return least, nil
}

// race judges values in turns and returns microseconds of processor time a value
// of the gate and of the other, and the median of their ratios.
func (o *opponent) race(values []value) (gate, other, ratio float64) {
	var ours, theirs time.Duration
	var ratios []float64
	for n := range rounds {
		part := values[n*len(values)/rounds : (n+1)*len(values)/rounds]
		if len(part) == 0 {
			continue
		}
		runtime.GC() // what the other left
		one := judged(part)
		t := count(part, o.refuses)
		o.add(t)
		ours, theirs = ours+one, theirs+t.took
		ratios = append(ratios, float64(t.took)/float64(one))
	}
	if len(ratios) == 0 {
		return 0, 0, 0
	}
	slices.Sort(ratios)
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(len(values)) / 1000 }
	return micros(ours), micros(theirs), ratios[len(ratios)/2]
}

// judged is the time that the gate takes for values, judging alone.
func judged(values []value) time.Duration {
	texts := make([][]byte, len(values))
	for i, v := range values {
		texts[i] = []byte(v.text)
	}
	begin := processorTime()
	for range times {
		for _, text := range texts {
			detect.Judge(text, detect.Query, detect.Unknown)
		}
	}
	return (processorTime() - begin) / times
}

// opponent is who else judges.
type opponent struct {
	refuses func(value) bool
	tally
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
