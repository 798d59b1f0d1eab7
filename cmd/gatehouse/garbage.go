package main

import (
	"os"
	"runtime/debug"
)

// collectSooner has the collector run once the heap has grown by three quarters,
// not by all of it. Calls make no garbage; handshakes of TLS do, some 50 KiB
// each, which after a rush of them is most of what idle connections hold.
// GOGC in the environment goes before.
func collectSooner() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(75)
	}
}
