//go:build linux

package main

import (
	"context"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// runtimeFigures are what the gate says of itself at /metrics; NaN where it
// does not.
type runtimeFigures struct{ allocated, collections, goroutines float64 }

// readRuntime asks the gate. One that has no /metrics says nothing.
func readRuntime(ctx context.Context, at *stage) runtimeFigures {
	f := runtimeFigures{math.NaN(), math.NaN(), math.NaN()}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+at.maintenance()+"/metrics", nil)
	if err != nil {
		return f
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return f
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, 4<<20))
	if err != nil || a.StatusCode != 200 {
		return f
	}
	f.allocated = metric(string(text), "go_memstats_alloc_bytes_total")
	f.collections = metric(string(text), "go_gc_duration_seconds_count")
	f.goroutines = metric(string(text), "go_goroutines")
	return f
}

// metric finds the value of a metric without labels in the text format of
// Prometheus.
func metric(text, name string) float64 {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64); err == nil {
				return v
			}
		}
	}
	return math.NaN()
}
