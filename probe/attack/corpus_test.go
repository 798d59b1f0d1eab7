package attack

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCorpus(t *testing.T) {
	c, err := ReadCorpus(folder(t, map[string]string{
		"a.csv":     "payload,length,attack_type,label\n\"two\nlines\",9,norm,norm\nx,1,SQLi,anom\n",
		"b.csv":     "label,payload\n1,y\n0,z\n",
		"c.jsonl":   "{\"id\": 1, \"payload\": \"p\", \"label\": \"attack\", \"class\": \"xss\", \"field\": \"name\"}\n\n{\"payload\": \"q\", \"label\": \"benign\"}\n",
		"README.md": "words",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := []Value{
		{"a.csv:2", "two\nlines", "benign"}, {"a.csv:4", "x", "sqli"},
		{"b.csv:2", "y", "attack"}, {"b.csv:3", "z", "benign"},
		{"c.jsonl:1", "p", "xss"}, {"c.jsonl:3", "q", "benign"},
	}
	if len(c.Values) != len(want) || len(c.Skipped) != 1 || c.Skipped[0] != "README.md" {
		t.Fatalf("%+v", c)
	}
	for i := range want {
		if c.Values[i] != want[i] {
			t.Errorf("%+v, want %+v", c.Values[i], want[i])
		}
	}
}

func TestCorpusMistakes(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a.csv", "", "a.csv:1: has no line that names its columns"},
		{"a.csv", "value,label\n", "a.csv:1: must name the columns payload, and attack_type or label"},
		{"a.csv", "payload,label\nsecret,odd\n", "a.csv:2: the label must be attack or benign"},
		{"a.csv", "payload,label\nsecret\n", "a.csv:2: wrong number of fields"},
		{"a.csv", "payload,attack_type\nsecret,<b>\n", "a.csv:2: a class is at most"},
		{"a.csv", "payload,label\n,attack\n", "a.csv:2: has no payload"},
		{"a.csv", "payload,label\n" + strings.Repeat("s", maxPayload+1) + ",attack\n", "a.csv:2: the payload is longer than 64 KiB"},
		{"a.jsonl", "{\"payload\": \"secret\", \"label\": \"attack\", \"more\": 1}\n", "a.jsonl:1: must be an object"},
		{"a.jsonl", "\n{\"payload\": \"secret\"}\n", "a.jsonl:2: the label must be attack or benign"},
		{"a.jsonl", "secret\n", "a.jsonl:1: must be an object"},
		{"a.jsonl", strings.Repeat("s", 9*maxPayload), "a.jsonl:1: "},
		{"a.txt", "secret\n", "holds no value"},
	}
	for _, test := range tests {
		_, err := ReadCorpus(folder(t, map[string]string{test.name: test.text}))
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.40q: %v, want %s", test.text, err, test.want)
		}
	}
}

func FuzzCorpus(f *testing.F) {
	f.Add("payload,label\na,1\n", "{\"payload\": \"a\", \"label\": \"benign\"}")
	f.Fuzz(func(t *testing.T, rows, lines string) {
		c := new(Corpus)
		_ = c.readCSV("a.csv", strings.NewReader(rows))
		_ = c.readLines("a.jsonl", strings.NewReader(lines))
		for _, v := range c.Values {
			if v.Payload == "" || v.Class == "" || len(v.Class) > maxClass || strings.ContainsAny(v.Class, "<>\x1b") {
				t.Errorf("%+v", v)
			}
		}
	})
}
