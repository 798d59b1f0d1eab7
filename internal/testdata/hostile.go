package testdata

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Hostile is one row of a corpus of hostile messages: what is written to a
// connection, and what must become of it.
type Hostile struct {
	Name string
	Ask  string // of an answer: the method of the request; GET when empty
	Sent string // of HTTP/1.1
	Ends bool   // whoever sent it then ends its side

	Head    [][2]string // of HTTP/2: one stream
	Data    []string    // frame by frame
	Trailer [][2]string

	Want []Outcome
}

// Outcome is what becomes of one message: its refusal, or what the other side
// reads.
type Outcome struct {
	Code         string // of the refusal; "" for what is passed on
	Status       int    // of an answer
	Broken       bool   // an answer that breaks off for the client as well
	Method, Host string // as the API reads them
	Target       string
	Fields       []string // "Name: value", but for those that proxies set
	Body         string
}

// Corpus reads all files of wire/<engine>/testdata/hostile, where the engine is
// h1, h2 or upstream. Each has rows of lines:
//
//	case the-name-of-the-row
//	send "bytes as Go writes them" * 3
//	ends
//	head "name" "value" * 3
//	data "bytes" * 3
//	trailer "name" "value"
//	passed POST "/target" "host"
//	target "more of it" * 3
//	field "Name: value" * 3
//	value "more of it" * 3
//	body "bytes" * 3
//	refused malformed
//
// and those of answers of an API also
//
//	ask HEAD
//	answered 200
//	broken
//
// Lines of send, target and body are joined, field repeats the field. Outcomes
// stand in the order of the requests.
func Corpus(t testing.TB, engine string) (rows []Hostile) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(), "wire", engine, "testdata", "hostile", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	names := make(map[string]bool)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			if rows, err = corpusLine(rows, line); err != nil {
				t.Fatalf("%s:%d: %v", file, n+1, err)
			}
			if name, ok := strings.CutPrefix(line, "case "); ok && names[name] {
				t.Fatalf("%s:%d: the name %s stands twice", file, n+1, name)
			} else if ok {
				names[name] = true
			}
		}
	}
	for _, row := range rows {
		if row.Sent == "" && len(row.Head) == 0 || len(row.Want) == 0 {
			t.Errorf("%s sends nothing or wants nothing", row.Name)
		}
	}
	return rows
}

func corpusLine(rows []Hostile, line string) ([]Hostile, error) {
	word, rest, _ := strings.Cut(line, " ")
	if word == "case" {
		return append(rows, Hostile{Name: rest}), nil
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s before the first case", word)
	}
	row := &rows[len(rows)-1]
	var last *Outcome
	if len(row.Want) > 0 {
		last = &row.Want[len(row.Want)-1]
	}
	switch {
	case word == "ends":
		row.Ends = true
	case word == "broken":
		row.Want = append(row.Want, Outcome{Broken: true})
	case word == "answered":
		status, err := strconv.Atoi(rest)
		row.Want = append(row.Want, Outcome{Status: status})
		return rows, err
	case word == "refused":
		row.Want = append(row.Want, Outcome{Code: rest})
	case word == "passed":
		var o Outcome
		if _, err := fmt.Sscanf(rest, "%s %q %q", &o.Method, &o.Target, &o.Host); err != nil {
			return nil, err
		}
		row.Want = append(row.Want, o)
	case last == nil:
		return rows, row.add(word, rest)
	case last.Code != "":
		return nil, fmt.Errorf("%s has no request that is passed", word)
	case word == "field":
		s, times, err := repeated(rest)
		last.Fields = append(last.Fields, slices.Repeat([]string{s}, times)...)
		return rows, err
	case word == "value" && len(last.Fields) > 0:
		return rows, extend(&last.Fields[len(last.Fields)-1], rest)
	case word == "target":
		return rows, extend(&last.Target, rest)
	case word == "body":
		return rows, extend(&last.Body, rest)
	default:
		return nil, fmt.Errorf("unknown word %q", word)
	}
	return rows, nil
}

// add takes one line of what is sent.
func (h *Hostile) add(word, rest string) error {
	switch word {
	case "ask":
		h.Ask = rest
		return nil
	case "send":
		return extend(&h.Sent, rest)
	case "data":
		h.Data = append(h.Data, "")
		return extend(&h.Data[len(h.Data)-1], rest)
	case "head":
		return pair(&h.Head, rest)
	case "trailer":
		return pair(&h.Trailer, rest)
	}
	return fmt.Errorf("unknown word %q", word)
}

// pair adds a name and a value to list.
func pair(list *[][2]string, rest string) error {
	name, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return err
	}
	var f [2]string
	if f[0], err = strconv.Unquote(name); err != nil {
		return err
	}
	if err := extend(&f[1], strings.TrimPrefix(rest[len(name):], " ")); err != nil {
		return err
	}
	*list = append(*list, f)
	return nil
}

// extend adds `"text"` or `"text" * 3` to s.
func extend(s *string, rest string) error {
	text, times, err := repeated(rest)
	*s += strings.Repeat(text, times)
	return err
}

func repeated(s string) (text string, times int, err error) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", 0, err
	}
	if text, err = strconv.Unquote(quoted); err != nil {
		return "", 0, err
	}
	times = 1
	if rest := s[len(quoted):]; rest != "" {
		if _, err := fmt.Sscanf(rest, " * %d", &times); err != nil {
			return "", 0, fmt.Errorf("%q: %w", rest, err)
		}
	}
	return text, times, nil
}

// proxied are fields that gates and proxies set by themselves, or that frame a
// message: what an API reads is compared without them.
var proxied = map[string]bool{
	"content-length": true, "transfer-encoding": true, "connection": true, "accept-encoding": true, "forwarded": true, "via": true,
	"x-forwarded-for": true, "x-forwarded-proto": true, "x-forwarded-host": true,
}

// ReadingOf is what net/http read, as an outcome.
func ReadingOf(r *http.Request, body []byte) Outcome {
	o := Outcome{Method: r.Method, Target: r.RequestURI, Host: r.Host, Body: string(body)}
	for name, values := range r.Header {
		for _, v := range values {
			o.Fields = append(o.Fields, name+": "+v)
		}
	}
	return o
}

// String is o as a message for people.
func (o Outcome) String() string {
	p := o.plain()
	return fmt.Sprintf("%s %q of %q with %q and a body of %d bytes, %.60q", p.Method, p.Target, p.Host, p.Fields, len(p.Body), p.Body)
}

// plain is o as all servers can tell it: without the order of different fields
// and the case of their names.
func (o Outcome) plain() Outcome {
	var fields []string
	for _, f := range o.Fields {
		name, value, _ := strings.Cut(f, ":")
		if name = strings.ToLower(name); !proxied[name] && name != "host" {
			fields = append(fields, name+": "+strings.TrimSpace(value))
		}
	}
	slices.SortStableFunc(fields, func(a, b string) int {
		x, _, _ := strings.Cut(a, ":")
		y, _, _ := strings.Cut(b, ":")
		return strings.Compare(x, y)
	})
	o.Fields = fields
	return o
}

// Same reports whether a server read what o says.
func (o Outcome) Same(read Outcome) bool {
	want := o.plain()
	read = read.plain()
	return want.Method == read.Method && want.Target == read.Target && want.Host == read.Host && want.Body == read.Body &&
		slices.Equal(want.Fields, read.Fields)
}
