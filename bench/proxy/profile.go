//go:build linux

package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// profiled is one file more for the command: it writes a profile of the
// processor. It is compiled in here alone, by an overlay, and never shipped.
//
//go:embed profiled.go.txt
var profiled []byte

// profiler collects a profile of each run of the gate.
type profiler struct {
	dir   string
	files []string
}

// env is what the gate needs to write the profile of this run. It may be called
// on nil.
func (p *profiler) env(s *scenario, sub *subject) []string {
	if p == nil || !sub.gate {
		return nil
	}
	name := filepath.Join(p.dir, fmt.Sprintf("%s-%s-%d.pprof", s.name, sub.name, len(p.files)))
	p.files = append(p.files, name)
	return []string{"GATEHOUSE_BENCH_PROFILE=" + name}
}

// finish lets the gate write the profile of the run that ends. It may be called
// on nil.
func (p *profiler) finish(ctx context.Context, sub *subject, gate *process) error {
	if p == nil || !sub.gate {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := gate.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		return err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(p.files[len(p.files)-1]); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New("the gate wrote no profile")
		}
	}
}

// merge makes one profile of all.
func (p *profiler) merge(ctx context.Context, to string) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	cmd := exec.CommandContext(ctx, "go", append([]string{"tool", "pprof", "-proto", "-output=" + to}, p.files...)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go tool pprof: %w\n%s", err, text)
	}
	return f.Close()
}

// buildGate builds the gate as it is shipped, from the repository at root; with
// profiling it has the one file more.
func buildGate(ctx context.Context, root, to string, profiling bool) error {
	args := []string{"-trimpath", "-ldflags=-s -w"}
	if profiling {
		root, err := filepath.Abs(root)
		if err != nil {
			return err
		}
		source := filepath.Join(filepath.Dir(to), "profiled.go")
		overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, "cmd/gatehouse/profiled.go"): source}})
		if err != nil {
			return err
		}
		if err := errors.Join(os.WriteFile(source, profiled, 0o600), os.WriteFile(source+".json", overlay, 0o600)); err != nil {
			return err
		}
		args = append(args, "-overlay", source+".json")
	}
	return goBuild(ctx, root, to, append(args, "./cmd/gatehouse")...)
}

// goBuild builds a program of the module in dir.
func goBuild(ctx context.Context, dir, to string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-o", to}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, text)
	}
	return nil
}
