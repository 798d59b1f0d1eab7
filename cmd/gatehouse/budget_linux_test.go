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
	maxStart = 300 * time.Millisecond // from the start of the process to its first answer
	// After some calls: what only this process has, and that with the pages of the
	// program's file, of which the kernel keeps as many in sight as it likes.
	maxOwnKiB, maxResidentKiB = 16 << 10, 48 << 10
	startTries                = 5 // the machine may be busy with something else: the best counts
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
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build has it
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	contract := manyOperations(t)
	best, most := time.Hour, memory{}
	for range startTries {
		took, m := startOnce(t, program, contract)
		best, most = min(best, took), memory{max(most.own, m.own), max(most.resident, m.resident)}
	}
	t.Logf("first answer after %v, %d KiB of its own, %d KiB resident", best, most.own, most.resident)
	if best > maxStart {
		t.Errorf("the first answer came after %v, want %v", best, maxStart)
	}
	if most.own > maxOwnKiB || most.resident > maxResidentKiB {
		t.Errorf("%d KiB of its own, %d KiB resident, want at most %d and %d", most.own, most.resident, maxOwnKiB, maxResidentKiB)
	}
}

// memory is what a process has, in KiB: what nobody shares with it, and what of
// its address space is in memory.
type memory struct{ own, resident int }

func startOnce(t *testing.T, program, contract string) (took time.Duration, m memory) {
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
	return took, memoryOf(t, cmd.Process.Pid)
}

// memoryOf reads the memory of a process (proc(5)).
func memoryOf(t *testing.T, pid int) (m memory) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for name, kib := range map[string]*int{"RssAnon:": &m.own, "VmRSS:": &m.resident} {
		_, after, ok := strings.Cut(string(text), name)
		if _, err := fmt.Sscan(after, kib); !ok || err != nil {
			t.Fatalf("no %s %v", name, err)
		}
	}
	return m
}
