package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBeginningsInReference runs init and dev-ca as docs/reference/cli.md shows
// them and compares what they print.
func TestBeginningsInReference(t *testing.T) {
	const pets = "openapi: 3.1.0\ninfo: {title: Pets, version: 1.0.0}\nsecurity: [{key: []}]\n" +
		"components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}\n" +
		"paths: {/pets: {get: {responses: {\"200\": {description: OK}}}}}\n"
	list := blocks(t, "../../docs/reference/cli.md")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("openapi.yaml", []byte(pets), 0o600); err != nil {
		t.Fatal(err)
	}
	date := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d`)
	n := 0
	for _, b := range list {
		command, want, _ := strings.Cut(b.text, "\n")
		line, ok := strings.CutPrefix(command, "$ gatehouse ")
		if !ok {
			continue
		}
		n++
		var out, stderr bytes.Buffer
		if status := Run(t.Context(), words(line), nil, &out, &stderr, nil); status != statusOK {
			t.Fatalf("%s: status %d: %s", line, status, stderr.String())
		}
		if got := date.ReplaceAllString(out.String(), "D"); got != date.ReplaceAllString(want, "D") {
			t.Errorf("%s prints\n%s\nthe reference shows\n%s", line, got, want)
		}
	}
	if n != 2 {
		t.Errorf("%d commands", n)
	}
	for _, name := range []string{"tls/ca-key.pem", "tls/server-key.pem"} {
		if info, err := os.Stat(filepath.FromSlash(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
