//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// load is what a load generator says of one run.
type load struct {
	requests int     // answered well
	rate     float64 // a second
}

// drive runs the generator of the scenario against a proxy for d.
func drive(ctx context.Context, s *scenario, at *stage, d time.Duration) (load, error) {
	if s.protocol == http2 {
		return runH2load(ctx, s, at, d)
	}
	return runWrk(ctx, s, at, d)
}

var (
	wrkRequests = regexp.MustCompile(`(?m)^\s*(\d+) requests in `)
	wrkRate     = regexp.MustCompile(`(?m)^Requests/sec:\s+([\d.]+)`)
	wrkErrors   = regexp.MustCompile(`(?m)^\s*(Socket errors: .*|Non-2xx or 3xx responses: .*)$`)
)

// runWrk drives HTTP/1.1 over 32 connections.
func runWrk(ctx context.Context, s *scenario, at *stage, d time.Duration) (load, error) {
	args := []string{"-t1", "-c32", "-d" + strconv.Itoa(int(max(d.Round(time.Second), time.Second)/time.Second)) + "s"}
	switch {
	case s.request.tokens && s.request.method == "POST":
		args = append(args, "-s", at.file("posttokens.lua"))
	case s.request.method == "POST":
		args = append(args, "-s", at.file("post.lua"))
	case s.request.tokens:
		args = append(args, "-s", at.file("tokens.lua"))
	}
	text, err := outputOf(ctx, "wrk", append(args, s.url(at))...)
	if err != nil {
		return load{}, err
	}
	return parseWrk(text)
}

func parseWrk(text []byte) (load, error) {
	if bad := wrkErrors.FindSubmatch(text); bad != nil {
		return load{}, fmt.Errorf("the run is thrown away: %s", bad[1])
	}
	return parseLoad(text, wrkRequests, wrkRate)
}

var (
	h2Requests = regexp.MustCompile(`(?m)^requests: .*?(\d+) succeeded`)
	h2Rate     = regexp.MustCompile(`(?m)^finished in [^,]+, ([\d.]+) req/s`)
	h2Failures = regexp.MustCompile(`(?m)^requests: .* (\d+) failed, (\d+) errored, (\d+) timeout`)
	h2Statuses = regexp.MustCompile(`(?m)^status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx`)
)

// runH2load drives HTTP/2 over 8 connections with 4 streams each.
func runH2load(ctx context.Context, s *scenario, at *stage, d time.Duration) (load, error) {
	args := []string{"-t1", "-c8", "-m4", "--npn-list=h2", "-D", strconv.FormatInt(d.Milliseconds(), 10) + "ms"}
	if s.request.method == "POST" {
		args = append(args, "-d", at.file("order.json"), "-H", "content-type: application/json")
	}
	text, err := outputOf(ctx, "h2load", append(args, s.url(at))...)
	if err != nil {
		return load{}, err
	}
	return parseH2load(text)
}

func parseH2load(text []byte) (load, error) {
	failures, statuses := h2Failures.FindSubmatch(text), h2Statuses.FindSubmatch(text)
	if failures == nil || statuses == nil {
		return load{}, fmt.Errorf("h2load says something else than expected:\n%s", text)
	}
	for _, n := range append(failures[1:], statuses[2:]...) {
		if string(n) != "0" {
			return load{}, fmt.Errorf("the run is thrown away: %s; %s", failures[0], statuses[0])
		}
	}
	return parseLoad(text, h2Requests, h2Rate)
}

func parseLoad(text []byte, requests, rate *regexp.Regexp) (l load, err error) {
	n, r := requests.FindSubmatch(text), rate.FindSubmatch(text)
	if n == nil || r == nil {
		return l, fmt.Errorf("the load generator says something else than expected:\n%s", text)
	}
	if l.requests, err = strconv.Atoi(string(n[1])); err != nil {
		return l, err
	}
	l.rate, err = strconv.ParseFloat(string(r[1]), 64)
	return l, err
}

// outputOf runs a generator to its end and returns what it prints.
func outputOf(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = attributes()
	text, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", name, err, bytes.TrimSpace(text))
	}
	return text, nil
}
