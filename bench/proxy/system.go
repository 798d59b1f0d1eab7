//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is USER_HZ, which Linux shows to programs as 100 everywhere.
const ticksPerSecond = 100

// usage is what a tree of processes has used since it began.
type usage struct {
	user, kernel time.Duration
}

func (u usage) total() time.Duration { return u.user + u.kernel }

func (u usage) since(before usage) usage {
	return usage{u.user - before.user, u.kernel - before.kernel}
}

// family lists the process and all that descend from it.
func family(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if f := statFields(id); len(f) > 1 {
			parent, _ := strconv.Atoi(f[1])
			children[parent] = append(children[parent], id)
		}
	}
	list := []int{pid}
	for i := 0; i < len(list); i++ {
		list = append(list, children[list[i]]...)
	}
	return list
}

// statFields are the words of /proc/PID/stat from the state on: the name before
// it may hold blanks.
func statFields(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// treeUsage is the time that the tree has used. Children are listed at each
// call, since a worker may have been replaced.
func treeUsage(pid int) (u usage) {
	for _, p := range family(pid) {
		if f := statFields(p); len(f) > 12 {
			u.user += ticks(f[11])
			u.kernel += ticks(f[12])
		}
	}
	return u
}

func ticks(word string) time.Duration {
	n, _ := strconv.ParseInt(word, 10, 64)
	return time.Duration(n) * time.Second / ticksPerSecond
}

// treeMemory adds up a line of /proc/PID/status over the tree, in bytes: VmRSS
// is what is resident now, VmHWM the most that ever was.
func treeMemory(pid int, line string) (sum int64) {
	for _, p := range family(pid) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p))
		for row := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(row, line+":"); ok {
				n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
				sum += n << 10
			}
		}
	}
	return sum
}

// treeDescriptors counts the open files of the tree.
func treeDescriptors(pid int) (n int) {
	for _, p := range family(pid) {
		entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p))
		n += len(entries)
	}
	return n
}

// processor is how long the machine's cores were busy and idle so far.
type processor struct{ busy, idle time.Duration }

func readProcessor() (p processor) {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	for i, word := range strings.Fields(line) {
		switch i {
		case 0, 9, 10: // the name; guests are counted as user already
		case 4, 5:
			p.idle += ticks(word)
		default:
			p.busy += ticks(word)
		}
	}
	return p
}

// busySince is the share of time from before to now in which cores were busy.
func (p processor) busySince(before processor) float64 {
	busy, idle := p.busy-before.busy, p.idle-before.idle
	return float64(busy) / float64(max(busy+idle, 1))
}

// allowFiles raises the number of files that this process and those that it
// starts may open, as far as the machine lets it, and returns it.
func allowFiles() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	l.Cur = l.Max
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	return int(l.Cur)
}

// attributes let a program end when this one does, and keep the terminal's
// interrupt from it: this program ends it in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}

// machine says where figures come from.
func machine() string {
	model := "unknown processor"
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%d cores of %s, Linux %s, %s", runtime.NumCPU(), model, strings.TrimSpace(string(kernel)), runtime.Version())
}

// freePorts returns n ports of loopback that nobody listens on. Somebody may
// take one before it is used; then that program does not start, and says so.
func freePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for len(ports) < n {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	return ports, nil
}
