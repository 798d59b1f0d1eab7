package main

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/gatehouse-api/gatehouse/guard/inspect/detect"
)

// part is one value of a request and where it stands.
type part struct {
	text string
	at   detect.Position
}

// regressionCase is one request of the Core Rule Set's own tests.
type regressionCase struct {
	rule, what string
	attack     bool // a rule must match; otherwise it is a near-miss
	parts      []part
}

// readRegression reads the requests, and of each what a client put into it.
func readRegression(dir string) (cases []regressionCase, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%s holds no tests", dir)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var file struct {
			Tests []struct {
				Desc   string
				Stages []struct {
					Input struct {
						URI     string
						Data    string
						Headers map[string]string
					}
					Output struct {
						Log struct {
							Expect []int `yaml:"expect_ids"`
						}
					}
				}
			}
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, t := range file.Tests {
			for _, s := range t.Stages {
				c := regressionCase{rule: strings.TrimSuffix(filepath.Base(name), ".yaml"), what: t.Desc, attack: len(s.Output.Log.Expect) > 0}
				c.addTarget(s.Input.URI)
				c.addBody(s.Input.Data, s.Input.Headers)
				c.addHeaders(s.Input.Headers)
				cases = append(cases, c)
			}
		}
	}
	return cases, nil
}

func (c *regressionCase) add(at detect.Position, texts ...string) {
	for _, text := range texts {
		if text != "" {
			c.parts = append(c.parts, part{text, at})
		}
	}
}

func (c *regressionCase) addTarget(target string) {
	path, query, _ := strings.Cut(target, "?")
	c.add(detect.Path, decoded(path, url.PathUnescape))
	c.addPairs(query, detect.Query)
}

// addPairs adds the names and values of a query or form. What is not coded
// rightly is taken as it is.
func (c *regressionCase) addPairs(query string, at detect.Position) {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		c.add(at, decoded(name, url.QueryUnescape), decoded(value, url.QueryUnescape))
	}
}

func decoded(s string, by func(string) (string, error)) string {
	if plain, err := by(s); err == nil {
		return plain
	}
	return s
}

func (c *regressionCase) addBody(data string, headers map[string]string) {
	kind := ""
	for name, value := range headers {
		if strings.EqualFold(name, "Content-Type") {
			kind = value
		}
	}
	switch {
	case data == "":
	case strings.Contains(kind, "json"):
		c.add(detect.JSON, data)
	case strings.Contains(kind, "multipart"):
		for field := range strings.SplitSeq(data, "--") {
			head, body, _ := strings.Cut(strings.ReplaceAll(field, "\r\n", "\n"), "\n\n")
			c.add(detect.Form, head, strings.TrimSuffix(body, "\n"))
		}
	case strings.Contains(kind, "xml"):
		c.add(detect.Form, data)
	default:
		c.addPairs(data, detect.Form)
	}
}

// addHeaders adds the header fields that a test sets for its own purpose.
func (c *regressionCase) addHeaders(headers map[string]string) {
	for name, value := range headers {
		switch strings.ToLower(name) {
		case "host", "accept", "content-type", "content-length", "accept-encoding", "accept-language", "connection", "cache-control":
			continue
		case "cookie":
			for pair := range strings.SplitSeq(value, ";") {
				n, v, _ := strings.Cut(strings.TrimSpace(pair), "=")
				c.add(detect.Cookie, n, v)
			}
			continue
		}
		if value != "OWASP CRS test agent" {
			c.add(detect.Header, value)
		}
	}
}

func (c *regressionCase) texts() (list []string) {
	for _, p := range c.parts {
		list = append(list, p.text)
	}
	return list
}

// refused says whether the detector refuses any part.
func (c *regressionCase) refused() bool {
	for _, p := range c.parts {
		if detect.Judge([]byte(p.text), p.at, detect.Unknown).Score >= detect.Threshold(detect.Unknown) {
			return true
		}
	}
	return false
}

// regressionTable prints how many requests are refused, by the family of the
// rule. A near-miss is what one rule must not match: it may be an attack all
// the same, so it is counted and not judged.
func regressionTable(w io.Writer, cases []regressionCase, misses bool) {
	type numbers struct{ attacks, found, near, refused int }
	by := map[string]*numbers{}
	var missed bytes.Buffer
	for _, c := range cases {
		for _, family := range []string{c.rule[:3], "together"} {
			n := by[family]
			if n == nil {
				n = new(numbers)
				by[family] = n
			}
			hit := c.refused()
			switch {
			case c.attack && hit:
				n.attacks, n.found = n.attacks+1, n.found+1
			case c.attack:
				n.attacks++
			case hit:
				n.near, n.refused = n.near+1, n.refused+1
			default:
				n.near++
			}
			if family == "together" && hit != c.attack {
				fmt.Fprintf(&missed, "    %s attack=%v %.300s\n", c.rule, c.attack, fmt.Sprintf("%q", c.texts()))
			}
		}
	}
	fmt.Fprintln(w, "Requests of the Core Rule Set's own tests, of which detection sees the values")
	for _, family := range labels(by) {
		n := by[family]
		fmt.Fprintf(w, "  %-10s %4d of %4d attacks found  %6.2f%%; near-misses refused %3d of %3d\n", family, n.found, n.attacks, 100*float64(n.found)/float64(max(1, n.attacks)), n.refused, n.near)
	}
	if misses {
		w.Write(missed.Bytes())
	}
	fmt.Fprintln(w)
}
