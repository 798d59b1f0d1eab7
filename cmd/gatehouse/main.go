// Command gatehouse stands in front of an HTTP API and lets through what the
// API's OpenAPI document describes. One file holds one verb; each is thin and
// calls package serve or the root package. Nothing imports it.
package main

import (
	"context"
	"io"
	"log"
	"os"
)

func main() {
	keepMemory()
	// Libraries that write to the standard logger quote what they have read
	// from the network. The program's own log says what an operator needs.
	log.SetOutput(io.Discard)
	os.Exit(Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Environ()))
}
