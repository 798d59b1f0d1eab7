//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lock waits until nobody else on this machine measures, and returns what ends
// that. When this program runs under the lock already, as by flock(1), there is
// nothing to wait for.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		case heldAbove(f):
			f.Close()
			return func() {}, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		}
	}
}

// heldAbove reports whether a process that this one descends from has the lock.
func heldAbove(f *os.File) bool {
	var stat syscall.Stat_t
	if syscall.Fstat(int(f.Fd()), &stat) != nil {
		return false
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return false
	}
	holder := lockHolder(string(locks), stat.Ino)
	for pid := os.Getppid(); pid > 1; {
		if pid == holder {
			return true
		}
		fields := statFields(pid)
		if len(fields) < 2 {
			return false
		}
		if pid, err = strconv.Atoi(fields[1]); err != nil {
			return false
		}
	}
	return false
}

// lockHolder finds in the text of /proc/locks who has locked the file, 0 when
// nobody has. Lines with an arrow are those who wait.
func lockHolder(locks string, inode uint64) int {
	for line := range strings.Lines(locks) {
		f := strings.Fields(line)
		if len(f) > 5 && f[1] == "FLOCK" && strings.HasSuffix(f[5], ":"+strconv.FormatUint(inode, 10)) {
			pid, _ := strconv.Atoi(f[4])
			return pid
		}
	}
	return 0
}
