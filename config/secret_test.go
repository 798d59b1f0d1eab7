package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v4"

	"github.com/gatehouse-api/gatehouse/config"
)

// TestNothingLeaks prints a full configuration with secrets in every way.
func TestNothingLeaks(t *testing.T) {
	c := good(t, "full.good.yaml")
	if !c.APIs[0].Upstreams[0].Fields["Authorization"].Equal("Bearer planted-in-env!") {
		t.Fatal("no secret is planted")
	}
	var b bytes.Buffer
	for _, v := range []any{c, *c, c.APIs, c.APIs[0], c.APIs[0].Upstreams[0], &c.APIs[0].Upstreams[0].Fields} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&b, format+"\n", v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		b.Write(text)
		if text, err = yaml.Marshal(v); err != nil {
			t.Error(err)
		}
		b.Write(text)
		slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v)
		template.Must(template.New("").Parse("{{.}}")).Execute(&b, v)
		fmt.Fprintln(&b, fmt.Errorf("no: %v", v))
	}
	for _, p := range c.APIs[0].Check(c.APIs[0].Place) {
		fmt.Fprintln(&b, p)
	}
	out := b.String()
	if !strings.Contains(out, "[redacted]") || !strings.Contains(out, "Authorization") {
		t.Error("nothing was printed")
	}
	for _, leak := range []string{"planted", fmt.Sprintf("%x", "planted"), fmt.Sprintf("%X", "planted")} {
		if strings.Contains(out, leak) {
			t.Errorf("%q was printed", leak)
		}
	}
}

// TestMistakesShowNoSecrets puts a literal secret wherever a value stands: it
// may be shown where a word, a path or an address is expected, but never
// below fields.
func TestMistakesShowNoSecrets(t *testing.T) {
	const head = "version: 1\nlisteners: [{address: 127.0.0.1:80}]\napis:\n- contract: a.yaml\n  upstreams:\n  - url: http://127.0.0.1:9000\n    fields: "
	rows := []string{
		"planted", "[planted]", "{A: planted}", "{A: [planted]}", "{A: {B: planted}}", "{A: &a planted, B: *a}", "{A: 'planted ${env:TOKEN'}", "{A: '${planted}'}",
		"{A: ${env:LINES}}", "{A: ${env:SPACES}}", "{A: ${env:LONG}}", "{A: !x planted}", "{A: planted: x}", "{A: \"planted\\q\"}", "{A: 'planted", "{A: planted, A: planted}",
		"{A: !planted x}", "{A: !planted}", "{A: !planted {}}", "{A: *planted}", "{A: &planted x, B: *planted1}",
	}
	for _, row := range rows {
		_, problems := config.Parse("gatehouse.yaml", []byte(head+row+"\n"), environment)
		if problems.Err() == nil || strings.Contains(problems.Error(), "planted") {
			t.Errorf("%s: %v", row, problems)
		}
	}
	for _, url := range []string{
		"http://user:planted@127.0.0.1", "user:planted@127.0.0.1:9000", "http:user:planted@127.0.0.1", "/user:planted@a/", "http:///user:planted@a/",
		"http://a/user:planted@a", "http://127.0.0.1/?key=planted", "http://user:planted@a:b",
	} {
		for _, text := range []string{strings.Replace(head, "http://127.0.0.1:9000", "'"+url+"'", 1) + "{}\n", head + "{}\n  cors: {origins: ['" + strings.Replace(url, "?key=planted", "", 1) + "']}\n"} {
			_, problems := config.Parse("gatehouse.yaml", []byte(text), environment)
			if problems.Err() == nil || strings.Contains(problems.Error(), "planted") {
				t.Errorf("%s: %v", url, problems)
			}
		}
	}
}
