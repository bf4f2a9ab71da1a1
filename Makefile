# Each target makes its own virtual environment: python3 and make are enough.

PYTHON ?= python3
BIN = .venv/bin
OLDEST = .venv-oldest/bin
BUILT = $(CURDIR)/.venv-built/bin
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PIP_QUIET = --quiet --disable-pip-version-check

.PHONY: demo test test-oldest servers check bench clean

demo: .venv/examples
	$(BIN)/python examples/demo.py

test: .venv/tests
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-oldest: .venv-oldest/tests
	$(OLDEST)/python -m pytest $(ARGS)

# Real servers that some tests start; without them these tests are skipped.
servers:
	command -v redis-server && ls -d /usr/lib/postgresql/*/bin || \
	  { $(SUDO) apt-get update --quiet && \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive \
	    apt-get install --yes --quiet --no-install-recommends postgresql redis-server; }

# The types of the clients, too.
check: .venv/tests .venv/checks .venv-built/package
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/api.py
	$(BUILT)/pip install $(PIP_QUIET) --no-deps --force-reinstall .
	PATH="$(BUILT):$$PATH" $(CURDIR)/$(BIN)/pyright --verifytypes otel_testkit --ignoreexternal
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet tests
	$(BIN)/codespell otel_testkit tests examples benchmarks docs README.md CHANGELOG.md

bench: .venv/tests
	$(BIN)/python -m benchmarks

clean:
	rm -rf .venv .venv-built .venv-oldest .otel-testkit

.venv/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_QUIET) --upgrade pip
	touch $@

.venv/tests: .venv/python pyproject.toml
	$(BIN)/pip install $(PIP_QUIET) --editable . --group tests --group services --group oracle
	touch $@

.venv/examples .venv/checks: .venv/%: .venv/python pyproject.toml
	$(BIN)/pip install $(PIP_QUIET) --editable . --group $*
	touch $@

# Not editable: what users get, and what type checkers look for.
.venv-built/package: pyproject.toml
	$(PYTHON) -m venv .venv-built
	$(BUILT)/python -m pip install $(PIP_QUIET) --upgrade pip
	$(BUILT)/pip install $(PIP_QUIET) .
	touch $@

.venv-oldest/tests: pyproject.toml tests/oldest.txt
	$(PYTHON) -m venv .venv-oldest
	$(OLDEST)/python -m pip install $(PIP_QUIET) --upgrade pip
	$(OLDEST)/pip install $(PIP_QUIET) --editable . --group tests --constraint tests/oldest.txt
	touch $@
