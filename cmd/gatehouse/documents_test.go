package main

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatehouse-api/gatehouse/serve"
)

// block is one fenced block of a document.
type block struct{ language, text string }

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

func blocks(t *testing.T, name string) (list []block) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		list = append(list, block{m[1], m[2]})
	}
	return list
}

// words splits a command line as a shell would; single quotes keep a word
// together.
func words(line string) []string {
	var list []string
	for _, w := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(line, -1) {
		list = append(list, strings.Trim(w, "'"))
	}
	return list
}

// TestReadme does what the README does: it writes the contract, starts the
// gate with the one line, makes the call, and compares banner, answer and event.
func TestReadme(t *testing.T) {
	var contract, settings, serving, calling, banner string
	var samples []map[string]any
	for _, b := range blocks(t, "../../README.md") {
		command, output, _ := strings.Cut(b.text, "\n")
		switch {
		case b.language == "yaml" && strings.HasPrefix(b.text, "openapi:"):
			contract = b.text
		case b.language == "yaml":
			settings = b.text
		case b.language == "json":
			var v map[string]any
			if err := json.Unmarshal([]byte(b.text), &v); err != nil {
				t.Fatal(err)
			}
			samples = append(samples, v)
		case strings.HasPrefix(command, "$ gatehouse serve"):
			serving, banner = strings.TrimPrefix(command, "$ "), output
		case strings.HasPrefix(command, "$ curl"):
			calling = strings.TrimPrefix(command, "$ ")
		}
	}
	if contract == "" || serving == "" || calling == "" || banner == "" || len(samples) != 2 {
		t.Fatalf("the README has lost a block: %q %q %q, %d samples", serving, calling, banner, len(samples))
	}
	calls := 0
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ }))
	defer api.Close()
	name := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(name, []byte(contract), 0o644); err != nil {
		t.Fatal(err)
	}
	address := map[string]string{"--contract": name, "--upstream": api.URL, "--listen": "127.0.0.1:0"}
	c, args := serve.Config{Version: "(devel)"}, words(serving)[2:]
	for i := 0; i < len(args); i += 2 {
		if address[args[i]] == "" {
			t.Fatalf("the README uses %s, which this test does not know", args[i])
		}
	}
	var events, stderr bytes.Buffer
	c.Contract, c.Upstream, c.Listen, c.Events, c.Stdout, c.Stderr = name, api.URL, "127.0.0.1:0", "-", &events, &stderr
	gate, err := serve.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	answer := curl(t, calling, gate.URL())
	if err := gate.Stop(); err != nil {
		t.Error(err)
	}
	said := strings.NewReplacer(gate.URL(), "http://127.0.0.1:8080", api.URL, "http://127.0.0.1:9000").Replace(stderr.String())
	if said != banner {
		t.Errorf("the banner is\n%s\nthe README shows\n%s", said, banner)
	}
	if calls != 0 {
		t.Error("the API saw the call")
	}
	var event map[string]any
	for line := range bytes.Lines(events.Bytes()) {
		if bytes.Contains(line, []byte(`"event":"change"`)) { // the start and the stop
			continue
		}
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
	}
	for i, got := range []map[string]any{answer, event} {
		for _, varies := range []string{"id", "time", "took_us"} {
			if (got[varies] == nil) != (samples[i][varies] == nil) {
				t.Errorf("%s is in only one of answer and README", varies)
			}
			delete(got, varies)
			delete(samples[i], varies)
		}
		if !reflect.DeepEqual(got, samples[i]) {
			t.Errorf("got %v\nthe README shows %v", got, samples[i])
		}
	}
	t.Run("settings", func(t *testing.T) { serves(t, settings, filepath.Dir(name)) })
}

// serves starts a gate as a gatehouse.yaml in folder says, at a free port.
func serves(t *testing.T, settings, folder string) {
	t.Helper()
	t.Setenv("GATE_KEY", "planted")
	name := filepath.Join(folder, "gatehouse.yaml")
	if err := os.WriteFile(name, []byte(strings.Replace(settings, "127.0.0.1:8080", "127.0.0.1:0", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	gate, err := serve.Start(serve.Config{File: name, Poll: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := gate.Stop(); err != nil {
		t.Error(err)
	}
}

// curl makes the call of a curl line at another address.
func curl(t *testing.T, line, url string) (answer map[string]any) {
	t.Helper()
	r := &http.Request{Method: http.MethodGet, Header: http.Header{}}
	args := words(line)[1:]
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-s":
		case a == "-H":
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			r.Header.Set(name, value)
		case a == "-d":
			i++
			r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(args[i])), int64(len(args[i]))
		default:
			target, err := http.NewRequest(http.MethodGet, strings.Replace(a, "http://127.0.0.1:8080", url, 1), nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL = target.URL
		}
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if err := json.NewDecoder(got.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestDemoInReadme runs the demo: each line of the README's excerpt is in what it
// prints.
func TestDemoInReadme(t *testing.T) {
	var out, stderr bytes.Buffer
	if status := Run(t.Context(), []string{"demo", "--once"}, nil, &out, &stderr, nil); status != statusOK {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	n := 0
	for _, b := range blocks(t, "../../README.md") {
		if !strings.HasPrefix(b.text, "CALL") {
			continue
		}
		for line := range strings.Lines(b.text) {
			n++
			if !strings.Contains(out.String(), line) {
				t.Errorf("the demo does not print %q", line)
			}
		}
	}
	if n < 5 {
		t.Errorf("%d lines of the demo are in the README", n)
	}
}

// TestCommandsInDocuments parses every gatehouse command that a document shows.
func TestCommandsInDocuments(t *testing.T) {
	n := 0
	err := filepath.WalkDir("../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".md" {
			return nil
		}
		for _, b := range blocks(t, name) {
			for line := range strings.Lines(b.text) {
				rest, ok := strings.CutPrefix(strings.TrimSpace(line), "$ gatehouse ")
				if !ok {
					continue
				}
				n++
				t.Run(strings.ReplaceAll(rest, " ", "-"), func(t *testing.T) { parses(t, words(rest)) })
			}
		}
		return nil
	})
	if err != nil || n < 4 {
		t.Errorf("%d commands, %v", n, err)
	}
}

func parses(t *testing.T, args []string) {
	t.Helper()
	cmd, rest, err := newRoot(&world{}).Find(args)
	if err != nil || cmd.Name() != args[0] && cmd.Parent().Name() != args[0] {
		t.Fatalf("no such command: %v", err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Error(err)
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		t.Error(err)
	}
}

// TestReferenceListsEveryFlag holds docs/reference/cli.md against the flags.
func TestReferenceListsEveryFlag(t *testing.T) {
	text, err := os.ReadFile("../../docs/reference/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, part := range strings.Split(string(text), "\n## ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		sections[name] = body
	}
	usage, _, _ := strings.Cut(string(text), "\n## ")
	for _, cmd := range newRoot(&world{}).Commands() {
		t.Run(cmd.Name(), func(t *testing.T) {
			documented(t, cmd, sections[cmd.Name()], string(text))
			for _, below := range cmd.Commands() {
				if cmd.Name() != "completion" { // whose verbs cobra makes
					documented(t, below, sections[cmd.Name()]+usage, string(text))
				}
			}
		})
	}
}

func documented(t *testing.T, cmd *cobra.Command, section, all string) {
	t.Helper()
	if section == "" {
		t.Fatalf("docs/reference/cli.md has no section %q", cmd.Name())
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && !strings.Contains(section, "--"+f.Name) && !strings.Contains(all, cmd.Name()+" [--"+f.Name+"]") {
			t.Errorf("docs/reference/cli.md does not mention %s --%s", cmd.Name(), f.Name)
		}
		if d := f.DefValue; d != "" && d != "false" && d != "[]" && !strings.Contains(section, "`"+d+"`") {
			t.Errorf("docs/reference/cli.md does not give the default %s of --%s", d, f.Name)
		}
	})
}

// TestCheckInReference holds the example of docs/reference/cli.md to what
// check_config.txt shows that check prints.
func TestCheckInReference(t *testing.T) {
	script, err := os.ReadFile("testdata/script/check_config.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(script), "\n-- good.out --\n")
	shown, _, _ = strings.Cut(shown, "-- ")
	if shown == "" {
		t.Fatal("the script has lost its output")
	}
	if !slices.ContainsFunc(blocks(t, "../../docs/reference/cli.md"), func(b block) bool { return b.text == shown }) {
		t.Error("docs/reference/cli.md does not show what check prints of a gatehouse.yaml")
	}
}
