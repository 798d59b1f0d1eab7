package route

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A second, slow router, made of regular expressions and of trying
// everything: what the fuzz targets compare the real one with. It shares no
// code with it.

var (
	refRaw    = regexp.MustCompile(`^(/([A-Za-z0-9._~!$&'()*+,=:@;-]|%[0-9A-Fa-f]{2})*)+$`)
	refEscape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
	refDots   = regexp.MustCompile(`(?s)^\.\.?(;.*)?$`)
	refName   = regexp.MustCompile(`\{[^}]*\}`)
	refSplit  = regexp.MustCompile(`[/\\]`)
)

// refSegments splits a well-formed path; it reports false for any other.
func refSegments(path string) (raw []string, ok bool) {
	if len(path) > 8192 || strings.Contains(path, "//") || !refRaw.MatchString(path) {
		return nil, false
	}
	raw = strings.Split(path, "/")[1:]
	if len(raw) > 256 {
		return nil, false
	}
	for _, s := range raw {
		text := refDecode(s)
		if !utf8.ValidString(text) || refEscape.MatchString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return nil, false
		}
		parts := refSplit.Split(text, -1)
		for _, p := range parts {
			if refDots.MatchString(p) || p == "" && len(parts) > 1 {
				return nil, false
			}
		}
	}
	return raw, true
}

func refDecode(s string) string {
	text, err := url.PathUnescape(s)
	if err != nil {
		panic(err)
	}
	return text
}

// refStep is one segment of a template as it was used on a path.
type refStep struct {
	kind, beginning, end, total, parameters int
	texts                                   []string
	slash, semi                             []bool
	count                                   int // segments of the path
}

func (a refStep) compare(b refStep) int {
	if c := cmp.Or(cmp.Compare(a.kind, b.kind), -cmp.Compare(a.beginning, b.beginning), -cmp.Compare(a.end, b.end),
		-cmp.Compare(a.total, b.total), cmp.Compare(a.parameters, b.parameters), slices.Compare(a.texts, b.texts)); c != 0 {
		return c
	}
	number := func(list []bool) (n int) {
		for i, set := range list {
			if set {
				n += 1 << i
			}
		}
		return n
	}
	return cmp.Or(cmp.Compare(min(1, number(a.slash)), min(1, number(b.slash))),
		-cmp.Compare(number(a.slash), number(b.slash)), -cmp.Compare(number(a.semi), number(b.semi)), cmp.Compare(a.count, b.count))
}

// refSegment reads one segment of a template.
func refSegment(e *Entry, part string) (step refStep, names []string) {
	for _, name := range refName.FindAllString(part, -1) {
		name = strings.Trim(name, "{}")
		names = append(names, name)
		step.slash = append(step.slash, slices.Contains(e.Slash, name))
		step.semi = append(step.semi, slices.Contains(e.Semicolon, name))
	}
	for _, text := range refName.Split(part, -1) {
		step.texts = append(step.texts, refDecode(text))
		step.total += len(refDecode(text))
	}
	step.parameters = len(names)
	step.beginning, step.end = len(step.texts[0]), len(step.texts[len(names)])
	switch {
	case len(names) == 0:
		step.kind = 0
	case len(names) > 1 || step.total > 0:
		step.kind = 1
	case !step.slash[0] && !step.semi[0]:
		step.kind = 2
	default:
		step.kind = 3
	}
	return step, names
}

// refPath is one way to read a path by a template.
type refPath struct {
	entry  *Entry
	steps  []refStep
	values []string // name, decoded value and so on in turn
}

// refWays returns all ways to read raw by the rest of a template.
func refWays(e *Entry, parts, raw []string) (ways []refPath) {
	if len(parts) == 0 || len(raw) == 0 {
		if len(parts) == len(raw) {
			ways = append(ways, refPath{entry: e})
		}
		return ways
	}
	step, names := refSegment(e, parts[0])
	longest := 1
	if slices.Contains(step.slash, true) {
		longest = len(raw)
	}
	for n := 1; n <= longest; n++ {
		values, ok := refRead(step, names, raw[:n])
		if !ok {
			continue
		}
		step.count = n
		for _, way := range refWays(e, parts[1:], raw[n:]) {
			way.steps = append([]refStep{step}, way.steps...)
			way.values = append(slices.Clone(values), way.values...)
			ways = append(ways, way)
		}
	}
	return ways
}

// refRead reads segments of a path by one of a template.
func refRead(step refStep, names, raw []string) (values []string, ok bool) {
	text, semi := refDecode(strings.Join(raw, "/")), strings.Contains(strings.Join(raw, "/"), ";")
	if len(names) == 0 {
		return nil, text == step.texts[0]
	}
	if slices.Contains(raw, "") {
		return nil, false
	}
	expression := `(?s)^` + regexp.QuoteMeta(step.texts[0])
	for i := range names {
		expression += `(.+?)` + regexp.QuoteMeta(step.texts[i+1])
	}
	found := regexp.MustCompile(expression + `$`).FindStringSubmatch(text)
	if found == nil {
		return nil, false
	}
	for i, name := range names {
		v := found[i+1]
		if !step.slash[i] && strings.ContainsAny(v, `/\`) || semi && !step.semi[i] && strings.Contains(v, ";") {
			return nil, false
		}
		values = append(values, name, v)
	}
	return values, true
}

// refMatch is Table.Match for one API that stands on any host.
func refMatch(list []Entry, method, path string) (outcome Outcome, number int, values []string) {
	raw, ok := refSegments(path)
	if !ok {
		return Refused, -1, nil
	}
	var ways []refPath
	for i := range list {
		ways = append(ways, refWays(&list[i], strings.Split(list[i].Template, "/")[1:], raw)...)
	}
	compare := func(a, b refPath) int { return slices.CompareFunc(a.steps, b.steps, refStep.compare) }
	if len(ways) == 0 {
		for _, s := range raw {
			if strings.Contains(s, ";") || refSplit.MatchString(refDecode(s)) {
				return Refused, -1, nil
			}
		}
		return NotFound, -1, nil
	}
	best := slices.MinFunc(ways, compare)
	outcome, number = WrongMethod, -1
	if method == "OPTIONS" {
		outcome = Options
	}
	for _, way := range ways {
		if compare(way, best) != 0 {
			continue
		}
		if way.entry.Method == method {
			return Found, way.entry.Number, way.values
		}
		if way.entry.Method == "GET" && method == "HEAD" {
			outcome, number, values = Found, way.entry.Number, way.values
		}
	}
	return outcome, number, values
}
