package lab

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed FLAWS.md
var page string

// Flaw is one row of FLAWS.md.
type Flaw struct {
	ID       string   // "API1-order"
	Where    string   // "GET /orders/{order_id}", or "every operation"
	Text     string   // what is wrong
	Closer   string   // what closes it, in words
	Open     bool     // the gate of today lets it through
	Code     string   // of the refusal that closes it; "" when the call passes without its effect
	Example  string   // the key of examples/shop/gatehouse.yaml that closes it there; "" when none does
	Rule     string   // the key of gatehouse.yaml that closes it; "" when the contract alone does
	Script   string   // lines for a POSIX shell with curl
	Evidence []string // all of it is in what Script prints when the exploit succeeds
}

// Shell is what a shell must run before the Script of a Flaw. It takes from
// the environment SHOP, the address to call, and API, the shop's own address.
func Shell() (string, error) { return shell(page) }

func shell(page string) (string, error) {
	m := preamble.FindStringSubmatch(page)
	if m == nil {
		return "", fmt.Errorf("FLAWS.md: has no lines to begin with")
	}
	return m[1], nil
}

var (
	preamble = regexp.MustCompile("(?s)\n## Try them\n.*?```sh\n(.*?)```\n")
	flawRow  = regexp.MustCompile("(?m)^\\| \\[(\\S+)\\]\\(#\\S+\\) \\| ([^|]+) \\| ([^|]+) \\| ([^|]+) \\| " +
		"(?:closed by the contract alone|closed by a rule: `([a-z_]+)`|open here, closed in \\[the example\\]\\(\\.\\./examples/shop/README\\.md\\): `([a-z]+)`|(open: the gate cannot do this yet)) \\|$")
	section = regexp.MustCompile("(?s)^ (\\S+)\n.*?```sh\n(.*?)```\n\nEvidence: ([^\n]+)\n")
	quoted  = regexp.MustCompile("`([^`]+)`")
	refusal = regexp.MustCompile("`([a-z-]+)`$")
)

// Flaws returns the rows of FLAWS.md in their order. It fails when a row has
// no section, a section no row, or either is not written as the others are.
func Flaws() ([]Flaw, error) { return parse(page) }

func parse(page string) ([]Flaw, error) {
	list, index, err := parseRows(page)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(page, "\n###")[1:]
	for _, part := range parts {
		m := section.FindStringSubmatch(part + "\n")
		if m == nil {
			return nil, fmt.Errorf("FLAWS.md: a section is not written as the others are: %.40q", part)
		}
		i, ok := index[m[1]]
		if !ok || list[i].Script != "" {
			return nil, fmt.Errorf("FLAWS.md: section %s has no row of its own", m[1])
		}
		list[i].Script = m[2]
		for _, q := range quoted.FindAllStringSubmatch(m[3], -1) {
			list[i].Evidence = append(list[i].Evidence, q[1])
		}
	}
	if len(parts) != len(list) || len(list) == 0 {
		return nil, fmt.Errorf("FLAWS.md: has %d rows and %d sections", len(list), len(parts))
	}
	return list, nil
}

// parseRows reads the table and says where each id stands in it.
func parseRows(page string) (list []Flaw, index map[string]int, err error) {
	index = map[string]int{}
	for _, m := range flawRow.FindAllStringSubmatch(page, -1) {
		f := Flaw{ID: m[1], Where: strings.Trim(m[2], "`"), Text: m[3], Closer: m[4], Rule: m[5], Example: m[6], Open: m[6]+m[7] != ""}
		if code := refusal.FindStringSubmatch(f.Closer); code != nil && !f.Open {
			f.Code = code[1]
		}
		if _, twice := index[f.ID]; twice {
			return nil, nil, fmt.Errorf("FLAWS.md: %s has two rows", f.ID)
		}
		index[f.ID] = len(list)
		list = append(list, f)
	}
	if n := strings.Count(page, "\n| [") - len(list); n != 0 {
		return nil, nil, fmt.Errorf("FLAWS.md: rows that are not written as the others are: %d", n)
	}
	return list, index, nil
}

// Succeeded reports whether output has all the evidence.
func (f *Flaw) Succeeded(output string) bool {
	for _, e := range f.Evidence {
		if !strings.Contains(output, e) {
			return false
		}
	}
	return len(f.Evidence) > 0
}

// Left returns the evidence in output that is no status line.
func (f *Flaw) Left(output string) (list []string) {
	for _, e := range f.Evidence {
		if !strings.HasPrefix(e, "HTTP/") && strings.Contains(output, e) {
			list = append(list, e)
		}
	}
	return list
}
