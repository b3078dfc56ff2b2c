# WeER. `make run` starts it, `make test` proves it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

SEED ?= 1
KILLS ?= 100
OPS ?= 50000
RUBBISH ?= 50000
FUZZTIME ?= 60s

go_files := api cmd deploy hub ingest model $(wildcard web/*.go)
web_sources := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/test/*' -not -path 'web/e2e/*')
packages_there := web/node_modules/.package-lock.json
page := web/dist/index.html

# SQLite is C translated to Go. What it allocates lies outside Go's heap, where
# the race detector sees nothing, and to instrument it takes a quarter of a
# node's time. Its driver, which meets our memory, stays instrumented.
race := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc/...=-race=false

# One line that says what to do, where Node or npm is missing or too old.
node = $(if $(filter true,$(shell command -v npm >/dev/null && node -p 'parseInt(process.versions.node) >= 20' 2>/dev/null)),, \
	$(error WeER builds its page with Node 20 or newer and npm: install them (on Debian: apt-get install nodejs npm), then run make again))

# How many simulated crews `make run` has: none where ARGS or variables may say
# that it is real or has only some parts.
crews = $(if $(WEER_SIM_CREWS),$(WEER_SIM_CREWS),$(if $(WEER_EGEN_KEY)$(WEER_MODE)$(WEER_ROLES)$(findstring --egen-key,$(ARGS))$(findstring --mode,$(ARGS))$(findstring --roles,$(ARGS)),0,6))

##@ Use

run: build ## start WeER on http://127.0.0.1:8080 with its data in var/ (ARGS="--help" lists the settings)
	@mkdir -p var
	@WEER_DATABASE_URL=$${WEER_DATABASE_URL:-sqlite:var/weer.db} WEER_SIM_CREWS=$(crews) exec bin/weer serve $(ARGS)

build: $(page) ## build bin/weer with the page inside
	@go build -o bin/weer ./cmd/weer

$(page): $(packages_there) $(web_sources)
	$(node)@npm --prefix web run --silent build -- --logLevel warn
	@touch $@

$(packages_there): web/package.json web/package-lock.json
	$(node)@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

##@ Prove

test: install lint test-web test-beside ## everything: installs what is missing (Debian, as root), then lint, web, Go with -race, browser
	deploy/e2e.sh --alone

install: ## install what the tests need (compiler, MariaDB, Redis, browser)
	@deploy/install.sh

lint: $(page) ## formatting, go vet, staticcheck, shellcheck, types and rules of the web's sources
	@unformatted=$$(gofmt -l $(go_files)); [ -z "$$unformatted" ] || { echo "not formatted, run make fmt: $$unformatted" >&2; exit 1; }
	go vet ./...
	go tool -modfile=.tools/go.mod staticcheck ./...
	shellcheck .ci/run deploy/*.sh
	npm --prefix web run --silent check

test-web: $(packages_there) ## the web's unit tests
	npm --prefix web test

test-go: $(page) ## all Go tests under the race detector, seeds of the fuzz tests and 10 kills included
	go test $(race) -p 2 -timeout 20m ./...

# Browser tests wait for most of their time, so one lane of them runs beside the Go
# tests, after what those need is compiled. What they say comes when they have ended.
test-beside: build
	go build $(race) ./...
	@told=$$(mktemp); LANES=1 deploy/e2e.sh --beside >"$$told" 2>&1 & beside=$$!; status=0; \
	$(MAKE) --no-print-directory test-go || status=1; \
	wait $$beside || status=1; cat "$$told"; rm -f "$$told"; exit $$status

e2e: build ## the screens in a real browser, each file of tests against a node of its own
	deploy/e2e.sh

screenshots: build ## pictures of the screens: the README's in deploy/screenshots/, all in var/screenshots/
	deploy/screenshots.sh

soak: $(page) ## KILLS=100 kills in the order of SEED=1, OPS=50000 commands for the same beds, RUBBISH=50000 bad requests, then each fuzz test for FUZZTIME=60s
	go test $(race) -timeout 2h -count 1 -v -run 'TestStorm' ./deploy/drill -kills $(KILLS) -seed $(SEED)
	go test -timeout 2h -count 1 -v -run 'TestYes' ./deploy/drill/reserve -commands $(OPS) -kills 25 -seed $(SEED)
	go test $(race) -timeout 2h -count 1 -run 'StateMachine|BothDatabases' ./model/store -rapid.checks 500
	go test $(race) -timeout 2h -count 1 -run 'TestRubbish' ./cmd/weer -rubbish $(RUBBISH) -rubbish-seed $(SEED)
	deploy/fuzz.sh $(FUZZTIME)

bench: $(page) ## poll → display and snapshot on the wire, then fan-out, idle connections, store, decoder
	go test -run '^$$' -bench . -benchtime 20x -timeout 20m ./deploy/bench
	go test -run '^$$' -bench . -benchmem -timeout 20m ./hub/... ./model/... ./ingest/... ./api/...

bench-rest: build ## a region's board and its 304 over REST against a bare Fiber handler; needs wrk
	deploy/rest.sh

##@ Keep

fmt: $(packages_there) ## format everything
	gofmt -w $(go_files)
	npm --prefix web run --silent format

clean: ## remove what was built; the data in var/ stays
	rm -rf bin web/node_modules
	find web/dist -mindepth 1 -not -name .gitkeep -delete

help: ## this list
	@awk -F':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run build test install lint test-web test-go test-beside e2e screenshots soak bench bench-rest fmt clean help
