# `make up` starts a demo of everything on this machine; `make test` runs all tests. See README.md.

SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= data
SHOTS ?= build/shots
POSTGRES ?= postgresql://postgres@127.0.0.1:5432/test
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet \
	--custom-compile-command "make lock"

.PHONY: up install dev test check bench shots fmt lock clean

## Start everything with sample jobs and demo accounts; data stays in ./data. Ctrl-C stops it.
up: $(VENV)/.installed
	@exec $(BIN)/foureyes up --demo --data $(DATA) $(ARGS)

## Make the virtual environment with the product in it.
install: $(VENV)/.installed

$(VENV)/.installed: requirements/base.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Foureyes needs Python 3.11 or newer.")'
	@test -x $(BIN)/python || { echo "Making $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the packages of requirements/base.txt"
	@$(PIP) install --require-hashes -r requirements/base.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

## Add what developers need.
dev: $(VENV)/.developer

$(VENV)/.developer: requirements/dev.txt $(VENV)/.installed
	@echo "Installing the packages of requirements/dev.txt"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

## All tests on SQLite, then on PostgreSQL if there is one (FOUREYES_TEST_DATABASE_URL, else the local one).
test: dev
	@BIN=$(BIN) POSTGRES=$(POSTGRES) tools/run_tests.sh $(TESTS)

## Layout, lint, types, layers, dependencies, migrations: no test runs, no service is needed.
check: dev
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	$(BIN)/python tools/check_dependencies.py
	BIN=$(BIN) tools/check_migrations.sh
	tools/check_tree.sh

## Measurements: a table of each, and one of all at the end.
bench: dev
	@$(BIN)/python -m bench

## Pictures of every page with sample data, in both themes and widths; they take some minutes.
shots: dev
	@$(BIN)/python -m tools.shots $(SHOTS)

## Lay the code out.
fmt: dev
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix --quiet .

## Resolve the newest allowed versions and write them with their hashes.
lock: dev
	$(UV_COMPILE) --upgrade pyproject.toml --group build -o requirements/base.txt
	$(UV_COMPILE) --upgrade pyproject.toml --group build --group dev -c requirements/base.txt -o requirements/dev.txt
	@set -e; for name in clients-1 clients-3; do $(UV_COMPILE) --upgrade --group $$name -o requirements/$$name.txt; done

## Remove what make made, except the data.
clean:
	rm -rf $(VENV) .venv-clients build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
