//go:build !linux

package inherit

import "time"

// monotonic is of use to systemd alone, which there is on Linux.
func monotonic() time.Duration { return 0 }
