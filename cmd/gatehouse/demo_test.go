package main

import (
	"bufio"
	"context"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-api/gatehouse/internal/testdata"
	"github.com/gatehouse-api/gatehouse/lab"
)

// TestDemoProposals runs the lines that the demo proposes as they stand, and
// those with which lab/FLAWS.md begins.
func TestDemoProposals(t *testing.T) {
	testdata.Program(t, "curl", "curl")
	begin, err := lab.Shell()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- Run(ctx, []string{"demo"}, nil, in, in, nil)
		in.Close()
	}()
	script, proposing := "", false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		if proposing = proposing || strings.Contains(line, "try calls of your own"); !proposing {
			continue
		}
		if strings.HasPrefix(line, "  ") {
			script += line + "\n"
		}
		if strings.HasPrefix(line, "  SHOP=") {
			script += begin + "echo \"Mallory $MALLORY\"\n"
			got := shell(t, script)
			want := []string{"200", "404", "200", "400"}
			var statuses []string
			for _, m := range regexp.MustCompile(`HTTP/1\.1 (\d+)`).FindAllStringSubmatch(got, -1) {
				statuses = append(statuses, m[1])
			}
			if !slices.Equal(statuses, want) || !strings.Contains(got, "Mallory eyJ") {
				t.Errorf("%v, want %v\n%s", statuses, want, got)
			}
			cancel()
		}
	}
	if got := <-status; got != statusOK || script == "" {
		t.Errorf("status %d, script %q", got, script)
	}
}

func shell(t *testing.T, script string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(cmd.Environ(), "no_proxy=*")
	got, err := cmd.Output()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, script, got)
	}
	return string(got)
}
