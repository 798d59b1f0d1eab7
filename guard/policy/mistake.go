package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go"

	"github.com/gatehouse-api/gatehouse/contract/source"
)

// maxMistakes bounds how many rules that cannot be read are named of a file.
const maxMistakes = 20

// mistakes says of each rule of a file why it cannot be read. whole is what the
// reader says of all of them.
func (f *File) mistakes(whole error) (problems source.Problems) {
	start := 0
	for _, t := range append(tokens(string(f.Text)), token{text: ";", at: len(f.Text)}) {
		if t.text != ";" || t.quoted || len(problems) == maxMistakes {
			continue
		}
		end := min(t.at+1, len(f.Text))
		if len(tokens(string(f.Text[start:end]))) > 0 {
			// What stands before is blank, so that places are those of the file.
			alone := append(blank(f.Text[:start]), f.Text[start:end]...)
			if _, err := cedar.NewPolicyListFromBytes(f.Name, alone); err != nil {
				problems = append(problems, f.mistake(err, start, end))
			}
		}
		start = end
	}
	if len(problems) == 0 { // each can be read, and all together not
		problems = append(problems, f.mistake(whole, 0, len(f.Text)))
	}
	return problems
}

func blank(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = ' '
		if c == '\n' {
			out[i] = c
		}
	}
	return out
}

var (
	parseError = regexp.MustCompile(`^parser error: parse error at (?:<input>|.*?):(\d+):(\d+) (".*"): (.*)$`)
	scanError  = regexp.MustCompile(`^parser error: (?:<input>|.*?):(\d+):(\d+): (.*)$`)
	exactError = regexp.MustCompile(`^(?:exact )?got (.*) want (.+)$`)
	nameError  = regexp.MustCompile("^`(.*)` is (not a function|a method, not a function|not a method|a function, not a method)$")
	countError = regexp.MustCompile(`^(\w+) expects (no arguments|one argument)$`)
	twiceError = regexp.MustCompile(`^duplicate (key|annotation): (.*)$`)
)

// mistake puts a complaint of the reader about the rule between start and end
// into words that say where it is and what is expected there.
func (f *File) mistake(err error, start, end int) source.Problem {
	text := err.Error()
	if m := parseError.FindStringSubmatch(text); m != nil {
		before, at := f.around(f.offset(m[1], m[2]), start, end)
		return f.unexpected(m[4], before, at)
	}
	if m := scanError.FindStringSubmatch(text); m != nil {
		words, ok := unscanned[m[3]]
		if !ok {
			words = [2]string{"what stands here is no text of Cedar: " + m[3], ""}
		}
		return f.told(f.offset(m[1], m[2]), words[0], words[1])
	}
	return f.told(start, "the rule cannot be read: "+strings.TrimPrefix(text, "parser error: "), elsewhere)
}

// elsewhere is the hint where there is no better one.
const elsewhere = "docs.cedarpolicy.com says how rules are written"

// unscanned are complaints of the reader about characters.
var unscanned = map[string][2]string{
	"literal not terminated": {`a text has no " at its end`, `close it on the same line, and write \n for a line break in it`},
	"comment not terminated": {"a comment has no end", "begin each line of it with //"},
	"invalid char escape":    {`behind \ stands a character that means nothing there`, `write \n, \t, \\, \", \x41 or \u{e9}`},
	"invalid UTF-8 encoding": {"a character is no UTF-8", "save the file as UTF-8"},
}

// unexpected says what the reader has found in the place of what is expected.
// Mostly it has gone on by then: before is the token that it took, at the one
// that it looks at.
func (f *File) unexpected(complaint string, before, at token) source.Problem {
	say := func(t token, hint, expected string) source.Problem {
		found := quoteToken(t) + " stands"
		if t.text == "" && !t.quoted {
			found = "the rule ends"
		}
		return f.told(t.at, found+" where "+expected+" is expected", hint)
	}
	if m := exactError.FindStringSubmatch(complaint); m != nil {
		t := before
		if !strings.HasPrefix(complaint, "exact") || m[1] == "" {
			t = at
		}
		return say(t, expecting(m[2], t), `"`+m[2]+`"`)
	}
	if m := nameError.FindStringSubmatch(complaint); m != nil {
		return f.told(before.at, fmt.Sprintf(map[string]string{
			"not a function": "there is no function %q", "not a method": "there is no method %q",
			"a method, not a function": "%q stands behind a value and a dot", "a function, not a method": "%q stands alone, behind no dot",
		}[m[2]], m[1]), map[string]string{
			"not a function":           source.DidYouMean("functions are ip, decimal, datetime and duration", m[1], "ip", "decimal", "datetime", "duration"),
			"not a method":             source.DidYouMean("such are contains, containsAny, isEmpty and isInRange", m[1], methods...),
			"a method, not a function": "write it like context.client." + m[1] + "(...)",
			"a function, not a method": "write it like " + m[1] + `("...")`,
		}[m[2]])
	}
	if m := countError.FindStringSubmatch(complaint); m != nil {
		return f.told(before.at, `"`+m[1]+`" takes `+strings.Replace(m[2], "arguments", "argument", 1), "")
	}
	if m := twiceError.FindStringSubmatch(complaint); m != nil {
		return f.told(before.at, fmt.Sprintf(`the %s "%s" stands twice`, m[1], m[2]), "remove one of them")
	}
	if word, ok := strings.CutPrefix(complaint, "unexpected effect: "); ok {
		return say(before, source.DidYouMean("a rule begins with permit or forbid, and ends with ;", word, "permit", "forbid"), `"permit" or "forbid"`)
	}
	switch complaint {
	case "expected ident", "expected ident after dot", "expected ident or reserved keyword":
		return say(before, f.naming(before), "a name")
	case "expected string", "expected string literal":
		return say(before, `text stands in double quotes`, "a text")
	case "expected ident or string":
		return say(before, `text stands in double quotes`, "a name or a text")
	case "invalid primary":
		hint := `such as principal, context.path.id, "text", 7 or [1, 2]`
		if before.text == "'" {
			hint = "text stands in double quotes"
		}
		return say(before, source.DidYouMean(hint, before.text, "principal", "action", "resource", "context", "true", "false"), "a value")
	}
	return f.told(before.at, quoteToken(before)+" is not expected here", elsewhere)
}

// methods are those of values.
var methods = []string{"contains", "containsAll", "containsAny", "isEmpty", "hasTag", "getTag", "isIpv4", "isIpv6", "isLoopback", "isMulticast", "isInRange",
	"lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual", "offset", "durationSince", "toDate", "toTime", "toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"}

// expecting is the hint where want is expected and t was found.
func expecting(want string, t token) string {
	meant := map[string]string{"=": "==", "&": "&&", "|": "||", "and": "&&", "or": "||", "AND": "&&", "OR": "||", "is_in": "in"}[t.text]
	switch {
	case meant != "" && !t.quoted:
		return "write " + meant
	case want == ";" && t.text == "":
		return "end the rule with ;"
	case want == ";":
		return source.DidYouMean("a rule ends with ;, behind when { ... } and unless { ... }", t.text, "when", "unless")
	case slices.Contains([]string{"principal", "action", "resource", "("}, want), want == "," && t.text == ")":
		return `a rule begins like permit (principal, action == Action::"getOrder", resource)`
	case want == ",":
		return "commas stand between the items of a list"
	case strings.Contains(")]}", want):
		return "close what was opened, or write an operator, such as == or &&"
	case want == "::":
		return `an entity is written like Role::"clerk"`
	}
	return elsewhere
}

// naming is the hint where a name is expected.
func (f *File) naming(t token) string {
	switch {
	case t.quoted && t.at > 0 && f.Text[t.at-1] == '.':
		return fmt.Sprintf("write [%q] in the place of the dot and the text", t.text)
	case t.quoted:
		return fmt.Sprintf("say what it names, as in Action::%q", t.text)
	}
	return "names have letters, digits and _, and begin with none of the digits"
}

// around finds the tokens of a rule before a place and at it; the one at the end
// of the rule is empty.
func (f *File) around(place, start, end int) (before, at token) {
	before, at = token{at: start}, token{at: start}
	list := tokens(string(f.Text[start:end]))
	for i, t := range list {
		t.at += start
		if t.at >= place {
			return before, t
		}
		if i > 0 && before.at+len(before.text) == t.at && strings.Contains(":: == != <= >= && ||", before.text+t.text) && len(before.text+t.text) == 2 {
			t.text, t.at = before.text+t.text, before.at // an operator of two characters
		}
		before = t
	}
	last := before
	at.at = min(last.at+len(last.text), len(f.Text))
	if last.quoted {
		at.at = min(at.at+2, len(f.Text))
	}
	return before, at
}

// offset is where a line and a column of the reader are.
func (f *File) offset(line, column string) (at int) {
	var l, c int
	fmt.Sscan(line, &l)
	fmt.Sscan(column, &c)
	for ; l > 1; l-- {
		next := strings.IndexByte(string(f.Text[at:]), '\n')
		if next < 0 {
			return len(f.Text)
		}
		at += next + 1
	}
	for ; c > 1 && at < len(f.Text); c-- {
		_, size := utf8.DecodeRune(f.Text[at:])
		at += size
	}
	return at
}

// told is a problem at a place, whose line is shown.
func (f *File) told(at int, text, hint string) source.Problem {
	begin := strings.LastIndexByte(string(f.Text[:at]), '\n') + 1
	line, _, _ := strings.Cut(string(f.Text[begin:]), "\n")
	const most = 100
	if line = strings.TrimSpace(line); len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	if line != "" {
		text += ": " + line
	}
	return f.problem(at, hint, text)
}

// quoteToken shows a token.
func quoteToken(t token) string {
	if t.quoted {
		return "a text"
	}
	return `"` + t.text + `"`
}
