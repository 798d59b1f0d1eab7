package config

import "github.com/gatehouse-api/gatehouse/contract/source"

// maxProblems bounds how many errors are said of one configuration, and how
// many warnings. What a problem says costs a look through the whole file for
// its place, so that what nobody will read is not made.
const maxProblems = 100

// collector takes the problems of one configuration.
type collector struct {
	problems source.Problems
	counts   [2]int          // of problems by severity
	hit      map[string]bool // the rules that were broken; nil outside of tests
}

// add notes an error at n.
func (c *collector) add(rule string, n *source.Node, hint, format string, args ...any) {
	if c.room(rule, source.Error, n) {
		c.problems = append(c.problems, source.At(n, hint, format, args...))
	}
}

// addName notes an error about the name of a member.
func (c *collector) addName(rule string, m *source.Member, hint, format string, args ...any) {
	if c.room(rule, source.Error, &m.Value) {
		p := source.At(&m.Value, hint, format, args...)
		p.Position = m.NamePosition()
		c.problems = append(c.problems, p)
	}
}

// warn notes a warning at n.
func (c *collector) warn(rule string, n *source.Node, hint, format string, args ...any) {
	if c.room(rule, source.Warning, n) {
		c.problems = append(c.problems, source.Warn(n, hint, format, args...))
	}
}

// full reports whether no more errors are taken.
func (c *collector) full() bool { return c.counts[source.Error] > maxProblems }

// room counts a problem with a rule and reports whether it is to be said. The
// first one that is not is where a last line says so.
func (c *collector) room(rule string, s source.Severity, n *source.Node) bool {
	if _, ok := rules[rule]; !ok {
		panic("config: there is no rule " + rule)
	}
	if c.hit != nil {
		c.hit[rule] = true
	}
	c.counts[s]++
	if c.counts[s] == maxProblems+1 {
		more := source.Problem{Position: n.Position(), Text: "there are more problems than these", Hint: "correct these first", Severity: s}
		if s == source.Warning {
			more.Text, more.Hint = "there are more warnings than these", ""
		}
		c.problems = append(c.problems, more)
	}
	return c.counts[s] <= maxProblems
}
