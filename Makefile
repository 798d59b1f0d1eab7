# One command is the gate, the same here and in CI: make test.

SHELL := bash
export FUZZTIME ?= 30s
export COUNT ?= 6
export GOFLAGS ?= -buildvcs=false

.PHONY: help build test quick fuzz bench bench-check bench-proxy detect soak pgo clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## */\t/' | expand -t 14

build: ## build bin/gatehouse, static and stripped, and its helper for hardware modules
	CGO_ENABLED=0 go build -buildvcs=auto -trimpath -ldflags '-s -w' -o bin/gatehouse ./cmd/gatehouse
	CGO_ENABLED=0 go build -buildvcs=auto -trimpath -ldflags '-s -w' -o bin/gatehouse-pkcs11 ./cmd/gatehouse-pkcs11

test: ## run every check and every test
	@scripts/install-test-deps
	@scripts/test

quick: ## run formatting, vet and unit tests only
	@scripts/test quick

fuzz: ## run every fuzz target for FUZZTIME (30s) each
	@scripts/fuzz

bench: ## run every benchmark COUNT (6) times, ready for benchstat
	@scripts/bench

bench-check: ## hold every promise of speed; wants a machine that does nothing else
	@GATEHOUSE_RATIOS=1 go -C bench test -count 1 -run 'TestRatios|TestBigDocuments' -v .

bench-proxy: ## measure the whole gate beside nginx, HAProxy and Caddy: ROUNDS (5) of LENGTH (3s)
	@scripts/install-test-deps
	@scripts/bench-proxy

detect: ## measure the detection of attacks on labelled values, beside Coraza: SAMPLE (400) of each label
	@go -C bench run ./detect -sample $${SAMPLE:-400}

soak: ## drive the gate for SOAK (10m) and look whether it grows
	@scripts/install-test-deps
	@scripts/bench-proxy -soak $${SOAK:-10m}

pgo: ## make cmd/gatehouse/default.pgo of what the gate does under load
	@scripts/install-test-deps
	@scripts/bench-proxy -rounds 1 -profile cmd/gatehouse/default.pgo

clean: ## remove what the other targets made
	rm -rf bin .cache
