// Package trial tries calls on a configuration that does not serve: who calls,
// what they call, and whether the gate would let them, by the very guards of
// the gate. Command gatehouse shows what comes of it; nothing else imports it.
// It knows nothing of sockets: a call is made here, and ends before the API.
package trial

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/gate"
	"github.com/gatehouse-api/gatehouse/guard/owner"
)

// Case is one call and what is expected of it.
type Case struct {
	Name  string
	API   string // "" where there is only one
	Who   *gate.Principal
	Call  string // an operation by its name, or as in "GET /orders"
	Path  map[string]string
	Query []Pair
	Body  []byte // JSON; nil for none

	Client      netip.Addr
	Country     string
	Time        time.Time
	Objects     map[string]owner.Supposition // whose objects of a kind are; those of others are the caller's
	Certificate bool                         // the connection has shown a verified one
	Plain       bool                         // it is not protected

	Allow bool     // what is expected
	By    []string // the rules that decide; nil for any
	Code  string   // of the refusal; "" for any

	node *source.Node
}

// Pair is one field of a query.
type Pair struct{ Name, Value string }

// Table is the cases of one file.
type Table struct {
	Name  string
	Cases []*Case
}

// The bounds of a table.
const (
	maxTable = 4 << 20
	maxCases = 10_000
)

// Read reads a table of cases strictly. begin is the time of those that state
// none.
func Read(name string, text []byte, begin time.Time) (*Table, source.Problems) {
	if len(text) > maxTable {
		return nil, source.Problems{{Position: source.Position{File: name}, Text: "the table is larger than 4 MiB", Hint: "split it"}}
	}
	file, problems := source.Parse(name, text)
	if file == nil || file.Root == nil || problems.Err() != nil {
		return nil, problems
	}
	r := &reader{begin: begin, callers: map[string]*gate.Principal{}}
	r.keys(file.Root, "a table", "api", "callers", "tests")
	api := r.text(file.Root, "api")
	for name, n := range file.Root.Get("callers").Members() {
		r.callers[strings.Clone(name)] = r.caller(n)
	}
	t := &Table{Name: name}
	list := file.Root.Get("tests")
	if !list.Is(source.Array) || list.Len() == 0 || list.Len() > maxCases {
		r.add(cmpNode(list, file.Root), "tests: [{who: alice, call: listOrders, expect: allow}]", "tests is a list of 1 to %d calls", maxCases)
	}
	for i, n := range list.Items() {
		if i < maxCases {
			c := r.test(n, i)
			if c.API == "" {
				c.API = api
			}
			t.Cases = append(t.Cases, c)
		}
	}
	return t, append(problems, r.problems...).Sort()
}

// ReadCase reads one call alone.
func ReadCase(name string, text []byte, begin time.Time) (*Case, source.Problems) {
	if len(text) > maxTable {
		return nil, source.Problems{{Position: source.Position{File: name}, Text: "the call is larger than 4 MiB"}}
	}
	file, problems := source.Parse(name, text)
	if file == nil || file.Root == nil || problems.Err() != nil {
		return nil, problems
	}
	r := &reader{begin: begin}
	c := r.call(file.Root, 0)
	return c, append(problems, r.problems...).Sort()
}

func cmpNode(n, otherwise *source.Node) *source.Node {
	if n == nil {
		return otherwise
	}
	return n
}

// reader reads the parts of a table.
type reader struct {
	begin    time.Time
	callers  map[string]*gate.Principal
	problems source.Problems
}

func (r *reader) add(n *source.Node, hint, format string, args ...any) {
	if len(r.problems) < 100 {
		r.problems = append(r.problems, source.At(n, hint, format, args...))
	}
}

// keys holds n to be a group of known keys.
func (r *reader) keys(n *source.Node, what string, known ...string) {
	if !n.Is(source.Object) {
		r.add(n, "its keys are "+strings.Join(known, ", "), "%s is a group of keys", what)
		return
	}
	for name, value := range n.Members() {
		if !slices.Contains(known, name) {
			r.add(value, source.DidYouMean("its keys are "+strings.Join(known, ", "), name, known...), "%s has no key %q", what, name)
		}
	}
}

func (r *reader) text(n *source.Node, key string) string {
	v := n.Get(key)
	if v == nil {
		return ""
	}
	if !v.Is(source.String) && !v.Is(source.Number) && !v.Is(source.Bool) {
		r.add(v, "", "%s is a text", key)
		return ""
	}
	return strings.Clone(v.Text())
}

func (r *reader) flag(n *source.Node, key string) bool {
	v := n.Get(key)
	if v != nil && !v.Is(source.Bool) {
		r.add(v, "", "%s is true or false", key)
	}
	return v.Bool()
}

func (r *reader) texts(n *source.Node, key string) (list []string) {
	v := n.Get(key)
	if v != nil && !v.Is(source.Array) {
		r.add(v, "put it into brackets", "%s is a list", key)
	}
	for _, item := range v.Items() {
		if !item.Is(source.String) {
			r.add(item, "", "%s is a list of texts", key)
			continue
		}
		list = append(list, strings.Clone(item.Text()))
	}
	return list
}

func (r *reader) time(n *source.Node, key string) time.Time {
	text := r.text(n, key)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.add(n.Get(key), "write it like 2031-02-03T10:00:00Z", "%s is no time", key)
	}
	return at
}

// test reads one call with what is expected of it.
func (r *reader) test(n *source.Node, i int) *Case {
	c := r.call(n, i)
	switch word := r.text(n, "expect"); word {
	case "allow":
		c.Allow = true
	case "deny":
	default:
		r.add(cmpNode(n.Get("expect"), n), "write expect: allow, or expect: deny", "a test says what it expects")
	}
	if n.Get("by") != nil {
		c.By = append([]string{}, r.texts(n, "by")...)
		slices.Sort(c.By)
	}
	if c.Code = r.text(n, "code"); c.Code != "" {
		var known []string
		for code := range gate.Codes {
			known = append(known, code.String())
		}
		switch {
		case c.Allow:
			r.add(n.Get("code"), "", "what is allowed has no code")
		case !slices.Contains(known, c.Code):
			r.add(n.Get("code"), source.DidYouMean("docs/refusals.md lists them", c.Code, known...), "there is no code %q", c.Code)
		}
	}
	return c
}

func (r *reader) call(n *source.Node, i int) *Case {
	r.keys(n, "a call", "name", "api", "who", "call", "path", "query", "body", "client", "country", "time", "objects", "certificate", "plain", "expect", "by", "code")
	c := &Case{Name: r.text(n, "name"), API: r.text(n, "api"), Call: r.text(n, "call"), Certificate: r.flag(n, "certificate"), Plain: r.flag(n, "plain"), node: n}
	if c.Call == "" {
		r.add(n, "add call: listOrders, or call: GET /orders", "a call says which operation it calls")
	}
	if c.Name == "" {
		c.Name = fmt.Sprintf("%d: %s", i+1, c.Call)
	}
	c.Who = r.who(n.Get("who"))
	c.Path = map[string]string{}
	for name, v := range n.Get("path").Members() {
		c.Path[strings.Clone(name)] = strings.Clone(v.Text())
	}
	c.Objects = r.objects(n)
	for name, v := range n.Get("query").Members() {
		if v.Is(source.Array) {
			for _, item := range v.Items() {
				c.Query = append(c.Query, Pair{strings.Clone(name), strings.Clone(item.Text())})
			}
			continue
		}
		c.Query = append(c.Query, Pair{strings.Clone(name), strings.Clone(v.Text())})
	}
	if body := n.Get("body"); body != nil {
		c.Body = appendJSON(nil, body)
	}
	c.Client = netip.MustParseAddr("127.0.0.1")
	if text := r.text(n, "client"); text != "" {
		a, err := netip.ParseAddr(text)
		if err != nil {
			r.add(n.Get("client"), "write it like 10.1.2.3", "client is no address")
		}
		c.Client = a
	}
	c.Country = strings.Clone(r.text(n, "country"))
	if c.Time = r.time(n, "time"); c.Time.IsZero() {
		c.Time = r.begin
	}
	return c
}

// suppositions are the words for whose objects are.
var suppositions = map[string]owner.Supposition{"caller": owner.Callers, "other": owner.Others, "nobody": owner.Nobodys}

// objects reads whose objects are, by kind.
func (r *reader) objects(n *source.Node) map[string]owner.Supposition {
	list := map[string]owner.Supposition{}
	for kind, v := range n.Get("objects").Members() {
		whose, known := suppositions[v.Text()]
		if !known {
			r.add(v, "write caller, other or nobody", "objects of a kind are the caller's, somebody other's or nobody's")
		}
		list[strings.Clone(kind)] = whose
	}
	return list
}

// appendJSON writes a value as JSON.
func appendJSON(b []byte, n *source.Node) []byte {
	switch n.Kind() {
	case source.String:
		return gate.AppendString(b, n.Text())
	case source.Number, source.Bool:
		return append(b, n.Text()...)
	case source.Array:
		b = append(b, '[')
		for i, item := range n.Items() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case source.Object:
		b = append(b, '{')
		for i := range n.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			m := n.Member(i)
			b = append(gate.AppendString(b, m.Name), ':')
			b = appendJSON(b, &m.Value)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// value is what a claim is, as verifiers write claims.
func value(n *source.Node) any {
	switch n.Kind() {
	case source.Bool:
		return n.Bool()
	case source.Number:
		if i, ok := n.Int(); ok {
			return i
		}
		f, _ := strconv.ParseFloat(n.Text(), 64)
		return f
	case source.String:
		return strings.Clone(n.Text())
	case source.Array:
		list := []any{}
		for _, item := range n.Items() {
			list = append(list, value(item))
		}
		return list
	case source.Object:
		group := map[string]any{}
		for name, v := range n.Members() {
			group[strings.Clone(name)] = value(v)
		}
		return group
	}
	return nil
}
