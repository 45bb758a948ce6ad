# Every target brings what it needs; only Go, and root or sudo the first time, have to be there.
# Programs are run from var/bin instead of through `go run`, so that they are our direct children and end with us.

BIN := $(CURDIR)/var/bin
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(BIN)/golangci-lint-$(GOLANGCI_VERSION)
WORKFLOWCHECK_VERSION := v0.6.0
WORKFLOWCHECK := $(BIN)/workflowcheck-$(WORKFLOWCHECK_VERSION)
# The generator of the console's components has the version of its library.
TEMPL_VERSION := $(shell sed -n 's|.*github.com/a-h/templ \(v[^ ]*\).*|\1|p' go.mod)
TEMPL := $(BIN)/templ-$(TEMPL_VERSION)
OASDIFF_VERSION := v1.37.0
OASDIFF := $(BIN)/oasdiff-$(OASDIFF_VERSION)
GREMLINS_VERSION := v0.6.0
GREMLINS := $(BIN)/gremlins-$(GREMLINS_VERSION)
CYCLONEDX_VERSION := v1.10.0
CYCLONEDX := $(BIN)/cyclonedx-gomod-$(CYCLONEDX_VERSION)
# The last commit whose subject may be longer than 72 characters: those after it are checked.
SUBJECTS_SINCE := 09bf10c
NEED := go run ./internal/dev/cmd/need
STARTER := set -a; . ./var/dev.env; exec $(BIN)/starter
WITH_SERVERS := $(BIN)/with-servers --
WITH_STACK := $(BIN)/with-stack --
# The client for TypeScript as a shop installs it.
SDK := $(CURDIR)/var/npm/farebook.tgz

# What one package may take; a kill test waits out several of Temporal's time-outs.
TEST_TIMEOUT ?= 45m
# The same on MySQL, where DDL takes several times as long as on MariaDB.
MYSQL_TIMEOUT ?= 60m
# How many tests of a package run beside one another: they wait for servers, timers and dead workers more than they compute.
TESTS_AT_ONCE ?= 4
# The race detector needs a C compiler and the C library's headers, which are installed if need be; `make test RACE=` does
# without all of them. (A variable, because a comma would end the argument of $(if).)
RACE ?= -race
COMPILER := gcc=gcc,libc6-dev /usr/include/stdlib.h=libc6-dev
# Where tests keep the shapes of the requests that Stripe would have been sent; they are replayed through stripe-mock. Each
# run has its own folder: tests that read another one are not taken from Go's cache, where they would keep nothing.
SHAPES := $(CURDIR)/var/stripe-shapes
STORM_SHAPES := $(CURDIR)/var/storm/stripe-shapes
THIS_RUN := $(SHAPES)/$(shell date +%s)
# A test has MariaDB, Temporal or a running stack from one of these packages of internal/dev. A package whose tests import none of
# them, and name no variable FAREBOOK_TEST_ that with-servers sets, needs no server.
SERVER_PARTS := testdb|testkit|devstack|consolekit
TESTS_AND_IMPORTS := {{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}{{end}}
# How many paid bookings the benchmark measures.
BOOKINGS ?= 500
FLUSH ?=
# What Temporal runs on: sqlite, which is its development server, postgres, or mysql with MYSQLD set, which MariaDB does not stand in for.
SERVER ?= sqlite
# As which roles `make browser` reads each page of the console.
ROLES ?= admin
# Which tests `make browser` runs: all, or ci, those of each commit, which take about two minutes.
BROWSER ?= all
BROWSER_all := .
BROWSER_ci := ^(TestSignInAndOut|TestNobodySignsInWithoutARole|TestAViewerChangesNothing|TestSupportRefundsTheExactRemainder|TestAFailedRefundIsLoud|TestFinanceApprovesAPlan|TestFinancePostsAnItemAndExplainsAnother|TestListsAreReplacedInPlace|TestMainPagesAreReadable|TestPay.*)$$
# How long `make bench-soak` makes bookings.
MINUTES ?= 10
# How many runs of 100 bookings `make bench-stall` makes, from how many milliseconds on it prints a first answer, how many Stripe takes for
# one of its own, and whether the API has a worker.
RUNS ?= 200
SLOW_MS ?= 500
STRIPE_MS ?= 0
API_WORKER ?= true
# How many ledger transactions measure the lock that postings share.
POSTINGS ?= 20000
# The books of the growth gate, and how long they are: at the same rate, more bookings are a longer history.
GROWTH_SMALL ?= 10000
GROWTH_LARGE ?= 200000
# How many workers `make workers` adds.
WORKERS ?= 2
# How many payments it reconciles.
PAYMENTS ?= 20000
# How many items the plan has that it carries out.
ITEMS ?= 20000
# Whose alert's fault `make alerts` plays.
ALERTS ?= all
# How long each fuzz target is fuzzed, and how many requests the mutator makes after that, from which seed.
FUZZTIME ?= 5s
MUTATIONS ?= 20000
SEED ?= 1
# Which guards `make guards` removes: a pattern of their names, and a part of the list as 2/4. AGAIN=1 runs those too whose result is kept.
GUARDS ?=
PART ?=
AGAIN ?=
# Which cells `make matrix` runs: a pattern such as ^mysql-sqlite/schema. AGAIN=1 as above.
CELLS ?=
# Which packages `make mutation` mutates.
MUTATED ?= ./money ./ledger ./booking ./reconciliation
# The share of mutants, in percent, above which the tests of each have to notice them.
SHARE ?= 89
# How many random lives the model test lives, and how long each is.
LIVES ?= 50
STEPS ?= 60
# How many replays `make storm` makes to find a smaller schedule after a violation.
SHRINK ?= 0
# A seed that a failed life printed, to live it again (test/README.md); needs the STEPS that it failed with.
REPLAY ?=

.DEFAULT_GOAL := help
.PHONY: help up shop shop-site shop-and-sdk sdk api-lint api-changes workers migrate browser console-pictures critical drills alerts model nightly sbom release-notes image demo test test-fast test-mysql fuzz lint conformance contract bench bench-bookings bench-capacity bench-docs bench-growth bench-held bench-peers bench-processes bench-soak bench-stall growth reconcile reconcile-dry generate clean
.SUFFIXES:

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## Run the whole stack until Ctrl-C; addresses in var/dev.env
	@go build -o $(BIN)/ ./internal/dev/cmd/up
	@$(BIN)/up

workers: var/dev.env ## Run WORKERS more workers beside the stack that `make up` runs
	@go build -o $(BIN)/ ./worker
	@set -a; . ./var/dev.env; mkdir -p var/up/logs; trap 'kill $$(jobs -p) 2>/dev/null; wait' INT TERM; \
	for n in $$(seq $(WORKERS)); do $(BIN)/worker >var/up/logs/worker-more-$$n.log 2>&1 & done; \
	echo "$(WORKERS) more workers run until Ctrl-C; they log to var/up/logs/worker-more-*.log"; wait

migrate: var/dev.env ## Bring the database of the stack that `make up` runs to this checkout's schema
	@go build -o $(BIN)/ ./starter
	@$(STARTER) migrate

demo: ## Run the main job from booking to confirmation, checked step by step
	@go build -o $(BIN)/ ./internal/dev/cmd/demo
	@$(BIN)/demo

# Tests of the whole wait the longest, so the others compute meanwhile.
test: $(BIN)/with-servers ## Run all tests on a real MariaDB and a real Temporal server
	@$(if $(RACE),$(NEED) $(COMPILER))
	@rm -rf $(SHAPES)
	@FAREBOOK_STRIPE_SHAPES=$(THIS_RUN) $(WITH_SERVERS) $(MAKE) --no-print-directory --keep-going --jobs=2 test-whole test-packages test-unraced
	@cd conformance && go run ./replay $(THIS_RUN)

.PHONY: test-whole test-unraced test-packages test-race
GO_TEST = go test -parallel $(TESTS_AT_ONCE) -timeout $(TEST_TIMEOUT)

# Without the race detector, which doubles the CPU time of whole stacks (282 s and 134 s for 90 tests). The detector runs on the packages
# that the stacks consist of, and on the rest in make nightly: the stacks, migrations, which run one statement after another, and our tools.
NOT_RACED = ^farebook/(test$$|migrations|internal/dev/)
test-whole:
	@$(GO_TEST) ./test/

test-unraced:
	@$(GO_TEST) $$(go list ./... | grep -vx farebook/test | grep -E '$(NOT_RACED)')

test-packages:
	@$(GO_TEST) $(RACE) $$(go list ./... | grep -vE '$(NOT_RACED)')

test-race: $(BIN)/with-servers ## Run the tests that make test runs without the race detector with it
	@$(NEED) $(COMPILER)
	@$(WITH_SERVERS) $(GO_TEST) -race $$(go list ./... | grep -E '$(NOT_RACED)')

test-fast: ## Run all tests that need no server: nothing but Go has to be installed
	@tests=$$(go list -f '$(TESTS_AND_IMPORTS)' ./...) || exit 1; \
	named=$$(git grep -l FAREBOOK_TEST_ -- '*_test.go' | xargs -n1 dirname | sort -u | paste -sd'|'); \
	needs=" farebook/internal/dev/($(SERVER_PARTS))( |$$)|^farebook/($$named) "; \
	fast=$$(echo "$$tests" | grep -Ev "$$needs" | cut -d' ' -f1); rest=$$(echo "$$tests" | grep -E "$$needs" | cut -d' ' -f1); \
	go test $$fast || exit 1; \
	pure=$$(go run ./internal/dev/cmd/puretests $$(echo "$$rest" | cut -d/ -f2-)) || exit 1; \
	echo "$$pure" | while read -r package tests; do go test -run "$$tests" $$package || exit 1; done || exit 1; \
	echo "$$(echo "$$fast" | wc -l) packages passed without a server, and what needs none in those that make test also runs:" \
		$$(echo "$$rest" | cut -d/ -f2-)

# The packages whose statements depend on the server. Those of `make test` that are left out would run the same statements again.
MYSQL_PACKAGES ?= ./store/... ./migrations/ ./starter/...

test-mysql: $(BIN)/with-servers ## Run the tests of books, migrations and starter on MySQL: that of MYSQLD, or Debian unstable's in var/mysql
	@$(BIN)/with-servers -mysql -- go test -count=1 -parallel $(TESTS_AT_ONCE) -timeout $(MYSQL_TIMEOUT) $(MYSQL_PACKAGES)
	@$(BIN)/with-servers -mysql -- go test -count=1 -timeout $(MYSQL_TIMEOUT) -v -run '^TestBookingsArePaidWhileLargeTablesAreMigrated$$' ./test/ \
		$(call LOGGED,mysql,grep -E '^(--- |ok|FAIL|panic)|longest wait')

# At the end of a FUZZTIME in minutes, Go's coordinator can fail a target that found nothing (golang/go issue 75804).
FUZZ_FOUND_NOTHING = { grep -qx ' *context deadline exceeded' var/fuzz.log && ! grep -qiE 'failing input|failure while testing|panic' var/fuzz.log; }

# The programs that fuzz are linked once a package, and not once a target, as go test -fuzz does.
fuzz: $(BIN)/with-servers ## Fuzz every parser of outside bytes for FUZZTIME, then send MUTATIONS mutated requests
	@cache=$$(go env GOCACHE)/fuzz; grep -rlE --include='*_test.go' '^func Fuzz\w+' . | xargs -n1 dirname | sort -u | while read -r folder; do \
		package=$$(go list $$folder); program=$(BIN)/fuzz/$$(echo $$package | tr / -); go test -c -fuzz . -o $$program $$folder || exit 1; \
		for target in $$(grep -hEo '^func Fuzz\w+' $$folder/*_test.go | cut -d' ' -f2); do \
			echo "-- $$target in $$folder, $(FUZZTIME)"; \
			(cd $$folder && $$program -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(FUZZTIME) -test.fuzzcachedir $$cache/$$package) \
				>var/fuzz.log 2>&1; code=$$?; cat var/fuzz.log; \
			if [ $$code -ne 0 ] && ! $(FUZZ_FOUND_NOTHING); then exit 1; fi; \
		done; \
	done
	@$(if $(filter 0,$(MUTATIONS)),,FAREBOOK_MUTATIONS=$(MUTATIONS) FAREBOOK_MUTATOR_SEED=$(SEED) \
		$(WITH_SERVERS) go test -v -count 1 -run TestMutatedRequests -timeout 24h ./starter/api/)

# $(call LOGGED,NAME,FILTER), behind a command, writes its output to var/NAME.log, prints what FILTER finds, and names the log on failure.
LOGGED = >var/$(1).log 2>&1; code=$$?; $(2) var/$(1).log; if [ $$code -ne 0 ]; then echo "the whole log: var/$(1).log"; fi; exit $$code

critical: $(BIN)/with-servers ## Run the eight critical paths, by name
	@$(WITH_SERVERS) go test -timeout $(TEST_TIMEOUT) -v -run "^($$(sed -n 's/^func \(Test[A-Za-z]*\).*/\1/p' test/critical_paths_test.go | paste -sd'|'))\$$" ./test/ \
		$(call LOGGED,critical,grep -E '^(--- |ok|FAIL|panic)')

drills: $(BIN)/with-servers ## Lose Temporal, the database's last hour, both, and three days of webhooks (docs/disaster.md); rotate secrets under load
	@$(WITH_SERVERS) go test -count=1 -timeout $(TEST_TIMEOUT) -v -run '^TestDrill' ./test/ \
		$(call LOGGED,drills,grep -E '^(--- |ok|FAIL|panic)|recovered in')

alerts: $(BIN)/with-servers ## Play the fault of each alert (or ALERTS=NAME) for a real Prometheus, and ask it every query of the dashboards
	@$(WITH_SERVERS) go test -count=1 -timeout $(TEST_TIMEOUT) -v -run '^TestAlertsFireOnFaultsAndClear$$' ./test/ -alerts $(ALERTS) \
		$(call LOGGED,alerts,grep -E '^ *(--- |ok|FAIL|panic)|fired after')
	@go build -o $(BIN)/ ./internal/dev/cmd/demo
	@$(BIN)/demo -queries $(call LOGGED,queries,tail -n 1)

model: $(BIN)/with-servers ## Hold LIVES random lives of STEPS steps against a model, and plans of reconciliation against theirs
	@go test -count=1 -timeout 24h -run '^(TestPostingTheShortfallMakesBooksAndStripeAgree|TestCutLosesNothing)$$' ./reconciliation/ ./workflows/ -rapid.checks=$$(($(LIVES) * 100)) -rapid.seed=$(or $(REPLAY),0)
	@$(WITH_SERVERS) go test -count=1 -timeout 24h -run '^TestAnySequence' ./test/ -rapid.checks=$(LIVES) -rapid.steps=$(STEPS) -rapid.seed=$(or $(REPLAY),0)

# `make nightly` plays SEED for half an hour; `make storm SEED=7 MINUTES=30` draws other faults.
.PHONY: storm
storm: MINUTES = 2
storm: GAP = 1s
storm: ## Break everything for MINUTES (2), every GAP (1s) on average, as SEED says, with real processes, then check every promise (docs/proof.md); SHRINK=N for a smaller schedule
	@$(NEED) node=nodejs npm=npm
	@cd sdk/typescript && npm ci --ignore-scripts >/dev/null && npm run --silent build:test
	@go build -o $(BIN)/ ./internal/dev/cmd/storm
	@rm -rf $(STORM_SHAPES)
	@FAREBOOK_STRIPE_SHAPES=$(STORM_SHAPES) $(BIN)/storm -seed $(SEED) -minutes $(MINUTES) -gap $(GAP) -shrink $(SHRINK)
	@cd conformance && go run ./replay $(STORM_SHAPES) && go run ./answers $(CURDIR)/var/storm/stripe-answers.jsonl

.PHONY: simulate
simulate: MONTHS = 12
simulate: SAMPLE = 50
simulate: $(BIN)/with-servers ## Play MONTHS (12) of business from SEED in minutes, with one clock; proves the promises each day, then plays SAMPLE (50) workflows on a Temporal server (docs/proof.md)
	@go build -o $(BIN)/ ./internal/dev/cmd/simulate
	@$(WITH_SERVERS) $(BIN)/simulate -seed $(SEED) -months $(MONTHS) -sample $(SAMPLE)

.PHONY: guards guards-sample mutation mutation-sample
guards: $(BIN)/with-servers ## Remove each guard of internal/dev/guards (GUARDS=PATTERN, PART=1/4), one at a time, and expect a failed test; results are kept. All are followed by make mutation
	@go build -o $(BIN)/ ./internal/dev/cmd/guards
	@$(WITH_SERVERS) $(BIN)/guards $(if $(GUARDS),-only '$(GUARDS)') $(if $(PART),-part $(PART)) $(if $(AGAIN),-again)
	@$(if $(GUARDS)$(PART),,$(MAKE) --no-print-directory mutation)

guards-sample: ## The same with one guard of each package whose tests need no server and are fast
	@go build -o $(BIN)/ ./internal/dev/cmd/guards
	@$(BIN)/guards -sample -again

# gremlins changes operators, comparisons, connectives and assignments of what tests cover (internal/dev/mutation).
MUTATE = GREMLINS=$(GREMLINS) internal/dev/mutation/run
mutation: $(GREMLINS) ## Mutate MUTATED, run the tests of each package, and fail unless they notice more than SHARE (89) percent of the mutants
	@failed=; for package in $(MUTATED); do $(MUTATE) $(SHARE) $$package || failed="$$failed $$package"; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

# What every posting is made of, in one file of fast tests.
mutation-sample: $(GREMLINS) ## The same with the entries that postings are made of (ledger/clearing.go)
	@$(MUTATE) $(SHARE) ./ledger --exclude-files '^([^c]|c[^l]|closing)'

.PHONY: matrix
matrix: ## Migrate the books of each schema, replay each history, and run the tests of upgrades on each combination of servers (or CELLS=PATTERN); prints a table, results are kept
	@go build -o $(BIN)/ ./internal/dev/cmd/matrix
	@$(BIN)/matrix $(if $(CELLS),-only '$(CELLS)') $(if $(AGAIN),-again)

# What takes hours. A step that fails keeps no other from being run; the last line names those that failed.
nightly: FUZZTIME = 2m
nightly: MUTATIONS = 200000
nightly: ## Run for hours what is too long for each commit: tests without servers and with the race detector, the console as each role, drills, alerts, MySQL, the growth of books, the matrix, fuzz targets, the model test, a storm, a year of random seed, benchmarks
	@failed=; for step in test-fast test-race "browser ROLES=viewer,support,finance,admin" drills alerts test-mysql growth matrix "fuzz FUZZTIME=$(FUZZTIME) MUTATIONS=$(MUTATIONS)" model "storm MINUTES=30" "simulate SEED=$$(date +%s)" bench; do \
		echo "== make $$step"; began=$$(date +%s); $(MAKE) --no-print-directory $$step || failed="$$failed; $$step"; \
		echo "== make $$step took $$(($$(date +%s) - began)) s"; \
	done; if [ -n "$$failed" ]; then echo "failed: $${failed#; }"; exit 1; fi

lint: $(GOLANGCI) $(WORKFLOWCHECK) $(TEMPL) ## Check style, imports, the determinism of workflows, and how migrations lock
	@$(GOLANGCI) run ./...
	@cd conformance && $(GOLANGCI) run --config ../.golangci.yml ./...
	@cd test/browser && $(GOLANGCI) run --config ../../.golangci.yml ./...
	@for module in internal/dev/chart internal/dev/plot; do (cd $$module && $(GOLANGCI) run --config ../../../.golangci.yml ./...) || exit 1; done
	@$(WORKFLOWCHECK) ./workflows/... ./examples/ticketing/
	@go run ./internal/dev/cmd/style -since $(SUBJECTS_SINCE)
	@go run ./internal/dev/cmd/migrationlint
	@$(TEMPL) generate -log-level error -path starter && git diff --exit-code -- 'starter/*_templ.go'

# Go's cache of test results does not notice a change of files outside the module of its tests, such as the chart.
conformance: $(if $(filter storm,$(MAKECMDGOALS)),| storm) # both build the client for TypeScript, in one folder
conformance: ## Hold the Stripe stand-in against Stripe's specification and clients, and the Helm chart against Kubernetes' types
	@$(NEED) node=nodejs npm=npm openssl=openssl
	@cd conformance && go test -count=1 -timeout $(TEST_TIMEOUT) ./...
	@cd internal/dev/chart && go test -count=1 -timeout $(TEST_TIMEOUT) ./...
	@$(MAKE) --no-print-directory api-lint api-changes shop-and-sdk

# Redocly's linter asks its maker for a newer version of itself and sends what it was used for, unless these variables forbid it.
api-lint: ## Lint the OpenAPI document by Redocly's rules
	@$(NEED) node=nodejs npm=npm
	@cd conformance/openapi && npm ci --ignore-scripts >/dev/null && REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true \
		npx --no-install redocly lint --config redocly.yaml --format stylish ../../starter/api/testdata/openapi.json

# What a caller of the previous release may rely on. CONTRIBUTING.md says how a break is accepted.
ACCEPTED := starter/api/testdata/accepted-breaks.txt
api-changes: $(OASDIFF) ## Fail on a change of the API that breaks callers of the previous release
	@mkdir -p var/api && git show "$$(cat test/previous-release):starter/api/testdata/openapi.json" >var/api/previous.json
	@$(OASDIFF) breaking --fail-on ERR --err-ignore $(ACCEPTED) var/api/previous.json starter/api/testdata/openapi.json

.PHONY: $(SDK)
$(SDK): # npm pack knows what belongs to it
	@$(NEED) node=nodejs npm=npm
	@mkdir -p $(dir $(SDK))
	@cd sdk/typescript && npm ci --ignore-scripts >/dev/null && npm pack --silent --pack-destination $(dir $(SDK)) >/dev/null
	@mv $(dir $(SDK))/farebook-*.tgz $(SDK)

# The shop installs the client from its tarball, as others do.
SHOP_BUILD = rm -rf examples/shop/node_modules/farebook && cd examples/shop && npm install --no-save --ignore-scripts >/dev/null && npm run --silent build

.PHONY: $(BIN)/with-stack
$(BIN)/with-stack:
	@go build -o $@ ./internal/dev/cmd/with-stack

shop: $(SDK) $(BIN)/with-stack ## Run the example shop from search to ticket, each sale with another airline's fault, without a browser
	@$(SHOP_BUILD)
	@$(WITH_STACK) npm --prefix examples/shop run --silent story

shop-site: var/dev.env $(SDK) ## Open the example shop beside the stack that `make up` runs
	@$(SHOP_BUILD)
	@set -a; . ./var/dev.env; exec node examples/shop/dist/server.js

# Tests of the client meet the limit of reads with some dozens of requests.
FEW_READS := $(BIN)/with-stack -env RATE_READS_PER_SECOND=15 --

sdk: $(SDK) $(BIN)/with-stack ## Build the client for TypeScript, and run its tests against a Farebook
	@$(FEW_READS) npm --prefix sdk/typescript run --silent test

# Both in one stack, for make conformance.
shop-and-sdk: $(SDK) $(BIN)/with-stack
	@$(SHOP_BUILD)
	@$(FEW_READS) sh -c 'npm --prefix sdk/typescript run --silent test && npm --prefix examples/shop run --silent story'

# What test/browser needs: a browser, a font with Arabic letters, axe-core.
BROWSER_NEEDS := chromium=chromium /usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf=fonts-noto-core node=nodejs npm=npm
BROWSER_TEST = $(NEED) $(BROWSER_NEEDS) && cd test/browser && npm ci --ignore-scripts --no-audit --no-fund >/dev/null && \
	$(WITH_SERVERS) go test -count=1 -timeout $(TEST_TIMEOUT)

browser: $(BIN)/with-servers ## Use the console in a real Chromium: roles, money, Arabic, accessibility; BROWSER=ci for the tests of each commit
	@$(BROWSER_TEST) -run '$(BROWSER_$(BROWSER))' . -roles $(ROLES)

console-pictures: $(BIN)/with-servers ## Write the pictures of docs/console.md anew
	@mkdir -p docs/console
	@$(BROWSER_TEST) -run '^TestPictures$$' . -pictures $(CURDIR)/docs/console

contract: ## Play what is taken for granted about Stripe: against the stand-in, and Stripe's test mode with FAREBOOK_CONTRACT_KEY
	@go run ./internal/dev/cmd/contract

# Both need a database server that nobody else uses, and no Temporal: a set address keeps with-servers from starting one.
GROWTH_SERVER := FAREBOOK_TEST_MYSQL_DSN= FAREBOOK_TEST_TEMPORAL_ADDRESS=none $(WITH_SERVERS)

growth: $(BIN)/with-servers ## Fail if a function of the store examines more rows on GROWTH_LARGE bookings than on GROWTH_SMALL
	@go build -o $(BIN)/ ./internal/dev/cmd/growth
	@$(GROWTH_SERVER) $(BIN)/growth -small $(GROWTH_SMALL) -large $(GROWTH_LARGE)

bench-growth: BOOKINGS = 2000000
bench-growth: $(BIN)/with-servers ## Measure every function of the store on BOOKINGS bookings (2,000,000), and write docs/performance.md
	@go build -o $(BIN)/ ./internal/dev/cmd/growth
	@$(GROWTH_SERVER) $(BIN)/growth -bench $(BOOKINGS) -write docs/performance.md

# $(call BENCH,TARGET AND ITS VARIABLES) begins a benchmark that starts its servers.
BENCH = FAREBOOK_BENCH_FLUSH=$(FLUSH) FAREBOOK_BENCH_SERVER=$(SERVER) \
	FAREBOOK_BENCH_COMMAND="make $(1)$(if $(FLUSH), FLUSH=$(FLUSH))$(if $(filter-out sqlite,$(SERVER)), SERVER=$(SERVER))" \
	go test -timeout 24h -run '^$$'

# FLUSH=1 flushes every commit of the servers to the disk.
bench: bench-bookings $(BIN)/with-servers ## Measure bookings, verification and reconciliation beside their floors
	@$(WITH_SERVERS) go test -run '^$$' -bench BookingBeside -benchtime $(BOOKINGS)x -timeout $(TEST_TIMEOUT) ./test/
	@FAREBOOK_BENCH_PAYMENTS=$(PAYMENTS) FAREBOOK_BENCH_ITEMS=$(ITEMS) $(WITH_SERVERS) go test -run '^$$' -bench 'Verify|Reconcile$$|ApplyPlan' -benchtime 1x -timeout 60m ./test/

bench-bookings: ## Measure paid bookings beside what they are compared with; the result is kept in var/bench for make bench-docs
	@$(call BENCH,bench BOOKINGS=$(BOOKINGS)) -bench '^BenchmarkPaidBooking$$' -benchtime $(BOOKINGS)x ./test/

bench-docs: ## Write the kept results of make bench and make bench-soak into docs/performance.md and docs/performance.svg
	@mkdir -p var/bench
	@go run ./internal/dev/cmd/benchdoc >var/bench/panels.json
	@cd internal/dev/plot && go run . <../../../var/bench/panels.json >../../../docs/performance.svg

bench-soak: ## Make paid bookings for MINUTES (10) without a pause: latency and memory must not grow; the result is kept for make bench-docs
	@FAREBOOK_BENCH_MINUTES=$(MINUTES) $(call BENCH,bench-soak MINUTES=$(MINUTES)) -bench '^BenchmarkSoak$$' -benchtime 1x ./test/

bench-stall: ## Trace RUNS (200) of 100 bookings, and print what the slowest first answers waited for
	@FAREBOOK_BENCH_SLOW_MS=$(SLOW_MS) FAREBOOK_BENCH_STRIPE_MS=$(STRIPE_MS) FAREBOOK_BENCH_API_WORKER=$(API_WORKER) \
		$(call BENCH,bench-stall RUNS=$(RUNS)) -bench '^BenchmarkStall$$' -benchtime $(RUNS)x ./test/

bench-capacity: ## Count what BOOKINGS paid bookings cost each process, the database, Temporal and Stripe (docs/capacity.md)
	@go test -run '^$$' -bench '^BenchmarkCapacity$$' -benchtime $(BOOKINGS)x -timeout 60m ./test/
	@go test -run '^$$' -bench '^BenchmarkGate$$' -benchtime $(POSTINGS)x -timeout 60m ./test/

bench-held: BOOKINGS = 2000
bench-held: $(BIN)/with-servers ## Measure the memory of BOOKINGS held bookings (2,000) in an API that runs a worker
	@$(WITH_SERVERS) go test -run '^$$' -bench '^BenchmarkHeldBookings$$' -benchtime $(BOOKINGS)x -timeout 60m ./test/

bench-processes: $(BIN)/with-servers ## Compare two API processes and three workers with one and one, in turns
	@$(WITH_SERVERS) go test -run '^$$' -bench '^BenchmarkProcesses$$' -benchtime $(BOOKINGS)x -timeout 60m ./test/

bench-peers: ## Compare BOOKINGS paid bookings with a queue design (test/peers), and both under the same kills
	@$(NEED) node=nodejs npm=npm redis-server=redis-server
	@cd test/peers/queue && npm ci --ignore-scripts --no-audit --no-fund >/dev/null
	@go test -run '^$$' -bench '^BenchmarkPeers$$' -benchtime $(BOOKINGS)x -timeout 60m ./test/

reconcile: var/dev.env ## Reconcile the stack that `make up` runs
	@$(STARTER) reconcile

reconcile-dry: var/dev.env ## The same, as a dry run
	@$(STARTER) reconcile --dry-run

var/dev.env:
	@echo "no stack is up: run 'make up' in another terminal, and this again"; exit 1

sbom: $(CYCLONEDX) ## Write what the two programs are made of, as CycloneDX, to var/sbom
	@mkdir -p var/sbom
	@for program in starter worker; do $(CYCLONEDX) app -json -licenses -main $$program -output var/sbom/$$program.cdx.json . || exit 1; done
	@ls var/sbom/*.cdx.json

release-notes: ## Print the notes of the release VERSION (v1.2.3) from CHANGELOG.md; without VERSION, those of the next one
	@go run ./internal/dev/cmd/releasenotes $(VERSION)

image: ## Build the image with Docker; it knows version, revision and its date
	@docker build --build-arg VERSION="$$(git describe --tags --always --dirty)" --build-arg REVISION="$$(git rev-parse HEAD)" \
		--build-arg DATE="$$(TZ=UTC git log -1 --date=format-local:%Y-%m-%d --format=%cd)" -t farebook:local .

generate: $(TEMPL) ## Write the console's components, the generated parts of docs/, the stand-in's rules and the tests' events anew
	@$(TEMPL) generate -log-level error -path starter
	@go run ./internal/dev/cmd/gendocs
	@cd conformance && go run ./parameters

clean: ## Remove everything that the other targets made
	@rm -rf var conformance/clients/node_modules conformance/openapi/node_modules test/peers/queue/node_modules test/browser/node_modules
	@cd sdk/typescript && rm -rf node_modules dist build src/schema.ts
	@rm -rf examples/shop/node_modules examples/shop/dist

.PHONY: $(BIN)/with-servers
$(BIN)/with-servers: # go build knows better than make whether it is up to date
	@go build -o $@ ./internal/dev/cmd/with-servers

# Built once and kept; GOFLAGS of the caller (-race, -mod) are meant for our own code.
$(GOLANGCI):
	@echo "building golangci-lint $(GOLANGCI_VERSION) into var/bin; once, some minutes ..."
	@mkdir -p $(BIN)/install
	@GOFLAGS= GOBIN=$(BIN)/install go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(BIN)/install/golangci-lint $@

$(OASDIFF):
	@echo "building oasdiff $(OASDIFF_VERSION) into var/bin; once ..."
	@mkdir -p $(BIN)/install
	@GOFLAGS= GOBIN=$(BIN)/install go install github.com/oasdiff/oasdiff@$(OASDIFF_VERSION)
	@mv $(BIN)/install/oasdiff $@

$(GREMLINS):
	@echo "building gremlins $(GREMLINS_VERSION) into var/bin; once ..."
	@mkdir -p $(BIN)/install
	@GOFLAGS= GOBIN=$(BIN)/install go install github.com/go-gremlins/gremlins/cmd/gremlins@$(GREMLINS_VERSION)
	@mv $(BIN)/install/gremlins $@

$(CYCLONEDX):
	@echo "building cyclonedx-gomod $(CYCLONEDX_VERSION) into var/bin; once ..."
	@mkdir -p $(BIN)/install
	@GOFLAGS= GOBIN=$(BIN)/install go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX_VERSION)
	@mv $(BIN)/install/cyclonedx-gomod $@

$(TEMPL):
	@echo "building templ $(TEMPL_VERSION) into var/bin; once ..."
	@mkdir -p $(BIN)/install
	@GOFLAGS= GOBIN=$(BIN)/install go install github.com/a-h/templ/cmd/templ@$(TEMPL_VERSION)
	@mv $(BIN)/install/templ $@

$(WORKFLOWCHECK):
	@echo "building workflowcheck $(WORKFLOWCHECK_VERSION) into var/bin; once ..."
	@mkdir -p $(BIN)/install
	@GOFLAGS= GOBIN=$(BIN)/install go install go.temporal.io/sdk/contrib/tools/workflowcheck@$(WORKFLOWCHECK_VERSION)
	@mv $(BIN)/install/workflowcheck $@
