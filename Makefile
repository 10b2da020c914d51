# asue: make (alone) lists the targets.

GO      ?= go
BIN     := bin
CACHE   := .cache
LINT    := $(CACHE)/bin/golangci-lint
LINTVER := v2.15.0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

export GOFLAGS ?= -mod=readonly

.DEFAULT_GOAL := help
.PHONY: help build run demo test unit truth lint walls web fuzz setup smoke clean vuln \
        soak campaign-processes bench bench-collect bench-telegraf bench-import bench-latency bench-control bench-store bench-vee bench-allot bench-flow grafana

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build the program into bin/asue (Go alone is enough)
	@mkdir -p $(BIN)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ ./cmd/...

run: build ## build and start the whole system on simulated meters: http://127.0.0.1:8080
	exec $(BIN)/asue demo $(ARGS)

demo: run ## the same as run

setup: ## install what the tests need (Debian packages, npm packages, the linter)
	@.ci/setup

# Tests that start processes, foreign tools and a browser, and measurements.
PROCESS := asue/cmd/asue/e2e asue/cmd/asue/bench asue/cmd/asue/soak asue/cmd/asue/rehearsal

test: setup build web-check ## set up and run every test: unit with race detector, processes, browser
	$(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v -x -F $(foreach p,$(PROCESS),-e $(p)))
	$(GO) vet $(PROCESS)
	$(GO) test -count=1 ./cmd/asue/rehearsal
	$(GO) test -timeout 45m -parallel 3 -count=1 ./cmd/asue/e2e
	$(GO) test -count=1 ./cmd/asue/soak

unit: ## the fast tests alone, without race detector or set-up
	$(GO) test $$($(GO) list ./... | grep -v -x -F $(foreach p,$(PROCESS),-e $(p)))

truth: ## the truth test: kills of every process at random, every interval compared
	$(GO) test -timeout 30m -count=1 -run '^TestTruth' -v ./cmd/asue/e2e

web: ## rebuild the page's bundle (dashboards/dispatcher/dist) from web/
	$(GO) run ./dashboards/dispatcher/webbuild

.PHONY: web-check
web-check: ## check the page's types (the bundle itself is compared by a Go test)
	cd dashboards/dispatcher/web && npm run --silent check

grafana: ## make boards and rules of deploy/grafana again after a change in dashboards/grafana
	$(GO) generate ./dashboards/grafana

lint: setup ## run the linters
	$(LINT) run ./...
	@test -z "$$(gofmt -l cmd collector metering balancing simulator dashboards)" || { gofmt -l .; echo 'run gofmt -w on these'; exit 1; }

walls: ## check which package may import which
	$(GO) test -run TestWalls ./cmd/asue

soak: ## random faults over 247 units on each transport for SOAK (default 1h)
	ASUE_SOAK=$(or $(SOAK),1h) $(GO) test -timeout 0 -count=1 -v ./cmd/asue/soak

.PHONY: campaign-control
campaign-control: ## 10,000 runs of the whole loop of control in virtual time, faults on every edge (ASUE_RUNS=…, ASUE_SEED=…)
	ASUE_RUNS=$(or $(ASUE_RUNS),10000) $(GO) test -timeout 0 -count=1 -run '^TestRehearsal$$' -v ./cmd/asue/rehearsal
campaign-processes: ## kill and stop balancers, agent and core RUNS (default 200) times at SPEED (default 5) while commands flow
	ASUE_RUNS=$(or $(RUNS),200) ASUE_SPEED=$(or $(SPEED),5) $(GO) test -timeout 0 -count=1 -parallel 4 -run '^TestControlKilled$$' -v ./cmd/asue/e2e

smoke: build ## start the demo, wait for live numbers and the history, stop it
	$(GO) test -count=1 -run '^TestSmoke' -v ./cmd/asue/e2e

fuzz: ## fuzz every decoder for FUZZTIME (default 30s) each
	@.ci/fuzz $(or $(FUZZTIME),30s)

bench: bench-collect bench-latency bench-control bench-store bench-vee bench-import bench-allot bench-flow ## all figures of docs/benchmarks.md

.PHONY: looks
looks: setup ## every view in three languages by day and by night, at a panel and on a phone, against rules of names, contrast and layout
	ASUE_LOOKS=all $(GO) test -count=1 -timeout 30m -run '^TestLooksInBrowser$$' -v ./cmd/asue/e2e

.PHONY: bench-browser pictures
bench-browser: ## what 200 meters at 1 Hz cost in the browser, as a share of one core (WATCH seconds a view, default 60)
	@mkdir -p $(BIN) && $(GO) build -o $(BIN)/devserver ./dashboards/dispatcher/internal/devserver
	@$(BIN)/devserver -listen 127.0.0.1:8099 -residents 50 -meters 200 >/dev/null 2>&1 & server=$$!; trap "kill $$server" EXIT; \
		for i in $$(seq 50); do curl -sf -o /dev/null http://127.0.0.1:8099/ && break; sleep 0.1; done; \
		cd dashboards/dispatcher/web && ASUE_URL=http://127.0.0.1:8099 ASUE_SECONDS=$(or $(WATCH),60) node e2e/bench.mjs

pictures: build ## take the pictures of README anew over a demo in the browser (docs/images/first-*.png)
	cd dashboards/dispatcher/web && ASUE_PROGRAM=$(CURDIR)/$(BIN)/asue ASUE_PICTURES=$(CURDIR)/docs/images node e2e/pictures.mjs

bench-collect: build ## CPU and memory of collection at 200, 1,000 and 10,000 meters, beside Telegraf if it is built
	$(GO) test -timeout 90m -run '^$$' -bench Collect -benchtime 1x ./cmd/asue/bench | grep -E '^BENCH|^NOTE|FAIL|^ok'

bench-telegraf: build ## the collector and Telegraf in turn (builds Telegraf once: needs a Go module proxy, minutes)
	@.ci/telegraf
	$(GO) test -timeout 60m -run '^$$' -bench CollectTelegraf -benchtime 1x ./cmd/asue/bench | grep -E '^BENCH|^NOTE|FAIL|^ok'

bench-latency: build ## from a changed register to controller, page and ledger
	$(GO) test -timeout 20m -run '^$$' -bench Latency -benchtime 1x ./cmd/asue/bench | grep -E '^BENCH|FAIL|^ok'

bench-control: build ## from a step of load at a meter to the relay that sheds it (20 minutes)
	$(GO) test -timeout 40m -run '^$$' -bench 'Control$$' -benchtime 1x ./cmd/asue/bench | grep -E '^BENCH|FAIL|^ok'

bench-import: ## a year of 50 points from a workbook into a new ledger
	$(GO) test -run '^$$' -bench ImportYear -benchtime 1x ./cmd/asue | grep -E '^BENCH|FAIL|^ok'

bench-allot: ## shares of 47 residents and of 10,000 leaves, beside linear programs; choice of loads
	$(GO) test -run '^$$' -bench 'Allot|Shed' ./balancing/waterfill | grep -E '^BENCH|FAIL|^ok'

bench-flow: ## power flow of 14 and 30 buses, of the zone warm and with every outage, of meshed networks up to 2,000; studies of the zone
	$(GO) test -run '^$$' -bench 'Flow|Study' ./balancing/powerflow ./balancing/study ./balancing/estimate | grep -E '^BENCH|FAIL|^ok'

bench-vee: setup ## intervals derived and validated; a year of a zone rebuilt on SQLite and PostgreSQL
	$(GO) test -run '^$$' -bench 'Derive|Assess|Estimates|Accuracy' ./metering/vee/... | grep -E '^BENCH|FAIL|^ok'
	$(GO) test -timeout 60m -run '^$$' -bench RebuildYear -benchtime 1x ./metering/validation | grep -E '^BENCH|FAIL|^ok'

bench-store: ## bytes per sample on disk and the time to draw a day
	$(GO) test -count=1 -timeout 20m -run '^$$' -bench Store -benchtime 1x ./metering/victoria | grep -E '^BENCH|FAIL|^ok'

.PHONY: deb
NFPM       := $(CACHE)/bin/nfpm
NFPMVER    := v2.43.0
DEBVERSION ?= $(shell git describe --tags --match 'v[0-9]*' 2>/dev/null | sed 's/^v//; s/-/+/; s/-/./g' | grep . || echo "0.0.0+$$(git rev-list --count HEAD).g$$(git rev-parse --short HEAD)")

deb: build ## build the Debian package into bin/ (builds nfpm once: needs a Go module proxy)
	@test -x $(NFPM) || GOFLAGS= GOBIN=$(CURDIR)/$(CACHE)/bin $(GO) install github.com/goreleaser/nfpm/v2/cmd/nfpm@$(NFPMVER)
	rm -rf $(BIN)/deb && $(BIN)/asue demo --write-config $(BIN)/deb >/dev/null
	sed -i 's|^data: data |data: /var/lib/asue |' $(BIN)/deb/asue.yaml && grep -q '^data: /var/lib/asue ' $(BIN)/deb/asue.yaml
	ARCH=$$($(GO) env GOARCH) VERSION='$(DEBVERSION)' MAINTAINER="$${MAINTAINER:-asue <asue@localhost>}" \
		$(NFPM) package --config deploy/deb/nfpm.yaml --packager deb --target $(BIN)/

.PHONY: deb-try
deb-try: deb ## install the package in a clean Debian that is booted for it, kill, restore, upgrade, remove (root, debootstrap, systemd-container)
	deploy/deb/try "$$(ls -t $(BIN)/asue_*.deb | head -1)"

vuln: ## look the dependencies up in the vulnerability database (needs the internet)
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

clean: ## remove what was built
	rm -rf $(BIN)
