# Needs Python 3.11 or newer and make; everything else is installed into $(VENV).
# `make` alone lists what there is. Another interpreter: make PYTHON=python3.13 …

PYTHON ?= python3
VENV ?= .venv
#: More words for the command: make test ARGS='tests/stats -k weeks', make demo ARGS='--port 8001'
ARGS ?=

BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := --require-hashes --only-binary :all:
# Handed out as source alone; ckanapi, which only the tests use, needs it.
FROM_SOURCE := --no-binary docopt
THE_PROJECT := --no-deps --no-build-isolation --editable .
PEERS := benchmarks/peers
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' $(LOCK)

.DEFAULT_GOAL := help

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: $(VENV)/.run-installed ## Load three real exports and serve them on 127.0.0.1:8000 (ARGS='--port 8001')
	@$(BIN)/stats-gateway demo $(ARGS)

.PHONY: explore
explore: $(VENV)/.run-installed ## Show the charts of an export, on this machine alone (ARGS=export.csv)
	@$(BIN)/stats-gateway explore $(ARGS)

.PHONY: test
test: $(VENV)/.test-installed ## Run all tests (ARGS='…' goes to pytest)
	$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.test-installed ## Ask a server for two minutes what schemathesis makes up (FUZZ_SECONDS=600 for longer)
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),120) $(BIN)/python -m pytest tests/graphql/test_fuzz.py \
		-n 0 --timeout=3600 $(ARGS)

.PHONY: fuzz-import
fuzz-import: $(VENV)/.fuzz-installed ## Import damaged files for five minutes (FUZZ_SECONDS=3600 for longer, FUZZ_SEED=7 for others)
	FUZZ_SECONDS=$(or $(FUZZ_SECONDS),300) FUZZ_SEED=$(or $(FUZZ_SEED),0) \
		$(BIN)/python -m pytest tests/cli/test_fuzz_import.py \
		-n 0 --timeout=0 $(ARGS)

.PHONY: hunt
hunt: $(VENV)/.test-installed ## Ask 10,000 times for answers that are stale or somebody else's, while others write
	HUNT_STEPS=$(or $(HUNT_STEPS),10000) $(BIN)/python -m pytest tests/authorization/test_hunt.py \
		-n 0 $(ARGS)

.PHONY: proofs
proofs: $(VENV)/.test-installed ## Check the model of the response cache in all its states (a quarter of an hour)
	PROOFS=large $(BIN)/python -m pytest tests/proofs -n auto $(ARGS)

.PHONY: exhaustive
exhaustive: $(VENV)/.test-installed ## Run all tests with all of the like cases of which make test takes a sample (hours)
	EXHAUSTIVE=1 $(BIN)/python -m pytest -n auto --dist worksteal --timeout=3600 $(ARGS)

.PHONY: lives
lives: $(VENV)/.test-installed ## Compare a thousand random lives of groups, on each database, with a model
	GROUP_LIVES=$(or $(GROUP_LIVES),1000) $(BIN)/python -m pytest tests/groups/test_group_machine.py \
		-n 0 $(ARGS)

.PHONY: names
names: $(VENV)/.test-installed ## See that lists and searches of a million names read no more rows than of a few
	NAMES=$(or $(NAMES),1000000) $(BIN)/python -m pytest tests/directory/test_listing.py \
		-k many_names -n 0 $(ARGS)

.PHONY: failover
failover: $(VENV)/.test-installed ## Kill, pause and switch three PostgreSQL servers under Patroni (some minutes)
	$(BIN)/python -m tests.failover.install
	FAILOVER=1 $(BIN)/python -m pytest tests/failover -n 0 $(ARGS)

.PHONY: soak
soak: $(VENV)/.test-installed ## See that memory is flat over 100,000 different requests of each kind (an hour and more)
	SOAK_REQUESTS=$(or $(SOAK_REQUESTS),100000) $(BIN)/python -m pytest tests/graphql/test_soak.py \
		-n 0 -s $(ARGS)

.PHONY: live-machine
live-machine: $(VENV)/.test-installed ## See for an hour or so that live answers are true while others write (LIVE_SEED=100 for other lives)
	LIVE_LIVES=$(or $(LIVE_LIVES),100) LIVE_STEPS=$(or $(LIVE_STEPS),100) LIVE_SEED=$(or $(LIVE_SEED),1) \
		$(BIN)/python -m pytest tests/graphql/live/test_live_machine.py $(ARGS)

.PHONY: live-soak
live-soak: $(VENV)/.test-installed ## See that 10,000 who subscribe and leave take no memory, and that streams outlive ten seconds without a database
	LIVE_COMERS=$(or $(LIVE_COMERS),10000) LIVE_AWAY_SECONDS=$(or $(LIVE_AWAY_SECONDS),10) \
		$(BIN)/python -m pytest tests/graphql/live/test_live_soak.py tests/faults/test_live_outage.py \
		-n 0 -s $(ARGS)

.PHONY: node
node: tests/npm/node_modules/.package-lock.json ## Install Node.js and the npm packages, so that all tests run

.PHONY: check
check: lint types layers ## Run everything that reads the code without running it

.PHONY: lint
lint: $(VENV)/.test-installed ## Check style and formatting with ruff
	$(BIN)/ruff check
	$(BIN)/ruff format --check

.PHONY: format
format: $(VENV)/.test-installed ## Format, and mend what ruff can mend by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: types
types: $(VENV)/.test-installed ## Check types with mypy, strictly
	$(BIN)/mypy

.PHONY: layers
layers: $(VENV)/.test-installed ## Check that no layer imports one above it
	$(BIN)/lint-imports

.PHONY: schema
schema: $(VENV)/.test-installed ## Print schema.graphql anew from the code
	$(BIN)/stats-gateway schema print > schema.graphql.new
	mv schema.graphql.new schema.graphql

.PHONY: rules
rules: $(VENV)/.test-installed ## Print the rules of groups into docs/groups.md anew from the code
	$(BIN)/python -m tests.docs.group_rules

.PHONY: graphiql
graphiql: ## Build GraphiQL from npm into the package (needs Node.js 22.12 or newer: make node)
	cd graphiql && PATH="$(abspath $(BIN)):$$PATH" && npm ci && npm run build

.PHONY: web
web: ## Build the pages from npm into the package (needs Node.js 22.12 or newer: make node)
	cd web && PATH="$(abspath $(BIN)):$$PATH" && npm ci && npm run build

.PHONY: image
image: ## Build the image of docker/Dockerfile and run it, with no engine (as root on Debian; after make test)
	docker/check

.PHONY: bench
bench: $(VENV)/.test-installed peers ## Measure ourselves beside others (more than an hour; ARGS='--quick' for minutes)
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: peers
peers: node $(PEERS)/node_modules/.package-lock.json ## Install the servers that make bench measures beside us

.PHONY: lock
lock: | $(BIN)/python ## Pin all requirements anew (LOCK=--upgrade for the newest)
	$(PIP_INSTALL) 'uv>=0.9'
	$(COMPILE) pyproject.toml --extra test --group build -o requirements/test.lock
	$(COMPILE) pyproject.toml --extra postgres --extra redis --extra tracing --extra zstd -c requirements/test.lock \
		-o requirements/run.lock
	$(COMPILE) --group build -c requirements/test.lock -o requirements/build.lock
	$(COMPILE) --group node -o requirements/node.lock
	$(COMPILE) --group crawler -o requirements/crawler.lock
	$(COMPILE) --group clients -o requirements/clients.lock
	$(COMPILE) --group fuzz -o requirements/fuzz.lock
	$(COMPILE) --group failover -o requirements/failover.lock

.PHONY: clean
clean: ## Remove what was built, cached and installed here
	rm -rf $(VENV) .demo build dist .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	rm -rf gateway/graphql/graphiql/bundle graphiql/node_modules
	rm -rf gateway/web/bundle web/src/generated web/node_modules
	rm -rf $(PEERS)/node_modules
	find gateway resolvers tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf tests/npm/node_modules

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "stats-gateway needs Python 3.11 or newer: name one with make PYTHON=python3.11." >&2; \
		exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp is older than what it stands for when something has to be installed again.
$(VENV)/.run-installed: requirements/run.lock requirements/build.lock pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV) …"
	@$(PIP_INSTALL) $(LOCKED) -r requirements/run.lock -r requirements/build.lock
	@$(PIP_INSTALL) $(THE_PROJECT)
	@touch $@

$(VENV)/.test-installed: requirements/test.lock pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV), with what the tests need …"
	@$(PIP_INSTALL) $(LOCKED) $(FROM_SOURCE) -r requirements/test.lock
	@$(PIP_INSTALL) $(THE_PROJECT)
	@touch $@

$(VENV)/.fuzz-installed: requirements/fuzz.lock $(VENV)/.test-installed
	@echo "Installing what guides made-up files, where there is one, into $(VENV) …"
	@$(PIP_INSTALL) $(LOCKED) -r requirements/fuzz.lock
	@touch $@

$(VENV)/.node-installed: requirements/node.lock | $(BIN)/python
	@echo "Installing Node.js into $(VENV) …"
	@$(PIP_INSTALL) $(LOCKED) -r requirements/node.lock
	@touch $@

# npm writes this file last, about all that it has installed.
tests/npm/node_modules/.package-lock.json: tests/npm/package-lock.json | $(VENV)/.node-installed
	@echo "Installing the npm packages into tests/npm …"
	@PATH="$(abspath $(BIN)):$$PATH" npm ci --prefix tests/npm

$(PEERS)/node_modules/.package-lock.json: $(PEERS)/package-lock.json
	@echo "Installing the npm packages into $(PEERS) …"
	@PATH="$(abspath $(BIN)):$$PATH" npm ci --prefix $(PEERS)
	@touch $@
