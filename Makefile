SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO ?= go
PORT ?= 8077
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINT := $(GO) tool -modfile=tools.mod golangci-lint

.PHONY: help assembly-report build run test fmt fmt-check vet lint bench fuzz soak history check test-tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the static binary bin/ringback
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ringback ./cmd/ringback

run: build ## build and start the demonstration on port 8077 (PORT=… for another); needs Go and nothing else
	./bin/ringback demo --port $(PORT)

test: test-tools fmt-check vet ## install what is missing, check the format, vet, run every test with the race detector; a skip fails
	CGO_ENABLED=1 $(GO) test -json -race -shuffle=on -timeout 18m ./... | $(GO) run ./scripts/testreport

fmt: ## format the Go files
	$(LINT) fmt

fmt-check:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; fi

vet:
	$(GO) vet ./...

lint: ## run the linters of .golangci.yml
	$(LINT) run

bench: test-tools ## run every benchmark once; BENCH=… selects, COUNT=… repeats
	$(GO) test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem -benchtime '$(or $(TIME),1x)' -count '$(or $(COUNT),1)' ./...

assembly-report: test-tools ## print scenarios × backends × forms × changes of the rows, and every field that differs
	$(GO) test ./internal/sweep -run TestEveryBackend -count 1 -v -report

fuzz: ## fuzz each parser for a while; TIME=… for each (10s)
	@for package in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$package/*_test.go | cut -d' ' -f2); do \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime '$(or $(TIME),10s)' $$package; \
		done; \
	done

soak: test-tools ## an hour of runs among kills, faults and clocks that are set; TIME=10m for less; then every call must be there once, and nothing have grown
	$(GO) test ./internal/soak -run '^TestTheProgramKeepsOn$$' -count 1 -v -timeout 0 -soak '$(or $(TIME),1h)'

history: ## bring 5,000 past calls of all kinds to each simulated CRM, among faults and kills; CALLS=… for another number
	$(GO) test ./internal/history -count 1 -v -timeout 30m -calls '$(or $(CALLS),5000)'

check: lint test bench ## everything that a change must pass: lint, tests, one round of benchmarks, modules as they were published
	$(GO) mod verify

test-tools:
	@scripts/install-test-tools

clean: ## remove what was built
	rm -rf bin
