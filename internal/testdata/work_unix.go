//go:build unix

package testdata

import (
	"syscall"
	"testing"
	"time"
)

// Work is the processor time that this process has used, to the microsecond,
// which other programs on the machine do not lengthen. What runs beside a test in
// its own process counts.
func Work(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
