# Everything runs in .venv, which is made on first use. `make help` lists the targets.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash

VENV := .venv
# pm4py is copyleft: a tool that tests run in a process of its own, never a part of the project.
PM4PY := .venv-pm4py
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
# The first Python that is new enough. Choose another with `make demo PYTHON=python3.12`.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)
# Processes that run tests. One more than cores, as some tests wait for a broker or for what they
# have killed; `make test WORKERS=0` runs them in one.
WORKERS ?= $(shell echo $$(( $$(nproc) + 1 )))

.PHONY: help demo test lint bench faults lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed ## install what is missing, then run the demonstration
	@$(BIN)/journey demo

test: lint $(PM4PY)/.installed ## lint, then run all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.test-installed ## ruff, mypy (strict) and the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: $(VENV)/.test-installed ## run the benchmarks
	@$(BIN)/python -m benchmarks

faults: $(VENV)/.test-installed ## run the fault tests at full size (minutes)
	@$(BIN)/python -m pytest tests/faults --full-size

# uv writes the locks, in a scratch venv of its own: it is no dependency of the project. Versions
# that still fit stay as they are; `make lock UPGRADE=--upgrade` takes the newest.
COMPILE = "$$scratch/bin/uv" pip compile pyproject.toml -q --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command 'make lock' $(UPGRADE)
lock: $(VENV)/.made ## write the three requirements locks again
	@set -euo pipefail; scratch="$$(mktemp -d)"; trap 'rm -rf "$$scratch"' EXIT; \
	$(BIN)/python -m venv "$$scratch"; \
	"$$scratch/bin/python" -m pip --disable-pip-version-check -q install 'uv>=0.13'; \
	$(COMPILE) --extra build -o requirements.lock; \
	$(COMPILE) --extra build --extra test -c requirements.lock -o requirements-test.lock; \
	$(subst pyproject.toml,tests/pm4py.in,$(COMPILE)) --no-deps -o requirements-pm4py.lock

clean: ## remove .venv and all that tools left behind (no data)
	rm -rf $(VENV) $(PM4PY) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# --- .venv, in steps: a stamp file says that a step is done ---------------------------------------

$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed and was not found." >&2; \
		echo "Install it, or name it: make demo PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer. Choose one: make demo PYTHON=python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments: Debian and Ubuntu pack that separately." >&2; \
		echo "Run: sudo apt-get install python3-venv    (or pythonX.Y-venv, for that Python)" >&2; exit 1; }
	@echo "Making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

# The project is installed without build isolation: its build backend is in the lock, with a hash,
# where isolation would fetch an unpinned one each time.
$(VENV)/.installed: $(VENV)/.made requirements.lock pyproject.toml
	@echo "Installing requirements.lock (once; a few hundred MB)"
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed requirements-test.lock
	@echo "Installing requirements-test.lock"
	@$(PIP) install --require-hashes --no-deps -r requirements-test.lock
	@touch $@

$(PM4PY)/.installed: requirements-pm4py.lock $(VENV)/.made
	@echo "Installing requirements-pm4py.lock into $(PM4PY)"
	@$(BIN)/python -m venv --clear $(PM4PY)
	@$(PM4PY)/bin/python -m pip --disable-pip-version-check -q install --require-hashes --no-deps \
		-r requirements-pm4py.lock
	@touch $@
