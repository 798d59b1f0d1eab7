package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
)

// TestKeysOnAFullDisk makes keys where there is no room for them: it is said
// where, what, and what to do, and no key is shown.
func TestKeysOnAFullDisk(t *testing.T) {
	disk := testdata.NewDisk(t, 16<<20)
	folder := t.TempDir()
	file := filepath.Join(folder, "gatehouse.yaml")
	for name, text := range map[string]string{
		"pepper":   "a pepper of thirty-two characters or more",
		"api.yaml": "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\nsecurity: [{key: []}]\npaths: {/a: {get: {responses: {\"200\": {description: OK}}}}}\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}}\n",
		"gatehouse.yaml": fmt.Sprintf("version: 1\nlisteners: [{address: 127.0.0.1:0}]\nstore: {sqlite: {path: %s/gatehouse.db}}\ncredentials: [{name: key, keys: {pepper: \"${file:pepper}\"}}]\n"+
			"apis: [{contract: api.yaml, upstreams: [{url: \"http://127.0.0.1:1\"}]}]\n", disk.Path),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		status := Run(t.Context(), append(args, "--config", file), strings.NewReader(""), &stdout, &stderr, nil)
		return status, stdout.String(), stderr.String()
	}
	if status, out, said := run("key", "create", "--name", "before"); status != statusOK {
		t.Fatal(status, out, said)
	}
	disk.Fill()
	status, out, said := run("key", "create", "--name", "none")
	if status != statusProblems || out != "" || !strings.Contains(said, "no room on the disk of "+disk.Path+"/gatehouse.db: make room") || strings.Contains(said, "is the database running") {
		t.Errorf("status %d, %q, %q", status, out, said)
	}
	disk.Empty()
	if status, out, said := run("key", "create", "--name", "after"); status != statusOK {
		t.Error(status, out, said)
	}
	if status, out, said := run("key", "list"); status != statusOK || !strings.Contains(out, "before") || !strings.Contains(out, "after") || strings.Contains(out, "none") {
		t.Error(status, out, said)
	}
}
