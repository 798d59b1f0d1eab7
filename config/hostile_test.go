package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-api/gatehouse/config"
	"github.com/gatehouse-api/gatehouse/contract/source"
	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

type problem = source.Problem

// TestFiles are files that are none.
func TestFiles(t *testing.T) {
	folder := t.TempDir()
	large := filepath.Join(folder, "large.yaml")
	if err := os.WriteFile(large, []byte(strings.Repeat("#\n", 1<<19+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, path, want string }{
		{"missing", filepath.Join(folder, "none.yaml"), "no such file"},
		{"folder", folder, "this is a folder"},
		{"large", large, "larger than 1 MiB"},
		{"below-a-file", filepath.Join(large, "a"), "cannot be read"},
		{"empty-name", "", "no such file"},
		{"nul", "a\x00b", "cannot be read"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, problems := config.Load(row.path)
			if c != nil || problems.Err() == nil || !strings.Contains(problems.Error(), row.want) || problems[0].File != row.path {
				t.Error(c, problems)
			}
		})
	}
}

// TestTexts are texts that are no configuration.
func TestTexts(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"empty", "", "empty"},
		{"null", "null", "no value"},
		{"comment", "# version: 1\n", "empty"},
		{"text", "gatehouse", "must be a group of keys, not text"},
		{"list", "- version: 1", "must be a group of keys, not a list"},
		{"syntax", "version: [1", "not valid YAML"},
		{"two-documents", "version: 1\n---\nversion: 1\n", "second document"},
		{"twice", "version: 1\nversion: 1\n", "stands twice"},
		{"version-as-text", "version: \"1\"\n", "whole number"},
		{"version-as-fraction", "version: 1.0\n", "version 1"},
		{"odd-key", "? [a]\n: b\n", "a name must be a string"},
		{"json", `{"version": 1, "listeners": [], "apis": []}`, "the list apis is empty"},
		{"not-utf-8", "version: \xff", "UTF-8"},
		{"recursive-alias", "version: 1\napis: &a [*a]\n", "nested deeper"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, problems := config.Parse("gatehouse.yaml", []byte(row.text), environment)
			if c != nil || problems.Err() == nil || !strings.Contains(problems.Error(), row.want) {
				t.Error(c, problems)
			}
		})
	}
}

// TestAliases shows anchors, aliases and merge keys at work.
func TestAliases(t *testing.T) {
	c, problems := config.Parse("gatehouse.yaml", []byte(`
version: 1
listeners: [{address: 127.0.0.1:8080}]
apis:
  - &pets
    contract: a.yaml
    upstreams: &up [{url: http://127.0.0.1:9000}]
    hosts: [a.example]
  - <<: *pets
    hosts: [b.example]
    max_body_bytes: 1KiB
  - {contract: c.yaml, upstreams: *up, hosts: [c.example]}
`), environment)
	if c == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.APIs[1].Upstreams[0].URL != "http://127.0.0.1:9000" || c.APIs[1].Hosts[0] != "b.example" || c.APIs[1].MaxBodyBytes != 1024 || c.APIs[2].Upstreams[0].URL == "" {
		t.Errorf("%+v", c.APIs)
	}
}

// TestHostile reads files of the largest size that are wrong everywhere.
func TestHostile(t *testing.T) {
	const most, few = 1 << 20, 1 << 17
	type text func(size int) string
	fill := func(head, part, tail string) text {
		return func(size int) string {
			return head + strings.Repeat(part, (size-len(head)-len(tail))/len(part)) + tail
		}
	}
	numbered := func(head, part, tail string) text {
		return func(size int) string {
			var b strings.Builder
			b.WriteString(head)
			for i := 0; b.Len() < size-len(part)-len(tail)-16; i++ {
				fmt.Fprintf(&b, part, i)
			}
			return b.String() + tail
		}
	}
	const head = "version: 1\nlisteners: [{address: 127.0.0.1:1}]\n"
	for _, row := range []struct {
		name string
		text text
	}{
		{"unknown-keys", numbered("", "version%d: 1\n", "")},
		{"empty-apis", fill(head+"apis: [", "{},", "{}]")},
		{"empty-apis-on-lines", fill(head+"apis:\n", "- {}\n", "")},
		{"listeners", numbered("version: 1\nlisteners:\n", "- {address: 127.0.0.1:%d}\n", "apis: []\n")},
		{"listeners-of-one-address", fill("version: 1\nlisteners: [", "{address: 127.0.0.1:80},", "]")},
		{"hosts", numbered(head+"apis: [{hosts: [", "a%d.example,", "]}]")},
		{"bad-hosts", numbered(head+"apis: [{hosts: [", "A%d,", "]}]")},
		{"long-text", fill(head+"apis: [{name: ", "a", "}]")},
		{"long-time", fill(head+"drain: ", "1d", "")},
		{"long-hours", fill(head+"drain: ", "1h", "")},
		{"long-size", fill(head+"apis: [{max_body_bytes: ", "9", "}]")},
		{"long-prefix", fill(head+"apis: [{prefix: ", "/a", "%}]")},
		{"long-key", fill("", "k", ": 1")},
		{"deep", fill("", "[", "")},
		{"aliases", func(int) string {
			return head + "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\napis: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
		}},
		{"references", fill(head+"apis: [{upstreams: [{fields: {A: '", "${env:TOKEN}", "'}}]}]")},
		{"many-fields", numbered(head+"apis: [{upstreams: [{fields: {", "A%d: x,", "}}]}]")},
		{"operations", numbered(head+"apis: [{contract: a, upstreams: [{url: http://127.0.0.1}], operations: {", "a%d: {mode: x},", "}}]")},
	} {
		t.Run(row.name, func(t *testing.T) {
			small, large := []byte(row.text(few)), []byte(row.text(most))
			if len(large) > most {
				t.Fatal("the text is too large itself")
			}
			var c *config.Config
			var problems source.Problems
			begin := testdata.Work(t)
			wrong := testdata.Grows(t, most/few, func() { config.Parse("gatehouse.yaml", small, environment) },
				func() { c, problems = config.Parse("gatehouse.yaml", large, environment) })
			if took := testdata.Work(t) - begin; wrong != "" || took > 20*time.Second { // reading alone is a few tenths
				t.Errorf("%v of work: %s", took, wrong)
			}
			if c != nil || problems.Err() == nil || len(problems) > 1000 || len(problems.Error()) > 500_000 {
				t.Errorf("%d problems of %d bytes", len(problems), len(problems.Error()))
			}
		})
	}
}

// TestManyProblems bounds what is said: errors stop the reading, warnings do
// not and hide no error.
func TestManyProblems(t *testing.T) {
	const head = "version: 1\nlisteners: [{address: 127.0.0.1:1}]\napis:\n"
	const plain = "- {contract: a.yaml, upstreams: [{url: http://api.example}]}\n"
	for _, row := range []struct {
		name, text string
		said       int
		last       string
		good       bool
	}{
		{"as-many-warnings", head + strings.Repeat(plain, 100), 100, "unencrypted", true},
		{"more-warnings", head + strings.Repeat(plain, 15_000), 101, "more warnings than these", true},
		{"as-many-errors", head + strings.Repeat("- x\n", 100), 100, "must be a group of keys", false},
		{"more-errors", head + strings.Repeat("- x\n", 101), 101, "more problems than these", false},
		{"an-error-behind-warnings", head + strings.Repeat(plain, 15_000) + "- x\n", 102, "must be a group of keys", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, problems := config.Parse("gatehouse.yaml", []byte(row.text), environment)
			if (c != nil) != row.good || len(problems) != row.said || !strings.Contains(problems[len(problems)-1].Text, row.last) {
				t.Errorf("%d problems: %v", len(problems), problems)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 10 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	refused := refusedBySchema(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, problems := config.Parse("gatehouse.yaml", text, environment)
		if (c == nil) != (problems.Err() != nil) {
			t.Fatal("a configuration stands beside errors, or neither is there", problems)
		}
		lines := strings.Count(string(text), "\n") + strings.Count(string(text), "\r") + 1
		for _, p := range problems {
			if p.Text == "" || p.Line < 0 || p.Line > lines+1 || p.Column < 0 || p.Column > len(text)+1 {
				t.Fatalf("an odd problem: %+v", p)
			}
		}
		if c == nil {
			return
		}
		if refused(t, text) {
			t.Fatal("the JSON Schema refuses what the gate reads")
		}
		written, err := json.Marshal(config.Encode(c))
		if err != nil {
			t.Fatal(err)
		}
		again, problems := config.Parse("gatehouse.yaml", written, config.Decoding)
		if again == nil {
			t.Fatalf("%s: %v", written, problems)
		}
		if before, after := config.Forget(c), config.Forget(again); !reflect.DeepEqual(before, after) {
			t.Fatalf("%s is another configuration:\n%+v\n%+v", written, before, after)
		}
		for i := range c.APIs {
			if err := c.APIs[i].Policy.Check(c.APIs[i].Place).Err(); err != nil {
				t.Fatal("what was loaded does not pass its check: ", err)
			}
		}
	})
}
