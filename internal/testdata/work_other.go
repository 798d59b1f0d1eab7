//go:build !unix

package testdata

import (
	"testing"
	"time"
)

var begun = time.Now()

// Work is the time since the test began: this system does not tell what its
// processes have used.
func Work(testing.TB) time.Duration { return time.Since(begun) }
