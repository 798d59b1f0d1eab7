package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReaderOfEventsEnds has nobody read standard output: calls are served all
// the same, and that events were lost is said.
func TestReaderOfEventsEnds(t *testing.T) {
	contract := filepath.Join(t.TempDir(), "a.yaml")
	const text = "openapi: 3.1.0\ninfo: {title: A, version: 1.0.0}\nsecurity: []\npaths: {/a: {get: {responses: {\"200\": {description: OK}}}}}\n"
	if err := os.WriteFile(contract, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	gate := exec.Command("gatehouse", "serve", "--contract", contract, "--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0")
	gate.Stdout = writer
	stderr, err := gate.StderrPipe()
	if err == nil {
		err = gate.Start()
	}
	writer.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { gate.Process.Kill() })
	url, lost := "", false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		line := lines.Text()
		switch _, address, ok := strings.Cut(line, "listening"); {
		case ok && url == "":
			url = strings.TrimSpace(address)
		case strings.Contains(line, "  events "): // the last line of the banner
			for range 2 {
				call(t, url+"/unknown")
			}
		case strings.Contains(line, "broken pipe") && !lost:
			lost = true
			call(t, url+"/unknown")
			if err := gate.Process.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		}
	}
	if gate.Wait(); !lost || gate.ProcessState.ExitCode() != statusProblems {
		t.Errorf("%v, lost events were said: %v", gate.ProcessState, lost)
	}
}

func call(t *testing.T, url string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Error(err)
		return
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", answer.StatusCode)
	}
}
