# Livegrad: everything a person or a machine runs. `make` alone explains itself.
#
# Needs Python 3.11 or newer, Node 20.19 or newer, and make. What is set up lands in .venv, web/node_modules and web/dist;
# stamps in there make a second run quick, and `git clean -fdx` takes all of it away.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

HOST ?= 127.0.0.1
PORT ?= 8000
MINUTES ?= 1
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
PEERS := $(VENV)/.bench-peers-installed
WARM := $(VENV)/.kernels-warm
NODE_MODULES := web/node_modules/.installed
PAGE := web/dist/index.html
PAGE_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/vite.config.ts web/svelte.config.js \
	web/tsconfig.json
KERNEL_SOURCES := $(shell find kernels -name '*.py' 2>/dev/null)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
# With ARGS such as -k one of two calls of pytest may find nothing to do, which it calls 5.
NONE_CHOSEN = { [ $$? -eq 5 ] && [ -n '$(ARGS)' ]; }
SAY = @printf '\033[1m▸ %s\033[0m\n'

##@ Use
.PHONY: run
run: $(RUNTIME) $(PAGE) $(WARM) ## set everything up, start the server (HOST, PORT) and open the page
	@exec $(BIN)/livegrad --host $(HOST) --port $(PORT) $(ARGS)

.PHONY: warm
warm: $(RUNTIME) ## compile the kernels now, with progress, instead of at the first start
	@$(BIN)/python -m kernels.warm
	@touch $(WARM)

##@ Develop
.PHONY: dev
dev: $(DEVELOPMENT) $(NODE_MODULES) $(WARM) ## run server and page with reload on both sides
	$(SAY) "The page is on the address that Vite prints; the server behind it is on port $(PORT)"
	@trap 'kill 0' EXIT; \
	$(BIN)/uvicorn server.app:create_app --factory --host $(HOST) --port $(PORT) --reload --reload-dir server --reload-dir kernels & \
	LIVEGRAD_SERVER=http://$(HOST):$(PORT) npm --prefix web run dev

.PHONY: test
test: $(DEVELOPMENT) $(PAGE) $(WARM) browser ## run every test: Vitest and pytest (kernels, server, browser, repository)
	$(SAY) "Vitest"
	@CI=1 npm --prefix web run --silent test
	$(SAY) "pytest: kernels, server, repository, on all cores"
	@$(BIN)/python -m pytest --numprocesses auto -m "not browser" $(ARGS) || $(NONE_CHOSEN)
	$(SAY) "pytest: the page in a real browser"
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m browser $(ARGS) || $(NONE_CHOSEN)

.PHONY: check
check: $(DEVELOPMENT) $(NODE_MODULES) ## lint, format, types and generated files; every warning is an error
	$(SAY) "Python: ruff, mypy"
	@$(BIN)/ruff check --no-fix
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	$(SAY) "Page: svelte-check, TypeScript, ESLint, Prettier"
	@npm --prefix web run --silent check
	$(SAY) "Generated files"
	@$(BIN)/python -m server.generate --check
	@mkdir -p build
	@npm --prefix web exec --no -- openapi-typescript web/src/generated/openapi.json -o build/api.d.ts >/dev/null
	@diff build/api.d.ts web/src/generated/api.d.ts || { echo "web/src/generated/api.d.ts is out of date: make generate" >&2; exit 1; }

.PHONY: format
format: $(DEVELOPMENT) $(NODE_MODULES) ## let the formatters and the linter mend what they can
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format
	@npm --prefix web run --silent format

.PHONY: bench
bench: $(PEERS) $(PAGE) $(WARM) browser ## measure kernels and optimizers against JAX and PyTorch, and the page (MINUTES of memory watching)
	@$(BIN)/python -m tests.bench --minutes $(MINUTES) $(ARGS)

.PHONY: generate
generate: $(DEVELOPMENT) $(NODE_MODULES) ## make what is generated from the registry and the schema anew
	@$(BIN)/python -m server.generate
	@npm --prefix web run --silent generate

.PHONY: screenshot
screenshot: $(DEVELOPMENT) $(PAGE) $(WARM) browser ## take the README's picture anew
	@$(BIN)/python -m tests.browser.screenshot .github/screenshot.png

.PHONY: lock
lock: $(DEVELOPMENT) ## resolve the dependencies of pyproject.toml anew into the lock files
	@flags="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --quiet"; \
	export UV_CUSTOM_COMPILE_COMMAND="make lock"; \
	$(BIN)/uv pip compile pyproject.toml $$flags --upgrade --extra build --output-file requirements.txt; \
	$(BIN)/uv pip compile pyproject.toml $$flags --upgrade --extra build --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt

.PHONY: clean
clean: ## remove all that was installed, built and cached here
	rm -rf $(VENV) .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache build livegrad.egg-info web/dist web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## say this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- what the commands above stand on ------------------------------------------------------------------------------

$(VENV)/pyvenv.cfg:
	@.ci/python $(VENV)

$(RUNTIME): $(VENV)/pyvenv.cfg requirements.txt pyproject.toml
	$(SAY) "Installing the Python packages (once)"
	@$(PIP) install --require-hashes --requirement requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# The development lock holds all of the runtime's, at the same versions: one install serves both.
$(DEVELOPMENT): $(VENV)/pyvenv.cfg requirements.txt requirements-dev.txt pyproject.toml
	$(SAY) "Installing the Python packages, with the tools for tests and checks (once)"
	@$(PIP) install --require-hashes --requirement requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(RUNTIME)

# The peers are not locked by hash: which build of PyTorch is right (processor only, or with a GPU) is the machine's affair.
$(PEERS): $(DEVELOPMENT)
	$(SAY) "Installing JAX and PyTorch, to measure against (once)"
	@$(PIP) install --editable '.[bench]' --no-build-isolation
	@touch $@

$(NODE_MODULES): web/package.json web/package-lock.json
	@.ci/node
	$(SAY) "Installing the page's packages (once)"
	@npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): $(NODE_MODULES) $(PAGE_SOURCES)
	$(SAY) "Building the page"
	@npm --prefix web run --silent build -- --logLevel warn
	@touch $@

$(WARM): $(RUNTIME) $(KERNEL_SOURCES)
	$(SAY) "Compiling the kernels (once, up to a minute)"
	@$(BIN)/python -m kernels.warm
	@touch $@

.PHONY: browser
browser: $(DEVELOPMENT)
	@$(BIN)/python -m tests.browser.chromium
