package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	maxStart   = 300 * time.Millisecond // from the start of the process to its first answer
	maxIdleKiB = 40 << 10               // resident, after some calls
	startTries = 5                      // the machine may be busy with something else: the best counts
)

// manyOperations writes a contract of 25 operations.
func manyOperations(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("openapi: 3.1.0\ninfo: {title: Many, version: 1.0.0}\nsecurity: []\npaths:\n")
	for i := range 25 {
		fmt.Fprintf(&b, `  /things%d/{id}:
    post:
      operationId: thing%d
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, pattern: "^[a-z0-9]{1,20}$"}}
        - {name: tag, in: query, schema: {type: array, items: {type: string, maxLength: 20}}}
      requestBody:
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Thing"}
      responses: {"200": {description: OK, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
`, i, i)
	}
	b.WriteString(`components:
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string, maxLength: 40}
        size: {type: number, minimum: 0}
        made: {type: string, format: date-time}
        parts: {type: array, maxItems: 20, items: {$ref: "#/components/schemas/Thing"}}
`)
	name := filepath.Join(t.TempDir(), "many.yaml")
	if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestStartAndIdle holds the promises of docs/reference/cli.md: the program, as
// users build it, answers soon and takes little.
func TestStartAndIdle(t *testing.T) {
	program := filepath.Join(t.TempDir(), "gatehouse")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contract := manyOperations(t)
	best, idle := time.Hour, 0
	for range startTries {
		took, kib := startOnce(t, program, contract)
		best, idle = min(best, took), max(idle, kib)
	}
	t.Logf("first answer after %v, %d KiB resident", best, idle)
	if best > maxStart {
		t.Errorf("the first answer came after %v, want %v", best, maxStart)
	}
	if idle > maxIdleKiB {
		t.Errorf("%d KiB resident, want at most %d", idle, maxIdleKiB)
	}
}

func startOnce(t *testing.T, program, contract string) (took time.Duration, kib int) {
	t.Helper()
	cmd := exec.Command(program, "serve", "--contract", contract, "--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the end: %v", err)
		}
	}()
	lines := bufio.NewScanner(stderr)
	url := ""
	for url == "" && lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "listening" {
			url = words[1]
		}
	}
	for i := range 50 {
		answer, err := http.Post(url+"/things3/abc?tag=x", "application/json", strings.NewReader(`{"nme":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Fatalf("status %d", answer.StatusCode)
		}
		if i == 0 {
			took = time.Since(begin)
		}
	}
	go func() {
		for lines.Scan() {
		}
	}()
	return took, resident(t, cmd.Process.Pid)
}

// resident reads the resident memory of a process (proc(5)).
func resident(t *testing.T, pid int) (kib int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "VmRSS:")
	if _, err := fmt.Sscan(after, &kib); !ok || err != nil {
		t.Fatalf("no VmRSS: %v", err)
	}
	return kib
}
